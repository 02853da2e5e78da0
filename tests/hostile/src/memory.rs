//! Memory of every kind that a pointer can point to: good buffers with known contents, and bad addresses.

/// The size of a page in bytes.
pub const PAGE: usize = 4096;
/// Pages of a good buffer; a read-only twin and a straddling place belong to each.
const BUFFER_PAGES: usize = 4;

/// A bad (or odd) value for a pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hostile {
    /// NULL.
    Null,
    /// In the kernel's half.
    Kernel(usize),
    /// Not mapped, in the user half.
    Unmapped,
    /// Mapped without any permission.
    NoAccess,
    /// Mapped, may only be read.
    ReadOnly,
    /// The last bytes of the address space, so that address + size wraps.
    Wrapping,
    /// The last bytes of the user half.
    EndOfUser,
    /// The first half is there, the second is not.
    Straddling,
    /// All there, at an odd address.
    Unaligned,
}

impl Hostile {
    /// All of them.
    pub const ALL: [Hostile; 12] = [
        Hostile::Null,
        Hostile::Kernel(0xffff_ffff_8000_0000),
        Hostile::Kernel(0xffff_ffc0_0000_0000),
        Hostile::Kernel(0xffff_ffd6_0000_0008),
        Hostile::Kernel(0x8000_0000_0000_0000),
        Hostile::Unmapped,
        Hostile::NoAccess,
        Hostile::ReadOnly,
        Hostile::Wrapping,
        Hostile::EndOfUser,
        Hostile::Straddling,
        Hostile::Unaligned,
    ];
}

/// One pointer argument's memory.
#[derive(Debug)]
pub struct Arena {
    base: usize,
}

impl Arena {
    /// Maps it: `BUFFER_PAGES` good pages, one hole, one page without access, one read-only page, one hole.
    ///
    /// # Panics
    /// When there is no memory for the test itself.
    #[must_use]
    pub fn new() -> Self {
        let pages = BUFFER_PAGES + 4;
        // SAFETY: a fresh anonymous mapping, parts of which are then unmapped or protected; nobody else knows it.
        unsafe {
            let base = libc::mmap(
                std::ptr::null_mut(),
                pages * PAGE,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            );
            assert!(base != libc::MAP_FAILED, "no memory for a buffer");
            let base = base as usize;
            let arena = Arena { base };
            libc::munmap(arena.at_page(BUFFER_PAGES).cast(), PAGE);
            libc::mprotect(arena.at_page(BUFFER_PAGES + 1).cast(), PAGE, libc::PROT_NONE);
            libc::mprotect(arena.at_page(BUFFER_PAGES + 2).cast(), PAGE, libc::PROT_READ);
            libc::munmap(arena.at_page(BUFFER_PAGES + 3).cast(), PAGE);
            arena
        }
    }

    fn at_page(&self, page: usize) -> *mut u8 {
        (self.base + page * PAGE) as *mut u8
    }

    /// The address of the good buffer.
    #[must_use]
    pub fn good(&self) -> usize {
        self.base
    }

    /// Writes `bytes` to the good buffer's start, and zeroes behind them.
    ///
    /// # Panics
    /// When they do not fit.
    pub fn fill(&self, bytes: &[u8]) {
        assert!(bytes.len() <= BUFFER_PAGES * PAGE / 2, "argument too large");
        // SAFETY: the good pages stay mapped and writable for as long as the arena lives, and only this process's one thread uses them.
        unsafe {
            self.at_page(0).write_bytes(0, BUFFER_PAGES * PAGE);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.at_page(0), bytes.len());
        }
    }

    /// The address for a hostile value whose object has `size` bytes; `bytes` is what a reader should find there.
    #[must_use]
    pub fn hostile(&self, how: Hostile, size: usize, bytes: &[u8]) -> usize {
        match how {
            Hostile::Null => 0,
            Hostile::Kernel(address) => address,
            Hostile::Unmapped => self.base + BUFFER_PAGES * PAGE + 64,
            Hostile::NoAccess => self.base + (BUFFER_PAGES + 1) * PAGE + 64,
            Hostile::ReadOnly => self.place_read_only(bytes),
            Hostile::Wrapping => usize::MAX - 7,
            Hostile::EndOfUser => (1 << 38) - 8,
            Hostile::Straddling => self.place(self.base + BUFFER_PAGES * PAGE - Self::reachable(size), bytes),
            Hostile::Unaligned => self.place(self.base + 1, bytes),
        }
    }

    /// How many bytes of a straddling object of `size` bytes can be reached.
    #[must_use]
    pub fn reachable(size: usize) -> usize {
        (size / 2).max(1)
    }

    /// The bytes at the end of the good pages, where the reachable part of a straddling object lies.
    #[must_use]
    pub fn tail(&self, count: usize) -> Vec<u8> {
        let start = (self.base + BUFFER_PAGES * PAGE - count) as *const u8;
        // SAFETY: within the good pages.
        unsafe { std::slice::from_raw_parts(start, count) }.to_vec()
    }

    fn place_read_only(&self, bytes: &[u8]) -> usize {
        let page = self.at_page(BUFFER_PAGES + 2);
        // SAFETY: the page is this arena's own; it is writable while the bytes go in.
        unsafe {
            libc::mprotect(page.cast(), PAGE, libc::PROT_READ | libc::PROT_WRITE);
            page.write_bytes(0, PAGE);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), page, bytes.len().min(PAGE));
            libc::mprotect(page.cast(), PAGE, libc::PROT_READ);
        }
        page as usize
    }

    fn place(&self, at: usize, bytes: &[u8]) -> usize {
        let room = self.base + BUFFER_PAGES * PAGE - at;
        let count = bytes.len().min(room);
        // SAFETY: `at` lies in the good pages and `count` stops at their end.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), at as *mut u8, count) };
        at
    }
}

impl Default for Arena {
    fn default() -> Self {
        Arena::new()
    }
}
