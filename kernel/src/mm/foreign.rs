//! The memory of another process, for `/proc` and process_vm_readv(2): page by page, with what its regions allow.

use super::fault::{FaultError, allowed};
use super::space::AddressSpace;
use mem::{Access, Frame, PAGE, Permit, permits};

impl AddressSpace {
    /// Copies from the space; gives how much of `to` could be read.
    pub(crate) fn peek(&self, at: usize, to: &mut [u8]) -> usize {
        let mut done = 0;
        while let Some(rest) = to.get_mut(done..).filter(|r| !r.is_empty()) {
            let va = at.wrapping_add(done);
            let n = rest.len().min(PAGE - va % PAGE);
            let Some(part) = rest.get_mut(..n) else { break };
            let copied = self.with_page(va, Access::Read, |page| match page {
                Some(frame) => _ = frame.read(va % PAGE, part),
                None => part.fill(0),
            });
            if copied.is_err() {
                break;
            }
            done += n;
        }
        done
    }

    /// Copies to the space; gives how much of `from` could be written.
    pub(crate) fn poke(&self, at: usize, from: &[u8]) -> usize {
        let mut done = 0;
        while let Some(rest) = from.get(done..).filter(|r| !r.is_empty()) {
            let va = at.wrapping_add(done);
            let n = rest.len().min(PAGE - va % PAGE);
            let part = rest.get(..n).unwrap_or_default();
            let copied = self.with_page(va, Access::Write, |page| _ = page.map(|frame| frame.write(va % PAGE, part)));
            if copied.is_err() {
                break;
            }
            done += n;
        }
        done
    }

    /// Calls `f` with the page at `va`, `None` for the page of zeros, once it allows the access. The space is locked
    /// meanwhile: a page that may be written stays this space's own.
    fn with_page(&self, va: usize, access: Access, f: impl FnOnce(Option<Frame>)) -> Result<(), FaultError> {
        let page = va / PAGE * PAGE;
        loop {
            {
                let inner = self.lock();
                let (_, region) = inner.region_at(page as u64).ok_or(FaultError::NotMapped)?;
                if !allowed(region, access) {
                    return Err(FaultError::NotAllowed);
                }
                if let Some(leaf) = inner.tables.get(page)
                    && permits(leaf.flags, access) == Permit::Yes
                {
                    f(inner.tables.frame(page));
                    return Ok(());
                }
            }
            self.resolve(page, access)?;
        }
    }
}
