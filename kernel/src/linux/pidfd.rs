//! Processes by descriptor: pidfd_open(2), pidfd_send_signal(2), pidfd_getfd(2); and kcmp(2), which compares two.

use super::process_vm::may_attach;
use super::signal::{as_seen, kill_checked, may_signal, sender_info, signal_many};
use super::{Call, CallResult};
use crate::events::pidfd::{self, Life, Of, PIDFD_THREAD};
use crate::fs::file::{O_NONBLOCK, Special};
use crate::fs::inode::Body;
use crate::fs::table::Slot;
use crate::task::signal::send_to_thread;
use crate::task::{ids, limits};
use abi::{Errno, Rights};
use logic_signal::{SigInfo, Signal, code};
use mem::{NoMemory, Ref, user};

impl Call<'_> {
    /// The life behind a descriptor argument, and the flags of its description.
    pub(super) fn life(&self, n: usize) -> Result<(Ref<Life>, u32), Errno> {
        let of = self.file(n)?;
        match of.file.special() {
            Special::Process(life) => Ok((life.clone(), of.flags())),
            _ => Err(Errno::EBADF),
        }
    }
    /// What a signal can be sent to: a directory `/proc/PID` stands for its process, too, if that has a number in the
    /// caller's scope: seeing the files of processes outside gives no power over them.
    fn life_to_signal(&self) -> Result<Ref<Life>, Errno> {
        let of = self.file(0)?;
        let body = of.location.as_ref().map(|at| &at.inode().body);
        match body.and_then(|body| if let Body::Virtual(node) = body { node.process() } else { None }) {
            Some(process) => {
                let process = process?;
                let seen = ids::seen(self.me.process().scope().id(), process.pid()) != 0;
                if !seen {
                    return Err(Errno::EINVAL);
                }
                pidfd::life_of_process(&process).map_err(|NoMemory| Errno::ENOMEM)
            }
            None => Ok(self.life(0)?.0),
        }
    }
}

/// pidfd_open(2).
pub(super) fn pidfd_open(c: &mut Call<'_>) -> CallResult {
    let flags = c.uint(1);
    if flags & !(O_NONBLOCK | PIDFD_THREAD) != 0 || c.int(0) <= 0 {
        return Err(Errno::EINVAL.into());
    }
    let number = c.uint(0);
    let life = if flags & PIDFD_THREAD != 0 {
        match (ids::thread(number), ids::process(number)) {
            (Some(t), _) => pidfd::life_of_thread(&t)?,
            // Its first thread has ended, and its number is in use as long as the process can be waited for.
            (None, Some(p)) => pidfd::life_of_first(&p)?,
            (None, None) => return Err(Errno::ESRCH.into()),
        }
    } else {
        match (ids::process(number), ids::thread(number)) {
            (Some(p), _) => pidfd::life_of_process(&p)?,
            // A thread that is not the first of its process.
            (None, Some(_)) => return Err(Errno::EINVAL.into()),
            (None, None) => return Err(Errno::ESRCH.into()),
        }
    };
    let file = pidfd::open(life, flags)?;
    Ok(c.install(file, true, 0)?)
}

/// Who gets a signal that is sent to a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Thread,
    Process,
    Group,
}

/// Who gets a signal that is sent to a descriptor: what its flags say, unless the call says otherwise.
fn target(flags: u32, of: Of) -> Result<Target, Errno> {
    const PIDFD_SIGNAL_THREAD: u32 = 1;
    const PIDFD_SIGNAL_THREAD_GROUP: u32 = 2;
    const PIDFD_SIGNAL_PROCESS_GROUP: u32 = 4;
    match flags {
        0 if !matches!(of, Of::Process(_)) => Ok(Target::Thread),
        0 | PIDFD_SIGNAL_THREAD_GROUP => Ok(Target::Process),
        PIDFD_SIGNAL_THREAD => Ok(Target::Thread),
        PIDFD_SIGNAL_PROCESS_GROUP => Ok(Target::Group),
        _ => Err(Errno::EINVAL),
    }
}

/// The siginfo of a call: only codes that the caller may use (`own`: to itself it may send any).
fn given_info(addr: usize, number: u32, own: bool) -> Result<SigInfo, Errno> {
    let mut bytes = [0u8; SigInfo::BYTES];
    user::copy_in(&mut bytes, addr).map_err(|_| Errno::EFAULT)?;
    let info = SigInfo::from_user(Signal::new(number.max(1)).ok_or(Errno::EINVAL)?, &bytes);
    if bytes.get(..4) != Some(&number.to_le_bytes()) {
        return Err(Errno::EINVAL);
    }
    if !own && (info.code >= 0 || info.code == code::SI_TKILL) {
        return Err(Errno::EPERM);
    }
    Ok(info)
}

/// pidfd_send_signal(2).
pub(super) fn pidfd_send_signal(c: &mut Call<'_>) -> CallResult {
    // The flags are looked at first, whatever the descriptor is.
    target(c.uint(3), Of::Process(0))?;
    let life = c.life_to_signal()?;
    let target = target(c.uint(3), life.of())?;
    let number = c.uint(1);
    let cred = c.me.cred();
    let info = match c.arg(2) {
        0 => {
            let code = if target == Target::Thread { code::SI_TKILL } else { code::SI_USER };
            sender_info(c, &cred, Signal::new(number.max(1)).ok_or(Errno::EINVAL)?, code)
        }
        addr => given_info(addr, number, life.number() == Some(c.me.tid()))?,
    };
    let info = (number != 0).then_some(info);
    let process = life.process().ok_or(Errno::ESRCH)?;
    match target {
        Target::Group => {
            let group = process.pid();
            signal_many(|p| p.state.lock().pgid == group, |p| kill_checked(c, &cred, p, info))?;
        }
        Target::Process => kill_checked(c, &cred, &process, info)?,
        Target::Thread => {
            if !may_signal(c, &cred, &process, info.map(|i| i.signal)) {
                return Err(Errno::EPERM.into());
            }
            let thread = life.thread().ok_or(Errno::ESRCH)?;
            if let Some(info) = info {
                let (info, sender) = as_seen(c, &process, info);
                send_to_thread(&thread, info, sender)?;
            }
        }
    }
    Ok(0)
}

/// pidfd_getfd(2). The descriptor keeps the rights that it has there.
pub(super) fn pidfd_getfd(c: &mut Call<'_>) -> CallResult {
    if c.uint(2) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let (life, _) = c.life(0)?;
    let thread = life.thread().ok_or(Errno::ESRCH)?;
    if !may_attach(c.me, &thread) {
        return Err(Errno::EPERM.into());
    }
    let refs = thread.refs().ok_or(Errno::ESRCH)?;
    let slot = refs.files.slot(c.int(1), Rights::NONE)?;
    if !slot.rights.contains(Rights::DUP) {
        return Err(Errno::EPERM.into());
    }
    let limit = c.me.process().limit(limits::NOFILE);
    Ok(c.me.files().insert(Slot { cloexec: true, ..slot }, 0, limit)? as usize)
}

/// kcmp(2): 0 for the same object, 1 and 2 for an order without further meaning.
pub(super) fn kcmp(c: &mut Call<'_>) -> CallResult {
    const KCMP_FILE: i32 = 0;
    const KCMP_VM: i32 = 1;
    const KCMP_FILES: i32 = 2;
    const KCMP_FS: i32 = 3;
    const KCMP_SIGHAND: i32 = 4;
    let find = |n: usize| u32::try_from(c.int(n)).ok().and_then(ids::thread).ok_or(Errno::ESRCH);
    let (a, b) = (find(0)?, find(1)?);
    if !may_attach(c.me, &a) || !may_attach(c.me, &b) {
        return Err(Errno::EPERM.into());
    }
    let (refs_a, refs_b) = (a.refs().ok_or(Errno::ESRCH)?, b.refs().ok_or(Errno::ESRCH)?);
    let file = |table: &crate::fs::table::FdTable, n: usize| {
        let fd = i32::try_from(c.arg(n)).map_err(|_| Errno::EBADF)?;
        table.get(fd, Rights::NONE).map(|of| Ref::address(&of))
    };
    let space = |t: &crate::task::Thread| t.space().map_or(0, |s| Ref::address(&s));
    let (x, y) = match c.int(2) {
        KCMP_FILE => (file(&refs_a.files, 3)?, file(&refs_b.files, 4)?),
        KCMP_VM => (space(&a), space(&b)),
        KCMP_FILES => (Ref::address(&refs_a.files), Ref::address(&refs_b.files)),
        KCMP_FS => (Ref::address(&refs_a.fs), Ref::address(&refs_b.fs)),
        KCMP_SIGHAND => {
            let table = |t: &crate::task::Thread| Ref::address(&t.process().signals.actions());
            (table(&a), table(&b))
        }
        _ => return Err(Errno::EINVAL.into()),
    };
    Ok(match x.cmp(&y) {
        core::cmp::Ordering::Equal => 0,
        core::cmp::Ordering::Less => 1,
        core::cmp::Ordering::Greater => 2,
    })
}
