//! `/proc/sys` (proc_sys(5)): facts, and the two names that can be set.

use super::text::{Made, Text};
use super::tree::Entry;
use crate::census::{self, Kind};
use crate::events::inotify;
use crate::mm::space::{MAX_REGIONS, MMAP_MIN};
use crate::task::with_current;
use crate::task::{ids, users};
use crate::world::uts::{self, Which};
use abi::Errno;
use core::fmt::Write;
use sync::Once;

/// What is in `/proc/sys`.
pub(super) static ENTRIES: &[Entry] = &[Entry::dir(b"fs", FS), Entry::dir(b"kernel", KERNEL), Entry::dir(b"vm", VM)];

static KERNEL: &[Entry] = &[
    Entry::text(b"cap_last_cap", |t| line(t, 40)),
    Entry::setting(b"domainname", |t| put_name(t, Which::Domain), |data| set_name(Which::Domain, data)),
    Entry::setting(b"hostname", |t| put_name(t, Which::Host), |data| set_name(Which::Host, data)),
    Entry::text(b"ngroups_max", |t| line(t, 65_536)),
    Entry::text(b"osrelease", |t| line(t, uts::RELEASE)),
    Entry::text(b"ostype", |t| line(t, uts::SYSNAME)),
    Entry::text(b"overflowgid", |t| line(t, 65_534)),
    Entry::text(b"overflowuid", |t| line(t, 65_534)),
    Entry::text(b"pid_max", |t| line(t, ids::PID_MAX)),
    Entry::dir(b"random", RANDOM),
    Entry::text(b"threads-max", |t| line(t, users::threads_max())),
    Entry::text(b"version", |t| line(t, uts::VERSION)),
];

static RANDOM: &[Entry] = &[
    Entry::text(b"boot_id", |t| put_uuid(t, &boot_id())),
    // The pool is a generator with 256 bits of state that is seeded before anything can ask (random(4)).
    Entry::text(b"entropy_avail", |t| line(t, 256)),
    Entry::text(b"poolsize", |t| line(t, 256)),
    Entry::text(b"uuid", |t| put_uuid(t, &random_uuid())),
];

static VM: &[Entry] = &[
    Entry::text(b"max_map_count", |t| line(t, MAX_REGIONS)),
    Entry::text(b"mmap_min_addr", |t| line(t, MMAP_MIN)),
    Entry::text(b"overcommit_memory", |t| line(t, 0)),
];

static INOTIFY: &[Entry] = &[
    Entry::text(b"max_queued_events", |t| line(t, inotify::MAX_EVENTS)),
    Entry::text(b"max_user_instances", |t| line(t, inotify::MAX_INSTANCES)),
    Entry::text(b"max_user_watches", |t| line(t, inotify::MAX_WATCHES)),
];

static FS: &[Entry] = &[
    // Memory alone limits open files.
    Entry::text(b"file-max", |t| line(t, i64::MAX)),
    Entry::text(b"file-nr", |t| line(t, format_args!("{}\t0\t{}", census::count(Kind::OpenFiles), i64::MAX))),
    Entry::dir(b"inotify", INOTIFY),
    Entry::text(b"inode-nr", |t| line(t, format_args!("{}\t0", census::count(Kind::Inodes)))),
    Entry::text(b"nr_open", |t| line(t, 1_048_576)),
    Entry::text(b"pipe-max-size", |t| line(t, logic_pipe::MAX_BYTES)),
];

fn line(t: &mut Text, value: impl core::fmt::Display) -> Made {
    Ok(writeln!(t, "{value}")?)
}

fn put_name(t: &mut Text, which: Which) -> Made {
    t.put(with_current(|me| me.world().uts.name(which)).as_bytes())?;
    Ok(t.put(b"\n")?)
}

/// Takes a name up to the end of its line; what is too long is cut, as Linux does.
fn set_name(which: Which, data: &[u8]) -> Result<usize, Errno> {
    let name = data.split(|b| *b == b'\n' || *b == 0).next().unwrap_or_default();
    let name = name.get(..uts::NAME_MAX).unwrap_or(name);
    with_current(|me| {
        crate::world::need(me, abi::Authority::Uts)?;
        me.world().uts.set_name(which, name)
    })?;
    Ok(data.len())
}

/// A random identifier (RFC 9562, version 4).
fn random_uuid() -> [u8; 16] {
    let mut id = [0u8; 16];
    crate::random::fill(&mut id);
    let mut n = u128::from_be_bytes(id);
    n = n & !(0xf << 76) | 4 << 76;
    n = n & !(3 << 62) | 2 << 62;
    n.to_be_bytes()
}

fn boot_id() -> [u8; 16] {
    static BOOT_ID: Once<[u8; 16]> = Once::new();
    loop {
        match BOOT_ID.get() {
            Some(id) => return *id,
            None => drop(BOOT_ID.set(random_uuid())),
        }
    }
}

fn put_uuid(t: &mut Text, id: &[u8; 16]) -> Made {
    for (i, byte) in id.iter().enumerate() {
        let dash = if matches!(i, 4 | 6 | 8 | 10) { "-" } else { "" };
        write!(t, "{dash}{byte:02x}")?;
    }
    Ok(t.put(b"\n")?)
}
