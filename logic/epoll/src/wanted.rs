//! [`Wanted`]: the `events` word of `struct epoll_event`, as epoll_ctl(2) takes it.

use logic_waits::{Events, Mode};

/// `EPOLLET`: report changes, not states.
const EDGE: u32 = 1 << 31;
/// `EPOLLONESHOT`: one report, then nothing until it is changed.
const ONCE: u32 = 1 << 30;
/// `EPOLLWAKEUP`: keep the machine awake; without power management there is nothing to do.
const WAKEUP: u32 = 1 << 29;
/// `EPOLLEXCLUSIVE`: of several sets that watch one object, wake one.
const EXCLUSIVE: u32 = 1 << 28;
const OPTIONS: u32 = EDGE | ONCE | WAKEUP | EXCLUSIVE;
/// What may stand beside `EPOLLEXCLUSIVE`.
const WITH_EXCLUSIVE: u32 = 0x1 | 0x4 | 0x8 | 0x10 | WAKEUP | EDGE | EXCLUSIVE;

/// A combination of events that epoll_ctl(2) refuses (EINVAL).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invalid;

/// What an interest wants: events and options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted(u32);

impl Wanted {
    /// Of a slot that nobody uses.
    pub(crate) const NOTHING: Self = Self(0);

    /// For `EPOLL_CTL_ADD`. `nested`: the descriptor is a set itself.
    ///
    /// # Errors
    /// [`Invalid`].
    pub const fn for_add(bits: u32, nested: bool) -> Result<Self, Invalid> {
        if bits & EXCLUSIVE != 0 && (nested || bits & !WITH_EXCLUSIVE != 0) {
            return Err(Invalid);
        }
        Ok(Self::stored(bits))
    }

    /// For `EPOLL_CTL_MOD`.
    ///
    /// # Errors
    /// [`Invalid`].
    pub const fn for_change(bits: u32) -> Result<Self, Invalid> {
        if bits & EXCLUSIVE != 0 {
            return Err(Invalid);
        }
        Ok(Self::stored(bits))
    }

    /// Nobody can hold the machine awake, so that option is not kept; errors and hang-ups are always wanted.
    const fn stored(bits: u32) -> Self {
        Self(bits & !WAKEUP | Events::ALWAYS.bits())
    }

    /// As `/proc/PID/fdinfo` shows it.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// The events.
    #[must_use]
    #[inline]
    pub const fn events(self) -> Events {
        Events::from_bits_truncate(self.0 & !OPTIONS)
    }

    /// Whether changes are reported rather than states.
    #[must_use]
    #[inline]
    pub const fn edge(self) -> bool {
        self.0 & EDGE != 0
    }

    /// Whether one report is all.
    #[must_use]
    #[inline]
    pub const fn once(self) -> bool {
        self.0 & ONCE != 0
    }

    /// Whether a report takes the interest off the ready list.
    #[inline]
    pub(crate) const fn leaves_the_list(self) -> bool {
        self.0 & (EDGE | ONCE) != 0
    }

    /// Whether it shares wake-ups with other sets.
    #[must_use]
    #[inline]
    pub const fn exclusive(self) -> bool {
        self.0 & EXCLUSIVE != 0
    }

    /// How it stands in an object's list.
    #[must_use]
    pub const fn mode(self) -> Mode {
        if self.exclusive() { Mode::Shared } else { Mode::All }
    }

    /// What is left of a one-shot interest that was reported: nothing is wanted.
    pub(crate) const fn spent(self) -> Self {
        Self(self.0 & OPTIONS)
    }
}
