//! Sockets: socketpair(2), send(2), recv(2), shutdown(2).

use super::{Call, CallResult};
use crate::fs::buffer::Buffer;
use crate::fs::file::{O_CLOEXEC, O_NONBLOCK, OpenFile};
use crate::net::unix::{self, Kind, Shutdown, SocketEnd};
use abi::Errno;
use mem::{Ref, user};

const MSG_DONTWAIT: u32 = 0x40;
const MSG_NOSIGNAL: u32 = 0x4000;

/// socketpair(2): the unix domain.
pub(super) fn socketpair(c: &mut Call<'_>) -> CallResult {
    const AF_UNIX: u32 = 1;
    let kind = match c.uint(1) & 0xf {
        1 => Kind::Stream,
        2 | 5 => Kind::Messages,
        _ => return Err(Errno::ESOCKTNOSUPPORT.into()),
    };
    if c.uint(0) != AF_UNIX {
        return Err(Errno::EAFNOSUPPORT.into());
    }
    if c.uint(2) > 1 {
        return Err(Errno::EPROTONOSUPPORT.into());
    }
    let (a, b) = unix::pair(kind, c.uint(1) & O_NONBLOCK)?;
    c.install_pair(a, b, c.uint(1) & O_CLOEXEC != 0, c.arg(3))
}

fn socket(of: &Ref<OpenFile>) -> Result<&SocketEnd, Errno> {
    of.file.as_socket().ok_or(Errno::ENOTSOCK)
}

/// sendto(2) on a connected socket.
pub(super) fn sendto(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    let s = socket(&of)?;
    if c.arg(4) != 0 && c.uint(5) != 0 {
        return Err(Errno::EISCONN.into());
    }
    let flags = c.uint(3);
    let nonblock = of.nonblock() || flags & MSG_DONTWAIT != 0;
    s.send(c.me, nonblock, flags & MSG_NOSIGNAL == 0, &mut Buffer::user(c.arg(1), c.arg(2)))
}

/// recvfrom(2).
pub(super) fn recvfrom(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    let s = socket(&of)?;
    let nonblock = of.nonblock() || c.uint(3) & MSG_DONTWAIT != 0;
    let n = s.receive(c.me, nonblock, &mut Buffer::user(c.arg(1), c.arg(2)))?;
    if c.arg(4) != 0 && c.arg(5) != 0 {
        user::write(c.arg(5), &0u32)?;
    }
    Ok(n)
}

/// `struct msghdr`: name, namelen, iov, iovlen, control, controllen, flags.
fn header(addr: usize) -> Result<[u64; 7], Errno> {
    user::read(addr).map_err(|_| Errno::EFAULT)
}

/// sendmsg(2); ancillary data is refused.
pub(super) fn sendmsg(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    let s = socket(&of)?;
    let [_name, _len, iov, count, _control, control_len, _flags] = header(c.arg(1))?;
    if control_len != 0 {
        return Err(Errno::EINVAL.into());
    }
    let flags = c.uint(2);
    let nonblock = of.nonblock() || flags & MSG_DONTWAIT != 0;
    s.send(c.me, nonblock, flags & MSG_NOSIGNAL == 0, &mut Buffer::vector(iov as usize, count as usize)?)
}

/// recvmsg(2).
pub(super) fn recvmsg(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    let s = socket(&of)?;
    let [_name, _len, iov, count, ..] = header(c.arg(1))?;
    let nonblock = of.nonblock() || c.uint(2) & MSG_DONTWAIT != 0;
    let n = s.receive(c.me, nonblock, &mut Buffer::vector(iov as usize, count as usize)?)?;
    // No name, no ancillary data, no flags.
    user::write(c.arg(1) + 8, &0u32)?;
    user::write(c.arg(1) + 40, &0u64)?;
    user::write(c.arg(1) + 48, &0u32)?;
    Ok(n)
}

/// shutdown(2).
pub(super) fn shutdown(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    let s = socket(&of)?;
    let how = c.uint(1);
    if how > 2 {
        return Err(Errno::EINVAL.into());
    }
    s.shutdown(Shutdown { receive: how != 1, send: how != 0 });
    Ok(0)
}
