//! [`Record`]: one event, as the kernel notes it and as `/proc/rvos/trace` gives it out.

/// Bytes of a record in `/proc/rvos/trace`: four little-endian words.
pub const RECORD_BYTES: usize = 32;

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// When, in nanoseconds of the monotonic clock.
    pub time_ns: u64,
    /// What; [`Event`] as a number.
    pub event: u8,
    /// Where.
    pub hart: u8,
    /// The thread that it happened to.
    pub tid: u32,
    /// See [`Event`].
    pub a: u64,
    /// See [`Event`].
    pub b: u64,
}

/// What happened. Threads are named by their tids; those of the kernel by their ids with
/// [`Event::KERNEL_THREAD`] set, and a hart that idles runs number 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Event {
    /// The thread left the hart and `a` came. `b`: how it left ([`Event::LEAVES`]).
    Switch = 0,
    /// The thread made `a` runnable.
    Wake = 1,
    /// The thread made the call of number `a`; `b` is its first argument.
    CallBegin = 2,
    /// The call of number `a` ended with `b` in `a0`.
    CallEnd = 3,
    /// Interrupts were handled: `a` has 1 for the timer, 2 for another hart's, 4 for a device's.
    Interrupt = 4,
    /// The thread touched `a`, which needs its page; `b`: 0 read, 1 write, 2 execute.
    FaultBegin = 5,
    /// The page is there (`b` is 1), or cannot be (0).
    FaultEnd = 6,
    /// The thread made the thread `a`.
    Fork = 7,
    /// The thread's name is `a` and `b`, as 16 bytes.
    Name = 8,
    /// The thread ended; `a` is its status if it was its process's last.
    Exit = 9,
    /// `a` records of this hart were overwritten before they were read.
    Lost = 10,
}

impl Event {
    /// Marks the id of a thread of the kernel.
    pub const KERNEL_THREAD: u32 = 1 << 31;
    /// Names of the ways to leave a hart, by number.
    pub const LEAVES: [&'static str; 5] = ["preempted", "yielded", "sleeps", "exits", "moved"];
    /// All events by number.
    pub const ALL: [Self; 11] = [
        Self::Switch,
        Self::Wake,
        Self::CallBegin,
        Self::CallEnd,
        Self::Interrupt,
        Self::FaultBegin,
        Self::FaultEnd,
        Self::Fork,
        Self::Name,
        Self::Exit,
        Self::Lost,
    ];

    /// The event of a number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// Events that are switched on together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Group {
    /// [`Event::Switch`].
    Switch = 1,
    /// [`Event::Wake`].
    Wake = 2,
    /// [`Event::CallBegin`] and [`Event::CallEnd`].
    Call = 4,
    /// [`Event::Interrupt`].
    Interrupt = 8,
    /// [`Event::FaultBegin`] and [`Event::FaultEnd`].
    Fault = 16,
    /// [`Event::Fork`], [`Event::Name`] and [`Event::Exit`].
    Thread = 32,
}

/// A set of groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventSet(pub u32);

impl EventSet {
    /// The groups by name.
    pub const NAMES: [(Group, &'static str); 6] = [
        (Group::Switch, "switch"),
        (Group::Wake, "wake"),
        (Group::Call, "call"),
        (Group::Interrupt, "interrupt"),
        (Group::Fault, "fault"),
        (Group::Thread, "thread"),
    ];

    /// Whether a group is in the set.
    #[must_use]
    #[inline]
    pub const fn has(self, group: Group) -> bool {
        self.0 & group as u32 != 0
    }

    /// From names with white space between them; `all` for all, `none` or nothing for none. `None`:
    /// a word is no name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut set = 0;
        for word in text.split_ascii_whitespace() {
            match word {
                "all" => set = Self::NAMES.iter().fold(set, |set, (group, _)| set | *group as u32),
                "none" => set = 0,
                _ => set |= Self::NAMES.iter().find(|(_, name)| *name == word)?.0 as u32,
            }
        }
        Some(Self(set))
    }

    /// The names of the groups in the set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.iter().filter(move |(group, _)| self.has(*group)).map(|(_, name)| *name)
    }
}

impl Record {
    /// As words.
    #[must_use]
    #[inline]
    pub const fn to_words(self) -> [u64; 4] {
        let what = self.event as u64 | (self.hart as u64) << 8 | (self.tid as u64) << 32;
        [self.time_ns, what, self.a, self.b]
    }

    /// From words.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "the parts are cut out")]
    pub const fn from_words([time_ns, what, a, b]: [u64; 4]) -> Self {
        Self { time_ns, event: what as u8, hart: (what >> 8) as u8, tid: (what >> 32) as u32, a, b }
    }

    /// As bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; RECORD_BYTES] {
        let mut bytes = [0; RECORD_BYTES];
        for (to, word) in bytes.chunks_exact_mut(8).zip(self.to_words()) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// From bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; RECORD_BYTES]) -> Self {
        let mut words = [0; 4];
        for (word, from) in words.iter_mut().zip(bytes.chunks_exact(8)) {
            *word = from.try_into().map_or(0, u64::from_le_bytes);
        }
        Self::from_words(words)
    }
}
