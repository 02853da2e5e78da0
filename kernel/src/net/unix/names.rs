//! Names of sockets: in file systems, and abstract ones, which a network has.

use super::{Kind, Role, Socket};
use crate::fs::inode::{Body, Inode};
use crate::world::names::Space;
use abi::Errno;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, Ordering};
use logic_tree::{Node, Tree};
use mem::{NoMemory, Ref, Weak, try_box};
use sync::{SpinLock, levels};

/// Most bytes of a path in an address.
pub(crate) const PATH_BYTES: usize = 108;
/// AF_UNIX.
pub(crate) const FAMILY: u16 = 1;
/// Autobind names have five digits.
const AUTOMATIC: u32 = 0xf_ffff;

/// A place in a file system for a socket.
pub(crate) type Place = SpinLock<Option<Weak<Socket>>, levels::InodeAttrs>;

/// The name of a socket: its kind, and what follows the family in its address.
pub(crate) struct Name(Vec<u8>);

impl Name {
    /// The name of `parts` together.
    fn try_new(kind: Kind, parts: [&[u8]; 2]) -> Result<Ref<Name>, Errno> {
        let key = key(kind, parts).map_err(|NoMemory| Errno::ENOMEM)?;
        Ref::try_new(Name(key)).map_err(|NoMemory| Errno::ENOMEM)
    }
    /// Its bytes: a path with its NUL, or NUL and an abstract name.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.get(1..).unwrap_or_default()
    }
}

/// An address as a program gives it.
pub(crate) enum Address<'a> {
    /// A path, without NUL.
    Path(&'a [u8]),
    /// An abstract name, with the NUL before it.
    Abstract(&'a [u8]),
    /// No name: one is to be found.
    Automatic,
    /// No address (AF_UNSPEC).
    None,
}

impl<'a> Address<'a> {
    /// Takes `struct sockaddr_un` apart.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Address<'a>, Errno> {
        let (family, path) = bytes.split_first_chunk::<2>().ok_or(Errno::EINVAL)?;
        match u16::from_le_bytes(*family) {
            0 => return Ok(Address::None),
            FAMILY => {}
            _ => return Err(Errno::EINVAL),
        }
        match path {
            [] => Ok(Address::Automatic),
            _ if path.len() > PATH_BYTES => Err(Errno::EINVAL),
            [0, ..] => Ok(Address::Abstract(path)),
            _ => Ok(Address::Path(path.split(|b| *b == 0).next().unwrap_or(path))),
        }
    }
}

/// Abstract names, each with the kind of its socket before it.
pub(crate) struct Names {
    tree: SpinLock<Tree<Vec<u8>, Weak<Socket>>, levels::InodeAttrs>,
    next: AtomicU32,
}

fn key(kind: Kind, parts: [&[u8]; 2]) -> Result<Vec<u8>, NoMemory> {
    let mut key = Vec::new();
    key.try_reserve_exact(parts.iter().map(|p| p.len()).sum::<usize>() + 1).map_err(|_| NoMemory)?;
    key.push(kind as u8);
    for part in parts {
        key.extend_from_slice(part);
    }
    Ok(key)
}

impl Names {
    /// None.
    pub(crate) const fn new() -> Self {
        Names { tree: SpinLock::new(Tree::new()), next: AtomicU32::new(0) }
    }
    /// The socket that has this name.
    pub(crate) fn find(&self, kind: Kind, name: &[u8]) -> Result<Ref<Socket>, Errno> {
        let key = key(kind, [name, b""]).map_err(|NoMemory| Errno::ENOMEM)?;
        let found = self.tree.lock().get(&key).and_then(Weak::upgrade);
        found.ok_or(Errno::ECONNREFUSED)
    }
    fn add(&self, socket: &Ref<Socket>, name: &Name) -> Result<(), Errno> {
        let no_memory = |NoMemory| Errno::ENOMEM;
        let key = key(socket.kind, [name.bytes(), b""]).map_err(no_memory)?;
        let node = try_box(Node::new(key, Ref::downgrade(socket))).map_err(no_memory)?;
        // A statement of its own: what comes back is dropped without the lock.
        let inserted = self.tree.lock().insert(node);
        inserted.map_err(|_taken| Errno::EADDRINUSE)
    }
    fn remove(&self, name: &Name) {
        let node = self.tree.lock().remove(&name.0);
        drop(node);
    }
}

/// A name that a socket has.
pub(super) struct Bound {
    pub(super) name: Ref<Name>,
    at: At,
}

enum At {
    /// It is that of the socket that took the connection.
    Elsewhere,
    File(Ref<Inode>),
    Abstract(Ref<Space>),
}

impl Bound {
    /// The same name, without the place.
    pub(super) fn copy(&self) -> Bound {
        Bound { name: self.name.clone(), at: At::Elsewhere }
    }
    /// Takes the place out.
    pub(super) fn take(&mut self) -> Bound {
        Bound { name: self.name.clone(), at: core::mem::replace(&mut self.at, At::Elsewhere) }
    }
    /// The place is free again.
    pub(super) fn release(self) {
        match &self.at {
            At::Elsewhere => {}
            At::File(inode) => {
                if let Body::Socket(place) = &inode.body {
                    let was = place.lock().take();
                    drop(was);
                }
            }
            At::Abstract(space) => space.sockets.remove(&self.name),
        }
    }
}

/// A socket is being given a name, unless this is dropped first.
pub(crate) struct Binding<'a>(&'a Ref<Socket>);

impl Drop for Binding<'_> {
    fn drop(&mut self) {
        self.0.state.lock().binding = false;
    }
}

impl<'a> Binding<'a> {
    /// Begins; a socket that has a name keeps it.
    pub(crate) fn begin(socket: &'a Ref<Socket>) -> Result<Binding<'a>, Errno> {
        let mut state = socket.state.lock();
        if state.bound.is_some() || core::mem::replace(&mut state.binding, true) {
            return Err(Errno::EINVAL);
        }
        drop(state);
        Ok(Binding(socket))
    }

    /// Gives it the path of a fresh inode, which `make` makes.
    pub(crate) fn path(self, path: &[u8], make: impl FnOnce() -> Result<Ref<Inode>, Errno>) -> Result<(), Errno> {
        let name = Name::try_new(self.0.kind, [path, b"\0"])?;
        let inode = make()?;
        // Point of no return.
        if let Body::Socket(place) = &inode.body {
            *place.lock() = Some(Ref::downgrade(self.0));
        }
        self.end(Bound { name, at: At::File(inode) });
        Ok(())
    }

    /// Gives it an abstract name.
    pub(crate) fn abstract_name(self, space: &Ref<Space>, name: &[u8]) -> Result<(), Errno> {
        let name = Name::try_new(self.0.kind, [name, b""])?;
        space.sockets.add(self.0, &name)?;
        // Point of no return.
        self.end(Bound { name, at: At::Abstract(space.clone()) });
        Ok(())
    }

    /// Gives it an abstract name that nobody has (autobind).
    pub(crate) fn automatic(self, space: &Ref<Space>) -> Result<(), Errno> {
        for _ in 0..=AUTOMATIC {
            let number = space.sockets.next.fetch_add(1, Ordering::Relaxed) & AUTOMATIC;
            let mut name = [0; 6];
            for (i, digit) in name.iter_mut().rev().take(5).enumerate() {
                *digit = *b"0123456789abcdef".get((number >> (4 * i) & 15) as usize).unwrap_or(&b'0');
            }
            let name = Name::try_new(self.0.kind, [&name, b""])?;
            match space.sockets.add(self.0, &name) {
                Ok(()) => {
                    self.end(Bound { name, at: At::Abstract(space.clone()) });
                    return Ok(());
                }
                Err(Errno::EADDRINUSE) => {}
                Err(e) => return Err(e),
            }
        }
        Err(Errno::ENOSPC)
    }

    fn end(self, bound: Bound) {
        let mut bound = Some(bound);
        let mut state = self.0.state.lock();
        if state.role != Role::Closed {
            state.bound = bound.take();
        }
        drop(state);
        if let Some(bound) = bound {
            bound.release();
        }
    }
}
