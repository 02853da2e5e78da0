//! Descriptors that are read, or waited for, to hear of something: timers ([`timerfd`]). Each is one object with one lock
//! and one list of observers.

pub(crate) mod timerfd;
