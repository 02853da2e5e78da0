//! Budgets: a tree of limits on memory, processes, descriptors, channels and processor time.

use crate::error;
use abi::{BUDGET_KINDS, BUDGET_NO_LIMIT, BudgetCreate, BudgetLimit, BudgetUsage, BudgetWatch};
use rt::{Args, Join, Kill};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

/// What a budget counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Resource {
    /// Pages of 4 KiB.
    Pages = 0,
    /// Processes.
    Processes = 1,
    /// Threads.
    Threads = 2,
    /// Slots of descriptor tables.
    Descriptors = 3,
    /// Channels.
    Channels = 4,
    /// Messages in flight.
    Messages = 5,
    /// Bytes in flight.
    Bytes = 6,
    /// Pages for devices.
    DevicePages = 7,
}

/// A budget. It lasts as long as somebody has a descriptor of it or a process is in it.
#[derive(Debug)]
pub struct Budget(OwnedFd);

/// What a new budget is to be.
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct NewBudget(BudgetCreate);

impl NewBudget {
    /// Without limits of its own, with the usual share of the processor.
    pub fn new() -> Self {
        Self::default()
    }

    /// At most so much may be charged to it.
    pub fn limit(mut self, of: Resource, most: u64) -> Self {
        self.0.limited |= 1 << of as u32;
        self.at(of, most)
    }

    /// So much, and no more, is reserved for it: nobody else can take it.
    pub fn carve(mut self, of: Resource, amount: u64) -> Self {
        self.0.carved |= 1 << of as u32;
        self.at(of, amount)
    }

    /// Its share of the processor beside its siblings, 1 to 10,000; the usual one is 100.
    pub fn weight(mut self, weight: u32) -> Self {
        self.0.weight = weight;
        self
    }

    /// At most `quota` of processor time in each `period`.
    pub fn cap(mut self, quota: Duration, period: Duration) -> Self {
        let us = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        (self.0.quota_us, self.0.period_us) = (us(quota), us(period));
        self
    }

    fn at(mut self, of: Resource, amount: u64) -> Self {
        if let Some(limit) = self.0.limits.get_mut(of as usize) {
            *limit = amount;
        }
        self
    }

    /// Makes it below the caller's own budget.
    ///
    /// # Errors
    /// `EDQUOT` when the parent has not got what is carved, or no room for another budget; `EMFILE`.
    pub fn make(self) -> io::Result<Budget> {
        self.made(None)
    }

    /// Makes it below another budget.
    ///
    /// # Errors
    /// As [`NewBudget::make`]; `EACCES` without the right to change that one.
    pub fn below(self, parent: &Budget) -> io::Result<Budget> {
        self.made(Some(parent.as_fd()))
    }

    fn made(self, parent: Option<BorrowedFd<'_>>) -> io::Result<Budget> {
        rt::budget(parent, &mut Args::from(self.0)).map(Budget).map_err(error)
    }
}

/// What is charged to a budget and those below it, and how much may be.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Charged(BudgetUsage);

impl Charged {
    /// The budget's number, which is never used twice.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.0.id
    }

    /// Units charged now.
    #[must_use]
    pub fn now(&self, of: Resource) -> u64 {
        of_kind(&self.0.usage, of)
    }

    /// The most that was ever charged.
    #[must_use]
    pub fn peak(&self, of: Resource) -> u64 {
        of_kind(&self.0.peak, of)
    }

    /// How often something was refused because this budget, or one below it, was full.
    #[must_use]
    pub fn refused(&self, of: Resource) -> u64 {
        of_kind(&self.0.refused, of)
    }

    /// The limit, if there is one.
    #[must_use]
    pub fn limit(&self, of: Resource) -> Option<u64> {
        Some(of_kind(&self.0.limit, of)).filter(|&limit| limit != BUDGET_NO_LIMIT)
    }

    /// Processes in it that have not ended.
    #[must_use]
    pub fn processes(&self) -> u64 {
        self.0.processes
    }

    /// Processes in it that ended because memory ran out.
    #[must_use]
    pub fn killed(&self) -> u64 {
        self.0.killed
    }
}

fn of_kind(of: &[u64; BUDGET_KINDS], kind: Resource) -> u64 {
    of.get(kind as usize).copied().unwrap_or(0)
}

fn look(fd: Option<BorrowedFd<'_>>) -> io::Result<Charged> {
    let mut args = Args::from(BudgetUsage::default());
    rt::by_descriptor(fd, &mut args).map_err(error)?;
    Ok(Charged(*args.raw()))
}

impl Budget {
    /// What is charged to the caller's own budget.
    ///
    /// # Errors
    /// The kernel's.
    pub fn own_usage() -> io::Result<Charged> {
        look(None)
    }

    /// What is charged to it.
    ///
    /// # Errors
    /// `EACCES` without the right to look.
    pub fn usage(&self) -> io::Result<Charged> {
        look(Some(self.as_fd()))
    }

    /// Changes a limit; `None` takes it away.
    ///
    /// # Errors
    /// `EBUSY` when a carved limit would be below what is in use, `EDQUOT` when the parent has not got what it would take.
    pub fn set_limit(&self, of: Resource, limit: Option<u64>) -> io::Result<()> {
        let limit = BudgetLimit { kind: of as u32, flags: 0, limit: limit.unwrap_or(BUDGET_NO_LIMIT) };
        self.act(Args::from(limit))
    }

    /// Makes the descriptor readable, for an [`crate::EventSet`], while at least so much is charged; zero for never.
    ///
    /// # Errors
    /// `EACCES` without the right.
    pub fn watch(&self, of: Resource, threshold: u64) -> io::Result<()> {
        self.act(Args::from(BudgetWatch { kind: of as u32, flags: 0, threshold }))
    }

    /// Ends all processes in it and in those below.
    ///
    /// # Errors
    /// `EACCES` without the right.
    pub fn kill(&self) -> io::Result<()> {
        self.act(Args::from(Kill))
    }

    /// Moves the calling process into it. What it was charged for besides itself stays where it is.
    ///
    /// # Errors
    /// `EDQUOT` when it has no room there.
    pub fn join(&self) -> io::Result<()> {
        self.act(Args::from(Join))
    }

    fn act<S: rt::Native>(&self, mut args: Args<'_, S>) -> io::Result<()> {
        rt::by_descriptor(self.as_fd(), &mut args).map(drop).map_err(error)
    }
}

impl From<OwnedFd> for Budget {
    fn from(fd: OwnedFd) -> Self {
        Self(fd)
    }
}

impl From<Budget> for OwnedFd {
    fn from(budget: Budget) -> Self {
        budget.0
    }
}

impl AsFd for Budget {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

wire::descriptor! {
    Budget, "budget";
}
