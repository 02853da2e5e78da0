//! Ending all processes of a budget and of those below it (`cgroup.kill`).

use super::{Budget, each_member};
use crate::task::process::TREE;
use crate::task::{Process, Thread, exit, signal};
use core::sync::atomic::{AtomicU64, Ordering};
use logic_signal::{SigInfo, Signal, code};

/// Numbers those who enter the tree of processes.
static ENTRIES: AtomicU64 = AtomicU64::new(0);

impl Budget {
    /// A new process is in it, and can be found. The tree of processes is locked.
    pub(crate) fn note_entry(&self) {
        self.last_entry.store(ENTRIES.fetch_add(1, Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
    }
}

/// Ends everything inside. Who forks meanwhile was told to end before, and there is no child; or its child is found by the
/// next round. Who ends does not fork (`clone::enter` looks under the tree's lock), so that it is done when a round finds none
/// that is not to end, and none has entered since that round began.
pub(crate) fn kill(me: &Thread, budget: &Budget) {
    // Two inside who end each other would leave the rest otherwise.
    let inside = me.process().budget().is_within(budget);
    while inside || !me.kill_pending() {
        let before = last_entry(budget);
        let mut found = false;
        each_member(budget, |process| {
            if !is_ending(process) {
                found = true;
                end(process);
            }
        });
        if !found && last_entry(budget) == before {
            return;
        }
    }
}

/// The last process that entered a budget or one below it.
fn last_entry(budget: &Budget) -> u64 {
    // Who was found not to be ending has entered by now.
    drop(TREE.lock());
    let mut last = 0;
    budget.each_below(|b| last = b.last_entry.load(Ordering::Relaxed).max(last));
    last
}

/// Whether a process has ended or was told to. A thread of it may have been told so by another that executes a program.
fn is_ending(process: &Process) -> bool {
    let s = process.state.lock();
    s.exit.is_some() || s.ending.is_some()
}

fn end(process: &Process) {
    let info = SigInfo::plain(Signal::KILL, code::SI_KERNEL);
    // It fails for who has ended.
    let _ = signal::send_to_process(process, info, signal::Sender::Kernel);
    exit::begin_group_exit(process, Signal::KILL.number() as i32);
}
