//! The calls on budgets.

use super::channel::{check_flags, read_sized};
use crate::budget::{
    self, Budget, BudgetFile, CreateError, Event, KINDS, Kind, Limit, SetLimitError, UNLIMITED, kill, move_process,
};
use crate::fs::capability::cap;
use crate::fs::file::{O_RDWR, OpenFile};
use crate::linux::{Call, CallResult};
use abi::{BudgetCreate, BudgetLimit, BudgetUsage, BudgetWatch, Errno, Grant};
use mem::{NoMemory, Ref, user};
use zerocopy::IntoBytes;

/// The budget behind a descriptor, or the caller's own for -1. Other descriptors are EINVAL.
fn budget_of(c: &Call<'_>, n: usize) -> Result<Ref<Budget>, Errno> {
    if c.int(n) == -1 {
        return Ok(c.me.process().budget());
    }
    let of = c.file(n)?;
    Ok(of.file.as_budget().ok_or(Errno::EINVAL)?.budget().clone())
}

fn kind(number: u32) -> Result<Kind, Errno> {
    Kind::from_number(number as usize).ok_or(Errno::EINVAL)
}

/// What is reserved is taken from all others, though nobody uses it. Of what memory bounds anyway nobody reserves more than
/// there could ever be; and memory that the machine has for all is reserved by those alone who may also take the processor
/// from all.
fn check_carve(c: &Call<'_>, parent: &Budget, kind: Kind, units: u64) -> Result<(), Errno> {
    /// As many for each budget that there can be are little beside what the first budgets have.
    const MOST: u64 = 1 << 32;
    if !matches!(kind, Kind::Frames | Kind::DmaFrames) {
        return if units <= MOST { Ok(()) } else { Err(Errno::EDQUOT) };
    }
    let is_machines = parent.reserved().depth() <= budget::session().depth();
    let is_mighty = || c.me.world().has(Grant::RealTime) && c.me.cred().capable(cap::SYS_RESOURCE);
    if is_machines && !is_mighty() { Err(Errno::EPERM) } else { Ok(()) }
}

/// budget_create(parent, args, size).
pub(super) fn budget_create(c: &mut Call<'_>) -> CallResult {
    let parent = budget_of(c, 0)?;
    let args = if c.arg(1) == 0 { BudgetCreate::default() } else { read_sized::<BudgetCreate>(c.arg(1), c.arg(2))? };
    check_flags(args.flags, 0)?;
    check_flags(args.limited | args.carved, (1 << KINDS) - 1)?;
    if args.limited & args.carved != 0 || args.weight > 10_000 {
        return Err(Errno::EINVAL.into());
    }
    let mut limits = [Limit::OPEN; KINDS];
    for ((kind, limit), units) in Kind::ALL.into_iter().zip(&mut limits).zip(args.limits) {
        let n = kind as u32;
        if args.carved & 1 << n != 0 {
            check_carve(c, &parent, kind, units)?;
            *limit = Limit::Carved(units);
        } else if args.limited & 1 << n != 0 {
            *limit = Limit::Shared(units);
        }
    }
    let made = Budget::create(&parent, alloc::vec::Vec::new(), &limits).map_err(|e| match e {
        CreateError::Limits | CreateError::Depth | CreateError::NoMemory => Errno::EDQUOT,
        CreateError::Exists => Errno::EEXIST,
    })?;
    if args.weight != 0 {
        made.set_weight(args.weight);
    }
    let (quota, period) = made.cap_us();
    let or = |given: u64, default: u64| if given == 0 { default } else { given };
    if !made.set_cap_us(or(args.quota_us, quota), or(args.period_us, period)) {
        return Err(Errno::EINVAL.into());
    }
    let no_memory = |NoMemory| Errno::ENOMEM;
    let file = Ref::try_new(BudgetFile::new(made)).map_err(no_memory)?;
    let file = OpenFile::open(file.unsize(|p| p), None, O_RDWR).map_err(no_memory)?;
    Ok(c.install(file, true, 0)?)
}

/// budget_limit(fd, args, size).
pub(super) fn budget_limit(c: &mut Call<'_>) -> CallResult {
    // By descriptor alone: nobody raises their own.
    let of = c.file(0)?;
    let budget = of.file.as_budget().ok_or(Errno::EINVAL)?.budget().clone();
    let args: BudgetLimit = read_sized(c.arg(1), c.arg(2))?;
    check_flags(args.flags, 0)?;
    let kind = kind(args.kind)?;
    if budget.heap().account().is_carved(kind)
        && args.limit > budget.limit(kind)
        && let Some(parent) = budget.parent()
    {
        check_carve(c, parent, kind, args.limit)?;
    }
    budget.set_limit(kind, args.limit).map_err(|e| match e {
        SetLimitError::InUse => Errno::EBUSY,
        SetLimitError::ParentFull => Errno::EDQUOT,
    })?;
    Ok(0)
}

/// budget_usage(fd, usage, size).
pub(super) fn budget_usage(c: &mut Call<'_>) -> CallResult {
    let budget = budget_of(c, 0)?;
    let size = c.arg(2);
    if size < size_of::<u64>() {
        return Err(Errno::EINVAL.into());
    }
    let usage = figures(&budget);
    let bytes = usage.as_bytes();
    // An older caller gets what it knows, a newer one is told how much there is.
    let bytes = bytes.get(..size.min(bytes.len())).unwrap_or_default();
    user::copy_out(c.arg(1), bytes).map_err(|_| Errno::EFAULT)?;
    Ok(bytes.len())
}

#[inline(never)]
fn figures(budget: &Budget) -> BudgetUsage {
    let mut u = BudgetUsage {
        id: budget.id(),
        parent: budget.parent().map_or(0, |p| p.id()),
        weight: budget.weight(),
        processes: budget.live(),
        out_of_memory: budget.events.get(Event::OutOfMemory),
        killed: budget.events.get(Event::Killed),
        ..BudgetUsage::default()
    };
    let account = budget.heap().account();
    let rows = u.usage.iter_mut().zip(&mut u.limit).zip(&mut u.peak).zip(&mut u.refused);
    for (kind, (((usage, limit), peak), refused)) in Kind::ALL.into_iter().zip(rows) {
        *usage = budget.usage(kind);
        *limit = Some(budget.limit(kind)).filter(|l| *l < UNLIMITED).unwrap_or(abi::BUDGET_NO_LIMIT);
        *peak = account.peak(kind);
        *refused = budget.events.get(Event::Refused(kind));
        u.carved |= u32::from(account.is_carved(kind)) << kind as u32;
    }
    u
}

/// budget_watch(fd, args, size).
pub(super) fn budget_watch(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    let file = of.file.as_budget().ok_or(Errno::EINVAL)?;
    let args: BudgetWatch = read_sized(c.arg(1), c.arg(2))?;
    check_flags(args.flags, 0)?;
    file.watch_for(kind(args.kind)?, args.threshold);
    Ok(0)
}

/// budget_kill(fd).
pub(super) fn budget_kill(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    let budget = of.file.as_budget().ok_or(Errno::EINVAL)?.budget().clone();
    kill(c.me, &budget);
    Ok(0)
}

/// budget_join(fd).
pub(super) fn budget_join(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    let budget = of.file.as_budget().ok_or(Errno::EINVAL)?.budget().clone();
    move_process(c.me.process(), &budget).map_err(|_| Errno::EDQUOT)?;
    budget::adopt(c.me);
    Ok(0)
}
