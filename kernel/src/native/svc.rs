//! The calls on services: svc_bind, svc_accept, svc_connect. What they do is in `fs::service`.

use super::channel::read_sized;
use crate::fs::file::Special;
use crate::fs::inode::Body;
use crate::fs::service::{self, Patience, SVC_FS};
use crate::linux::path::read_path;
use crate::linux::{Call, CallResult};
use crate::task::ids;
use abi::{Errno, Rights, SvcBind, SvcConnect, SvcPeer, svc_flag};
use mem::user;

/// Connections of one budget that may wait.
const DEFAULT_CONNECTIONS: u32 = 16;
const MOST_CONNECTIONS: u32 = 256;
/// How long an open waits for room.
const DEFAULT_WAIT_NS: u64 = 10_000_000_000;

/// svc_bind(dir, name, args, size).
pub(super) fn svc_bind(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    let dir = of.location.clone().ok_or(Errno::ENOTDIR)?;
    if !dir.inode().is_dir() {
        return Err(Errno::ENOTDIR.into());
    }
    let name = read_path(c.arg(1))?;
    if name.is_empty() || name == b"." || name == b".." || name.contains(&b'/') {
        return Err(Errno::EINVAL.into());
    }
    if name.len() > 255 {
        return Err(Errno::ENAMETOOLONG.into());
    }
    let args: SvcBind = if c.arg(2) == 0 { SvcBind::default() } else { read_sized(c.arg(2), c.arg(3))? };
    if args.flags != 0 || args.connections > MOST_CONNECTIONS {
        return Err(Errno::EINVAL.into());
    }
    if dir.inode().fs.kind != SVC_FS {
        return Err(Errno::EOPNOTSUPP.into());
    }
    let or = |value, default| if value == 0 { default } else { value };
    let most = or(args.connections, DEFAULT_CONNECTIONS) as usize;
    let wait_ns = if args.wait_ns == 0 { DEFAULT_WAIT_NS } else { args.wait_ns };
    // Its last descriptor goes again if it has no room, and the name stands for nobody then.
    let queue = service::bind(&dir, &name, &c.me.cred(), most, wait_ns)?;
    Ok(c.install(queue, true, 0)?)
}

/// svc_accept(queue, peer, size, flags).
pub(super) fn svc_accept(c: &mut Call<'_>) -> CallResult {
    let of = c.file(0)?;
    let Special::Listen(listen) = of.file.special() else { return Err(Errno::EINVAL.into()) };
    let (at, size, flags) = (c.arg(1), c.arg(2), c.uint(3));
    if flags & !svc_flag::NONBLOCK != 0 || at != 0 && size < size_of::<SvcPeer>() {
        return Err(Errno::EINVAL.into());
    }
    if size > mem::PAGE {
        return Err(Errno::E2BIG.into());
    }
    let nonblock = flags & svc_flag::NONBLOCK != 0 || of.nonblock();
    listen.accept(c.me, nonblock, |end, peer| {
        if at != 0 {
            let tail = size.saturating_sub(size_of::<SvcPeer>());
            let peer = SvcPeer { pid: ids::seen_by_caller(peer.pid), ..*peer };
            let whole = user::write(at, &peer).and_then(|()| user::zero(at.wrapping_add(size_of::<SvcPeer>()), tail));
            whole.map_err(|_| Errno::EFAULT)?;
        }
        c.install(end.try_clone()?, true, 0)
    })
}

/// svc_connect(dir, path, args, size).
pub(super) fn svc_connect(c: &mut Call<'_>) -> CallResult {
    let reached = c.reach_or_fd(0, 1, 0)?;
    let args: SvcConnect = if c.arg(2) == 0 { SvcConnect::default() } else { read_sized(c.arg(2), c.arg(3))? };
    if args.flags & !svc_flag::NONBLOCK != 0 || args._reserved != 0 {
        return Err(Errno::EINVAL.into());
    }
    let (rights, place) = (reached.rights, reached.with(Rights::WALK)?);
    let inode = place.inode();
    let Body::Service(at) = &inode.body else { return Err(Errno::EOPNOTSUPP.into()) };
    if !c.me.cred().may(&inode.attrs.lock(), 6) {
        return Err(Errno::EACCES.into());
    }
    let deadline_ns = (args.deadline_ns != 0).then_some(args.deadline_ns);
    let patience = Patience { nonblock: args.flags & svc_flag::NONBLOCK != 0, deadline_ns };
    let client = service::connect(c.me, at, &patience)?;
    // What is reached through a directory has at most its rights.
    Ok(c.install_with((client, rights), true, 0)?)
}
