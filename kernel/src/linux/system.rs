//! The system as a whole: uname(2), sysinfo(2), getrandom(2), syslog(2), reboot(2).

use super::{Call, CallResult, Restart, Stop};
use crate::census::{self, Kind};
use crate::clock::{self, SECOND_NS};
use crate::fs::context::cap;
use crate::see::{On, Waits};
use crate::task::load;
use crate::task::wait::{self, Ended, Interrupt};
use crate::world::uts::{self, NAME_MAX, Which};
use crate::{boot, klog, random};
use abi::{Errno, Sysinfo, Utsname};
use core::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};
use mem::{PAGE, user};

/// uname(2).
pub(super) fn uname(c: &mut Call<'_>) -> CallResult {
    let (host, domain) = {
        let world = c.me.world();
        (world.uts.name(Which::Host), world.uts.name(Which::Domain))
    };
    let mut names = <Utsname as zerocopy::FromZeros>::new_zeroed();
    let fill = |field: &mut [u8; 65], text: &[u8]| {
        // The last byte stays NUL.
        for (to, from) in field.iter_mut().zip(text.iter().take(64)) {
            *to = *from;
        }
    };
    fill(&mut names.sysname, uts::SYSNAME.as_bytes());
    fill(&mut names.nodename, host.as_bytes());
    fill(&mut names.release, uts::RELEASE.as_bytes());
    fill(&mut names.version, uts::VERSION.as_bytes());
    fill(&mut names.machine, uts::MACHINE.as_bytes());
    fill(&mut names.domainname, domain.as_bytes());
    user::write(c.arg(0), &names)?;
    Ok(0)
}

fn set_name(c: &Call<'_>, which: Which) -> CallResult {
    if !c.me.cred().capable(cap::SYS_ADMIN) {
        return Err(Errno::EPERM.into());
    }
    let len = usize::try_from(c.int(1)).ok().filter(|n| *n <= NAME_MAX).ok_or(Errno::EINVAL)?;
    let mut bytes = [0u8; NAME_MAX];
    let text = bytes.get_mut(..len).unwrap_or_default();
    user::copy_in(text, c.arg(0))?;
    c.me.world().uts.set_name(which, text)?;
    Ok(0)
}

/// sethostname(2).
pub(super) fn sethostname(c: &mut Call<'_>) -> CallResult {
    set_name(c, Which::Host)
}

/// setdomainname(2).
pub(super) fn setdomainname(c: &mut Call<'_>) -> CallResult {
    set_name(c, Which::Domain)
}

/// sysinfo(2), in bytes.
pub(super) fn sysinfo(c: &mut Call<'_>) -> CallResult {
    let counts = mem::frame_counts();
    let bytes = |pages: u64| pages.saturating_mul(PAGE as u64);
    let info = Sysinfo {
        uptime: clock::monotonic_ns().div_ceil(SECOND_NS) as i64,
        // Linux's load averages have 16 bits behind the point here.
        loads: load::averages().map(|l| l << (16 - load::SHIFT)),
        totalram: bytes(counts.total),
        freeram: bytes(counts.free),
        procs: u16::try_from(census::count(Kind::Threads)).unwrap_or(u16::MAX),
        mem_unit: 1,
        ..Sysinfo::default()
    };
    user::write(c.arg(0), &info)?;
    Ok(0)
}

/// getrandom(2). The pool is seeded at boot, so nothing ever waits.
pub(super) fn getrandom(c: &mut Call<'_>) -> CallResult {
    const GRND_NONBLOCK: u32 = 1;
    const GRND_RANDOM: u32 = 2;
    const GRND_INSECURE: u32 = 4;
    let (at, flags) = (c.arg(0), c.uint(2));
    let both = GRND_RANDOM | GRND_INSECURE;
    if flags & !(GRND_NONBLOCK | both) != 0 || flags & both == both {
        return Err(Errno::EINVAL.into());
    }
    // Linux's limit for one transfer (MAX_RW_COUNT).
    let len = c.arg(1).min(0x7fff_f000);
    if !user::in_user_space(at, len) {
        return Err(Errno::EFAULT.into());
    }
    let mut chunk = [0u8; 256];
    let mut done = 0usize;
    while done < len {
        let part = chunk.get_mut(..len.saturating_sub(done).min(256)).unwrap_or_default();
        random::fill(part);
        let n = user::copy_out_short(at.wrapping_add(done), part);
        done = done.saturating_add(n);
        if n < part.len() {
            break;
        }
        // Long requests end at a signal, after a page at the earliest.
        if done.is_multiple_of(PAGE) && c.me.signal_pending() {
            break;
        }
    }
    if done == 0 && len != 0 { Err(Errno::EFAULT.into()) } else { Ok(done) }
}

/// Where syslog(2) reads next.
static LOG_POSITION: AtomicU64 = AtomicU64::new(0);
/// The console level to come back to, plus 1; 0: it is not off.
static SAVED_LEVEL: AtomicU8 = AtomicU8::new(0);
/// How often a reader of the log looks for something new: messages are written where nobody can be woken.
const LOG_LOOK_NS: u64 = 100_000_000;

/// syslog(2).
pub(super) fn syslog(c: &mut Call<'_>) -> CallResult {
    const READ_ALL: i32 = 3;
    const SIZE_BUFFER: i32 = 10;
    let kind = c.int(0);
    if !matches!(kind, READ_ALL | SIZE_BUFFER) && !c.me.cred().capable(cap::SYSLOG) {
        return Err(Errno::EPERM.into());
    }
    match kind {
        // Open and close: nothing.
        0 | 1 => Ok(0),
        2 => log_read(c),
        READ_ALL => log_read_all(c),
        4 => {
            let n = log_read_all(c)?;
            klog::clear();
            Ok(n)
        }
        5 => {
            klog::clear();
            Ok(0)
        }
        6 => {
            if SAVED_LEVEL.load(Relaxed) == 0 {
                SAVED_LEVEL.store(klog::console_level().saturating_add(1), Relaxed);
            }
            klog::set_console_level(1);
            Ok(0)
        }
        7 => {
            if let Some(level) = SAVED_LEVEL.swap(0, Relaxed).checked_sub(1) {
                klog::set_console_level(level);
            }
            Ok(0)
        }
        8 => {
            let level = u8::try_from(c.int(2)).ok().filter(|l| (1..=8).contains(l)).ok_or(Errno::EINVAL)?;
            klog::set_console_level(level);
            SAVED_LEVEL.store(0, Relaxed);
            Ok(0)
        }
        9 => Ok(klog::end().saturating_sub(LOG_POSITION.load(Relaxed)).min(klog::RING as u64) as usize),
        SIZE_BUFFER => Ok(klog::RING),
        _ => Err(Errno::EINVAL.into()),
    }
}

fn log_buffer(c: &Call<'_>) -> Result<(usize, usize), Errno> {
    let len = usize::try_from(c.int(2)).map_err(|_| Errno::EINVAL)?;
    if c.arg(1) == 0 {
        return Err(Errno::EINVAL);
    }
    Ok((c.arg(1), len))
}

fn log_read(c: &Call<'_>) -> CallResult {
    let (at, len) = log_buffer(c)?;
    if len == 0 {
        return Ok(0);
    }
    while klog::end() <= LOG_POSITION.load(Relaxed) {
        let deadline = clock::monotonic_ns().saturating_add(LOG_LOOK_NS);
        match wait::sleep_on(c.me, On::plain(Waits::Time), Some(deadline), Interrupt::AnySignal, || Ok(None::<()>)) {
            Err(Ended::Signal) => return Err(Stop::Restart(Restart::Sys)),
            _ => continue,
        }
    }
    let (n, end) = log_copy(at, len, LOG_POSITION.load(Relaxed))?;
    LOG_POSITION.store(end, Relaxed);
    Ok(n)
}

fn log_read_all(c: &Call<'_>) -> CallResult {
    let (at, len) = log_buffer(c)?;
    let len = len.min(klog::RING);
    Ok(log_copy(at, len, klog::end().saturating_sub(len as u64))?.0)
}

/// Copies log bytes from a position on; gives how many, and the position behind them.
fn log_copy(at: usize, len: usize, from: u64) -> Result<(usize, u64), Stop> {
    let mut chunk = [0u8; 256];
    let (mut done, mut position) = (0usize, from);
    while done < len {
        let part = chunk.get_mut(..len.saturating_sub(done).min(256)).unwrap_or_default();
        let (start, n) = klog::read_at(position, part);
        if n == 0 {
            break;
        }
        user::copy_out(at.wrapping_add(done), part.get(..n).unwrap_or_default())?;
        done = done.saturating_add(n);
        position = start.saturating_add(n as u64);
    }
    Ok((done, position))
}

/// Whether Ctrl-Alt-Del restarts at once. There is no such keyboard; the setting is kept.
static CTRL_ALT_DEL: AtomicU32 = AtomicU32::new(1);

/// reboot(2).
pub(super) fn reboot(c: &mut Call<'_>) -> CallResult {
    const MAGIC: u32 = 0xfee1_dead;
    const MAGIC2: [u32; 4] = [672_274_793, 85_072_278, 369_367_448, 537_993_216];
    if !c.me.cred().capable(cap::SYS_BOOT) {
        return Err(Errno::EPERM.into());
    }
    if c.uint(0) != MAGIC || !MAGIC2.contains(&c.uint(1)) {
        return Err(Errno::EINVAL.into());
    }
    match c.uint(2) {
        0 => CTRL_ALT_DEL.store(0, Relaxed),
        0x89ab_cdef => CTRL_ALT_DEL.store(1, Relaxed),
        // Halting and powering off are one on this machine.
        0x4321_fedc | 0xcdef_0123 => boot::power::finish(0),
        0x0123_4567 => boot::power::reboot(),
        0xa1b2_c3d4 => {
            let mut command = [0u8; 256];
            user::read_string(&mut command, c.arg(3)).or_else(|e| match e {
                user::StringError::Fault => Err(Errno::EFAULT),
                user::StringError::TooLong => Ok(256),
            })?;
            boot::power::reboot()
        }
        _ => return Err(Errno::EINVAL.into()),
    }
    Ok(0)
}
