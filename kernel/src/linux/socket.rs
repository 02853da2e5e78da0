//! Sockets of the unix domain: socket(2), bind(2), connect(2) and their like; sendto(2) and recvfrom(2). What they do is in
//! `net::unix`; `message` has sendmsg(2), `sockopt` the options.

use super::{Call, CallResult};
use crate::fs::buffer::Buffer;
use crate::fs::file::{O_CLOEXEC, O_NONBLOCK, OpenFile};
use crate::fs::inode::{Body, Inode, S_IFSOCK};
use crate::fs::node;
use crate::fs::walk::{Last, ParentError, Reached};
use crate::linux::path::Context;
use crate::net::unix::{self, Address, Binding, Carried, FAMILY, Kind, Name, Patience, Receiving, Sending, Shutdown, Socket};
use crate::object::message::Message;
use crate::world::need;
use abi::{Authority, Errno, Rights};
use mem::{NoMemory, Ref, user};
use sync::SpinLock;

/// Flags of messages (send(2), recv(2)).
pub(super) const MSG_OOB: u32 = 1;
pub(super) const MSG_PEEK: u32 = 2;
pub(super) const MSG_TRUNC: u32 = 0x20;
pub(super) const MSG_DONTWAIT: u32 = 0x40;
pub(super) const MSG_WAITALL: u32 = 0x100;
pub(super) const MSG_NOSIGNAL: u32 = 0x4000;
/// Most bytes of an address (`struct sockaddr_storage`).
pub(super) const ADDRESS: usize = 128;

/// What socket(2) and socketpair(2) say of domain, kind and protocol.
fn kind(c: &Call<'_>) -> Result<Kind, Errno> {
    const AF_UNIX: u32 = FAMILY as u32;
    const AF_INET: u32 = 2;
    const AF_INET6: u32 = 10;
    const AF_NETLINK: u32 = 16;
    const AF_PACKET: u32 = 17;
    if c.uint(1) & !(0xf | O_NONBLOCK | O_CLOEXEC) != 0 {
        return Err(Errno::EINVAL);
    }
    match c.uint(0) {
        AF_UNIX => {}
        // Whoever has no network is told so; others, that there is none of this family.
        AF_INET | AF_NETLINK | AF_INET6 | AF_PACKET => return need(c.me, Authority::Net).and(Err(Errno::EAFNOSUPPORT)),
        _ => return Err(Errno::EAFNOSUPPORT),
    }
    if c.uint(2) > AF_UNIX {
        return Err(Errno::EPROTONOSUPPORT);
    }
    match c.uint(1) & 0xf {
        1 => Ok(Kind::Stream),
        // SOCK_RAW has always been taken for datagrams here.
        2 | 3 => Ok(Kind::Datagrams),
        5 => Ok(Kind::Messages),
        _ => Err(Errno::ESOCKTNOSUPPORT),
    }
}

/// socket(2).
pub(super) fn socket(c: &mut Call<'_>) -> CallResult {
    let kind = kind(c)?;
    let file = unix::socket(kind, c.uint(1) & O_NONBLOCK)?;
    Ok(c.install(file, c.uint(1) & O_CLOEXEC != 0, 0)?)
}

/// socketpair(2).
pub(super) fn socketpair(c: &mut Call<'_>) -> CallResult {
    let kind = kind(c)?;
    let (a, b) = unix::pair(c.me, kind, c.uint(1) & O_NONBLOCK)?;
    c.install_pair(a, b, c.uint(1) & O_CLOEXEC != 0, c.arg(3))
}

pub(super) fn socket_of(of: &Ref<OpenFile>) -> Result<&Ref<Socket>, Errno> {
    of.file.as_socket().ok_or(Errno::ENOTSOCK)
}

/// Reads an address of `len` bytes.
pub(super) fn read_address(at: usize, len: i32, to: &mut [u8; ADDRESS]) -> Result<Address<'_>, Errno> {
    let bytes = usize::try_from(len).ok().and_then(|n| to.get_mut(..n)).ok_or(Errno::EINVAL)?;
    user::copy_in(bytes, at).map_err(|_| Errno::EFAULT)?;
    Address::parse(bytes)
}

/// Writes the address of a name to where there is room for `room` bytes; gives its length.
pub(super) fn write_name(at: usize, room: usize, name: Option<&Name>) -> Result<u32, Errno> {
    let fault = |_| Errno::EFAULT;
    let family = FAMILY.to_le_bytes();
    let bytes = name.map_or(&[][..], Name::bytes);
    user::copy_out(at, family.get(..room.min(2)).unwrap_or_default()).map_err(fault)?;
    let part = bytes.get(..bytes.len().min(room.saturating_sub(2))).unwrap_or_default();
    user::copy_out(at.wrapping_add(2), part).map_err(fault)?;
    Ok((bytes.len() as u32).saturating_add(2))
}

/// How much room a program has for an address.
fn room_at(len_at: usize) -> Result<usize, Errno> {
    let room: i32 = user::read(len_at).map_err(|_| Errno::EFAULT)?;
    usize::try_from(room).map_err(|_| Errno::EINVAL)
}

/// Writes an address and its length (getsockname(2)).
fn write_address(at: usize, len_at: usize, name: Option<&Name>) -> Result<(), Errno> {
    let len = write_name(at, room_at(len_at)?, name)?;
    user::write(len_at, &len).map_err(|_| Errno::EFAULT)
}

fn start(cx: &Context, path: &[u8]) -> Reached {
    if path.first() == Some(&b'/') { Reached::freely(cx.fs.root()) } else { cx.fs.cwd() }
}

impl Call<'_> {
    /// The socket of this kind that has an address.
    pub(super) fn find_socket(&self, kind: Kind, address: &Address<'_>) -> Result<Ref<Socket>, Errno> {
        match address {
            Address::Path(path) => self.find_path(kind, path),
            Address::Abstract(name) => self.me.world().net().sockets.find(kind, name),
            Address::Automatic | Address::None => Err(Errno::EINVAL),
        }
    }

    fn find_path(&self, kind: Kind, path: &[u8]) -> Result<Ref<Socket>, Errno> {
        let cx = self.context();
        let place = cx.walker().locate(&start(&cx, path), path, Last::Follow, Rights::WRITE)?;
        let inode = place.inode();
        if !cx.cred.may(&inode.attrs.lock(), 2) {
            return Err(Errno::EACCES);
        }
        let Body::Socket(place) = &inode.body else { return Err(Errno::ECONNREFUSED) };
        let found = place.lock().as_ref().and_then(mem::Weak::upgrade).ok_or(Errno::ECONNREFUSED)?;
        if found.kind == kind { Ok(found) } else { Err(Errno::EPROTOTYPE) }
    }

    /// Gives a socket that tells who sends a name to be answered at.
    pub(super) fn autobind(&self, socket: &Ref<Socket>) -> Result<(), Errno> {
        if !socket.options().pass_creds || socket.name().is_some() {
            return Ok(());
        }
        match Binding::begin(socket) {
            Ok(binding) => binding.automatic(self.me.world().net()),
            Err(_) => Ok(()),
        }
    }
}

/// bind(2).
pub(super) fn bind(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    let socket = socket_of(&of)?;
    let mut bytes = [0; ADDRESS];
    let address = read_address(c.arg(1), c.int(2), &mut bytes)?;
    match address {
        Address::None => return Err(Errno::EINVAL.into()),
        // A socket that has a name already is content with that.
        Address::Automatic if socket.name().is_some() => {}
        Address::Automatic => Binding::begin(socket)?.automatic(c.me.world().net())?,
        Address::Abstract(name) => Binding::begin(socket)?.abstract_name(c.me.world().net(), name)?,
        Address::Path(path) => bind_path(c, socket, path)?,
    }
    Ok(0)
}

fn bind_path(c: &Call<'_>, socket: &Ref<Socket>, path: &[u8]) -> Result<(), Errno> {
    let cx = c.context();
    let binding = Binding::begin(socket)?;
    binding.path(path, || {
        let p = cx.walker().parent(&start(&cx, path), path, Rights::CHANGE).map_err(|e| match e {
            ParentError::Errno(e) => e,
            ParentError::NoName => Errno::EADDRINUSE,
        })?;
        if p.must_be_dir {
            return Err(Errno::ENOENT);
        }
        let mode = S_IFSOCK | (0o777 & !cx.fs.umask());
        let made = node::create(&p.dir, &p.name, &cx.cred, |dir| {
            let (mode, owner) = node::inherit(dir, &cx.cred, mode);
            Inode::try_new(&dir.fs, mode, owner, Body::Socket(SpinLock::new(None))).map_err(|NoMemory| Errno::ENOSPC)
        });
        match made {
            Ok(dentry) => Ok(dentry.inode().clone()),
            Err(Errno::EEXIST) => Err(Errno::EADDRINUSE),
            Err(e) => Err(e),
        }
    })
}

/// listen(2).
pub(super) fn listen(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    socket_of(&of)?.listen(c.me, c.uint(1))?;
    Ok(0)
}

/// connect(2).
pub(super) fn connect(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    let socket = socket_of(&of)?;
    let mut bytes = [0; ADDRESS];
    let address = read_address(c.arg(1), c.int(2), &mut bytes)?;
    if matches!(address, Address::None) && socket.kind == Kind::Datagrams {
        socket.send_to_from_now(None)?;
        return Ok(0);
    }
    if !matches!(address, Address::Automatic | Address::None) {
        c.autobind(socket)?;
    }
    let to = c.find_socket(socket.kind, &address)?;
    Socket::connect(socket, &to, Patience { me: c.me, nonblock: of.nonblock() })?;
    Ok(0)
}

/// accept4(2).
pub(super) fn accept4(c: &mut Call<'_>) -> CallResult {
    accept_with(c, c.uint(3))
}

/// accept(2).
pub(super) fn accept(c: &mut Call<'_>) -> CallResult {
    accept_with(c, 0)
}

fn accept_with(c: &Call<'_>, flags: u32) -> CallResult {
    if flags & !(O_NONBLOCK | O_CLOEXEC) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let of = c.file(0)?;
    let socket = socket_of(&of)?;
    socket.accept(Patience { me: c.me, nonblock: of.nonblock() }, |connection| {
        if c.arg(1) != 0 {
            let peer = connection.file.as_socket().and_then(|s| s.peer());
            write_address(c.arg(1), c.arg(2), peer.and_then(|p| p.name()).as_deref())?;
        }
        connection.set_flags(flags, O_NONBLOCK);
        c.install(connection.try_clone()?, flags & O_CLOEXEC != 0, 0)
    })
}

/// getsockname(2).
pub(super) fn getsockname(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    write_address(c.arg(1), c.arg(2), socket_of(&of)?.name().as_deref())?;
    Ok(0)
}

/// getpeername(2).
pub(super) fn getpeername(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    let peer = socket_of(&of)?.peer().ok_or(Errno::ENOTCONN)?;
    write_address(c.arg(1), c.arg(2), peer.name().as_deref())?;
    Ok(0)
}

/// shutdown(2).
pub(super) fn shutdown(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    let s = socket_of(&of)?;
    let how = c.uint(1);
    if how > 2 {
        return Err(Errno::EINVAL.into());
    }
    s.shutdown(Shutdown { receive: how != 1, send: how != 0 });
    Ok(0)
}

/// To whom a message goes that has this address, or none.
pub(super) fn recipient(c: &Call<'_>, s: &Ref<Socket>, address: Option<(usize, i32)>) -> Result<Option<Ref<Socket>>, Errno> {
    let Some((at, len)) = address.filter(|(at, len)| *at != 0 && *len != 0) else { return Ok(None) };
    let mut bytes = [0; ADDRESS];
    let address = read_address(at, len, &mut bytes)?;
    match s.kind {
        Kind::Messages => Ok(None),
        Kind::Stream if s.peer().is_some() => Err(Errno::EISCONN),
        Kind::Stream => Err(Errno::EOPNOTSUPP),
        Kind::Datagrams => c.find_socket(s.kind, &address).map(Some),
    }
}

/// sendto(2).
pub(super) fn sendto(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    let s = socket_of(&of)?;
    let flags = c.uint(3);
    if flags & MSG_OOB != 0 {
        return Err(Errno::EOPNOTSUPP.into());
    }
    let patience = Patience { me: c.me, nonblock: of.nonblock() || flags & MSG_DONTWAIT != 0 };
    let mut how = Sending::plain(patience, flags & MSG_NOSIGNAL == 0);
    how.to = recipient(c, s, Some((c.arg(4), c.int(5))))?;
    if s.kind == Kind::Datagrams {
        c.autobind(s)?;
    }
    Socket::send(s, &mut how, &mut Buffer::user(c.arg(1), c.arg(2)))
}

/// What recvfrom(2) does with descriptors: they are closed.
struct Bytes;

impl Carried for Bytes {
    fn packet(&mut self, _packet: &mut Message, _peek: bool) -> Result<(), Errno> {
        Ok(())
    }
}

/// How the flags of a call say to receive.
pub(super) fn receiving<'a>(c: &Call<'a>, of: &OpenFile, flags: u32) -> Result<Receiving<'a>, Errno> {
    if flags & MSG_OOB != 0 {
        return Err(Errno::EOPNOTSUPP);
    }
    Ok(Receiving {
        patience: Patience { me: c.me, nonblock: of.nonblock() || flags & MSG_DONTWAIT != 0 },
        peek: flags & MSG_PEEK != 0,
        all: flags & MSG_WAITALL != 0,
    })
}

/// recvfrom(2).
pub(super) fn recvfrom(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    let s = socket_of(&of)?;
    let flags = c.uint(3);
    let how = receiving(c, &of, flags)?;
    let (at, len_at) = (c.arg(4), c.arg(5));
    let room = if at == 0 { 0 } else { room_at(len_at)? };
    let got = s.receive(&how, &mut Buffer::user(c.arg(1), c.arg(2)), &mut Bytes)?;
    if at != 0 {
        let len = match got.from.as_ref().and_then(|from| from.name()) {
            Some(name) => write_name(at, room, Some(&name))?,
            None => 0,
        };
        user::write(len_at, &len)?;
    }
    Ok(if flags & MSG_TRUNC != 0 && s.kind != Kind::Stream { got.whole } else { got.len })
}
