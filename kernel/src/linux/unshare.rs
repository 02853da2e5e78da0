//! unshare(2) and setns(2): a context of one's own, or another's.

use super::process_vm::may_attach;
use super::{Call, CallResult};
use crate::fs::context::{FsContext, cap};
use crate::fs::file::Special;
use crate::fs::mount::Mount;
use crate::fs::namespace::Namespace;
use crate::fs::walk::Reached;
use crate::task::clone::{
    self, CLONE_FILES, CLONE_FS, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUSER, CLONE_SIGHAND, CLONE_SYSVSEM, CLONE_THREAD, CLONE_VM,
    NAMESPACES,
};
use crate::task::ids;
use crate::task::thread::Refs;
use crate::world::names::{Entered, KINDS};
use abi::Errno;
use alloc::vec::Vec;
use core::sync::atomic::Ordering::Acquire;
use mem::{NoMemory, Ref};

/// unshare(2). What only threads share cannot be parted with while there are several.
pub(super) fn unshare(c: &mut Call<'_>) -> CallResult {
    let flags = c.arg(0) as u64;
    let of_threads = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
    if flags & !(CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | NAMESPACES | of_threads) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let process = c.me.process();
    let shared_actions = || Ref::strong_count(&process.signals.actions()) > 2;
    let shared_space = || c.me.space().is_some_and(|s| Ref::strong_count(&s) > 2);
    if flags & of_threads != 0 && process.live_threads.load(Acquire) > 1
        || flags & (CLONE_SIGHAND | CLONE_VM) != 0 && shared_actions()
        || flags & CLONE_VM != 0 && shared_space()
    {
        return Err(Errno::EINVAL.into());
    }
    if flags & NAMESPACES != 0 && !c.me.cred().capable(cap::SYS_ADMIN) {
        return Err(Errno::EPERM.into());
    }
    // Children go to one scope: once that is another, it stays.
    if flags & CLONE_NEWPID != 0 && c.me.world().children.id() != process.scope().id() {
        return Err(Errno::EINVAL.into());
    }
    if flags & (CLONE_FS | CLONE_FILES | NAMESPACES) == 0 {
        return Ok(0);
    }
    // What is not named stays shared: the opposite of what the flags say to clone(2).
    let keep = (CLONE_FS | CLONE_FILES) & !flags;
    let keep = if flags & CLONE_NEWNS != 0 { keep & !CLONE_FS } else { keep };
    let new = clone::child_refs(c.me, keep | flags & NAMESPACES, &process.budget())?;
    // Point of no return.
    drop(c.me.replace_refs(Some(new)));
    Ok(0)
}

/// What a descriptor for setns(2) stands for: a namespace's file, or the namespaces of these kinds of a process that the caller
/// may take hold of.
#[inline(never)]
fn entered(c: &Call<'_>, kinds: u64) -> Result<Vec<Entered>, Errno> {
    let of = c.any_file(0)?;
    let mut to = Vec::new();
    match of.file.special() {
        Special::Namespace(one) if kinds == 0 || kinds == one.flag() => {
            to.try_reserve_exact(1).map_err(|_| Errno::ENOMEM)?;
            to.push(one.clone());
        }
        Special::Process(life) if kinds != 0 && kinds & !(NAMESPACES | CLONE_NEWUSER) == 0 => {
            let (thread, process) = (life.thread().ok_or(Errno::ESRCH)?, life.process().ok_or(Errno::ESRCH)?);
            if !may_attach(c.me, &thread) {
                return Err(Errno::EPERM);
            }
            let refs = thread.refs().ok_or(Errno::ESRCH)?;
            to.try_reserve_exact(KINDS.len()).map_err(|_| Errno::ENOMEM)?;
            // reserved: one for each kind.
            to.extend(
                KINDS.iter().filter(|(_, kind)| kinds & kind != 0).map(|(_, kind)| Entered::of(&refs, process.scope(), *kind)),
            );
        }
        _ => return Err(Errno::EINVAL),
    }
    Ok(to)
}

/// setns(2). The descriptor is what gives access; Linux's capability is asked for on top.
pub(super) fn setns(c: &mut Call<'_>) -> CallResult {
    let to = entered(c, c.uint(1).into())?;
    let cred = c.me.cred();
    let mounts = to.iter().any(|to| to.flag() == CLONE_NEWNS);
    if to.iter().any(|to| matches!(to, Entered::Users)) {
        // One's own is not entered anew, and there is no other.
        return Err(Errno::EINVAL.into());
    }
    if !cred.capable(cap::SYS_ADMIN) || mounts && !cred.capable(cap::SYS_CHROOT) {
        return Err(Errno::EPERM.into());
    }
    let old = c.me.refs().ok_or(Errno::ESRCH)?;
    let world = old.world.with(&to)?;
    let mut fs = old.fs.clone();
    for to in &to {
        match to {
            // Only inwards: from there nobody outside could be waited for.
            Entered::Pid(scope) if !ids::is_within(scope.id(), c.me.process().scope().id()) => {
                return Err(Errno::EINVAL.into());
            }
            // Others would be moved along.
            Entered::Mounts(_) if Ref::strong_count(&old.fs) > 3 => return Err(Errno::EINVAL.into()),
            Entered::Mounts(namespace) => fs = at_root(namespace, old.fs.umask())?,
            _ => {}
        }
    }
    let new = Refs { files: old.files.clone(), fs, cred: old.cred.clone(), world };
    // Point of no return.
    drop((c.me.replace_refs(Some(new)), old));
    Ok(0)
}

/// Paths that begin at the root of a mount namespace.
fn at_root(namespace: &Ref<Namespace>, umask: u32) -> Result<Ref<FsContext>, Errno> {
    let root = namespace.root().ok_or(Errno::EINVAL)?;
    let top = namespace.cover(Mount::root_location(&root));
    FsContext::try_new(namespace.clone(), top.clone(), Reached::freely(top), umask).map_err(|NoMemory| Errno::ENOMEM)
}
