//! Options of sockets (socket(7), unix(7)): setsockopt(2), getsockopt(2).

use super::socket::socket_of;
use super::{Call, CallResult};
use crate::clock::SECOND_NS;
use crate::fs::context::cap;
use crate::net::unix::{FAMILY, Socket};
use crate::task::ids;
use abi::Errno;
use core::sync::atomic::Ordering;
use mem::{Ref, user};
use zerocopy::IntoBytes;

const SOL_SOCKET: u32 = 1;
const SO_REUSEADDR: u32 = 2;
const SO_DONTROUTE: u32 = 5;
const SO_TYPE: u32 = 3;
const SO_ERROR: u32 = 4;
const SO_BROADCAST: u32 = 6;
const SO_SNDBUF: u32 = 7;
const SO_RCVBUF: u32 = 8;
const SO_KEEPALIVE: u32 = 9;
const SO_OOBINLINE: u32 = 10;
const SO_NO_CHECK: u32 = 11;
const SO_LINGER: u32 = 13;
const SO_PASSCRED: u32 = 16;
const SO_PEERCRED: u32 = 17;
const SO_RCVLOWAT: u32 = 18;
const SO_SNDLOWAT: u32 = 19;
const SO_RCVTIMEO: u32 = 20;
const SO_SNDTIMEO: u32 = 21;
const SO_ACCEPTCONN: u32 = 30;
const SO_PROTOCOL: u32 = 38;
const SO_DOMAIN: u32 = 39;
const SO_SNDBUFFORCE: u32 = 32;
const SO_RCVBUFFORCE: u32 = 33;
const SO_COOKIE: u32 = 57;
/// The same as those above where a long has 64 bits.
const SO_RCVTIMEO_NEW: u32 = 66;
const SO_SNDTIMEO_NEW: u32 = 67;
/// Flags that are kept, and say nothing about sockets without a network.
const PLAIN: u32 =
    1 << SO_REUSEADDR | 1 << SO_DONTROUTE | 1 << SO_BROADCAST | 1 << SO_KEEPALIVE | 1 << SO_OOBINLINE | 1 << SO_NO_CHECK;
/// Bounds of the buffers' sizes: SOCK_MIN_SNDBUF, SOCK_MIN_RCVBUF, and net.core.wmem_max.
const LEAST_SEND: u32 = 4608;
const LEAST_RECEIVE: u32 = 2304;
const MOST: u32 = 212_992;

/// setsockopt(2).
pub(super) fn setsockopt(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    let s = socket_of(&of)?;
    let (level, option, at, len) = (c.uint(1), c.uint(2), c.arg(3), c.int(4));
    if len < 0 {
        return Err(Errno::EINVAL.into());
    }
    if level != SOL_SOCKET {
        return Err(Errno::EOPNOTSUPP.into());
    }
    if len < 4 {
        return Err(Errno::EINVAL.into());
    }
    let value: i32 = user::read(at)?;
    let doubled = |least: u32, most: u32| (value as u32).min(most).saturating_mul(2).max(least);
    let ns = match option {
        SO_RCVTIMEO | SO_RCVTIMEO_NEW | SO_SNDTIMEO | SO_SNDTIMEO_NEW => timeout(at, len)?,
        _ => 0,
    };
    let linger: [u32; 2] = match option {
        SO_LINGER if len < 8 => return Err(Errno::EINVAL.into()),
        SO_LINGER => user::read(at)?,
        _ => [0; 2],
    };
    let force = matches!(option, SO_SNDBUFFORCE | SO_RCVBUFFORCE);
    if force && !c.me.cred().capable(cap::NET_ADMIN) {
        return Err(Errno::EPERM.into());
    }
    let most = if force { i32::MAX as u32 / 2 } else { MOST };
    match option {
        SO_SNDBUF | SO_SNDBUFFORCE => s.set_send_buffer(doubled(LEAST_SEND, most)),
        // Nothing is asked for as little as zero; a negative number is as much as there is.
        SO_RCVLOWAT => s.least.store(u32::try_from(value).unwrap_or(i32::MAX as u32).max(1), Ordering::Relaxed),
        _ => {
            return Ok(s.set_options(|o| -> Result<usize, Errno> {
                match option {
                    SO_PASSCRED => o.pass_creds = value != 0,
                    SO_RCVBUF | SO_RCVBUFFORCE => o.receive_buffer = doubled(LEAST_RECEIVE, most),
                    SO_RCVTIMEO | SO_RCVTIMEO_NEW => o.receive_ns = ns,
                    SO_SNDTIMEO | SO_SNDTIMEO_NEW => o.send_ns = ns,
                    // What was sent is there: there is nothing to linger for.
                    SO_LINGER if linger[0] == 0 => o.linger[0] = 0,
                    SO_LINGER => o.linger = [1, linger[1]],
                    0..=31 if PLAIN >> option & 1 != 0 => o.plain = o.plain & !(1 << option) | u32::from(value != 0) << option,
                    _ => return Err(Errno::ENOPROTOOPT),
                }
                Ok(0)
            })?);
        }
    }
    Ok(0)
}

/// A `struct timeval`; zero is none.
fn timeout(at: usize, len: i32) -> Result<u64, Errno> {
    if (len as usize) < size_of::<[i64; 2]>() {
        return Err(Errno::EINVAL);
    }
    let [seconds, micros] = user::read::<[i64; 2]>(at).map_err(|_| Errno::EFAULT)?;
    if !(0..1_000_000).contains(&micros) {
        return Err(Errno::EDOM);
    }
    // A time before now is one that is almost nothing.
    let Ok(seconds) = u64::try_from(seconds) else { return Ok(1) };
    Ok(seconds.saturating_mul(SECOND_NS).saturating_add((micros as u64).saturating_mul(1000)))
}

/// getsockopt(2).
pub(super) fn getsockopt(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    let s = socket_of(&of)?;
    let (level, option, at, len_at) = (c.uint(1), c.uint(2), c.arg(3), c.arg(4));
    let room: i32 = user::read(len_at)?;
    let room = usize::try_from(room).map_err(|_| Errno::EINVAL)?;
    if level != SOL_SOCKET {
        return Err(Errno::EOPNOTSUPP.into());
    }
    let value = match option {
        SO_PEERCRED => {
            let creds = s.peer_creds();
            let words = creds.map_or([0, u32::MAX, u32::MAX], |p| [ids::seen_by_caller(p.pid), p.uid, p.gid]);
            return give(at, len_at, room, words.as_bytes());
        }
        SO_COOKIE if room < size_of::<u64>() => return Err(Errno::EINVAL.into()),
        SO_COOKIE => return give(at, len_at, room, s.id.as_bytes()),
        SO_LINGER => return give(at, len_at, room, s.options().linger.as_bytes()),
        SO_RCVTIMEO | SO_SNDTIMEO | SO_RCVTIMEO_NEW | SO_SNDTIMEO_NEW => {
            let o = s.options();
            let ns = if matches!(option, SO_RCVTIMEO | SO_RCVTIMEO_NEW) { o.receive_ns } else { o.send_ns };
            return give(at, len_at, room, [ns / SECOND_NS, ns % SECOND_NS / 1000].as_bytes());
        }
        _ => number(s, option)?,
    };
    give(at, len_at, room, value.as_bytes())
}

fn number(s: &Ref<Socket>, option: u32) -> Result<u32, Errno> {
    Ok(match option {
        0..=31 if PLAIN >> option & 1 != 0 => s.options().plain >> option & 1,
        SO_TYPE => s.kind as u32,
        SO_ERROR => s.take_error().map_or(0, |e| u32::from(e.number())),
        SO_SNDBUF => s.send_buffer(),
        SO_RCVBUF => s.options().receive_buffer,
        SO_PASSCRED => u32::from(s.options().pass_creds),
        SO_ACCEPTCONN => u32::from(s.is_listening()),
        SO_PROTOCOL => 0,
        SO_RCVLOWAT => s.least.load(Ordering::Relaxed),
        SO_SNDLOWAT => 1,
        SO_DOMAIN => u32::from(FAMILY),
        _ => return Err(Errno::ENOPROTOOPT),
    })
}

fn give(at: usize, len_at: usize, room: usize, value: &[u8]) -> CallResult {
    let part = value.get(..value.len().min(room)).unwrap_or_default();
    user::copy_out(at, part)?;
    user::write(len_at, &(part.len() as u32))?;
    Ok(0)
}
