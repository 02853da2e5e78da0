//! A socket as a file: read(2), write(2), poll(2), and what waits in it.

use super::receive::{Carried, Receiving};
use super::send::Sending;
use super::{Kind, Patience, Socket};
use crate::fs::buffer::Buffer;
use crate::fs::file::{File, Io, OpenFile};
use crate::linux::Stop;
use crate::object::inflight::{self, Carrier, Flight};
use crate::object::message::Message;
use crate::see::{On, Waits};
use crate::task::wait::Watch;
use abi::Errno;
use logic_inflight::{Found, Place};
use logic_waits::Events;
use mem::{Ref, user};

/// An open socket.
pub(crate) struct SocketFile {
    pub(super) socket: Ref<Socket>,
}

/// What read(2) does with what comes besides bytes: nothing.
struct Nothing;

impl Carried for Nothing {
    fn packet(&mut self, _packet: &mut Message, _peek: bool) -> Result<(), Errno> {
        Ok(())
    }
}

impl File for SocketFile {
    fn read(&self, io: &Io<'_>, to: &mut Buffer<'_>) -> Result<usize, Stop> {
        if to.left() == 0 {
            return Ok(0);
        }
        let how = Receiving { patience: Patience { me: io.me, nonblock: io.nonblock }, peek: false, all: false };
        Ok(self.socket.receive(&how, to, &mut Nothing)?.len)
    }
    fn write(&self, io: &Io<'_>, from: &mut Buffer<'_>) -> Result<usize, Stop> {
        let patience = Patience { me: io.me, nonblock: io.nonblock };
        Socket::send(&self.socket, &mut Sending::plain(patience, true), from)
    }
    fn poll(&self, _of: &OpenFile) -> Events {
        Socket::poll(&self.socket)
    }
    fn watch(&self) -> Option<&dyn Watch> {
        Some(&*self.socket)
    }
    fn ioctl(&self, _io: &Io<'_>, request: u32, arg: usize) -> Result<usize, Stop> {
        const FIONREAD: u32 = 0x541b;
        const SIOCOUTQ: u32 = 0x5411;
        let bytes = match request {
            FIONREAD => self.socket.waiting_bytes()?,
            SIOCOUTQ => self.socket.state.lock().sent,
            _ => return Err(Errno::ENOTTY.into()),
        };
        user::write(arg, &bytes)?;
        Ok(0)
    }
    fn last_close(&self, _of: &OpenFile) {
        self.socket.close();
    }
    fn label(&self, out: &mut dyn core::fmt::Write) {
        let _ = write!(out, "socket:[{}]", self.socket.id);
    }
    fn as_socket(&self) -> Option<&Ref<Socket>> {
        Some(&self.socket)
    }
    fn carrier(&self) -> Option<&dyn Carrier> {
        Some(self)
    }
    fn ends_wait(&self, _of: &OpenFile, on: On) -> bool {
        matches!(on.waits, Waits::SocketRead | Waits::SocketWrite) && self.socket.peer().is_some_and(|peer| peer.id == on.id)
    }
}

impl Carrier for SocketFile {
    fn flight(&self) -> &Flight {
        &self.socket.flight
    }
    fn waits_at(&self, place: Place) -> Found<Ref<OpenFile>> {
        let state = self.socket.state.lock();
        let at = place.message as usize;
        if let Some(connection) = state.backlog.get(at) {
            return inflight::found(connection, Place { message: place.message.saturating_add(1), descriptor: 0 });
        }
        state.inbox.get(at).map_or(Found::End, |packet| inflight::waits_in(packet, place))
    }
}

impl Socket {
    /// Bytes that can be read now: of datagrams, those of the first.
    fn waiting_bytes(&self) -> Result<u32, Errno> {
        let state = self.state.lock();
        if self.kind == Kind::Datagrams {
            return Ok(state.inbox.front().and_then(|p| p.envelope.as_ref()).map_or(0, |e| e.len));
        }
        if state.role == super::Role::Listening {
            return Err(Errno::EINVAL);
        }
        Ok(state.bytes.saturating_sub(state.taken) as u32)
    }
}
