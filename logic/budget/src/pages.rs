//! [`PageAccount`]: the pages of one budget, with two marks. Neighbour: `kernel/mem` charges its frames and slabs here.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The account refused a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

/// Pages charged, and how many there may be.
///
/// What programs ask for page by page – their memory, page tables, what pipes and files hold – ends at a lower mark than
/// kernel objects and stacks, so that a process that takes all it can get leaves the others the means to go on.
#[derive(Debug)]
pub struct PageAccount {
    pages: AtomicU64,
    most: AtomicU64,
    most_singles: AtomicU64,
}

impl PageAccount {
    /// Nothing charged, no limit.
    #[must_use]
    pub const fn new() -> Self {
        PageAccount { pages: AtomicU64::new(0), most: AtomicU64::new(u64::MAX), most_singles: AtomicU64::new(u64::MAX) }
    }
    /// Pages charged now.
    #[must_use]
    pub fn pages(&self) -> u64 {
        self.pages.load(Relaxed)
    }
    /// The most pages that may be charged, and the most when a program asks for a page.
    #[must_use]
    pub fn limits(&self) -> (u64, u64) {
        (self.most.load(Relaxed), self.most_singles.load(Relaxed))
    }
    /// Sets them; what is charged already stays.
    pub fn set_limits(&self, most: u64, most_singles: u64) {
        self.most.store(most, Relaxed);
        self.most_singles.store(most_singles, Relaxed);
    }
    /// Charges a page that a program asks for.
    ///
    /// # Errors
    /// [`Refused`] above the lower mark; nothing is charged then.
    #[inline(always)]
    pub fn charge_single(&self) -> Result<(), Refused> {
        if self.pages.fetch_add(1, Relaxed) >= self.most_singles.load(Relaxed) {
            self.pages.fetch_sub(1, Relaxed);
            return Err(Refused);
        }
        Ok(())
    }
    /// Charges pages of kernel objects.
    ///
    /// # Errors
    /// [`Refused`] above the limit; nothing is charged then.
    #[inline(always)]
    pub fn charge(&self, pages: u64) -> Result<(), Refused> {
        if self.pages.fetch_add(pages, Relaxed).saturating_add(pages) > self.most.load(Relaxed) {
            self.pages.fetch_sub(pages, Relaxed);
            return Err(Refused);
        }
        Ok(())
    }
    /// Gives charged pages back.
    #[inline(always)]
    pub fn uncharge(&self, pages: u64) {
        self.pages.fetch_sub(pages, Relaxed);
    }
}

impl Default for PageAccount {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn singles_end_first() {
        let a = PageAccount::new();
        assert_eq!(a.charge(5), Ok(()));
        a.set_limits(8, 6);
        assert_eq!(a.charge_single(), Ok(()));
        assert_eq!(a.charge_single(), Err(Refused));
        assert_eq!(a.charge(3), Err(Refused));
        assert_eq!(a.charge(2), Ok(()));
        assert_eq!(a.pages(), 8);
        a.uncharge(3);
        assert_eq!(a.charge_single(), Ok(()));
        assert_eq!(a.pages(), 6);
    }

    #[test]
    fn a_limit_below_what_is_charged_takes_nothing_away() {
        let a = PageAccount::new();
        assert_eq!(a.charge(10), Ok(()));
        a.set_limits(4, 4);
        assert_eq!(a.charge_single(), Err(Refused));
        assert_eq!(a.pages(), 10);
        assert_eq!(a.limits(), (4, 4));
    }
}
