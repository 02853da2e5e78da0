//! Processes and threads: clone(2), execve(2), exit(2), wait4(2), groups and sessions.

use super::path::{AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW, read_path};
use super::{Call, CallResult, Stop};
use crate::events::pidfd::Of;
use crate::fs::file::O_NONBLOCK;
use crate::fs::walk::Last;
use crate::mm::exec::Strings;
use crate::task::clone::{CLONE_CHILD_CLEARTID, CLONE_PARENT, CLONE_THREAD, Request, clone as clone_thread};
use crate::task::exec::{self, exec};
use crate::task::exit::{self, Kin, Wanted, Which, wait_child};
use crate::task::process::{Process, TREE};
use crate::task::{ids, limits};
use abi::{CloneArgs, Errno, Rights, Rusage};
use core::sync::atomic::Ordering;
use mem::{PAGE, Ref, user};

/// clone(2): flags, stack, parent_tid, tls, child_tid (riscv argument order).
pub(super) fn clone(c: &mut Call<'_>) -> CallResult {
    let flags = c.arg(0) as u64;
    let r = Request {
        flags: flags & !0xff,
        exit_signal: (flags & 0xff) as u32,
        stack: c.arg(1),
        parent_tid: c.arg(2),
        pidfd: c.arg(2),
        tls: c.arg(3),
        child_tid: c.arg(4),
    };
    Ok(clone_thread(c.me, c.frame, &r)? as usize)
}

/// clone3(2).
pub(super) fn clone3(c: &mut Call<'_>) -> CallResult {
    const FIRST_SIZE: usize = 64;
    let size = c.arg(1);
    if size < FIRST_SIZE {
        return Err(Errno::EINVAL.into());
    }
    if size > PAGE {
        return Err(Errno::E2BIG.into());
    }
    let known = size_of::<CloneArgs>();
    let mut words = [0u64; 11];
    for (i, w) in words.iter_mut().enumerate().take(size.min(known) / 8) {
        *w = user::read(c.arg(0).wrapping_add(i.wrapping_mul(8)))?;
    }
    for at in known..size {
        if user::read::<u8>(c.arg(0).wrapping_add(at))? != 0 {
            return Err(Errno::E2BIG.into());
        }
    }
    let [flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, _set_tid, set_tid_size, _cgroup] = words;
    // What clone(2) has in the low byte, and a flag that it ignores, are errors here.
    const CLONE_DETACHED: u64 = 0x40_0000;
    if flags & (0xff | CLONE_DETACHED) != 0 || exit_signal > 64 || set_tid_size != 0 || (stack == 0) != (stack_size == 0) {
        return Err(Errno::EINVAL.into());
    }
    if flags & (CLONE_THREAD | CLONE_PARENT) != 0 && exit_signal != 0 {
        return Err(Errno::EINVAL.into());
    }
    let r = Request {
        flags,
        exit_signal: exit_signal as u32,
        stack: stack.wrapping_add(stack_size) as usize,
        parent_tid: parent_tid as usize,
        pidfd: pidfd as usize,
        tls: tls as usize,
        child_tid: child_tid as usize,
    };
    let _ = CLONE_CHILD_CLEARTID;
    Ok(clone_thread(c.me, c.frame, &r)? as usize)
}

fn execute(c: &mut Call<'_>, start_fd: Option<usize>, path: usize, argv: usize, envp: usize, flags: u32) -> CallResult {
    let path = read_path(path)?;
    let cx = c.context();
    let file = match start_fd {
        Some(fd) if path.is_empty() && flags & AT_EMPTY_PATH != 0 => c.descriptor_itself(fd, &cx, Errno::EACCES)?,
        Some(fd) => {
            let last = if flags & AT_SYMLINK_NOFOLLOW != 0 { Last::NoFollow } else { Last::Follow };
            let start = c.start(fd, &cx, &path)?;
            cx.walker().reach(&start, &path, last)?
        }
        None => cx.walker().reach(&cx.fs.cwd(), &path, Last::Follow)?,
    };
    if !file.rights.contains(Rights::EXEC) {
        return Err(Errno::EACCES.into());
    }
    if file.place.inode().kind() == crate::fs::inode::S_IFLNK {
        return Err(Errno::ELOOP.into());
    }
    // A quarter of the stack limit, as on Linux, but never less than 128 KiB (execve(2)).
    let limit = (c.me.process().limit(limits::STACK) / 4).clamp(128 << 10, 6 << 20) as usize;
    let mut args = Strings::read(argv, limit)?;
    let env = Strings::read(envp, limit)?;
    if args.count == 0 {
        args.push(b"")?;
    }
    if args.size().saturating_add(env.size()) > limit {
        return Err(Errno::E2BIG.into());
    }
    drop(cx);
    exec(c.me, exec::Request { file, path, args, env }, c.frame)?;
    Err(Stop::FrameReplaced)
}

/// execve(2).
pub(super) fn execve(c: &mut Call<'_>) -> CallResult {
    let (path, argv, envp) = (c.arg(0), c.arg(1), c.arg(2));
    execute(c, None, path, argv, envp, 0)
}

/// execveat(2).
pub(super) fn execveat(c: &mut Call<'_>) -> CallResult {
    let flags = c.uint(4);
    if flags & !(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let (path, argv, envp) = (c.arg(1), c.arg(2), c.arg(3));
    let _ = AT_FDCWD;
    execute(c, Some(0), path, argv, envp, flags)
}

/// exit(2).
pub(super) fn exit(c: &mut Call<'_>) -> CallResult {
    exit::exit_thread((c.int(0) & 0xff) << 8)
}

/// exit_group(2).
pub(super) fn exit_group(c: &mut Call<'_>) -> CallResult {
    exit::exit_group((c.int(0) & 0xff) << 8)
}

/// What a child used, as wait4(2) reports it.
pub(crate) fn rusage_of(process: &Process) -> Rusage {
    super::limits::with_children(process)
}

fn which(c: &Call<'_>, pid: i32) -> Result<Which, Errno> {
    Ok(match pid {
        -1 => Which::Any,
        0 => Which::Group(c.me.process().state.lock().pgid),
        i32::MIN => return Err(Errno::ESRCH),
        // What does not exist for the caller is nobody's number.
        p if p < 0 => Which::Group(ids::root_of(p.unsigned_abs()).unwrap_or(0)),
        p => Which::Pid(ids::root_of(p as u32).unwrap_or(0)),
    })
}

/// __WNOTHREAD, __WALL, __WCLONE. The first changes nothing: children belong to the process.
const KIN_BITS: u32 = 0xe000_0000;

fn kin(options: u32) -> Kin {
    const WALL: u32 = 0x4000_0000;
    const WCLONE: u32 = 0x8000_0000;
    match options {
        o if o & WALL != 0 => Kin::All,
        o if o & WCLONE != 0 => Kin::Clones,
        _ => Kin::Usual,
    }
}

/// wait4(2).
pub(super) fn wait4(c: &mut Call<'_>) -> CallResult {
    const WNOHANG: u32 = 1;
    const WUNTRACED: u32 = 2;
    const WCONTINUED: u32 = 8;
    let options = c.uint(2);
    if options & !(WNOHANG | WUNTRACED | WCONTINUED | KIN_BITS) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let wanted = Wanted {
        exited: true,
        stopped: options & WUNTRACED != 0,
        continued: options & WCONTINUED != 0,
        keep: false,
        nohang: options & WNOHANG != 0,
        kin: kin(options),
    };
    let Some(found) = wait_child(c.me, which(c, c.int(0))?, wanted)? else { return Ok(0) };
    if c.arg(1) != 0 {
        user::write(c.arg(1), &found.status)?;
    }
    if c.arg(3) != 0 {
        user::write(c.arg(3), &rusage_of(&found.process))?;
    }
    Ok(found.number as usize)
}

/// waitid(2).
pub(super) fn waitid(c: &mut Call<'_>) -> CallResult {
    const WNOHANG: u32 = 1;
    const WSTOPPED: u32 = 2;
    const WEXITED: u32 = 4;
    const WCONTINUED: u32 = 8;
    const WNOWAIT: u32 = 0x0100_0000;
    let options = c.uint(3);
    if options & !(WNOHANG | WSTOPPED | WEXITED | WCONTINUED | WNOWAIT | KIN_BITS) != 0
        || options & (WSTOPPED | WEXITED | WCONTINUED) == 0
    {
        return Err(Errno::EINVAL.into());
    }
    let id = c.int(1);
    // The descriptor does not wait, which is another thing than a call that does not (waitid(2), EAGAIN).
    let mut impatient = false;
    let which = match c.uint(0) {
        0 => Which::Any,
        1 if id > 0 => Which::Pid(ids::root_of(id as u32).unwrap_or(0)),
        2 if id == 0 => Which::Group(c.me.process().state.lock().pgid),
        2 if id > 0 => Which::Group(ids::root_of(id as u32).unwrap_or(0)),
        3 if id >= 0 => {
            let (life, flags) = c.life(1)?;
            impatient = flags & O_NONBLOCK != 0;
            match life.of() {
                // A thread that is first stands for its process, no other does.
                Of::Process(id) | Of::First(id) => Which::Exactly(life.number().unwrap_or(0), id),
                Of::Thread(_) => Which::Exactly(0, 0),
            }
        }
        _ => return Err(Errno::EINVAL.into()),
    };
    let wanted = Wanted {
        exited: options & WEXITED != 0,
        stopped: options & WSTOPPED != 0,
        continued: options & WCONTINUED != 0,
        keep: options & WNOWAIT != 0,
        nohang: options & WNOHANG != 0 || impatient,
        kin: kin(options),
    };
    let found = wait_child(c.me, which, wanted)?;
    if found.is_none() && impatient && options & WNOHANG == 0 {
        return Err(Errno::EAGAIN.into());
    }
    if c.arg(2) != 0 {
        let mut info = [0u8; 128];
        if let Some(f) = &found {
            fill_info(&mut info, f.number, f.status);
        }
        user::copy_out(c.arg(2), &info)?;
    }
    if c.arg(4) != 0
        && let Some(f) = &found
    {
        user::write(c.arg(4), &rusage_of(&f.process))?;
    }
    Ok(0)
}

/// The siginfo of waitid(2): SIGCHLD, code, pid, uid, status.
fn fill_info(info: &mut [u8; 128], pid: u32, status: i32) {
    let (code, value) = match status {
        0xffff => (6, 18),
        s if s & 0xff == 0x7f => (5, s >> 8),
        s if s & 0x7f == 0 => (1, s >> 8 & 0xff),
        s if s & 0x80 != 0 => (3, s & 0x7f),
        s => (2, s & 0x7f),
    };
    let mut put = |at: usize, v: i32| {
        if let Some(to) = info.get_mut(at..).and_then(|i| i.get_mut(..4)) {
            to.copy_from_slice(&v.to_le_bytes());
        }
    };
    put(0, 17);
    put(8, code);
    put(16, pid as i32);
    put(24, value);
}

/// getpid(2).
pub(super) fn getpid(c: &mut Call<'_>) -> CallResult {
    Ok(c.me.process().own_pid() as usize)
}

/// getppid(2).
pub(super) fn getppid(c: &mut Call<'_>) -> CallResult {
    Ok(c.me.process().parent_in(c.me.process().scope().id()) as usize)
}

/// gettid(2).
pub(super) fn gettid(c: &mut Call<'_>) -> CallResult {
    Ok(c.me.own_tid() as usize)
}

/// The process that argument `n` names; 0 is the caller.
fn named(c: &Call<'_>, n: usize) -> Result<Ref<Process>, Errno> {
    match c.int(n) {
        0 => Ok(c.me.process().clone()),
        p if p < 0 => Err(Errno::ESRCH),
        p => ids::process(p as u32).ok_or(Errno::ESRCH),
    }
}

/// getpgid(2).
pub(super) fn getpgid(c: &mut Call<'_>) -> CallResult {
    let pgid = named(c, 0)?.state.lock().pgid;
    Ok(ids::seen_by_caller(pgid) as usize)
}

/// getsid(2).
pub(super) fn getsid(c: &mut Call<'_>) -> CallResult {
    let sid = named(c, 0)?.state.lock().sid;
    Ok(ids::seen_by_caller(sid) as usize)
}

/// setpgid(2).
pub(super) fn setpgid(c: &mut Call<'_>) -> CallResult {
    let pgid = c.int(1);
    if pgid < 0 || pgid == 0 && c.int(0) < 0 {
        return Err(Errno::EINVAL.into());
    }
    let target = named(c, 0)?;
    let me = c.me.process();
    let pgid = if pgid == 0 { target.pid() } else { ids::root_of(pgid as u32).ok_or(Errno::EPERM)? };
    let tree = TREE.lock();
    let my_sid = me.state.lock().sid;
    let (parent, sid, execed, old) = {
        let s = target.state.lock();
        (s.parent.clone(), s.sid, s.has_execed, s.pgid)
    };
    let own = Ref::ptr_eq(&target, me);
    if !own {
        if !parent.is_some_and(|p| Ref::ptr_eq(&p, me)) {
            return Err(Errno::ESRCH.into());
        }
        if sid != my_sid {
            return Err(Errno::EPERM.into());
        }
        if execed {
            return Err(Errno::EACCES.into());
        }
    }
    if sid == target.pid() {
        return Err(Errno::EPERM.into());
    }
    if pgid != target.pid() && !group_in_session(pgid, my_sid) {
        return Err(Errno::EPERM.into());
    }
    // Point of no return.
    target.state.lock().pgid = pgid;
    ids::update(pgid, |n| n.group_members = n.group_members.saturating_add(1));
    ids::update(old, |n| n.group_members = n.group_members.saturating_sub(1));
    drop(tree);
    Ok(0)
}

/// Whether a process of the group is in the session.
pub(crate) fn group_in_session(pgid: u32, sid: u32) -> bool {
    let mut from = 0;
    while let Some((pid, p)) = ids::next_process(from) {
        let s = p.state.lock();
        if s.pgid == pgid && s.sid == sid {
            return true;
        }
        drop(s);
        from = pid.saturating_add(1);
    }
    false
}

/// setsid(2).
pub(super) fn setsid(c: &mut Call<'_>) -> CallResult {
    let me = c.me.process();
    let pid = me.pid();
    let tree = TREE.lock();
    if ids::group_exists(pid) && me.state.lock().pgid == pid || ids::group_exists(pid) {
        return Err(Errno::EPERM.into());
    }
    let (old_group, old_session) = {
        let mut s = me.state.lock();
        let old = (s.pgid, s.sid);
        (s.pgid, s.sid) = (pid, pid);
        old
    };
    ids::update(pid, |n| (n.group_members, n.session_members) = (1, 1));
    ids::update(old_group, |n| n.group_members = n.group_members.saturating_sub(1));
    ids::update(old_session, |n| n.session_members = n.session_members.saturating_sub(1));
    drop(tree);
    crate::tty::left_session(me);
    Ok(me.own_pid() as usize)
}

/// vhangup(2).
pub(super) fn vhangup(c: &mut Call<'_>) -> CallResult {
    if !c.me.cred().is_root() {
        return Err(Errno::EPERM.into());
    }
    crate::tty::hang_up_of(c.me.process());
    Ok(0)
}

/// set_tid_address(2).
pub(super) fn set_tid_address(c: &mut Call<'_>) -> CallResult {
    c.me.clear_tid.store(c.arg(0), Ordering::Relaxed);
    Ok(c.me.own_tid() as usize)
}
