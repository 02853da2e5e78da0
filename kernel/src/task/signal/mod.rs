//! Signals: the shell around `logic-signal` (signal(7)).
//!
//! * `state` – what a process and a thread keep; `send` – making a signal pending; `deliver` – on the way to user mode;
//!   `frame` – handler frames on the user stack; `job` – stop and continue.

mod deliver;
mod frame;
mod job;
mod send;
mod state;
pub(crate) mod timer;

pub(crate) use deliver::{interrupted_call, on_the_way_out, raise_exception, raise_fault};
pub(crate) use frame::sigreturn;
pub(crate) use job::{
    child_ended, group_is_orphaned, job_status, notify_child, orphan_groups, send_to_group, thread_begins, thread_ends,
};
pub(crate) use send::{Sender, discard_everywhere, hand_on, send_to_process, send_to_self, send_to_thread};
pub(crate) use state::{ProcessSignals, ThreadSignals};

/// Child stopped or ended.
pub(crate) const SIGCHLD: u32 = 17;
/// Broken pipe.
pub(crate) const SIGPIPE: u32 = 13;
/// File too large.
pub(crate) const SIGXFSZ: u32 = 25;
