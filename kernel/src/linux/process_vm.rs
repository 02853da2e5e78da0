//! Another process's memory: process_vm_readv(2), process_vm_writev(2).

use super::{Call, CallResult};
use crate::fs::buffer::{Buffer, IOV_MAX};
use crate::fs::context::{Ids, cap};
use crate::mm::AddressSpace;
use crate::task::{Thread, ids};
use abi::Errno;
use core::sync::atomic::Ordering;
use mem::{PAGE, Ref, user};

/// Bytes moved at a time: they pass through the kernel's stack, because a copy to or from the caller may fault while the
/// other address space must be locked.
const CHUNK: usize = 256;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    FromThem,
    ToThem,
}

/// process_vm_readv(2).
pub(super) fn process_vm_readv(c: &mut Call<'_>) -> CallResult {
    transfer(c, Direction::FromThem)
}

/// process_vm_writev(2).
pub(super) fn process_vm_writev(c: &mut Call<'_>) -> CallResult {
    transfer(c, Direction::ToThem)
}

fn transfer(c: &Call<'_>, direction: Direction) -> CallResult {
    if c.arg(5) != 0 || c.arg(4) > IOV_MAX {
        return Err(Errno::EINVAL.into());
    }
    let mut local = Buffer::vector(c.arg(1), c.arg(2))?;
    if local.left() == 0 || c.arg(4) == 0 {
        return Ok(0);
    }
    let target = u32::try_from(c.int(0)).ok().and_then(ids::thread).ok_or(Errno::ESRCH)?;
    if !may_attach(c.me, &target) {
        return Err(Errno::EPERM.into());
    }
    let space = target.space().ok_or(Errno::ESRCH)?;
    for i in 0..c.arg(4) {
        let [base, len] = user::read::<[u64; 2]>(c.arg(3).wrapping_add(i.wrapping_mul(16)))?;
        let len = usize::try_from(len).ok().filter(|n| *n <= isize::MAX as usize).ok_or(Errno::EINVAL)?;
        let moved = segment(c.me, &space, base as usize, len, &mut local, direction);
        if moved < len || local.left() == 0 {
            break;
        }
    }
    if local.done() == 0 { Err(Errno::EFAULT.into()) } else { Ok(local.done()) }
}

/// Moves one remote segment; gives how much. Who is to end does not go on.
fn segment(
    me: &Thread,
    space: &Ref<AddressSpace>,
    base: usize,
    len: usize,
    local: &mut Buffer<'_>,
    direction: Direction,
) -> usize {
    let mut chunk = [0u8; CHUNK];
    let mut done = 0;
    while done < len && local.left() != 0 && !me.kill_pending() {
        let at = base.wrapping_add(done);
        let n = len.saturating_sub(done).min(CHUNK).min(local.left()).min(PAGE.saturating_sub(at % PAGE));
        let Some(part) = chunk.get_mut(..n) else { break };
        let moved = match direction {
            Direction::FromThem => match space.peek(at, part) {
                0 => 0,
                _ => local.put(part),
            },
            Direction::ToThem => {
                // The page must be there before the caller's bytes are used up.
                if space.resolve(at & !(PAGE - 1), mem::Access::Write).is_err() {
                    break;
                }
                let taken = local.take(part);
                space.poke(at, part.get(..taken).unwrap_or_default())
            }
        };
        done = done.saturating_add(moved);
        if moved < n {
            break;
        }
    }
    done
}

/// Whether the caller may take hold of another thread's memory (ptrace(2), PTRACE_MODE_ATTACH_REALCREDS).
pub(super) fn may_attach(me: &Thread, target: &Thread) -> bool {
    let (Some(theirs), Some(process)) = (target.refs(), target.process_opt()) else { return true };
    if Ref::ptr_eq(me.process(), process) {
        return true;
    }
    // Whoever takes hold of a process has its powers.
    if !me.world().covers(&theirs.world) {
        return false;
    }
    let mine = me.cred();
    let all = |ids: &Ids, real: u32| ids.real == real && ids.effective == real && ids.saved == real;
    let same = all(&theirs.cred.uid, mine.uid.real) && all(&theirs.cred.gid, mine.gid.real);
    let dumpable = process.attrs.dumpable.load(Ordering::Relaxed) == 1;
    // Who holds more than the caller is out of reach, the same user or not.
    let covered = theirs.cred.caps.permitted & !mine.caps.permitted == 0;
    mine.capable(cap::SYS_PTRACE) || same && dumpable && covered
}
