//! The state of a timer that is read (timerfd_create(2)): [`TimerFd`].
//!
//! It knows two scales, monotonic time and real time, and is told the time ([`Now`]) with each call. It says for which
//! monotonic time its owner has to arm a deadline ([`TimerFd::deadline_ns`]), and counts expiries. An interval timer that
//! has expired *rests*: the periods that pass until somebody looks are counted then, so that a short interval nobody reads
//! costs nothing.
//!
//! Neighbours: `logic-timer` (the deadlines), the kernel's `events/timerfd` (locks, wake-ups, user memory).
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

#[cfg(test)]
extern crate std;

/// What the clocks show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Monotonic time.
    pub monotonic_ns: u64,
    /// Real time minus monotonic time.
    pub real_offset_ns: i64,
}

impl Now {
    const fn on(self, scale: Scale) -> u64 {
        match scale {
            Scale::Monotonic => self.monotonic_ns,
            Scale::Real => self.monotonic_ns.saturating_add_signed(self.real_offset_ns),
        }
    }
}

/// What a timer's expiry is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Monotonic time: also relative times of the real-time clock, which setting that clock does not move.
    Monotonic,
    /// Real time.
    Real,
}

/// What a timer is set to: what is left, or the point in time, and the period, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Setting {
    /// Until the next expiry; 0: disarmed, or expired for the last time.
    pub left_ns: u64,
    /// The period, 0 for once.
    pub interval_ns: u64,
}

/// How a new setting is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// The scale of the expiry.
    pub scale: Scale,
    /// Whether the expiry is a point in time, or counted from now on.
    pub from: From,
    /// What a jump of the real-time clock does.
    pub on_jump: OnJump,
}

/// Where a time is counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// From now on.
    Now,
    /// From the beginning of the scale (TFD_TIMER_ABSTIME).
    Zero,
}

/// What a jump of the real-time clock does to a timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnJump {
    /// It goes on.
    GoOn,
    /// Its reader is told (TFD_TIMER_CANCEL_ON_SET).
    Cancel,
}

/// The real-time clock jumped since the timer's user last heard of that (ECANCELED).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canceled;

/// What a read gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// It has not expired since the last read.
    Nothing,
    /// So many times.
    Expired(u64),
    /// The clock jumped.
    Canceled,
}

/// A timer that is read.
#[derive(Clone, Debug)]
pub struct TimerFd {
    scale: Scale,
    /// Next expiry on the scale; while it rests, the one that was last. `None`: disarmed.
    due_ns: Option<u64>,
    interval_ns: u64,
    /// Expiries that were counted and not read.
    ticks: u64,
    /// It has expired, and nobody has looked since.
    rests: bool,
    on_jump: OnJump,
    /// The offset of real time that its user knows of; `None`: it jumped.
    known_offset_ns: Option<i64>,
}

impl TimerFd {
    /// A disarmed timer.
    #[must_use]
    pub const fn new(now: Now) -> Self {
        TimerFd {
            scale: Scale::Monotonic,
            due_ns: None,
            interval_ns: 0,
            ticks: 0,
            rests: false,
            on_jump: OnJump::GoOn,
            known_offset_ns: Some(now.real_offset_ns),
        }
    }

    /// The monotonic time for which a deadline is to be armed; `None`: for none. To be asked after each other call.
    #[must_use]
    pub const fn deadline_ns(&self, now: Now) -> Option<u64> {
        match (self.due_ns, self.rests) {
            (Some(due), false) => match self.scale {
                Scale::Monotonic => Some(due),
                Scale::Real => Some(due.saturating_add_signed(now.real_offset_ns.saturating_neg())),
            },
            _ => None,
        }
    }

    /// Expiries to be read.
    #[must_use]
    pub const fn ticks(&self) -> u64 {
        self.ticks
    }

    /// Sets it, or disarms it (0 nanoseconds). Gives the old setting, and whether the caller is to be told of a jump of
    /// the clock: it is set all the same.
    pub fn set(&mut self, start: Start, new: Setting, now: Now) -> (Setting, Result<(), Canceled>) {
        let old = self.setting(now);
        self.scale = start.scale;
        self.on_jump = start.on_jump;
        self.interval_ns = new.interval_ns;
        (self.ticks, self.rests) = (0, false);
        self.due_ns = match (new.left_ns, start.from) {
            (0, _) => None,
            (at, From::Zero) => Some(at),
            (left, From::Now) => Some(now.on(start.scale).saturating_add(left)),
        };
        let told = if self.due_ns.is_some() && self.take_cancel(now) { Err(Canceled) } else { Ok(()) };
        (old, told)
    }

    /// The deadline passed; true if there is something to read now that was not before. A deadline that was taken back
    /// meanwhile, or moved, changes nothing.
    pub fn expired(&mut self, now: Now) -> bool {
        let due = self.due_ns.is_some_and(|due| !self.rests && due <= now.on(self.scale));
        if due {
            self.ticks = self.ticks.saturating_add(1);
            self.rests = true;
        }
        due
    }

    /// The real-time clock was set; true if there is something to read now.
    pub fn clock_set(&mut self, now: Now) -> bool {
        if self.on_jump == OnJump::GoOn || self.known_offset_ns.is_none_or(|known| known == now.real_offset_ns) {
            return false;
        }
        self.known_offset_ns = None;
        self.ticks = self.ticks.saturating_add(1);
        true
    }

    /// Takes what there is to read.
    pub fn read(&mut self, now: Now) -> Read {
        if self.take_cancel(now) {
            (self.ticks, self.rests) = (0, false);
            // What had expired once stays expired.
            if self.interval_ns == 0 && self.due_ns.is_some_and(|due| due <= now.on(self.scale)) {
                self.due_ns = None;
            }
            return Read::Canceled;
        }
        if self.ticks == 0 {
            return Read::Nothing;
        }
        self.wake_up(now);
        Read::Expired(core::mem::take(&mut self.ticks))
    }

    /// Gives back what a read took and could not deliver.
    pub fn unread(&mut self, expired: u64) {
        self.ticks = self.ticks.saturating_add(expired);
    }

    /// The present setting; an interval timer that rests goes on.
    pub fn setting(&mut self, now: Now) -> Setting {
        if self.interval_ns != 0 {
            self.wake_up(now);
        }
        self.shown(now)
    }

    /// The present setting, for those who only look.
    #[must_use]
    pub const fn shown(&self, now: Now) -> Setting {
        let left_ns = match (self.due_ns, self.rests) {
            (Some(due), false) => self.until_next(due, now.on(self.scale)),
            _ => 0,
        };
        Setting { left_ns, interval_ns: self.interval_ns }
    }

    /// Until the first end of a period after `now`, also if the one at `due` passed at this moment and was not counted yet: only what
    /// is disarmed has nothing left.
    const fn until_next(&self, due: u64, now: u64) -> u64 {
        match now.saturating_sub(due).checked_rem(self.interval_ns) {
            Some(late) if due <= now => self.interval_ns.saturating_sub(late),
            _ => due.saturating_sub(now),
        }
    }

    /// Ends the rest: counts the periods that have passed since the expiry that began it.
    fn wake_up(&mut self, now: Now) {
        let (Some(due), true) = (self.due_ns, self.rests) else { return };
        self.rests = false;
        let late = now.on(self.scale).saturating_sub(due);
        // The first period's end was counted when it expired, or the clock was set back.
        let Some(periods) = late.checked_div(self.interval_ns) else {
            self.due_ns = None;
            return;
        };
        self.ticks = self.ticks.saturating_add(periods);
        self.due_ns = Some(due.saturating_add(periods.saturating_add(1).saturating_mul(self.interval_ns)));
    }

    fn take_cancel(&mut self, now: Now) -> bool {
        if self.on_jump == OnJump::GoOn || self.known_offset_ns.is_some() {
            return false;
        }
        self.known_offset_ns = Some(now.real_offset_ns);
        true
    }
}

#[cfg(test)]
mod tests;
