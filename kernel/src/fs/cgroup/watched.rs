//! Files whose changes poll(2) tells: POLLPRI once something happened since the file was last read.

use super::knobs::Knob;
use crate::budget::Budget;
use crate::fs::buffer::Buffer;
use crate::fs::file::{File, Io, OpenFile};
use crate::fs::inode::Virtual;
use crate::fs::virtual_file::VirtualFile;
use crate::linux::Stop;
use crate::task::wait::Watch;
use abi::Errno;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};
use logic_waits::Events;
use mem::{NoMemory, Ref};

/// What is shown.
struct Shown {
    budget: Ref<Budget>,
    knob: &'static Knob,
}

impl Virtual for Shown {
    fn read(&self) -> Result<Vec<u8>, Errno> {
        super::check_there(&self.budget)?;
        let read = self.knob.read.ok_or(Errno::EINVAL)?;
        crate::fs::proc::make_text(|t| read(t, &self.budget))
    }
}

/// The open file.
struct Watched {
    file: VirtualFile,
    budget: Ref<Budget>,
    /// Changes that there had been when it was last read.
    seen: AtomicU64,
}

/// Opens a file that can be watched.
pub(super) fn open(budget: Ref<Budget>, knob: &'static Knob) -> Result<Ref<dyn File>, Errno> {
    const NO_MEMORY: fn(NoMemory) -> Errno = |NoMemory| Errno::ENOMEM;
    let shown = Ref::try_new(Shown { budget: budget.clone(), knob }).map_err(NO_MEMORY)?;
    let seen = AtomicU64::new(budget.changes());
    let file = VirtualFile::of(shown.unsize(|p| p));
    Ok(Ref::try_new(Watched { file, budget, seen }).map_err(NO_MEMORY)?.unsize(|p| p))
}

impl File for Watched {
    fn read(&self, io: &Io<'_>, to: &mut Buffer<'_>) -> Result<usize, Stop> {
        self.seen.store(self.budget.changes(), Ordering::Release);
        self.file.read(io, to)
    }
    fn poll(&self, _: &OpenFile) -> Events {
        let always = Events::IN | Events::OUT | Events::RDNORM | Events::WRNORM;
        let news = self.seen.load(Ordering::Acquire) != self.budget.changes();
        if news { always | Events::PRI | Events::ERR } else { always }
    }
    fn watch(&self) -> Option<&dyn Watch> {
        Some(&*self.budget)
    }
    fn seek(&self, of: &OpenFile, offset: i64, whence: u32) -> Result<u64, Errno> {
        self.file.seek(of, offset, whence)
    }
    fn seekable(&self) -> bool {
        true
    }
}
