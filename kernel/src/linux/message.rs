//! sendmsg(2), recvmsg(2) and their plural: messages with descriptors and credentials (cmsg(3), unix(7)), through sockets and
//! through channels. A message of a channel is whole or stays where it is.

use super::socket::{MSG_DONTWAIT, MSG_NOSIGNAL, MSG_OOB, MSG_TRUNC, receiving, recipient, socket_of, write_name};
use super::{Call, CallResult, Stop};
use crate::clock;
use crate::fs::buffer::{Buffer, IOV_MAX};
use crate::fs::context::cap;
use crate::fs::file::OpenFile;
use crate::fs::table::{self, FdTable, Passed};
use crate::net::unix::{Carried, Creds, Kind, Patience, Sending, Socket};
use crate::object::message::Message;
use crate::task::{Thread, ids, limits};
use abi::{Errno, Msghdr, Timespec};
use alloc::vec::Vec;
use core::mem::offset_of;
use mem::{Ref, user};
use zerocopy::IntoBytes;

const MSG_CTRUNC: u32 = 8;
const MSG_WAITFORONE: u32 = 0x10000;
const MSG_CMSG_CLOEXEC: u32 = 0x4000_0000;
const SOL_SOCKET: u32 = 1;
const SCM_RIGHTS: u32 = 1;
const SCM_CREDENTIALS: u32 = 2;
/// Most descriptors in one message (SCM_MAX_FD).
const MAX_FDS: usize = 253;
/// `struct cmsghdr`.
const HEADER: usize = 16;
/// More bytes of ancillary data than can be sent (net.core.optmem_max).
const MOST_BROUGHT: usize = 128 << 10;
/// Bytes of `struct mmsghdr`.
const MANY: usize = 64;

fn fault(_: user::Fault) -> Errno {
    Errno::EFAULT
}

/// What stands in the ancillary data of a message that is sent.
#[derive(Default)]
struct Brought {
    fds: Vec<Passed>,
    creds: Option<Creds>,
}

impl Brought {
    fn read(me: &Thread, at: usize, len: usize) -> Result<Brought, Errno> {
        if len >= MOST_BROUGHT {
            return Err(Errno::ENOBUFS);
        }
        let (mut brought, mut done) = (Brought::default(), 0usize);
        while len.saturating_sub(done) >= HEADER {
            let here = at.wrapping_add(done);
            let [size, kind] = user::read::<[u64; 2]>(here).map_err(fault)?;
            let size =
                usize::try_from(size).ok().filter(|n| *n >= HEADER && *n <= len.saturating_sub(done)).ok_or(Errno::EINVAL)?;
            let (level, kind) = (kind as u32, (kind >> 32) as u32);
            match kind {
                _ if level != SOL_SOCKET => {}
                SCM_RIGHTS => brought.rights(me, here.wrapping_add(HEADER), size.saturating_sub(HEADER) / 4)?,
                SCM_CREDENTIALS if size == HEADER + 12 => brought.credentials(me, here.wrapping_add(HEADER))?,
                _ => return Err(Errno::EINVAL),
            }
            done = done.saturating_add(size.next_multiple_of(8));
        }
        Ok(brought)
    }

    fn rights(&mut self, me: &Thread, at: usize, count: usize) -> Result<(), Errno> {
        if self.fds.len().saturating_add(count) > MAX_FDS {
            return Err(Errno::EINVAL);
        }
        self.fds.try_reserve_exact(count).map_err(|_| Errno::ENOMEM)?;
        let files = me.files();
        for first in (0..count).step_by(32) {
            let mut list = [0i32; 32];
            let list = list.get_mut(..count.saturating_sub(first).min(32)).unwrap_or_default();
            user::copy_in(list.as_mut_bytes(), at.wrapping_add(first.wrapping_mul(4))).map_err(fault)?;
            files.copy_out(list, &mut self.fds)?;
        }
        Ok(())
    }

    fn credentials(&mut self, me: &Thread, at: usize) -> Result<(), Errno> {
        let [pid, uid, gid] = user::read::<[u32; 3]>(at).map_err(fault)?;
        let cred = me.cred();
        let mine = me.process().pid();
        let known = ids::root_of(pid);
        let one_of = |id, of: &crate::fs::context::Ids| id == of.real || id == of.effective || id == of.saved;
        let may = (known == Some(mine) || cred.capable(cap::SYS_ADMIN))
            && (one_of(uid, &cred.uid) || cred.capable(cap::SETUID))
            && (one_of(gid, &cred.gid) || cred.capable(cap::SETGID));
        if !may {
            return Err(Errno::EPERM);
        }
        self.creds = Some(Creds { pid: known.ok_or(Errno::ESRCH)?, uid, gid });
        Ok(())
    }
}

/// Where the ancillary data of a received message goes.
struct Delivery<'a> {
    me: &'a Thread,
    at: usize,
    room: usize,
    used: usize,
    /// MSG_CTRUNC.
    short: bool,
    cloexec: bool,
    creds: bool,
    told: bool,
    /// Not without all descriptors.
    whole: bool,
}

impl Delivery<'_> {
    fn left(&self) -> usize {
        self.room.saturating_sub(self.used)
    }

    /// Writes one piece, cut to the room that is left.
    fn put(&mut self, kind: u32, data: &[u8]) -> Result<(), Errno> {
        if self.left() < HEADER {
            self.short = true;
            return Ok(());
        }
        let whole = data.len().saturating_add(HEADER);
        let len = whole.min(self.left());
        self.short |= len < whole;
        let at = self.at.wrapping_add(self.used);
        user::copy_out(at.wrapping_add(HEADER), data.get(..len.saturating_sub(HEADER)).unwrap_or_default()).map_err(fault)?;
        self.put_header(kind, len)
    }

    fn put_header(&mut self, kind: u32, len: usize) -> Result<(), Errno> {
        let header = [len as u64, u64::from(SOL_SOCKET) | u64::from(kind) << 32];
        user::write(self.at.wrapping_add(self.used), &header).map_err(fault)?;
        self.used = self.used.saturating_add(len.next_multiple_of(8).min(self.left()));
        Ok(())
    }

    /// Installs as many descriptors as there is room for; the rest is closed with the message.
    fn rights(&mut self, fds: &mut Vec<Passed>) -> Result<(), Errno> {
        let fit = self.left().saturating_sub(HEADER) / 4;
        let limit = self.me.process().limit(limits::NOFILE);
        let (mut numbers, short) = FdTable::reserve_most(&self.me.files(), fds.len().min(fit), limit)?;
        if self.whole && short.is_some() {
            return Err(Errno::EMFILE);
        }
        let at = self.at.wrapping_add(self.used).wrapping_add(HEADER);
        let mut count = 0usize;
        for number in numbers.numbers() {
            user::write(at.wrapping_add(count.wrapping_mul(4)), &number).map_err(fault)?;
            count = count.saturating_add(1);
        }
        if count != 0 {
            self.put_header(SCM_RIGHTS, count.saturating_mul(4).saturating_add(HEADER))?;
        }
        self.short |= count < fds.len();
        // Point of no return.
        if !self.cloexec {
            numbers.keep_over_exec();
        }
        fds.truncate(count);
        numbers.install(fds);
        Ok(())
    }
}

impl Carried for Delivery<'_> {
    fn packet(&mut self, packet: &mut Message, peek: bool) -> Result<(), Errno> {
        let used = self.used;
        let result = self.deliver(packet, peek);
        if result.is_err() {
            (self.used, self.told) = (used, self.told && used != 0);
        }
        result
    }
    fn minds_sender(&self) -> bool {
        self.creds
    }
}

impl Delivery<'_> {
    fn deliver(&mut self, packet: &mut Message, peek: bool) -> Result<(), Errno> {
        if self.creds
            && !self.told
            && let Some(creds) = packet.creds()
        {
            self.put(SCM_CREDENTIALS, [ids::seen_by_caller(creds.pid), creds.uid, creds.gid].as_bytes())?;
            self.told = true;
        }
        if packet.fds.is_empty() {
            return Ok(());
        }
        if !peek {
            return self.rights(&mut packet.fds);
        }
        let mut copies = Vec::new();
        copies.try_reserve_exact(packet.fds.len()).map_err(|_| Errno::ENOMEM)?;
        table::copy(&packet.fds, &mut copies)?;
        self.rights(&mut copies)
    }
}

fn read_header(at: usize) -> Result<Msghdr, Errno> {
    let header: Msghdr = user::read(at).map_err(fault)?;
    if header.msg_iovlen > IOV_MAX as u64 {
        return Err(Errno::EMSGSIZE);
    }
    Ok(header)
}

/// sendmsg(2).
pub(super) fn sendmsg(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    send_one(c, &of, c.arg(1), c.uint(2))
}

fn send_one(c: &Call<'_>, of: &Ref<OpenFile>, at: usize, flags: u32) -> CallResult {
    let end = of.file.as_channel();
    if end.is_none() {
        socket_of(of)?;
    }
    let header = read_header(at)?;
    if flags & MSG_OOB != 0 {
        return Err(Errno::EOPNOTSUPP.into());
    }
    let mut data = Buffer::vector(header.msg_iov as usize, header.msg_iovlen as usize)?;
    let nonblock = of.nonblock() || flags & MSG_DONTWAIT != 0;
    if let Some(end) = end {
        let brought = Brought::read(c.me, header.msg_control as usize, header.msg_controllen as usize)?;
        return end.send_copies(c.me, nonblock, flags & MSG_NOSIGNAL == 0, &brought.fds, &mut data);
    }
    let s = socket_of(of)?;
    let mut how = Sending::plain(Patience { me: c.me, nonblock }, flags & MSG_NOSIGNAL == 0);
    how.to = recipient(c, s, Some((header.msg_name as usize, header.msg_namelen as i32)))?;
    if header.msg_controllen != 0 {
        let brought = Brought::read(c.me, header.msg_control as usize, header.msg_controllen as usize)?;
        (how.fds, how.creds) = (brought.fds, brought.creds);
    }
    if s.kind == Kind::Datagrams {
        c.autobind(s)?;
    }
    Socket::send(s, &mut how, &mut data)
}

/// recvmsg(2).
pub(super) fn recvmsg(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    receive_one(c, &of, c.arg(1), c.uint(2))
}

fn receive_one(c: &Call<'_>, of: &Ref<OpenFile>, at: usize, flags: u32) -> CallResult {
    let end = of.file.as_channel();
    if end.is_none() {
        socket_of(of)?;
    }
    let header = read_header(at)?;
    let room = usize::try_from(header.msg_namelen as i32).map_err(|_| Errno::EINVAL)?;
    let mut data = Buffer::vector(header.msg_iov as usize, header.msg_iovlen as usize)?;
    let mut delivery = Delivery {
        me: c.me,
        at: header.msg_control as usize,
        room: if header.msg_control == 0 { 0 } else { header.msg_controllen as usize },
        used: 0,
        short: false,
        cloexec: flags & MSG_CMSG_CLOEXEC != 0,
        creds: of.file.as_socket().is_some_and(|s| s.options().pass_creds),
        told: false,
        whole: end.is_some(),
    };
    let mut out = flags & MSG_CMSG_CLOEXEC;
    let (len, name) = if let Some(end) = end {
        let io = crate::fs::file::Io { nonblock: of.nonblock() || flags & MSG_DONTWAIT != 0, ..of.io(c.me, None) };
        let fit = delivery.left().saturating_sub(HEADER) / 4;
        (end.receive_message(&io, fit, &mut data, &mut |fds| delivery.rights(fds))?, None)
    } else {
        let s = socket_of(of)?;
        let got = s.receive(&receiving(c, of, flags)?, &mut data, &mut delivery)?;
        let whole = s.kind != Kind::Stream;
        if whole && got.whole > got.len {
            out |= MSG_TRUNC;
        }
        (if whole && flags & MSG_TRUNC != 0 { got.whole } else { got.len }, got.from.and_then(|from| from.name()))
    };
    if header.msg_name != 0 {
        let len = match name {
            Some(name) => write_name(header.msg_name as usize, room, Some(&name))?,
            None => 0,
        };
        user::write(at.wrapping_add(offset_of!(Msghdr, msg_namelen)), &len)?;
    }
    if delivery.short {
        out |= MSG_CTRUNC;
    }
    user::write(at.wrapping_add(offset_of!(Msghdr, msg_controllen)), &(delivery.used as u64))?;
    user::write(at.wrapping_add(offset_of!(Msghdr, msg_flags)), &out)?;
    Ok(len)
}

/// Does one after the other of an array of `struct mmsghdr`, until one fails or `enough`: how many.
fn each(c: &Call<'_>, mut one: impl FnMut(usize, bool) -> CallResult, mut enough: impl FnMut() -> bool) -> CallResult {
    let count = (c.uint(2) as usize).min(IOV_MAX);
    for done in 0..count {
        let at = c.arg(1).wrapping_add(done.wrapping_mul(MANY));
        match one(at, done == 0).and_then(|n| Ok(user::write(at.wrapping_add(size_of::<Msghdr>()), &(n as u32))?)) {
            Ok(()) if !enough() => {}
            Ok(()) => return Ok(done.saturating_add(1)),
            Err(_) if done != 0 => return Ok(done),
            Err(e) => return Err(e),
        }
    }
    Ok(count)
}

/// sendmmsg(2).
pub(super) fn sendmmsg(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    each(c, |at, _| send_one(c, &of, at, c.uint(3)), || false)
}

/// recvmmsg(2). The time-out is looked at after each message, as Linux does.
pub(super) fn recvmmsg(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    let flags = c.uint(3);
    let until = match c.arg(4) {
        0 => None,
        at => {
            let t: Timespec = user::read(at)?;
            Some(clock::monotonic_ns().saturating_add(super::time::to_ns(t)?))
        }
    };
    let one = |at: usize, first: bool| {
        let wait = if flags & MSG_WAITFORONE != 0 && !first { MSG_DONTWAIT } else { 0 };
        receive_one(c, &of, at, flags & !MSG_WAITFORONE | wait)
    };
    let result: Result<usize, Stop> = each(c, one, || until.is_some_and(|t| clock::monotonic_ns() >= t));
    if let (Ok(_), Some(until)) = (&result, until) {
        user::write(c.arg(4), &super::time::timespec(until.saturating_sub(clock::monotonic_ns())))?;
    }
    result
}
