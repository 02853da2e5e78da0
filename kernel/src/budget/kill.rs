//! Ending all processes of a budget and of those below it (`cgroup.kill`).

use super::{Budget, each_member};
use crate::task::{Process, Thread, signal};
use logic_signal::{SigInfo, Signal, code};

/// Ends everything inside. Who forks meanwhile is told to end before or after: before, and there is no child; after, and
/// the next round finds it.
pub(crate) fn kill(me: &Thread, budget: &Budget) {
    let mut found = true;
    while found && !me.kill_pending() {
        found = false;
        each_member(budget, |process| {
            if !is_ending(process) {
                found = true;
                end(process);
            }
        });
    }
}

/// Whether a process has ended or was told to.
fn is_ending(process: &Process) -> bool {
    let first = {
        let s = process.state.lock();
        if s.exit.is_some() || s.ending.is_some() {
            return true;
        }
        s.threads.first().map(|(_, t)| t.clone())
    };
    first.is_none_or(|t| t.kill_pending())
}

fn end(process: &Process) {
    let info = SigInfo::plain(Signal::KILL, code::SI_KERNEL);
    // It fails for who has ended.
    let _ = signal::send_to_process(process, info, signal::Sender::Kernel);
}
