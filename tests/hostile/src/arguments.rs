//! One call's arguments, made from its row of the call table: plain values from [`crate::tables`], and an [`Arena`] for each pointer.

use crate::files::World;
use crate::memory::Arena;
use crate::tables;
use abi::{ArgKind, Call, Direction, Ret};

/// Bytes behind a pointer to bytes.
const BYTES: usize = 64;

/// A pointer argument and what stands behind it.
#[derive(Debug)]
pub struct Pointer {
    /// Which argument.
    pub index: usize,
    /// Its kind.
    pub kind: ArgKind,
    /// Its memory.
    pub arena: Arena,
    /// The size of the object in bytes.
    pub size: usize,
    /// What the object holds before the call.
    pub bytes: Vec<u8>,
}

/// A call with arguments that should let it succeed without harm.
#[derive(Debug)]
pub struct Prepared {
    /// The row.
    pub call: &'static Call,
    /// The good arguments.
    pub args: [usize; 6],
    /// The pointers among them.
    pub pointers: Vec<Pointer>,
    /// The buffer to which a vector points.
    inner: Arena,
}

impl Prepared {
    /// Chooses the arguments.
    #[must_use]
    pub fn new(world: &World, call: &'static Call) -> Prepared {
        let inner = Arena::new();
        let mut prepared = Prepared { call, args: [0; 6], pointers: Vec::new(), inner };
        for (index, arg) in call.args.iter().enumerate() {
            prepared.args[index] = plain_value(world, call, arg.name, &arg.kind);
        }
        for (index, arg) in call.args.iter().enumerate() {
            if arg.kind.is_pointer() {
                prepared.add_pointer(index, arg.name, arg.kind);
            }
        }
        prepared.refill();
        prepared
    }

    fn add_pointer(&mut self, index: usize, name: &str, kind: ArgKind) {
        let size = object_size(&kind, self.count_of(&kind));
        let mut bytes = match kind {
            ArgKind::Path(_) => [tables::path(self.call.name, name).as_bytes(), b"\0"].concat(),
            ArgKind::Page(_) => vec![0],
            ArgKind::Iovec { .. } => [self.inner.good().to_le_bytes(), BYTES.to_le_bytes()].concat(),
            ArgKind::StrArray(_) => [self.inner.good().to_le_bytes(), 0usize.to_le_bytes()].concat(),
            ArgKind::Array { ty, .. } if ty.ends_with("Iovec") => [self.inner.good().to_le_bytes(), BYTES.to_le_bytes()].concat(),
            _ => tables::contents(self.call.name, name),
        };
        // A length that lies behind a pointer.
        if self.call.args.iter().any(|other| other.kind.count() == Some(name)) {
            bytes = (BYTES as u32).to_le_bytes().to_vec();
        }
        let size = if matches!(kind, ArgKind::Path(_)) { bytes.len() } else { size };
        let arena = Arena::new();
        self.args[index] = arena.good();
        self.pointers.push(Pointer { index, kind, arena, size, bytes });
    }

    /// The value of the argument that counts this one's elements.
    fn count_of(&self, kind: &ArgKind) -> usize {
        let Some(name) = kind.count() else { return 0 };
        let counter = self.call.args.iter().position(|arg| arg.name == name);
        match counter {
            Some(index) if !self.call.args[index].kind.is_pointer() => self.args[index],
            _ => BYTES,
        }
    }

    /// Puts the contents of all good buffers back.
    pub fn refill(&self) {
        self.inner.fill(&[b'v'; BYTES]);
        for pointer in &self.pointers {
            pointer.arena.fill(&pointer.bytes);
        }
    }

    /// A native call is to wait for ever: no deadline, and no flag against it.
    pub fn wait_for_ever(&mut self) {
        if self.call.number < abi::FIRST_NATIVE_CALL {
            return;
        }
        for pointer in self.pointers.iter_mut().filter(|p| matches!(p.kind, ArgKind::SizedStruct { .. })) {
            pointer.bytes.clear();
        }
        for (value, _) in self.args.iter_mut().zip(self.call.args).filter(|(_, arg)| arg.name == "flags") {
            *value = 0;
        }
    }

    /// The good arguments with one exchanged.
    #[must_use]
    pub fn with(&self, index: usize, value: usize) -> [usize; 6] {
        let mut args = self.args;
        args[index] = value;
        args
    }

    /// Makes the call and cleans up behind a success: descriptors are closed, children reaped.
    #[must_use]
    pub fn make(&self, args: &[usize; 6], first_free: i32) -> isize {
        let own = std::process::id();
        let result = crate::raw_call(self.call.number, args);
        if std::process::id() != own {
            // SAFETY: this is a child that the call made; it must not run the test on.
            unsafe { libc::_exit(0) };
        }
        if result < 0 {
            return result;
        }
        // SAFETY: closes only descriptors that the call can have made, and waits only for a child that it made.
        unsafe {
            for fd in first_free..first_free + 8 {
                libc::close(fd);
            }
            if self.call.ret == Ret::Fd {
                libc::close(i32::try_from(result).unwrap_or(-1));
            }
            if self.call.name.starts_with("clone") && result > 0 {
                libc::waitpid(i32::try_from(result).unwrap_or(-1), std::ptr::null_mut(), libc::__WALL);
            }
        }
        result
    }
}

fn plain_value(world: &World, call: &Call, name: &str, kind: &ArgKind) -> usize {
    if let Some(value) = tables::scalar(world, call.name, name) {
        return value;
    }
    // A counter gets the number that its pointer's object has.
    if let Some(counted) = call.args.iter().find(|arg| arg.kind.count() == Some(name)) {
        return match counted.kind {
            ArgKind::SizedStruct { size, .. } => size,
            ArgKind::Array { .. } | ArgKind::Iovec { .. } => 1,
            ArgKind::PageVec { .. } => crate::PAGE,
            _ => BYTES,
        };
    }
    match kind {
        ArgKind::Fd(_) => world.file.unsigned_abs() as usize,
        ArgKind::Dirfd => libc::AT_FDCWD as isize as usize,
        ArgKind::Mode => 0o600,
        ArgKind::Uid | ArgKind::Gid => usize::MAX,
        ArgKind::Clock => libc::CLOCK_MONOTONIC as usize,
        // Addresses that a call does not follow itself still mean memory.
        ArgKind::Addr if matches!(call.name, "mincore" | "madvise" | "msync" | "mlock" | "munlock" | "mlock2" | "mprotect") => {
            scratch_page()
        }
        _ => 0,
    }
}

/// A page of the process's own that calls may lock, protect or drop.
fn scratch_page() -> usize {
    // SAFETY: a fresh mapping.
    unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            crate::PAGE,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        ) as usize
    }
}

fn object_size(kind: &ArgKind, count: usize) -> usize {
    match kind {
        ArgKind::Bytes { .. } => count,
        ArgKind::Struct { size, .. } => *size,
        ArgKind::SizedStruct { .. } => count,
        ArgKind::Array { size, .. } => size * count,
        ArgKind::Iovec { .. } | ArgKind::StrArray(_) => 16 * count.max(1),
        ArgKind::Futex(_) => 4,
        ArgKind::BitSet { .. } => count.div_ceil(64) * 8,
        ArgKind::PageVec { .. } => count.div_ceil(crate::PAGE),
        _ => 1,
    }
}

impl Pointer {
    /// Whether the call may write there.
    #[must_use]
    pub fn is_written(&self) -> bool {
        match self.kind {
            ArgKind::Bytes { direction, .. }
            | ArgKind::Struct { direction, .. }
            | ArgKind::SizedStruct { direction, .. }
            | ArgKind::Array { direction, .. } => direction != Direction::In,
            ArgKind::BitSet { .. } | ArgKind::PageVec { .. } => true,
            _ => false,
        }
    }
}
