//! Who a thread is: getuid(2), setresuid(2), setgroups(2), capget(2) and their family.

use super::{Call, CallResult};
use crate::fs::capability::Caps;
use crate::fs::context::{Cred, Ids, cap};
use crate::task::{Thread, ids};
use abi::{CapUserData, CapUserHeader, Errno};
use alloc::vec::Vec;
use mem::{Ref, user};

/// "Leave as it is" in setresuid(2) and its family.
const KEEP: u32 = u32::MAX;
/// Most supplementary groups (NGROUPS_MAX).
const MAX_GROUPS: usize = 65_536;

/// getuid(2).
pub(super) fn getuid(c: &mut Call<'_>) -> CallResult {
    Ok(c.me.cred().uid.real as usize)
}

/// geteuid(2).
pub(super) fn geteuid(c: &mut Call<'_>) -> CallResult {
    Ok(c.me.cred().uid.effective as usize)
}

/// getgid(2).
pub(super) fn getgid(c: &mut Call<'_>) -> CallResult {
    Ok(c.me.cred().gid.real as usize)
}

/// getegid(2).
pub(super) fn getegid(c: &mut Call<'_>) -> CallResult {
    Ok(c.me.cred().gid.effective as usize)
}

fn write_ids(c: &Call<'_>, ids: Ids) -> CallResult {
    for (n, id) in [ids.real, ids.effective, ids.saved].into_iter().enumerate() {
        user::write(c.arg(n), &id)?;
    }
    Ok(0)
}

/// getresuid(2).
pub(super) fn getresuid(c: &mut Call<'_>) -> CallResult {
    write_ids(c, c.me.cred().uid)
}

/// getresgid(2).
pub(super) fn getresgid(c: &mut Call<'_>) -> CallResult {
    write_ids(c, c.me.cred().gid)
}

/// Makes a changed copy of the caller's identity its own; `f` changes it.
fn change(me: &Thread, f: impl FnOnce(&mut Cred) -> Result<(), Errno>) -> CallResult {
    let mut cred = me.cred().try_copy()?;
    f(&mut cred)?;
    me.set_cred(Ref::try_new(cred)?);
    Ok(0)
}

fn set_uid(cred: &mut Cred, new: Ids) {
    let three = |i: &Ids| [i.real, i.effective, i.saved];
    let old = core::mem::replace(&mut cred.uid, new);
    cred.caps.ids_changed(three(&old), three(&new));
}

/// setuid(2).
pub(super) fn setuid(c: &mut Call<'_>) -> CallResult {
    let id = valid(c.uint(0))?;
    change(c.me, |cred| {
        let new = set_one(cred.uid, id, cred.capable(cap::SETUID))?;
        set_uid(cred, new);
        Ok(())
    })
}

/// setgid(2).
pub(super) fn setgid(c: &mut Call<'_>) -> CallResult {
    let id = valid(c.uint(0))?;
    change(c.me, |cred| {
        cred.gid = set_one(cred.gid, id, cred.capable(cap::SETGID))?;
        Ok(())
    })
}

/// The id -1 is no id.
fn valid(id: u32) -> Result<u32, Errno> {
    if id == KEEP { Err(Errno::EINVAL) } else { Ok(id) }
}

/// setuid(2): with the capability all ids, without it the effective one to the real or saved one.
fn set_one(old: Ids, id: u32, privileged: bool) -> Result<Ids, Errno> {
    if privileged {
        return Ok(Ids { real: id, effective: id, saved: id, fs: id });
    }
    if id != old.real && id != old.saved {
        return Err(Errno::EPERM);
    }
    Ok(Ids { effective: id, fs: id, ..old })
}

/// setreuid(2).
pub(super) fn setreuid(c: &mut Call<'_>) -> CallResult {
    let (real, effective) = (c.uint(0), c.uint(1));
    change(c.me, |cred| {
        let new = set_two(cred.uid, real, effective, cred.capable(cap::SETUID))?;
        set_uid(cred, new);
        Ok(())
    })
}

/// setregid(2).
pub(super) fn setregid(c: &mut Call<'_>) -> CallResult {
    let (real, effective) = (c.uint(0), c.uint(1));
    change(c.me, |cred| {
        cred.gid = set_two(cred.gid, real, effective, cred.capable(cap::SETGID))?;
        Ok(())
    })
}

/// setreuid(2): the saved id follows the effective one if the real one is set, or the effective one to another than it.
fn set_two(old: Ids, real: u32, effective: u32, privileged: bool) -> Result<Ids, Errno> {
    let mut new = old;
    if real != KEEP {
        new.real = real;
        if !privileged && real != old.real && real != old.effective {
            return Err(Errno::EPERM);
        }
    }
    if effective != KEEP {
        new.effective = effective;
        if !privileged && ![old.real, old.effective, old.saved].contains(&effective) {
            return Err(Errno::EPERM);
        }
    }
    if real != KEEP || effective != KEEP && effective != old.real {
        new.saved = new.effective;
    }
    new.fs = new.effective;
    Ok(new)
}

/// setresuid(2).
pub(super) fn setresuid(c: &mut Call<'_>) -> CallResult {
    let wanted = [c.uint(0), c.uint(1), c.uint(2)];
    change(c.me, |cred| {
        let new = set_three(cred.uid, wanted, cred.capable(cap::SETUID))?;
        set_uid(cred, new);
        Ok(())
    })
}

/// setresgid(2).
pub(super) fn setresgid(c: &mut Call<'_>) -> CallResult {
    let wanted = [c.uint(0), c.uint(1), c.uint(2)];
    change(c.me, |cred| {
        cred.gid = set_three(cred.gid, wanted, cred.capable(cap::SETGID))?;
        Ok(())
    })
}

fn set_three(old: Ids, wanted: [u32; 3], privileged: bool) -> Result<Ids, Errno> {
    let mine = [old.real, old.effective, old.saved];
    if !privileged && wanted.iter().any(|id| *id != KEEP && !mine.contains(id)) {
        return Err(Errno::EPERM);
    }
    let [real, effective, saved] = wanted;
    let or = |id: u32, old: u32| if id == KEEP { old } else { id };
    let effective = or(effective, old.effective);
    Ok(Ids { real: or(real, old.real), effective, saved: or(saved, old.saved), fs: effective })
}

/// setfsuid(2): gives the old id, whether it changed or not.
pub(super) fn setfsuid(c: &mut Call<'_>) -> CallResult {
    let id = c.uint(0);
    let old = c.me.cred().uid;
    if id != KEEP && id != old.fs {
        change(c.me, |cred| {
            if [old.real, old.effective, old.saved].contains(&id) || cred.capable(cap::SETUID) {
                cred.uid.fs = id;
                cred.caps.fs_id_changed(old.fs, id);
            }
            Ok(())
        })?;
    }
    Ok(old.fs as usize)
}

/// setfsgid(2).
pub(super) fn setfsgid(c: &mut Call<'_>) -> CallResult {
    let id = c.uint(0);
    let old = c.me.cred().gid;
    if id != KEEP && id != old.fs {
        change(c.me, |cred| {
            if [old.real, old.effective, old.saved].contains(&id) || cred.capable(cap::SETGID) {
                cred.gid.fs = id;
            }
            Ok(())
        })?;
    }
    Ok(old.fs as usize)
}

/// getgroups(2).
pub(super) fn getgroups(c: &mut Call<'_>) -> CallResult {
    let room = usize::try_from(c.int(0)).map_err(|_| Errno::EINVAL)?;
    let cred = c.me.cred();
    if room != 0 {
        if cred.groups.len() > room {
            return Err(Errno::EINVAL.into());
        }
        for (i, g) in cred.groups.iter().enumerate() {
            user::write(c.arg(1).wrapping_add(i.wrapping_mul(4)), g)?;
        }
    }
    Ok(cred.groups.len())
}

/// setgroups(2).
pub(super) fn setgroups(c: &mut Call<'_>) -> CallResult {
    if !c.me.cred().capable(cap::SETGID) {
        return Err(Errno::EPERM.into());
    }
    let count = c.uint(0) as usize;
    if count > MAX_GROUPS {
        return Err(Errno::EINVAL.into());
    }
    let mut groups: Vec<u32> = Vec::new();
    groups.try_reserve_exact(count).map_err(|_| Errno::ENOMEM)?;
    for i in 0..count {
        groups.push(valid(user::read(c.arg(1).wrapping_add(i.wrapping_mul(4)))?)?);
    }
    logic_ids::sort(&mut groups);
    change(c.me, |cred| {
        cred.groups = groups;
        Ok(())
    })
}

/// Versions of capget(2), and how many words of data each has.
const VERSIONS: [(u32, usize); 3] = [(0x1998_0330, 1), (0x2007_1026, 2), (0x2008_0522, 2)];
/// The version that a caller with an unknown one is told.
const NEWEST: u32 = 0x2008_0522;

/// The header, and how many words of data come; `None`: the version is unknown, the caller has been told the newest.
fn cap_header(c: &Call<'_>) -> Result<Option<(CapUserHeader, usize)>, super::Stop> {
    let header: CapUserHeader = user::read(c.arg(0))?;
    match VERSIONS.iter().find(|(v, _)| *v == header.version) {
        Some((_, words)) => Ok(Some((header, *words))),
        None => {
            user::write(c.arg(0), &NEWEST)?;
            Ok(None)
        }
    }
}

/// capget(2).
pub(super) fn capget(c: &mut Call<'_>) -> CallResult {
    let (data_at, header) = (c.arg(1), cap_header(c)?);
    let Some((header, words)) = header else {
        // Without room for an answer the question was for the version.
        return if data_at == 0 { Ok(0) } else { Err(Errno::EINVAL.into()) };
    };
    if header.pid < 0 {
        return Err(Errno::EINVAL.into());
    }
    let caps = if header.pid == 0 {
        c.me.cred().caps
    } else {
        let t = ids::thread(header.pid as u32).ok_or(Errno::ESRCH)?;
        t.refs().ok_or(Errno::ESRCH)?.cred.caps
    };
    if data_at == 0 {
        return Ok(0);
    }
    let data = [0, 32].map(|shift| {
        let part = |set: u64| (set >> shift) as u32;
        CapUserData { effective: part(caps.effective), permitted: part(caps.permitted), inheritable: part(caps.inheritable) }
    });
    let data = data.get(..words).unwrap_or_default();
    user::copy_out(data_at, zerocopy::IntoBytes::as_bytes(data))?;
    Ok(0)
}

/// capset(2): permitted ones can only be dropped.
pub(super) fn capset(c: &mut Call<'_>) -> CallResult {
    let Some((header, words)) = cap_header(c)? else { return Err(Errno::EINVAL.into()) };
    if header.pid != 0 && header.pid as u32 != c.me.own_tid() {
        return Err(Errno::EPERM.into());
    }
    let mut new = Caps { effective: 0, permitted: 0, inheritable: 0, ..c.me.cred().caps };
    for word in 0..words {
        let data: CapUserData = user::read(c.arg(1).wrapping_add(word.wrapping_mul(12)))?;
        let part = |bits: u32| u64::from(bits) << (word.wrapping_mul(32)) & cap::ALL;
        new.effective |= part(data.effective);
        new.permitted |= part(data.permitted);
        new.inheritable |= part(data.inheritable);
    }
    change(c.me, |cred| {
        let old = cred.caps;
        let gained = new.inheritable & !(old.inheritable | old.permitted);
        if gained != 0 && !cred.capable(cap::SETPCAP) {
            return Err(Errno::EPERM);
        }
        if new.inheritable & !(old.inheritable | old.bounding) != 0
            || new.permitted & !old.permitted != 0
            || new.effective & !new.permitted != 0
        {
            return Err(Errno::EPERM);
        }
        // Ambient ones are both permitted and inheritable.
        new.ambient = old.ambient & new.permitted & new.inheritable;
        cred.caps = new;
        Ok(())
    })
}

/// personality(2). Execution domains other than Linux's do not exist, their number is kept like Linux keeps it.
pub(super) fn personality(c: &mut Call<'_>) -> CallResult {
    use core::sync::atomic::Ordering::Relaxed;
    let new = c.uint(0);
    let p = &c.me.attrs.personality;
    let old = if new == u32::MAX { p.load(Relaxed) } else { p.swap(new, Relaxed) };
    Ok(old as usize)
}
