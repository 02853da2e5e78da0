//! Becoming another program (execve(2)).

use super::process::Process;
use super::thread::Thread;
use super::{exit, ids, sched};
use crate::fs::busy::Executable;
use crate::fs::file::{O_CLOEXEC, OpenFile};
use crate::fs::inode::{S_IFMT, S_IFREG};
use crate::fs::mount::{Location, MS_NOEXEC, MS_NOSUID};
use crate::fs::open::open_place;
use crate::fs::walk::{Last, Walker};
use crate::linux::Stop;
use crate::mm::AddressSpace;
use crate::mm::exec::{Image, Loaded, Strings, write_into};
use crate::mm::region::{Region, Traits};
use crate::mm::space::{MapRequest, Placement, USER_END};
use abi::Errno;
use alloc::vec::Vec;
use arch::TrapFrame;
use core::sync::atomic::Ordering;
use mem::{NoMemory, PAGE, Ref};

const PAGE64: u64 = PAGE as u64;
/// Scripts that may call each other's interpreters in a row (BINPRM_MAX_RECURSION).
const MAX_SCRIPTS: usize = 5;
/// Bytes of a script's first line that count (BINPRM_BUF_SIZE).
const SCRIPT_LINE: usize = 256;
/// Room below the stack's top that the mapping area leaves (the stack's limit, at least).
const MIN_STACK_GAP: u64 = 128 << 20;

/// What to execute.
pub(crate) struct Request {
    /// The file.
    pub(crate) file: Location,
    /// Its path as given, for scripts and AT_EXECFN.
    pub(crate) path: Vec<u8>,
    /// Arguments.
    pub(crate) args: Strings,
    /// Environment.
    pub(crate) env: Strings,
}

/// Replaces the running program. On success the frame is that of the new program's start.
pub(crate) fn exec(me: &Thread, mut r: Request, frame: &mut TrapFrame) -> Result<(), Stop> {
    let execfn = crate::fs::dentry::copy_bytes(&r.path)?;
    for _ in 0..MAX_SCRIPTS {
        let of = open_program(me, &r.file)?;
        let of = of.open_file().clone();
        let executable = Executable::begin(&r.file)?;
        if let Some((interpreter, argument)) = script_line(me, &of)? {
            r.args = script_args(&r, &interpreter, argument.as_deref())?;
            r.file = locate(me, &interpreter)?;
            r.path = interpreter;
            continue;
        }
        return run_elf(me, &r, &execfn, &of, executable, frame);
    }
    Err(Errno::ELOOP.into())
}

fn locate(me: &Thread, path: &[u8]) -> Result<Location, Errno> {
    let (fs, cred) = (me.fs(), me.cred());
    let walker = Walker { fs: &fs, cred: &cred, resolve: crate::fs::walk::Resolve::default() };
    walker.locate(&fs.cwd(), path, Last::Follow)
}

fn open_program(me: &Thread, file: &Location) -> Result<crate::fs::file::Descriptor, Stop> {
    let cred = me.cred();
    let inode = file.inode();
    if inode.mode() & S_IFMT != S_IFREG || file.mount.flags.load(Ordering::Relaxed) & MS_NOEXEC != 0 {
        return Err(Errno::EACCES.into());
    }
    if !cred.may(&inode.attrs.lock(), 1) {
        return Err(Errno::EACCES.into());
    }
    // Reading is the kernel's business: a program may be executable without being readable.
    let root = crate::fs::context::Cred::default();
    open_place(me, &root, file.clone(), O_CLOEXEC)
}

type Script = (Vec<u8>, Option<Vec<u8>>);

/// Interpreter and argument of a script's first line.
fn script_line(me: &Thread, of: &OpenFile) -> Result<Option<Script>, Errno> {
    let mut line = [0u8; SCRIPT_LINE];
    let size = of.inode().map_or(0, |i| i.size()).min(SCRIPT_LINE as u64) as usize;
    let head = line.get_mut(..size).unwrap_or_default();
    crate::mm::exec::read_exact(me, of, 0, head)?;
    let Some(rest) = head.strip_prefix(b"#!") else { return Ok(None) };
    let end = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
    let text = rest.get(..end).unwrap_or_default().trim_ascii();
    if text.is_empty() {
        return Err(Errno::ENOEXEC);
    }
    let split = text.iter().position(|b| *b == b' ' || *b == b'\t').unwrap_or(text.len());
    let (path, argument) = text.split_at(split);
    let argument = argument.trim_ascii();
    let copy = |b: &[u8]| crate::fs::dentry::copy_bytes(b).map_err(|NoMemory| Errno::ENOMEM);
    Ok(Some((copy(path)?, if argument.is_empty() { None } else { Some(copy(argument)?) })))
}

/// `interpreter [argument] path args[1..]`.
fn script_args(r: &Request, interpreter: &[u8], argument: Option<&[u8]>) -> Result<Strings, Errno> {
    let mut args = Strings::default();
    args.push(interpreter)?;
    if let Some(a) = argument {
        args.push(a)?;
    }
    args.push(&r.path)?;
    for a in r.args.iter().skip(1) {
        args.push(a)?;
    }
    Ok(args)
}

#[inline(never)]
fn run_elf(
    me: &Thread,
    r: &Request,
    execfn: &[u8],
    of: &Ref<OpenFile>,
    executable: Executable,
    frame: &mut TrapFrame,
) -> Result<(), Stop> {
    let image = Image::read(me, of)?;
    let interpreter = match &image.interpreter {
        Some(path) => {
            let file = locate(me, path)?;
            let of = open_program(me, &file)?.open_file().clone();
            // Nobody writes it while it is read; from then on its pages are its own affair.
            drop(Executable::begin(&file)?);
            Some((Image::read(me, &of)?, of))
        }
        None => None,
    };
    let space = AddressSpace::try_new()?;
    let cred = Ref::try_new(new_identity(me, of)?)?;
    let (start, sp) = build(me, r, execfn, &space, &image, of, interpreter.as_ref(), &cred)?;
    let executable = Ref::try_new(executable)?;
    stop_other_threads(me)?;
    // Point of no return.
    me.set_cred(cred);
    commit(me, r, &space, executable);
    *frame = TrapFrame::new_user(start as usize, sp as usize);
    Ok(())
}

/// Who the thread is as the new program: set-id bits count unless the mount or PR_SET_NO_NEW_PRIVS forbids it.
fn new_identity(me: &Thread, of: &OpenFile) -> Result<crate::fs::context::Cred, NoMemory> {
    let cred = me.cred();
    let Some(place) = &of.location else { return cred.try_copy() };
    let no_set_id =
        place.mount.flags.load(Ordering::Relaxed) & MS_NOSUID != 0 || me.attrs.no_new_privs.load(Ordering::Relaxed) != 0;
    let attrs = *place.inode().attrs.lock();
    cred.for_exec(&attrs, !no_set_id)
}

/// Maps everything into the new address space; gives the first instruction and the stack pointer.
#[allow(clippy::too_many_arguments, reason = "each is a fact of its own, and there is one caller of each kind")]
fn build(
    me: &Thread,
    r: &Request,
    execfn: &[u8],
    space: &AddressSpace,
    image: &Image,
    of: &Ref<OpenFile>,
    interpreter: Option<&(Image, Ref<OpenFile>)>,
    cred: &crate::fs::context::Cred,
) -> Result<(u64, u64), Errno> {
    /// personality(2): no random addresses.
    const ADDR_NO_RANDOMIZE: u32 = 0x4_0000;
    let repeatable = me.attrs.personality.load(Ordering::Relaxed) & ADDR_NO_RANDOMIZE != 0;
    // 30 bits of randomness below the top, as on Linux for 39-bit address spaces 18 bits of pages.
    let random = if repeatable { 0 } else { crate::random::next_u64() };
    let stack_top = USER_END - (random & 0x3_ffff) * PAGE64 % (64 << 20);
    let gap = me.process().limit(super::limits::STACK).clamp(MIN_STACK_GAP, USER_END / 6 * 5);
    let mmap_top = stack_top - gap.next_multiple_of(PAGE64) - ((random >> 20) & 0x3fff) * PAGE64;
    space.lock().layout.mmap_top = mmap_top;
    let base = if image.relocatable() { USER_END / 3 * 2 / PAGE64 * PAGE64 + ((random >> 36) & 0x3fff) * PAGE64 } else { 0 };
    let program = image.map(space, of, base)?;
    let linker: Option<Loaded> = match interpreter {
        Some((image, of)) => {
            let at = mmap_top - image.bytes().next_multiple_of(PAGE64) - crate::mm::vdso::BYTES;
            Some(image.map(space, of, at)?)
        }
        None => None,
    };
    crate::mm::vdso::map(space)?;
    let prot = image.stack_prot();
    let stack_bytes = 33 * PAGE64 + (r.args.bytes.len() + r.env.bytes.len()) as u64;
    let stack_bytes = stack_bytes.next_multiple_of(PAGE64);
    let region = Region::anonymous(prot, Traits::GROWS_DOWN | Traits::STACK);
    let request = MapRequest {
        addr: stack_top - stack_bytes,
        len: stack_bytes,
        placement: Placement::Replace,
        region,
        limit_bytes: u64::MAX,
    };
    space.map(request)?;
    let brk = program.end.next_multiple_of(PAGE64) + ((random >> 50) & 0x1fff) * PAGE64;
    {
        let mut inner = space.lock();
        let l = &mut inner.layout;
        (l.brk_start, l.brk) = (brk, brk);
        (l.code, l.data) = (program.code, program.data);
    }
    let sp = build_stack(cred, r, execfn, space, stack_top, &program, linker.as_ref())?;
    Ok((linker.map_or(program.entry, |l| l.entry), sp))
}

/// Strings, auxiliary vector, environment and argument pointers (psABI, "Process Initialization").
fn build_stack(
    cred: &crate::fs::context::Cred,
    r: &Request,
    execfn: &[u8],
    space: &AddressSpace,
    top: u64,
    program: &Loaded,
    linker: Option<&Loaded>,
) -> Result<u64, Errno> {
    let mut at = top - 8;
    let mut put = |bytes: &[u8]| -> Result<u64, Errno> {
        at -= bytes.len() as u64;
        write_into(space, at, bytes)?;
        Ok(at)
    };
    put(b"\0")?;
    let execfn_at = put(execfn)?;
    let env_at = put(&r.env.bytes)?;
    let args_at = put(&r.args.bytes)?;
    let mut seed = [0u8; 16];
    crate::random::fill(&mut seed);
    let random_at = put(&seed)?;
    let platform_at = put(b"riscv64\0")?;
    let vdso = space.lock().layout.vdso;
    let auxv: [(u64, u64); 21] = [
        (33, vdso),
        (16, crate::boot::machine::HWCAP),
        (6, PAGE64),
        (17, 100),
        (3, program.phdr),
        (4, 56),
        (5, u64::from(program.phnum)),
        (7, linker.map_or(0, |l| l.base)),
        (8, 0),
        (9, program.entry),
        (11, u64::from(cred.uid.real)),
        (12, u64::from(cred.uid.effective)),
        (13, u64::from(cred.gid.real)),
        (14, u64::from(cred.gid.effective)),
        (23, u64::from(cred.is_elevated())),
        (25, random_at),
        (31, execfn_at),
        (15, platform_at),
        (27, u64::from(super::rseq::FEATURE_BYTES)),
        (28, u64::from(super::rseq::ORIGINAL_BYTES)),
        (0, 0),
    ];
    let words = 1 + r.args.count + 1 + r.env.count + 1 + auxv.len() * 2;
    let sp = (at - words as u64 * 8) & !15;
    let mut block: Vec<u8> = Vec::new();
    block.try_reserve_exact(words * 8).map_err(|_| Errno::ENOMEM)?;
    let mut word = |v: u64| block.extend_from_slice(&v.to_le_bytes());
    word(r.args.count as u64);
    pointers(&r.args, args_at, &mut word);
    pointers(&r.env, env_at, &mut word);
    let auxv_at = sp + (words - auxv.len() * 2) as u64 * 8;
    for (kind, value) in auxv {
        word(kind);
        word(value);
    }
    write_into(space, sp, &block)?;
    let mut inner = space.lock();
    let l = &mut inner.layout;
    l.stack_start = sp;
    l.args = (args_at, args_at + r.args.bytes.len() as u64);
    l.env = (env_at, env_at + r.env.bytes.len() as u64);
    l.auxv = (auxv_at, auxv_at + auxv.len() as u64 * 16);
    Ok(sp)
}

fn pointers(strings: &Strings, at: u64, word: &mut impl FnMut(u64)) {
    let mut offset = 0;
    for s in strings.iter() {
        word(at + offset);
        offset += s.len() as u64 + 1;
    }
    word(0);
}

/// All other threads of the process end.
fn stop_other_threads(me: &Thread) -> Result<(), Stop> {
    let process = me.process();
    if process.live_threads.load(Ordering::Acquire) == 1 {
        return Ok(());
    }
    {
        let mut s = process.state.lock();
        // One thread of all that execute at once goes on; the others are about to end.
        if s.ending.is_some() || s.execs.is_some() {
            return Err(Errno::EAGAIN.into());
        }
        s.execs = Some(me.to_ref());
    }
    process.each_thread(|t| {
        if !core::ptr::eq(&**t, me) {
            {
                // Under the lock under which threads are added: from here on it adds none.
                let _state = process.state.lock();
                t.end.store(1, Ordering::Release);
            }
            t.raise(arch::flag::SIGNAL);
            t.wake();
            sched::interrupt(t);
        }
    });
    let alone = || Ok::<_, super::wait::Ended>((process.live_threads.load(Ordering::Acquire) == 1).then_some(()));
    let result = super::wait::sleep_until(me, None, super::wait::Interrupt::Kill, alone);
    let waiter = process.state.lock().execs.take();
    drop(waiter);
    result.map_err(|_| Errno::EINTR.into())
}

/// One thread is left: perhaps the one that executes a program waits for that.
pub(super) fn now_alone(process: &Process) {
    let waiter = process.state.lock().execs.clone();
    if let Some(t) = waiter {
        t.wake();
    }
}

/// The thread that executes a program is the only one and becomes the first, with the process's number (execve(2)).
fn become_leader(me: &Thread) {
    let (pid, tid) = (me.process().pid(), me.tid());
    if tid == pid {
        return;
    }
    let myself = Ref::downgrade(&me.to_ref());
    ids::update(pid, |n| n.thread = Some(myself));
    me.set_tid(pid);
    ids::update(tid, |n| n.thread = None);
}

/// The new program takes over.
fn commit(me: &Thread, r: &Request, space: &Ref<AddressSpace>, executable: Ref<Executable>) {
    let process = me.process();
    exit::leave_memory(me);
    become_leader(me);
    super::accounting::note_peak(me);
    drop(me.set_space(Some(space.clone())));
    exit::finish_vfork(process);
    mem::Threaded::task(me).reset_fp();
    super::rseq::forget(me);
    super::posix_timers::on_exec(process);
    process.attrs.membarrier.store(0, Ordering::Relaxed);
    let _ = process.signals.reset_for_exec();
    me.signals.lock().altstack = logic_signal::AltStack::DISABLED;
    // Known before the descriptors go: their closing may tell a parent that the program runs.
    process.state.lock().has_execed = true;
    let files = me.files();
    let mut from = 0;
    while let Some((fd, slot)) = files.take_cloexec(from) {
        drop(slot);
        from = fd as usize + 1;
    }
    let mut name = [0u8; 16];
    let base = r.path.rsplit(|b| *b == b'/').next().unwrap_or_default();
    for (to, from) in name.iter_mut().take(15).zip(base) {
        *to = *from;
    }
    *process.name.lock() = name;
    process.mutations.on_exec();
    *me.attrs.name.lock() = name;
    let old = {
        let mut s = process.state.lock();
        s.exit_signal = super::signal::SIGCHLD;
        s.exe.replace(executable)
    };
    drop(old);
}
