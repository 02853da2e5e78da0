//! Descriptors that are read, or waited for, to hear of something: timers ([`timerfd`]), signals
//! ([`signalfd`]), processes ([`pidfd`]), changes of
//! files ([`inotify`]). Each is one object with one lock
//! and one list of observers.

pub(crate) mod inotify;
pub(crate) mod pidfd;
pub(crate) mod signalfd;
pub(crate) mod timerfd;
