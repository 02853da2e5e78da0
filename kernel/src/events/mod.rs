//! Descriptors that are read, or waited for, to hear of something: timers ([`timerfd`]), signals
//! ([`signalfd`]). Each is one object with one lock
//! and one list of observers.

pub(crate) mod signalfd;
pub(crate) mod timerfd;
