//! What exists and who pays for it, by rules as plain as can be: all is summed up anew each time.

use crate::agent::CARRIED;

pub(crate) const PROCESSES: usize = 1;
pub(crate) const THREADS: usize = 2;
pub(crate) const SLOTS: usize = 3;
pub(crate) const CHANNELS: usize = 4;
pub(crate) const MESSAGES: usize = 5;
pub(crate) const BYTES: usize = 6;
pub(crate) const KINDS: usize = 8;
/// Messages that a queue holds.
const QUEUE: usize = 6;
/// Bytes that need no frame.
const INLINE: usize = 128;
/// Slots that every process has.
const STANDARD: usize = 3;

/// What a descriptor stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// One of two ends of a channel.
    End(usize, usize),
    /// A memory object.
    Memory(usize),
    /// What the standard descriptors are.
    Plain,
}

pub(crate) struct Process {
    pub(crate) pid: i32,
    /// Who pays for it, and who for its descriptors.
    pub(crate) budget: usize,
    pub(crate) table: usize,
    pub(crate) threads: usize,
    pub(crate) slots: Vec<(i32, Item)>,
}

#[derive(Default)]
pub(crate) struct Message {
    pub(crate) bytes: usize,
    pub(crate) items: Vec<Item>,
}

pub(crate) struct Channel {
    pub(crate) budget: usize,
    /// What waits at each end, which is closed or not.
    queues: [Vec<Message>; 2],
    closed: [bool; 2],
    /// The memory of a message is kept for the next one.
    spare: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    None,
    Shared(usize),
    Carved(usize),
}

pub(crate) struct Budget {
    pub(crate) parent: Option<usize>,
    pub(crate) fd: Option<i32>,
    pub(crate) limits: [Limit; KINDS],
    /// In use when a maximum was lowered.
    overdrawn: [usize; KINDS],
}

/// Whether more of a kind is to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    Yes,
    No,
    /// A maximum was lowered below what is in use: what is given back may be taken again.
    Perhaps,
}

impl Fit {
    /// Both are needed.
    pub(crate) fn and(self, other: Fit) -> Fit {
        match (self, other) {
            (Fit::No, _) | (_, Fit::No) => Fit::No,
            (Fit::Yes, Fit::Yes) => Fit::Yes,
            _ => Fit::Perhaps,
        }
    }

    /// Whether a call may have ended so.
    pub(crate) fn allows(self, done: bool) -> bool {
        self == Fit::Perhaps || (self == Fit::Yes) == done
    }
}

/// Everything. What is gone leaves `None` at its place.
#[derive(Default)]
pub(crate) struct Model {
    pub(crate) budgets: Vec<Option<Budget>>,
    pub(crate) processes: Vec<Option<Process>>,
    pub(crate) channels: Vec<Option<Channel>>,
    /// Memory objects by the budget that pays: whose, how many pages.
    pub(crate) objects: Vec<Option<(usize, usize)>>,
}

impl Model {
    pub(crate) fn budget(&self, b: usize) -> &Budget {
        self.budgets[b].as_ref().expect("a budget that is there")
    }

    pub(crate) fn add_budget(&mut self, parent: Option<usize>, fd: i32, limits: [Limit; KINDS]) {
        self.budgets.push(Some(Budget { parent, fd: Some(fd), limits, overdrawn: [0; KINDS] }));
    }

    /// What is charged to a budget itself.
    fn own(&self, b: usize, kind: usize) -> usize {
        let processes = || self.processes.iter().flatten();
        let channels = || self.channels.iter().flatten().filter(|c| c.budget == b);
        match kind {
            PROCESSES => processes().filter(|p| p.budget == b).count(),
            THREADS => processes().filter(|p| p.budget == b).map(|p| p.threads).sum(),
            SLOTS => processes().filter(|p| p.table == b).map(|p| STANDARD + p.slots.len()).sum(),
            CHANNELS => channels().count(),
            MESSAGES => channels().map(|c| usize::from(c.spare) + c.queues.iter().map(Vec::len).sum::<usize>()).sum(),
            BYTES => {
                let waiting = channels().flat_map(|c| c.queues.iter().flatten()).map(|m| m.bytes);
                waiting.filter(|bytes| *bytes > INLINE).sum()
            }
            _ => 0,
        }
    }

    /// What is charged to it and below.
    pub(crate) fn usage(&self, b: usize, kind: usize) -> usize {
        let below = (0..self.budgets.len()).filter(|c| self.budgets[*c].as_ref().is_some_and(|c| c.parent == Some(b)));
        let weight = |c| match self.budget(c).limits[kind] {
            Limit::Carved(n) => n,
            _ => self.usage(c, kind),
        };
        self.own(b, kind) + below.map(weight).sum::<usize>()
    }

    /// Pages of memory objects that are charged to it and below.
    pub(crate) fn pages(&self, b: usize) -> usize {
        let inside = |mut at: usize| loop {
            if at == b {
                return true;
            }
            match self.budget(at).parent {
                Some(parent) => at = parent,
                None => return false,
            }
        };
        self.objects.iter().flatten().filter(|(payer, _)| inside(*payer)).map(|(_, pages)| pages).sum()
    }

    pub(crate) fn fits(&self, b: usize, kind: usize, more: usize) -> Fit {
        let (mut at, mut fit) = (b, Fit::Yes);
        loop {
            let budget = self.budget(at);
            if let Limit::Shared(limit) | Limit::Carved(limit) = budget.limits[kind]
                && self.usage(at, kind) + more > limit
                && more != 0
            {
                let again = self.usage(at, kind) + more <= budget.overdrawn[kind];
                fit = fit.and(if again { Fit::Perhaps } else { Fit::No });
            }
            match budget.parent {
                Some(parent) if !matches!(budget.limits[kind], Limit::Carved(_)) => at = parent,
                _ => return fit,
            }
        }
    }

    /// Whether a limit may be set; whether a carved one is within what the parent has.
    pub(crate) fn may_limit(&self, b: usize, kind: usize, limit: usize) -> Fit {
        let budget = self.budget(b);
        match (budget.limits[kind], budget.parent) {
            (Limit::Carved(_), _) if limit < self.usage(b, kind) => Fit::No,
            (Limit::Carved(before), Some(parent)) => self.fits(parent, kind, limit.saturating_sub(before)),
            _ => Fit::Yes,
        }
    }

    pub(crate) fn set_limit(&mut self, b: usize, kind: usize, limit: usize) {
        let used = self.usage(b, kind);
        let budget = self.budgets[b].as_mut().expect("a budget that is there");
        budget.overdrawn[kind] = used;
        budget.limits[kind] =
            if matches!(budget.limits[kind], Limit::Carved(_)) { Limit::Carved(limit) } else { Limit::Shared(limit) };
    }

    /// Whether a message may be sent; how it is, if something else than a budget is in the way.
    pub(crate) fn may_send(&self, channel: usize, end: usize, bytes: usize) -> Result<Fit, i32> {
        let c = self.channels[channel].as_ref().expect("a channel that is there");
        if c.closed[1 - end] {
            return Err(libc::EPIPE);
        }
        if c.queues[1 - end].len() >= QUEUE {
            return Err(libc::EAGAIN);
        }
        let message = self.fits(c.budget, MESSAGES, usize::from(!c.spare));
        Ok(message.and(self.fits(c.budget, BYTES, if bytes > INLINE { bytes } else { 0 })))
    }

    /// Queues a message, or notes what a refused one leaves.
    pub(crate) fn send(&mut self, channel: usize, end: usize, message: Option<Message>) {
        let c = self.channels[channel].as_mut().expect("a channel that is there");
        c.spare = false;
        c.queues[1 - end].extend(message);
    }

    /// The next message at an end.
    pub(crate) fn next(&self, channel: usize, end: usize) -> Result<&Message, i32> {
        let c = self.channels[channel].as_ref().expect("a channel that is there");
        c.queues[end].first().ok_or(if c.closed[1 - end] { libc::EPIPE } else { libc::EAGAIN })
    }

    pub(crate) fn receive(&mut self, channel: usize, end: usize) -> Message {
        let c = self.channels[channel].as_mut().expect("a channel that is there");
        let message = c.queues[end].remove(0);
        c.spare |= message.bytes <= INLINE;
        message
    }

    pub(crate) fn add_channel(&mut self, budget: usize) -> usize {
        let fresh = Channel { budget, queues: [Vec::new(), Vec::new()], closed: [false; 2], spare: false };
        self.channels.push(Some(fresh));
        self.channels.len() - 1
    }

    /// Ends what nobody can reach any more, until nothing changes: ends of channels with what waits at them, memory, budgets.
    pub(crate) fn settle(&mut self) {
        let (ends, objects) = self.reached();
        for (n, place) in self.channels.iter_mut().enumerate() {
            let Some(c) = place else { continue };
            for (end, reached) in ends[n].iter().enumerate() {
                if !reached && !c.closed[end] {
                    c.closed[end] = true;
                    c.queues[end].clear();
                    c.spare = false;
                }
            }
            if c.closed == [true; 2] {
                *place = None;
            }
        }
        for (n, place) in self.objects.iter_mut().enumerate() {
            if !objects[n] {
                *place = None;
            }
        }
        while let Some(gone) = (0..self.budgets.len()).find(|b| self.is_gone(*b)) {
            let parent = self.budget(gone).parent.expect("the root has a descriptor");
            // What survives is its parent's.
            self.objects.iter_mut().flatten().filter(|(payer, _)| *payer == gone).for_each(|(payer, _)| *payer = parent);
            self.budgets[gone] = None;
        }
    }

    fn is_gone(&self, b: usize) -> bool {
        self.budgets[b].as_ref().is_some_and(|it| it.fd.is_none())
            && !self.budgets.iter().flatten().any(|c| c.parent == Some(b))
            && !self.processes.iter().flatten().any(|p| p.budget == b || p.table == b)
            && !self.channels.iter().flatten().any(|c| c.budget == b)
    }

    /// The ends and memory objects that a process has, or that wait at an end which is reached.
    fn reached(&self) -> (Vec<[bool; 2]>, Vec<bool>) {
        let mut ends = vec![[false; 2]; self.channels.len()];
        let mut objects = vec![false; self.objects.len()];
        let mut todo: Vec<Item> = self.processes.iter().flatten().flat_map(|p| p.slots.iter().map(|(_, item)| *item)).collect();
        while let Some(item) = todo.pop() {
            match item {
                Item::End(c, end) if !ends[c][end] => {
                    ends[c][end] = true;
                    let queue = &self.channels[c].as_ref().expect("a channel that is there").queues[end];
                    todo.extend(queue.iter().flat_map(|m| m.items.iter().copied()));
                }
                Item::Memory(n) => objects[n] = true,
                Item::End(..) | Item::Plain => {}
            }
        }
        (ends, objects)
    }
}

const _: () = assert!(CARRIED <= 4, "the memory of a message with more descriptors is not kept");
