//! Robust futexes (set_robust_list(2)): what a thread's end does to the locks that it holds.

use super::thread::Thread;
use super::{futex, pi};
use abi::RobustListHead;
use core::sync::atomic::Ordering::Relaxed;
use logic_futex::{EntryKind, RobustHead, RobustStep, RobustWalk, death};
use mem::user;

/// Walks the running thread's list, marks each lock as its owner's death asks, and wakes a waiter of each.
pub(crate) fn release(me: &Thread) {
    let head_at = me.robust_list.swap(0, Relaxed);
    if head_at == 0 {
        return;
    }
    let Ok(head) = user::read::<RobustListHead>(head_at) else { return };
    let head = RobustHead { first: head.list, offset: head.futex_offset, pending: head.list_op_pending };
    let mut walk = RobustWalk::new(head_at as u64, head);
    loop {
        match walk.step() {
            RobustStep::Read { addr } => walk.read(user::read::<u64>(addr as usize).ok()),
            RobustStep::Lock { addr, kind } => {
                if lock_of_dead(me, addr as usize, kind).is_err() {
                    walk.give_up();
                }
            }
            RobustStep::Done => return,
        }
    }
}

fn lock_of_dead(me: &Thread, addr: usize, kind: EntryKind) -> Result<(), user::Fault> {
    if matches!(kind, EntryKind::Pi | EntryKind::PendingPi) && pi::owner_died(me, addr)? {
        return Ok(());
    }
    let mut word = user::load_u32(addr)?;
    loop {
        let d = death(word, me.own_tid(), kind);
        if let Some(new) = d.word {
            let found = user::compare_exchange_u32(addr, word, new)?;
            if found != word {
                word = found;
                continue;
            }
        }
        if d.wake {
            futex::wake_at(me, addr, 1);
        }
        return Ok(());
    }
}
