//! Threads, processes, scheduling and waiting.
//!
//! * [`Thread`] – what the scheduler runs; [`Process`] – a thread group with everything its threads share.
//! * `sched` – run queues, switching, wake-up; `timers` – deadlines; `wait` – the one blocking helper.
//! * `parking` – the sleep behind kernel mutexes.

pub(crate) mod accounting;
pub(crate) mod alarm;
pub(crate) mod attrs;
pub(crate) mod clocks;
pub(crate) mod clone;
pub(crate) mod cpu_timers;
pub(crate) mod exec;
pub(crate) mod exit;
pub(crate) mod futex;
pub(crate) mod groups;
pub(crate) mod idle;
pub(crate) mod ids;
pub(crate) mod interval_timers;
pub(crate) mod limits;
pub(crate) mod load;
pub(crate) mod moving;
pub(crate) mod oom;
pub(crate) mod parking;
pub(crate) mod pi;
pub(crate) mod policy;
pub(crate) mod posix_timers;
pub(crate) mod process;
pub(crate) mod robust;
pub(crate) mod rseq;
pub(crate) mod sched;
pub(crate) mod signal;
pub(crate) mod spawn;
pub(crate) mod thread;
pub(crate) mod timers;
pub(crate) mod users;
pub(crate) mod wait;

pub(crate) use process::Process;
pub(crate) use thread::{Thread, with_current};
