//! unshare(2): a context of one's own.

use super::{Call, CallResult};
use crate::task::clone::{CLONE_FILES, CLONE_FS, CLONE_SIGHAND, CLONE_SYSVSEM, CLONE_THREAD, CLONE_VM};
use crate::task::thread::Refs;
use abi::Errno;
use core::sync::atomic::Ordering::Acquire;
use mem::Ref;

/// unshare(2). Namespaces do not exist; what only threads share cannot be parted with while there are several.
pub(super) fn unshare(c: &mut Call<'_>) -> CallResult {
    let flags = c.arg(0) as u64;
    let of_threads = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
    if flags & !(CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | of_threads) != 0 {
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
    if flags & (CLONE_FS | CLONE_FILES) == 0 {
        return Ok(0);
    }
    let old = c.me.refs().ok_or(Errno::ESRCH)?;
    let new = Refs {
        files: if flags & CLONE_FILES != 0 { old.files.try_copy(&process.budget())? } else { old.files.clone() },
        fs: if flags & CLONE_FS != 0 { old.fs.try_copy()? } else { old.fs.clone() },
        cred: old.cred.clone(),
    };
    // Point of no return.
    drop((c.me.replace_refs(Some(new)), old));
    Ok(0)
}
