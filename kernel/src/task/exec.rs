//! Becoming another program (execve(2)).

use super::process::Process;
use super::thread::Thread;
use super::{exit, ids, sched};
use crate::fs::busy::Executable;
use crate::fs::context::{Cred, FsContext};
use crate::fs::file::{O_CLOEXEC, OpenFile};
use crate::fs::inode::{S_IFMT, S_IFREG};
use crate::fs::mount::{Location, MS_NOEXEC, MS_NOSUID};
use crate::fs::open::open_place;
use crate::fs::walk::{Last, Reached, Walker};
use crate::linux::Stop;
use crate::mm::AddressSpace;
use crate::mm::exec::{Image, Loaded, Role, Strings, Writer};
use crate::mm::region::{Region, Traits};
use crate::mm::space::{MapRequest, Placement, USER_END};
use crate::see::{On, Waits};
use abi::{Errno, Rights};
use alloc::vec::Vec;
use arch::TrapFrame;
use core::sync::atomic::Ordering;
use logic_elf::{Counts, Secure, StackLayout, WriteError};
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
    pub(crate) file: Reached,
    /// Its path as given, for scripts and AT_EXECFN.
    pub(crate) path: Vec<u8>,
    /// Arguments.
    pub(crate) args: Strings,
    /// Environment.
    pub(crate) env: Strings,
}

/// As whom and from where a program is executed: by the caller itself, or as a process that it makes.
pub(crate) struct As<'a> {
    /// The caller.
    pub(crate) me: &'a Thread,
    /// Where paths begin.
    pub(crate) fs: &'a FsContext,
    /// Who executes.
    pub(crate) cred: &'a Cred,
    /// Set-id bits have no effect (PR_SET_NO_NEW_PRIVS).
    pub(crate) no_new_privs: bool,
}

/// A program in an address space of its own, ready to begin.
pub(crate) struct Prepared {
    /// The address space.
    pub(crate) space: Ref<AddressSpace>,
    /// As whom it runs.
    pub(crate) cred: Ref<Cred>,
    /// Its file, which nobody writes meanwhile.
    pub(crate) executable: Ref<Executable>,
    /// The end of its path.
    pub(crate) name: [u8; 16],
    /// First instruction and stack pointer.
    pub(crate) start: (u64, u64),
}

/// Replaces the running program. On success the frame is that of the new program's start.
pub(crate) fn exec(me: &Thread, r: Request, frame: &mut TrapFrame) -> Result<(), Stop> {
    let prepared = {
        let (fs, cred) = (me.fs(), me.cred());
        let no_new_privs = me.attrs.no_new_privs.load(Ordering::Relaxed) != 0;
        prepare(&As { me, fs: &fs, cred: &cred, no_new_privs }, r)?
    };
    stop_other_threads(me)?;
    // Point of no return.
    let Prepared { space, cred, executable, name, start } = prepared;
    me.set_cred(cred);
    commit(me, name, &space, executable);
    *frame = TrapFrame::new_user(start.0 as usize, start.1 as usize);
    Ok(())
}

/// Builds a program; nothing of the caller changes.
pub(crate) fn prepare(by: &As<'_>, mut r: Request) -> Result<Prepared, Stop> {
    let execfn = crate::fs::dentry::copy_bytes(&r.path)?;
    for _ in 0..MAX_SCRIPTS {
        let of = open_program(by, &r.file.place)?;
        let of = of.open_file().clone();
        let executable = Executable::begin(&r.file)?;
        if let Some((interpreter, argument)) = script_line(by.me, &of)? {
            r.args = script_args(&r, &interpreter, argument.as_deref())?;
            r.file = locate(by, &interpreter)?;
            r.path = interpreter;
            continue;
        }
        return prepare_elf(by, &r, &execfn, &of, executable);
    }
    Err(Errno::ELOOP.into())
}

#[inline(never)]
fn locate(by: &As<'_>, path: &[u8]) -> Result<Reached, Errno> {
    let walker = Walker { fs: by.fs, cred: by.cred, resolve: crate::fs::walk::Resolve::default() };
    let file = walker.reach(&by.fs.cwd(), path, Last::Follow)?;
    if file.rights.contains(Rights::EXEC) { Ok(file) } else { Err(Errno::EACCES) }
}

#[inline(never)]
fn open_program(by: &As<'_>, file: &Location) -> Result<crate::fs::file::Descriptor, Stop> {
    let inode = file.inode();
    if inode.mode() & S_IFMT != S_IFREG || file.mount.flags.load(Ordering::Relaxed) & MS_NOEXEC != 0 {
        return Err(Errno::EACCES.into());
    }
    if !by.cred.may(&inode.attrs.lock(), 1) {
        return Err(Errno::EACCES.into());
    }
    // Reading is the kernel's business: a program may be executable without being readable.
    let root = Cred::default();
    open_place(by.me, &root, file.clone(), O_CLOEXEC)
}

type Script = (Vec<u8>, Option<Vec<u8>>);

/// Interpreter and argument of a script's first line.
#[inline(never)]
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
fn prepare_elf(by: &As<'_>, r: &Request, execfn: &[u8], of: &Ref<OpenFile>, executable: Executable) -> Result<Prepared, Stop> {
    let me = by.me;
    let image = Image::read(me, of, Role::Program)?;
    let interpreter = match &image.interpreter {
        Some(path) => {
            let file = locate(by, path)?;
            let of = open_program(by, &file.place)?.open_file().clone();
            // Nobody writes it while it is read; from then on its pages are its own affair.
            drop(Executable::begin(&file)?);
            Some((Image::read(me, &of, Role::Interpreter)?, of))
        }
        None => None,
    };
    let space = AddressSpace::try_new()?;
    let cred = Ref::try_new(new_identity(by, of)?)?;
    let start = build(me, r, execfn, &space, &image, of, interpreter.as_ref(), &cred)?;
    let executable = Ref::try_new(executable)?;
    let mut name = [0u8; 16];
    let base = r.path.rsplit(|b| *b == b'/').next().unwrap_or_default();
    for (to, from) in name.iter_mut().take(15).zip(base) {
        *to = *from;
    }
    Ok(Prepared { space, cred, executable, name, start })
}

/// Who the thread is as the new program: set-id bits count unless the mount or PR_SET_NO_NEW_PRIVS forbids it.
fn new_identity(by: &As<'_>, of: &OpenFile) -> Result<Cred, NoMemory> {
    let Some(place) = &of.location else { return by.cred.try_copy() };
    let no_set_id = place.mount.flags.load(Ordering::Relaxed) & MS_NOSUID != 0 || by.no_new_privs;
    let attrs = *place.inode().attrs.lock();
    by.cred.for_exec(&attrs, !no_set_id)
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
    cred: &Cred,
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
    let base = USER_END / 3 * 2 / PAGE64 * PAGE64 + ((random >> 36) & 0x3fff) * PAGE64;
    let program = image.map(space, of, |_| base)?;
    let linker: Option<Loaded> = match interpreter {
        Some((image, of)) => {
            let below = |bytes: u64| mmap_top.saturating_sub(bytes).saturating_sub(crate::mm::vdso::BYTES);
            Some(image.map(space, of, below)?)
        }
        None => None,
    };
    crate::mm::vdso::map(space)?;
    let counts = Counts {
        args: r.args.count as u64,
        arg_bytes: r.args.bytes.len() as u64,
        envs: r.env.count as u64,
        env_bytes: r.env.bytes.len() as u64,
        path_bytes: execfn.len() as u64,
    };
    let stack = StackLayout::new(stack_top, USER_END / 4, counts).ok_or(Errno::E2BIG)?;
    let stack_bytes = 33 * PAGE64 + (stack_top - stack.sp).next_multiple_of(PAGE64);
    let region = Region::anonymous(image.stack_prot()?, Traits::GROWS_DOWN | Traits::STACK);
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
    let facts = aux_facts(cred, space, &program, linker.as_ref());
    write_stack(space, r, execfn, &stack, &facts)?;
    Ok((linker.map_or(program.entry, |l| l.entry), stack.sp))
}

/// What the auxiliary vector says of program and caller.
fn aux_facts(cred: &Cred, space: &AddressSpace, program: &Loaded, linker: Option<&Loaded>) -> logic_elf::AuxFacts {
    logic_elf::AuxFacts {
        vdso: space.lock().layout.vdso,
        hwcap: crate::boot::machine::HWCAP,
        min_signal_stack_bytes: logic_signal::frame::FRAME_BYTES as u64,
        table: program.phdr,
        table_entries: program.phnum,
        interpreter_base: linker.map_or(0, |l| l.base),
        entry: program.entry,
        uid: cred.uid.real,
        euid: cred.uid.effective,
        gid: cred.gid.real,
        egid: cred.gid.effective,
        secure: if cred.is_elevated() { Secure::Yes } else { Secure::No },
    }
}

/// Writes the first stack, and notes where its parts are.
#[inline(never)]
fn write_stack(
    space: &AddressSpace,
    r: &Request,
    execfn: &[u8],
    stack: &StackLayout,
    facts: &logic_elf::AuxFacts,
) -> Result<(), Errno> {
    let mut random = [0; logic_elf::RANDOM_BYTES];
    crate::random::fill(&mut random);
    let mut writer = Writer::new(space);
    let strings = [r.args.bytes.as_slice(), r.env.bytes.as_slice()];
    stack.write(strings, execfn, &random, facts, |at, bytes| writer.write(at, bytes)).map_err(|e| match e {
        WriteError::Sink(e) => e,
        WriteError::Mismatch => Errno::EINVAL,
    })?;
    let (auxv, auxv_bytes) = stack.auxv();
    let mut inner = space.lock();
    let l = &mut inner.layout;
    l.stack_start = stack.sp;
    l.args = (stack.arg_start, stack.arg_end);
    l.env = (stack.arg_end, stack.env_end);
    l.auxv = (auxv, auxv.saturating_add(auxv_bytes));
    Ok(())
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
    let result = super::wait::sleep_on(me, On::plain(Waits::OtherThreads), None, super::wait::Interrupt::Kill, alone);
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
    me.set_tid(pid, me.process().own_pid());
    ids::update(tid, |n| n.thread = None);
    drop(crate::events::pidfd::number_gone(me));
}

/// The new program takes over.
fn commit(me: &Thread, name: [u8; 16], space: &Ref<AddressSpace>, executable: Ref<Executable>) {
    let process = me.process();
    exit::leave_memory(me);
    // Nobody knows their numbers any more.
    me.calling.end_interrupted();
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
    *process.name.lock() = name;
    process.mutations.on_exec();
    *me.attrs.name.lock() = name;
    crate::see::events::put_name(me);
    let old = {
        let mut s = process.state.lock();
        s.exit_signal = super::signal::SIGCHLD;
        s.exe.replace(executable)
    };
    drop(old);
}
