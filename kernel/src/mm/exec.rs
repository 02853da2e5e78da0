//! Building a program's address space from an ELF file (execve(2); ELF-64 and RISC-V psABI specifications).

use super::object::PageSource;
use super::region::{MapName, Prot, Region, Source, Traits};
use super::space::{AddressSpace, MapRequest, Placement, USER_END};
use crate::fs::buffer::Buffer;
use crate::fs::file::{Io, Mappable, OpenFile};
use crate::task::Thread;
use abi::Errno;
use alloc::vec::Vec;
use logic_elf::{AddressLimits, Header, Kind, Plan, Segment, SegmentPerms, StackPerms};
use mem::{Frame, PAGE, Ref, user};

const PAGE64: u64 = PAGE as u64;
/// Where programs may be: not at the lowest page (vm.mmap_min_addr is that small for a kernel without one).
const LIMITS: AddressLimits = AddressLimits { first: PAGE64, end: USER_END };

/// What a file is executed as; an error has another name for each (execve(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The program.
    Program,
    /// The program's interpreter.
    Interpreter,
}

impl Role {
    fn errno(self, error: logic_elf::Error) -> Errno {
        match (error, self) {
            (logic_elf::Error::OutOfRange, _) => Errno::ENOMEM,
            (_, Role::Program) => Errno::ENOEXEC,
            (_, Role::Interpreter) => Errno::ELIBBAD,
        }
    }
}

/// What an ELF file asks for.
pub(crate) struct Image {
    header: Header,
    /// The program headers as they stand in the file.
    table: Vec<u8>,
    role: Role,
    /// Path of the interpreter.
    pub(crate) interpreter: Option<Vec<u8>>,
}

/// Where a program was put.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loaded {
    /// First instruction.
    pub(crate) entry: u64,
    /// Its program headers (AT_PHDR).
    pub(crate) phdr: u64,
    /// How many.
    pub(crate) phnum: u16,
    /// Load bias.
    pub(crate) base: u64,
    /// One past its last byte.
    pub(crate) end: u64,
    /// Code range.
    pub(crate) code: (u64, u64),
    /// Data range.
    pub(crate) data: (u64, u64),
}

/// Reads exactly `to.len()` bytes of a file.
pub(crate) fn read_exact(me: &Thread, of: &OpenFile, at: u64, to: &mut [u8]) -> Result<(), Errno> {
    let want = to.len();
    let io = Io { of, me, at: Some(at), nonblock: false, append: false };
    match of.file.read(&io, &mut Buffer::kernel_out(to)) {
        Ok(n) if n == want => Ok(()),
        Ok(_) => Err(Errno::ENOEXEC),
        Err(crate::linux::Stop::Errno(e)) => Err(e),
        Err(_) => Err(Errno::EIO),
    }
}

impl Image {
    /// Reads the headers of an ELF file, and checks them.
    pub(crate) fn read(me: &Thread, of: &OpenFile, role: Role) -> Result<Image, Errno> {
        let mut head = [0u8; logic_elf::HEADER_BYTES];
        read_exact(me, of, 0, &mut head)?;
        let header = Header::parse(&head).map_err(|e| role.errno(e))?;
        let table = read_range(me, of, header.table())?;
        let mut image = Image { header, table, role, interpreter: None };
        let plan = image.plan()?;
        if let Some(place) = plan.interpreter().filter(|_| role == Role::Program) {
            let mut path = read_range(me, of, place)?;
            if path.pop() != Some(0) {
                return Err(Errno::ENOEXEC);
            }
            image.interpreter = Some(path);
        }
        Ok(image)
    }

    /// What is to be mapped.
    fn plan(&self) -> Result<Plan<'_>, Errno> {
        Plan::new(self.header, &self.table, LIMITS).map_err(|e| self.role.errno(e))
    }

    /// Protection of the stack.
    pub(crate) fn stack_prot(&self) -> Result<Prot, Errno> {
        let executable = self.plan()?.stack() == StackPerms::Exec;
        Ok(if executable { Prot::all() } else { Prot::READ | Prot::WRITE })
    }

    /// Maps the segments; a relocatable image goes to where `place` says for its length in bytes, or somewhat below.
    pub(crate) fn map(&self, space: &AddressSpace, of: &Ref<OpenFile>, place: impl FnOnce(u64) -> u64) -> Result<Loaded, Errno> {
        let plan = self.plan()?;
        let span = plan.span();
        let bias = match plan.kind() {
            Kind::Fixed => 0,
            // The alignment is a power of two.
            Kind::Relocatable => (place(span.end - span.start) & !(plan.align() - 1)).wrapping_sub(span.start),
        };
        let object = match of.file.mappable()? {
            Mappable::Object(o) => o,
            Mappable::Zeros => return Err(Errno::ENOEXEC),
        };
        let mut code = (u64::MAX, 0);
        let mut data = (u64::MAX, 0);
        for s in plan.segments() {
            map_segment(space, &s, bias, &object, of)?;
            let at = s.vaddr.wrapping_add(bias);
            let range = if s.perms.contains(SegmentPerms::EXEC) { &mut code } else { &mut data };
            range.0 = range.0.min(at);
            range.1 = range.1.max(at.saturating_add(s.file_bytes));
        }
        Ok(Loaded {
            entry: plan.entry().wrapping_add(bias),
            phdr: plan.table_vaddr().map_or(0, |at| at.wrapping_add(bias)),
            phnum: plan.table_entries(),
            base: bias,
            end: plan.brk().wrapping_add(bias),
            code,
            data: if data.1 == 0 { (0, 0) } else { data },
        })
    }
}

/// The bytes of a range of a file.
fn read_range(me: &Thread, of: &OpenFile, range: core::ops::Range<u64>) -> Result<Vec<u8>, Errno> {
    let length = (range.end - range.start) as usize;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).map_err(|_| Errno::ENOMEM)?;
    bytes.resize(length, 0);
    read_exact(me, of, range.start, &mut bytes)?;
    Ok(bytes)
}

fn map_segment(
    space: &AddressSpace,
    s: &Segment,
    bias: u64,
    object: &Ref<dyn PageSource>,
    of: &Ref<OpenFile>,
) -> Result<(), Errno> {
    let mut prot = Prot::empty();
    prot.set(Prot::READ, s.perms.contains(SegmentPerms::READ));
    prot.set(Prot::WRITE, s.perms.contains(SegmentPerms::WRITE));
    prot.set(Prot::EXEC, s.perms.contains(SegmentPerms::EXEC));
    let map = |from: u64, to: u64, source: Source| {
        let region = Region { prot, max_prot: Prot::all(), traits: Traits::empty(), source };
        let addr = from.wrapping_add(bias);
        space.map(MapRequest { addr, len: to - from, placement: Placement::Replace, region, limit_bytes: u64::MAX })
    };
    if s.file_bytes != 0 {
        let name: Option<Ref<dyn MapName>> = Some(of.clone().unsize(|p| p));
        map(s.start(), s.file_end(), Source::Object { object: object.clone(), offset: s.start_offset(), name })?;
        // The rest of the last page belongs to .bss.
        if s.mem_bytes > s.file_bytes && s.zero_start() < s.file_end() {
            let zeroed = zero_in(space, s.zero_start().wrapping_add(bias), s.file_end().wrapping_add(bias));
            // What cannot be written keeps the file's bytes, as on Linux.
            if prot.contains(Prot::WRITE) {
                zeroed?;
            }
        }
    }
    if s.end() > s.file_end() {
        map(s.file_end(), s.end(), Source::Anonymous)?;
    }
    Ok(())
}

/// Clears part of one page of an address space that is not the running one.
fn zero_in(space: &AddressSpace, from: u64, to: u64) -> Result<(), Errno> {
    let offset = (from % PAGE64) as usize;
    writable_page(space, from - offset as u64)?.zero(offset, (to - from) as usize);
    Ok(())
}

/// Writes into an address space that is not the running one. Neighbouring writes find their page once.
pub(crate) struct Writer<'a> {
    space: &'a AddressSpace,
    /// The last page, and its address.
    page: Option<(u64, Frame)>,
}

impl<'a> Writer<'a> {
    /// Nothing written yet.
    pub(crate) fn new(space: &'a AddressSpace) -> Self {
        Writer { space, page: None }
    }

    /// Writes bytes at an address.
    pub(crate) fn write(&mut self, at: u64, bytes: &[u8]) -> Result<(), Errno> {
        let (mut at, mut rest) = (at, bytes);
        while !rest.is_empty() {
            let offset = (at % PAGE64) as usize;
            let va = at - offset as u64;
            let frame = match &self.page {
                Some((page, frame)) if *page == va => frame,
                _ => &self.page.insert((va, writable_page(self.space, va)?)).1,
            };
            let (now, later) = rest.split_at_checked(PAGE - offset).unwrap_or((rest, &[]));
            frame.write(offset, now);
            at += now.len() as u64;
            rest = later;
        }
        Ok(())
    }
}

/// The frame of a page, made the space's own.
fn writable_page(space: &AddressSpace, va: u64) -> Result<Frame, Errno> {
    space.resolve(va as usize, mem::Access::Write).map_err(|e| match e {
        super::fault::FaultError::NoMemory => Errno::ENOMEM,
        _ => Errno::EFAULT,
    })?;
    space.lock().tables.frame(va as usize).ok_or(Errno::EFAULT)
}

impl MapName for OpenFile {
    fn path(&self, out: &mut [u8]) -> usize {
        let Some(l) = &self.location else { return 0 };
        let fs = crate::task::with_current(Thread::fs);
        let Ok(path) = crate::fs::walk::path_of(&fs, l) else { return 0 };
        let note: &[u8] = if l.dentry.is_removed() { b" (deleted)" } else { b"" };
        let mut n = 0;
        for (to, from) in out.iter_mut().zip(path.iter().chain(note)) {
            *to = *from;
            n += 1;
        }
        n
    }
    fn identity(&self) -> (u64, u64) {
        self.inode().map_or((0, 0), |i| (i.fs.dev, i.ino))
    }
}

/// Bytes of an argument or environment string at most, with its NUL (MAX_ARG_STRLEN).
const MAX_STRING: usize = 32 * PAGE;

/// Argument and environment strings, one after the other, each with its NUL.
#[derive(Default)]
pub(crate) struct Strings {
    /// The bytes.
    pub(crate) bytes: Vec<u8>,
    /// How many strings.
    pub(crate) count: usize,
}

impl Strings {
    /// Bytes that they and their pointers take.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len().saturating_add(self.count.saturating_mul(8))
    }
    /// Adds a string.
    pub(crate) fn push(&mut self, s: &[u8]) -> Result<(), Errno> {
        self.bytes.try_reserve(s.len() + 1).map_err(|_| Errno::ENOMEM)?;
        self.bytes.extend_from_slice(s);
        self.bytes.push(0);
        self.count += 1;
        Ok(())
    }
    /// Reads a NULL-terminated array of strings from user memory. `limit` bounds the bytes.
    pub(crate) fn read(array: usize, limit: usize) -> Result<Strings, Errno> {
        let mut s = Strings::default();
        if array == 0 {
            return Ok(s);
        }
        loop {
            let p: u64 = user::read(array + s.count * 8).map_err(|_| Errno::EFAULT)?;
            if p == 0 {
                return Ok(s);
            }
            s.read_one(p as usize)?;
            if s.size() > limit {
                return Err(Errno::E2BIG);
            }
        }
    }
    fn read_one(&mut self, addr: usize) -> Result<(), Errno> {
        let mut chunk = [0u8; 256];
        let mut at = addr;
        loop {
            match user::read_string(&mut chunk, at) {
                Ok(n) => {
                    if at - addr + n >= MAX_STRING {
                        return Err(Errno::E2BIG);
                    }
                    self.bytes.try_reserve(n + 1).map_err(|_| Errno::ENOMEM)?;
                    self.bytes.extend_from_slice(chunk.get(..=n).unwrap_or_default());
                    self.count += 1;
                    return Ok(());
                }
                Err(user::StringError::Fault) => return Err(Errno::EFAULT),
                Err(user::StringError::TooLong) => {
                    self.bytes.try_reserve(chunk.len()).map_err(|_| Errno::ENOMEM)?;
                    self.bytes.extend_from_slice(&chunk);
                    at += chunk.len();
                    if at - addr > MAX_STRING {
                        return Err(Errno::E2BIG);
                    }
                }
            }
        }
    }
    /// The strings one by one, without their NULs.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.split_inclusive(|b| *b == 0).map(|s| s.strip_suffix(b"\0").unwrap_or(s))
    }
}
