//! Building a program's address space from an ELF file (execve(2); ELF-64 and RISC-V psABI specifications).

use super::object::PageSource;
use super::region::{MapName, Prot, Region, Source, Traits};
use super::space::{AddressSpace, MapRequest, Placement, USER_END};
use crate::fs::buffer::Buffer;
use crate::fs::file::{Io, Mappable, OpenFile};
use crate::task::Thread;
use abi::Errno;
use alloc::vec::Vec;
use mem::{PAGE, Ref, user};

const PAGE64: u64 = PAGE as u64;
/// Most program headers of a file.
const MAX_HEADERS: usize = 64;

/// A loadable segment.
#[derive(Clone, Copy, Debug)]
struct Segment {
    vaddr: u64,
    offset: u64,
    file_bytes: u64,
    mem_bytes: u64,
    prot: Prot,
}

/// What an ELF file asks for.
pub(crate) struct Image {
    segments: Vec<Segment>,
    entry: u64,
    phdr: u64,
    phnum: u16,
    /// ET_DYN: goes anywhere.
    relocatable: bool,
    /// Path of the interpreter.
    pub(crate) interpreter: Option<Vec<u8>>,
    executable_stack: bool,
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
    /// End of its highest segment.
    pub(crate) end: u64,
    /// Code range.
    pub(crate) code: (u64, u64),
    /// Data range.
    pub(crate) data: (u64, u64),
}

fn le<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], Errno> {
    bytes.get(at..at.checked_add(N).ok_or(Errno::ENOEXEC)?).and_then(|b| b.try_into().ok()).ok_or(Errno::ENOEXEC)
}
fn u16_at(b: &[u8], at: usize) -> Result<u16, Errno> {
    Ok(u16::from_le_bytes(le(b, at)?))
}
fn u32_at(b: &[u8], at: usize) -> Result<u32, Errno> {
    Ok(u32::from_le_bytes(le(b, at)?))
}
fn u64_at(b: &[u8], at: usize) -> Result<u64, Errno> {
    Ok(u64::from_le_bytes(le(b, at)?))
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
    /// Reads the headers of an ELF file.
    pub(crate) fn read(me: &Thread, of: &OpenFile) -> Result<Image, Errno> {
        const EM_RISCV: u16 = 243;
        let mut h = [0u8; 64];
        read_exact(me, of, 0, &mut h)?;
        if h.get(..7) != Some(b"\x7fELF\x02\x01\x01") || u16_at(&h, 18)? != EM_RISCV {
            return Err(Errno::ENOEXEC);
        }
        let kind = u16_at(&h, 16)?;
        let (phoff, phentsize, phnum) = (u64_at(&h, 32)?, u16_at(&h, 54)?, u16_at(&h, 56)?);
        if !matches!(kind, 2 | 3) || phentsize != 56 || phnum == 0 || phnum as usize > MAX_HEADERS {
            return Err(Errno::ENOEXEC);
        }
        let mut image = Image {
            segments: Vec::new(),
            entry: u64_at(&h, 24)?,
            phdr: 0,
            phnum,
            relocatable: kind == 3,
            interpreter: None,
            executable_stack: false,
        };
        image.segments.try_reserve_exact(phnum as usize).map_err(|_| Errno::ENOMEM)?;
        for i in 0..u64::from(phnum) {
            let mut p = [0u8; 56];
            read_exact(me, of, phoff.checked_add(i * 56).ok_or(Errno::ENOEXEC)?, &mut p)?;
            image.header(me, of, &p, phoff)?;
        }
        if image.segments.is_empty() {
            return Err(Errno::ENOEXEC);
        }
        Ok(image)
    }

    fn header(&mut self, me: &Thread, of: &OpenFile, p: &[u8; 56], phoff: u64) -> Result<(), Errno> {
        const PT_LOAD: u32 = 1;
        const PT_INTERP: u32 = 3;
        const PT_GNU_STACK: u32 = 0x6474_e551;
        let flags = u32_at(p, 4)?;
        let (offset, vaddr) = (u64_at(p, 8)?, u64_at(p, 16)?);
        let (file_bytes, mem_bytes) = (u64_at(p, 32)?, u64_at(p, 40)?);
        match u32_at(p, 0)? {
            PT_LOAD => {
                let end = vaddr.checked_add(mem_bytes).ok_or(Errno::ENOEXEC)?;
                let in_order = self.segments.last().is_none_or(|s| s.vaddr.saturating_add(s.mem_bytes) <= vaddr);
                if file_bytes > mem_bytes || vaddr % PAGE64 != offset % PAGE64 || end > USER_END || !in_order {
                    return Err(Errno::ENOEXEC);
                }
                if offset <= phoff && phoff < offset.saturating_add(file_bytes) {
                    self.phdr = vaddr.saturating_add(phoff - offset);
                }
                let mut prot = Prot::empty();
                prot.set(Prot::READ, flags & 4 != 0);
                prot.set(Prot::WRITE, flags & 2 != 0);
                prot.set(Prot::EXEC, flags & 1 != 0);
                self.segments.push(Segment { vaddr, offset, file_bytes, mem_bytes, prot });
            }
            PT_INTERP => {
                if !(2..=4096).contains(&file_bytes) {
                    return Err(Errno::ENOEXEC);
                }
                let mut path = Vec::new();
                path.try_reserve_exact(file_bytes as usize).map_err(|_| Errno::ENOMEM)?;
                path.resize(file_bytes as usize, 0);
                read_exact(me, of, offset, &mut path)?;
                if path.pop() != Some(0) {
                    return Err(Errno::ENOEXEC);
                }
                self.interpreter = Some(path);
            }
            PT_GNU_STACK => self.executable_stack = flags & 1 != 0,
            _ => {}
        }
        Ok(())
    }

    /// Protection of the stack.
    pub(crate) fn stack_prot(&self) -> Prot {
        if self.executable_stack { Prot::all() } else { Prot::READ | Prot::WRITE }
    }

    fn span(&self) -> (u64, u64) {
        let first = self.segments.first().map_or(0, |s| s.vaddr / PAGE64 * PAGE64);
        let last = self.segments.last().map_or(0, |s| s.vaddr.saturating_add(s.mem_bytes));
        (first, last.next_multiple_of(PAGE64))
    }

    /// Maps the segments; a relocatable image goes to `base`.
    pub(crate) fn map(&self, space: &AddressSpace, of: &Ref<OpenFile>, base: u64) -> Result<Loaded, Errno> {
        let (first, last) = self.span();
        let bias = if self.relocatable { base.wrapping_sub(first) } else { 0 };
        let object = match of.file.mappable()? {
            Mappable::Object(o) => o,
            Mappable::Zeros => return Err(Errno::ENOEXEC),
        };
        let mut code = (u64::MAX, 0);
        let mut data = (u64::MAX, 0);
        for s in &self.segments {
            let at = s.vaddr.wrapping_add(bias);
            map_segment(space, s, at, &object, of)?;
            let range = if s.prot.contains(Prot::EXEC) { &mut code } else { &mut data };
            range.0 = range.0.min(at);
            range.1 = range.1.max(at.saturating_add(s.file_bytes));
        }
        Ok(Loaded {
            entry: self.entry.wrapping_add(bias),
            phdr: self.phdr.wrapping_add(bias),
            phnum: self.phnum,
            base: bias,
            end: last.wrapping_add(bias),
            code,
            data: if data.1 == 0 { (0, 0) } else { data },
        })
    }

    /// Bytes of address space from the first to the last segment.
    pub(crate) fn bytes(&self) -> u64 {
        let (first, last) = self.span();
        last.saturating_sub(first)
    }
    /// Whether it may be put anywhere.
    pub(crate) fn relocatable(&self) -> bool {
        self.relocatable
    }
}

fn map_segment(
    space: &AddressSpace,
    s: &Segment,
    at: u64,
    object: &Ref<dyn PageSource>,
    of: &Ref<OpenFile>,
) -> Result<(), Errno> {
    let start = at / PAGE64 * PAGE64;
    let shift = at - start;
    let file_end = at.saturating_add(s.file_bytes).next_multiple_of(PAGE64);
    let mem_end = at.saturating_add(s.mem_bytes).next_multiple_of(PAGE64);
    let map = |addr: u64, end: u64, source: Source| {
        let region = Region { prot: s.prot, max_prot: Prot::all(), traits: Traits::empty(), source };
        space.map(MapRequest { addr, len: end - addr, placement: Placement::Replace, region, limit_bytes: u64::MAX })
    };
    if s.file_bytes != 0 {
        let name: Option<Ref<dyn MapName>> = Some(of.clone().unsize(|p| p));
        map(start, file_end, Source::Object { object: object.clone(), offset: s.offset - shift, name })?;
        // The rest of the last page belongs to .bss.
        let tail = at.saturating_add(s.file_bytes);
        if s.mem_bytes > s.file_bytes && tail < file_end {
            zero_in(space, tail, file_end)?;
        }
    }
    let bss = if s.file_bytes == 0 { start } else { file_end };
    if mem_end > bss {
        map(bss, mem_end, Source::Anonymous)?;
    }
    Ok(())
}

/// Clears part of a page of an address space that is not the running one.
fn zero_in(space: &AddressSpace, from: u64, to: u64) -> Result<(), Errno> {
    write_with(space, from, (to - from) as usize, |frame, offset, _, n| frame.zero(offset, n))
}

/// Writes bytes into an address space that is not the running one.
pub(crate) fn write_into(space: &AddressSpace, at: u64, bytes: &[u8]) -> Result<(), Errno> {
    write_with(space, at, bytes.len(), |frame, offset, done, n| {
        frame.write(offset, bytes.get(done..done + n).unwrap_or_default());
    })
}

fn write_with(
    space: &AddressSpace,
    at: u64,
    len: usize,
    mut f: impl FnMut(&mem::Frame, usize, usize, usize),
) -> Result<(), Errno> {
    let mut done = 0;
    while done < len {
        let va = at as usize + done;
        let offset = va % PAGE;
        let n = (PAGE - offset).min(len - done);
        space.resolve(va - offset, mem::Access::Write).map_err(|e| match e {
            super::fault::FaultError::NoMemory => Errno::ENOMEM,
            _ => Errno::EFAULT,
        })?;
        let frame = space.lock().tables.frame(va - offset).ok_or(Errno::EFAULT)?;
        f(&frame, offset, done, n);
        done += n;
    }
    Ok(())
}

impl MapName for OpenFile {
    fn path(&self, out: &mut [u8]) -> usize {
        let Some(l) = &self.location else { return 0 };
        let mut top = l.mount.clone();
        while let Some(at) = &top.at {
            top = at.mount.clone();
        }
        let root = crate::fs::mount::Mount::root_location(&top);
        let Ok(path) = crate::fs::walk::path_of(&root, l) else { return 0 };
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
            if s.bytes.len() + s.count * 8 > limit {
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
