//! [`Account`]: charging, refilling, draining, limits, closing. Neighbours: `pool` has the counts
//! of one kind, `lib.rs` the numbered steps.

use core::cmp::Ordering as Compared;
use core::iter;

use logic_shim::{Atomic, Atomics, Core, Ordering};

use crate::mutation::{Step, left_out};
use crate::pool::{Answer, Backing, Claim, Pool};
use crate::{KINDS, Kind, Limit, Stocks};

/// An owning reference to the parent account: a shared pointer of the kernel, or `&'static`.
pub trait Link<A: Atomics, S: AsRef<[Stocks<A>]>>: Sized {
    /// The parent.
    fn account(&self) -> Option<&Account<A, Self, S>>;
    /// The account that this link belongs to was closed, and the last that was in use of it has been given back: nothing
    /// touches it any more but charges that have their last step behind them. Said once for each [`Account::close`].
    fn spent(&self) {}
    /// An alarm of the account, or of one above it, rang while the caller charged it: [`Account::take_rung`] says whose.
    fn rang(&self) {}
}

/// A charge was refused: some account on the way to the nearest carved one has no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full {
    /// How far above the charged account the full one is; 0 is the account itself.
    pub levels_up: u32,
}

/// Why a limit stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetLimitError {
    /// A carved limit cannot be below what is in use.
    InUse,
    /// The parent has no room for a larger carved limit.
    ParentFull,
}

/// The pools of one budget.
///
/// `S` holds the stocks, one per hart: an array in a static, a vector made fallibly elsewhere.
/// The depth of the tree is the caller's to bound; refills and refusals walk it, charges do not.
pub struct Account<A: Atomics, L: Link<A, S>, S: AsRef<[Stocks<A>]>> {
    stocks: S,
    pools: [Pool<A>; KINDS],
    /// Kinds that are open or in use.
    alive: A::U32,
    /// Whether an alarm rang.
    rung: A::U32,
    parent: Option<L>,
}

impl<A: Atomics, L: Link<A, S>, S: AsRef<[Stocks<A>]>> Account<A, L, S> {
    /// An account below `parent`, or a root. `limits` stand in the order of [`Kind::ALL`]; what
    /// is carved is reserved from the parent. A root's pools are best all carved.
    ///
    /// # Errors
    /// [`SetLimitError::ParentFull`]; nothing is reserved then.
    pub fn new(stocks: S, parent: Option<L>, limits: &[Limit; KINDS]) -> Result<Account<A, L, S>, SetLimitError> {
        let pools = limits.map(|limit| Pool::new(limit.backing()));
        let account = Account { stocks, pools, alive: A::U32::new(KINDS as u32), rung: A::U32::new(0), parent };
        account.set_limits(limits)?;
        Ok(account)
    }

    /// Begins anew with other limits, below what the link leads to now: for an account that is spent.
    ///
    /// # Errors
    /// [`SetLimitError::ParentFull`]; nothing is reserved then, and the account is closed and spent.
    pub fn reopen(&self, limits: &[Limit; KINDS]) -> Result<(), SetLimitError> {
        self.alive.store(KINDS as u32, Ordering::Relaxed);
        for (pool, limit) in iter::zip(&self.pools, limits) {
            pool.reopen(limit.backing());
        }
        let done = self.set_limits(limits);
        if done.is_err() {
            self.close();
        }
        done
    }

    fn set_limits(&self, limits: &[Limit; KINDS]) -> Result<(), SetLimitError> {
        for (kind, limit) in iter::zip(Kind::ALL, limits) {
            self.set_limit(kind, limit.units())?;
        }
        Ok(())
    }

    /// What it was made with to find its parent.
    pub const fn link(&self) -> Option<&L> {
        self.parent.as_ref()
    }

    /// Charges `units` of a kind on this hart.
    ///
    /// # Errors
    /// [`Full`]; nothing is charged then. Units that lie in stocks of *other* branches of the
    /// tree count as in use: whoever must be sure drains those ([`Account::drain`]) and tries
    /// again. While another hart moves units, a charge that would just fit may be refused.
    #[inline(always)]
    pub fn charge(&self, hart: usize, kind: Kind, units: u32) -> Result<(), Full> {
        if self.take_from_stock(hart, kind, units) {
            return Ok(());
        }
        self.refill(hart, kind, units, Claim::Plain)
    }

    /// As [`Account::charge`], and leaves what [`Account::set_spare`] keeps for others.
    ///
    /// # Errors
    /// [`Full`]; nothing is charged then.
    #[inline(always)]
    pub fn charge_yielding(&self, hart: usize, kind: Kind, units: u32) -> Result<(), Full> {
        if self.take_from_stock(hart, kind, units) {
            return Ok(());
        }
        self.refill(hart, kind, units, Claim::Yielding)
    }

    /// As [`Account::charge`], and overdraws shared pools.
    ///
    /// # Errors
    /// [`Full`]: a carved pool has no room; nothing is charged then.
    pub fn charge_forced(&self, kind: Kind, units: u32) -> Result<(), Full> {
        self.take(kind, u64::from(units), Claim::Forced)
    }

    /// (1)
    #[inline(always)]
    fn take_from_stock(&self, hart: usize, kind: Kind, units: u32) -> bool {
        let Some(stock) = self.stock(hart, kind) else { return false };
        let mut held = stock.load(Ordering::Relaxed);
        while held >= units {
            if left_out(Step::ChargeCompares) {
                stock.store(held.wrapping_sub(units), Ordering::Relaxed);
                return true;
            }
            match stock.compare_exchange_weak(held, held.wrapping_sub(units), Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => held = now,
            }
        }
        false
    }

    /// Gives charged units back, on any hart. A closed account that is spent with them says so ([`Link::spent`]).
    #[inline(always)]
    pub fn uncharge(&self, hart: usize, kind: Kind, units: u32) {
        let keep = self.pool(kind).map_or(0, Pool::keep);
        if let Some(stock) = self.stock(hart, kind)
            && units <= keep
        {
            let before = stock.fetch_add(units, Ordering::Relaxed);
            if before.wrapping_add(units) > keep.wrapping_mul(2) {
                self.flush(stock, kind, keep);
            }
        } else {
            self.give(kind, u64::from(units));
        }
    }

    /// Empties the stocks of this account, so that [`Account::usage`] is exact and the units can
    /// be charged elsewhere.
    pub fn drain(&self, kind: Kind) {
        for stocks in self.stocks.as_ref() {
            if let Some(stock) = stocks.of(kind) {
                let units = if left_out(Step::DrainSwaps) {
                    let units = stock.load(Ordering::Relaxed);
                    stock.store(0, Ordering::Relaxed);
                    units
                } else {
                    stock.swap(0, Ordering::Relaxed)
                };
                self.give(kind, u64::from(units));
            }
        }
    }

    /// Gives what the stocks of a closed account hold to whom it belongs.
    pub fn settle(&self) {
        if self.is_closed() {
            for kind in Kind::ALL {
                self.drain(kind);
            }
        }
    }

    /// What is charged here and below; carved children count with their limits. Exact when the
    /// stocks of the shared accounts below are drained and no charge is under way; 0 after
    /// [`Account::close`].
    #[must_use]
    pub fn usage(&self, kind: Kind) -> u64 {
        let handed_out = self.pool(kind).and_then(Pool::handed_out).unwrap_or(0);
        let stocks = self.stocks.as_ref().iter();
        let held = stocks.filter_map(|stocks| stocks.of(kind));
        let in_stock = held.fold(0_u64, |sum, stock| sum.saturating_add(u64::from(stock.load(Ordering::Relaxed))));
        handed_out.saturating_sub(in_stock)
    }

    /// The limit of a kind; [`crate::UNLIMITED`] stands for none.
    #[must_use]
    pub fn limit(&self, kind: Kind) -> u64 {
        self.pool(kind).map_or(0, Pool::limit)
    }

    /// Changes a limit. A carved one is raised by reserving more from the parent and lowered by
    /// returning room to it; a shared maximum may be set below the usage: nothing more is handed
    /// out then, though what comes back to the stocks of accounts below may be charged again.
    /// Calls of this and of [`Account::close`] for one account do not overlap: the caller holds
    /// the tree's lock.
    ///
    /// # Errors
    /// [`SetLimitError`]; the limit is as before.
    pub fn set_limit(&self, kind: Kind, limit: u64) -> Result<(), SetLimitError> {
        let Some(pool) = self.pool(kind) else {
            return Ok(());
        };
        let limit = Limit::Shared(limit).units();
        let before = pool.limit();
        match (pool.backing(), limit.cmp(&before)) {
            (Backing::Shared, _) => {
                pool.set_maximum(limit);
                // What is in stock must not get past a lower maximum.
                self.drain(kind);
            }
            (Backing::Carved, Compared::Less) => {
                let less = before.wrapping_sub(limit);
                self.drain(kind);
                if pool.take(less, Claim::Plain) != Answer::Done {
                    return Err(SetLimitError::InUse);
                }
                pool.lower(less);
                if let Some(parent) = self.parent() {
                    parent.give(kind, less);
                }
            }
            (Backing::Carved, _) => {
                let more = limit.wrapping_sub(before);
                if let Some(parent) = self.parent() {
                    parent.take_or_drain(kind, more, Claim::Plain).map_err(|_| SetLimitError::ParentFull)?;
                }
                pool.raise(more);
            }
        }
        pool.set_keep(self.batch(kind, limit));
        Ok(())
    }

    /// Fits the stocks to the parent's limit, after that has changed.
    pub fn fit_stocks(&self, kind: Kind) {
        if let Some(pool) = self.pool(kind) {
            pool.set_keep(self.batch(kind, pool.limit()));
            self.drain(kind);
        }
    }

    /// Units that yielding charges leave for the others.
    pub fn set_spare(&self, kind: Kind, units: u64) {
        if let Some(pool) = self.pool(kind) {
            pool.set_spare(units);
        }
    }

    /// What [`Account::set_spare`] set.
    #[must_use]
    pub fn spare(&self, kind: Kind) -> u64 {
        self.pool(kind).map_or(0, Pool::spare)
    }

    /// Rings once when about so many units are in use: somewhat earlier, since stocks count.
    pub fn set_alarm(&self, kind: Kind, units: u64) {
        if let Some(pool) = self.pool(kind) {
            pool.set_alarm(units);
        }
    }

    /// Whether an alarm rang since this was last asked.
    pub fn take_rung(&self) -> bool {
        self.rung.load(Ordering::Relaxed) != 0 && self.rung.swap(0, Ordering::AcqRel) != 0
    }

    /// The most that was ever in use, with what lay in stocks then.
    #[must_use]
    pub fn peak(&self, kind: Kind) -> u64 {
        self.pool(kind).map_or(0, Pool::peak)
    }

    /// Whether a kind's limit is reserved from the parent.
    #[must_use]
    pub fn is_carved(&self, kind: Kind) -> bool {
        self.pool(kind).is_some_and(|pool| pool.backing() == Backing::Carved)
    }

    /// Whether it was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.pools.first().is_some_and(Pool::is_closed)
    }

    /// Ends the account: what is not in use goes to the parent, and so does what is still in use
    /// when it is given back. New charges go to the parent, without a limit of this account. In a
    /// time that does not depend on how much is in use.
    pub fn close(&self) {
        for kind in Kind::ALL {
            let Some(pool) = self.pool(kind) else {
                continue;
            };
            // Before it may begin anew.
            let parent = self.parent();
            let Some((units, unused)) = pool.close() else {
                self.drain(kind);
                continue;
            };
            if let Some(parent) = parent {
                parent.give(kind, units);
            }
            if unused {
                // Nothing is in stock then.
                self.kind_is_spent();
            } else {
                // The stocks last: what they hold goes where everything goes from now on.
                self.drain(kind);
            }
        }
    }

    /// Nothing is in use of a closed pool.
    #[inline(never)]
    fn kind_is_spent(&self) {
        if self.alive.fetch_sub(1, Ordering::AcqRel) == 1
            && let Some(link) = &self.parent
        {
            link.spent();
        }
    }

    /// The parent, if this is not a root.
    #[inline]
    #[must_use]
    pub fn parent(&self) -> Option<&Account<A, L, S>> {
        self.parent.as_ref().and_then(L::account)
    }

    /// What has left the pool, stocks included.
    #[cfg(test)]
    pub(crate) fn pool_handed_out(&self, kind: Kind) -> u64 {
        self.pool(kind).and_then(Pool::handed_out).unwrap_or(0)
    }

    /// (1) Charges what the stock does not hold, and fills it up on the way.
    #[inline(never)]
    fn refill(&self, hart: usize, kind: Kind, units: u32, claim: Claim) -> Result<(), Full> {
        let keep = self.pool(kind).map_or(0, Pool::keep);
        if let Some(stock) = self.stock(hart, kind)
            && keep > 0
            && self.take(kind, u64::from(units).wrapping_add(u64::from(keep)), claim).is_ok()
        {
            stock.fetch_add(keep, Ordering::Relaxed);
            return Ok(());
        }
        self.take_or_drain(kind, u64::from(units), claim)
    }

    /// (4) Reduces a stock to `keep`.
    #[inline(never)]
    fn flush(&self, stock: &A::U32, kind: Kind, keep: u32) {
        let mut held = stock.load(Ordering::Relaxed);
        while held > keep {
            match stock.compare_exchange_weak(held, keep, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => {
                    self.give(kind, u64::from(held.wrapping_sub(keep)));
                    return;
                }
                Err(now) => held = now,
            }
        }
    }

    /// (3) Takes units from the pools; empties the stocks on the way if there is no room.
    #[inline]
    fn take_or_drain(&self, kind: Kind, units: u64, claim: Claim) -> Result<(), Full> {
        if units == 0 {
            // Fits also where a maximum is below the usage.
            return Ok(());
        }
        let Err(full) = self.take(kind, units, claim) else {
            return Ok(());
        };
        if !left_out(Step::DrainFirst) {
            for (account, _) in iter::zip(self.way_up(), 0..=full.levels_up) {
                account.drain(kind);
            }
        }
        self.take(kind, units, claim)
    }

    /// (2) Takes units from every pool up to the first carved one, or from none.
    fn take(&self, kind: Kind, units: u64, claim: Claim) -> Result<(), Full> {
        for (account, levels_up) in iter::zip(self.way_up(), 0..) {
            let Some(pool) = account.pool(kind) else { continue };
            let answer = pool.take(units, claim);
            if answer == Answer::Refused {
                self.untake(kind, units, levels_up);
                return Err(Full { levels_up });
            }
            if pool.rings()
                && let Some(link) = &account.parent
            {
                account.rung.store(1, Ordering::Release);
                link.rang();
            }
            if answer == Answer::Done {
                break;
            }
        }
        Ok(())
    }

    /// (2) Undoes `take` for the lowest pools.
    fn untake(&self, kind: Kind, units: u64, levels: u32) {
        if left_out(Step::RefusalGivesBack) {
            return;
        }
        for (account, _) in iter::zip(self.way_up(), 0..levels) {
            if let Some(pool) = account.pool(kind) {
                pool.untake(units);
            }
        }
    }

    /// (4) Gives units back to every pool up to the first carved one.
    #[inline(never)]
    fn give(&self, kind: Kind, units: u64) {
        if units == 0 {
            return;
        }
        let mut at = Some(self);
        while let Some(account) = at {
            // Before the units: once they are given, a closed account may be spent and begin anew elsewhere. The parent
            // cannot, because it has not got them yet.
            at = account.parent();
            match account.pool(kind).map(|pool| pool.give(units)) {
                Some(Answer::Done) => return,
                Some(Answer::Spent) => account.kind_is_spent(),
                Some(Answer::GoOn | Answer::Refused) | None => {}
            }
        }
    }

    /// How many units a stock keeps: less under a small limit, so that all stocks together hold
    /// at most an eighth of it, and never more than those of the parent.
    fn batch(&self, kind: Kind, limit: u64) -> u32 {
        let harts = self.stocks.as_ref().len() as u64;
        let share = limit.checked_div(harts.saturating_mul(16)).unwrap_or(0);
        let own = u64::from(kind.batch()).min(share) as u32;
        let parent = self.parent().and_then(|parent| parent.pool(kind));
        parent.map_or(own, |parent| own.min(parent.keep()))
    }

    /// This account, its parent, and so on.
    fn way_up(&self) -> impl Iterator<Item = &Account<A, L, S>> {
        iter::successors(Some(self), |account| account.parent())
    }

    #[inline(always)]
    fn pool(&self, kind: Kind) -> Option<&Pool<A>> {
        self.pools.get(kind as usize)
    }

    #[inline(always)]
    fn stock(&self, hart: usize, kind: Kind) -> Option<&A::U32> {
        self.stocks.as_ref().get(hart)?.of(kind)
    }
}

impl<L: Link<Core, S>, S: AsRef<[Stocks<Core>]>> Account<Core, L, S> {
    /// An account for a static, which is all zeroes if `stocks` and `parent` are; [`Account::begin`] makes it one.
    #[must_use]
    pub const fn zero(stocks: S, parent: Option<L>) -> Account<Core, L, S> {
        let alive = core::sync::atomic::AtomicU32::new(0);
        let rung = core::sync::atomic::AtomicU32::new(0);
        Account { stocks, pools: [const { Pool::zero() }; KINDS], alive, rung, parent }
    }

    /// All pools are carved and have `limit` units without anyone being asked; [`Account::set_limit`] gives them their
    /// limits at boot, those of the root first. Nobody else knows the account yet.
    pub fn begin(&self, limit: u64) {
        self.alive.store(KINDS as u32, Ordering::Relaxed);
        self.pools.iter().for_each(|pool| pool.begin(limit));
    }
}

impl<A: Atomics, L: Link<A, S>, S: AsRef<[Stocks<A>]>> core::fmt::Debug for Account<A, L, S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(Kind::ALL.map(|kind| (kind, self.usage(kind), self.limit(kind)))).finish()
    }
}

impl<A: Atomics, L: Link<A, S>, S: AsRef<[Stocks<A>]>> Drop for Account<A, L, S> {
    /// Nothing is charged any more; the parent gets all that was reserved.
    fn drop(&mut self) {
        self.close();
    }
}
