//! The files of the controllers: what is charged, what may be, and what happened.

use super::Opener;
use super::knobs::{CPU, Where};
use crate::budget::{Budget, Event, Kind, UNLIMITED};
use crate::fs::proc::{Made, Text, number};
use crate::task::{oom, with_current};
use ::core::fmt::Write;
use ::core::sync::atomic::Ordering;
use abi::Errno;
use mem::{CLASSES, PAGE};

const BYTES: u64 = PAGE as u64;

fn show(t: &mut Text, units: u64, size: u64) -> Made {
    if units >= UNLIMITED {
        return Ok(writeln!(t, "max")?);
    }
    Ok(writeln!(t, "{}", units.saturating_mul(size))?)
}

/// A count that has files of the usual names.
macro_rules! counted {
    ($($kind:ident $current:ident $peak:ident $max:ident $set:ident $events:ident;)*) => {
        $(
            pub(super) fn $current(t: &mut Text, budget: &Budget) -> Made {
                show(t, budget.usage(Kind::$kind), 1)
            }
            pub(super) fn $peak(t: &mut Text, budget: &Budget) -> Made {
                show(t, budget.heap().account().peak(Kind::$kind), 1)
            }
            pub(super) fn $max(t: &mut Text, budget: &Budget) -> Made {
                show(t, budget.limit(Kind::$kind), 1)
            }
            pub(super) fn $set(budget: &Budget, text: &[u8], _: &Opener) -> Result<(), Errno> {
                let most = if text == b"max" { UNLIMITED } else { number(text)? };
                budget.set_limit(Kind::$kind, most).map_err(|_| Errno::EBUSY)
            }
            pub(super) fn $events(t: &mut Text, budget: &Budget) -> Made {
                Ok(writeln!(t, "max {}", budget.events.get(Event::Refused(Kind::$kind)))?)
            }
        )*
    };
}

counted! {
    Threads pids_current pids_peak pids_max set_pids_max pids_events;
    Descriptors fds_current fds_peak fds_max set_fds_max fds_events;
    Channels channels_current channels_peak channels_max set_channels_max channels_events;
}

/// `memory.current`.
pub(super) fn memory_current(t: &mut Text, budget: &Budget) -> Made {
    show(t, budget.usage(Kind::Frames), BYTES)
}

/// `memory.peak`.
pub(super) fn memory_peak(t: &mut Text, budget: &Budget) -> Made {
    show(t, budget.heap().account().peak(Kind::Frames), BYTES)
}

/// `memory.max`.
pub(super) fn memory_max(t: &mut Text, budget: &Budget) -> Made {
    show(t, budget.limit(Kind::Frames), BYTES)
}

/// A number of bytes with `K`, `M`, `G` behind it, or `max`; in whole pages.
pub(super) fn set_memory_max(budget: &Budget, text: &[u8], _: &Opener) -> Result<(), Errno> {
    let pages = if text == b"max" { UNLIMITED } else { bytes(text)? / BYTES };
    budget.set_limit(Kind::Frames, pages).map_err(|_| Errno::EBUSY)?;
    with_current(|me| oom::shrink_to_limit(me, budget));
    Ok(())
}

fn bytes(text: &[u8]) -> Result<u64, Errno> {
    let (last, rest) = text.split_last().ok_or(Errno::EINVAL)?;
    let (digits, shift) = match last.to_ascii_lowercase() {
        b'k' => (rest, 10),
        b'm' => (rest, 20),
        b'g' => (rest, 30),
        _ => (text, 0),
    };
    number::<u64>(digits)?.checked_mul(1 << shift).ok_or(Errno::EINVAL)
}

/// `memory.events`: those that can happen here.
pub(super) fn memory_events(t: &mut Text, budget: &Budget) -> Made {
    let of = |event| budget.events.get(event);
    let (max, oom, killed) = (of(Event::Refused(Kind::Frames)), of(Event::OutOfMemory), of(Event::Killed));
    Ok(writeln!(t, "max {max}\noom {oom}\noom_kill {killed}\noom_group_kill {}", of(Event::GroupKilled))?)
}

/// `memory.oom.group`.
pub(super) fn oom_group(t: &mut Text, budget: &Budget) -> Made {
    show(t, u64::from(budget.ends_together.load(Ordering::Relaxed)), 1)
}

/// 0 or 1.
pub(super) fn set_oom_group(budget: &Budget, text: &[u8], _: &Opener) -> Result<(), Errno> {
    let together: u32 = number(text)?;
    if together > 1 {
        return Err(Errno::EINVAL);
    }
    budget.ends_together.store(together == 1, Ordering::Relaxed);
    Ok(())
}

/// `memory.stat`: the figures that are counted.
pub(super) fn memory_stat(t: &mut Text, budget: &Budget) -> Made {
    let mut slab = 0u64;
    budget.each_below(|b| {
        for class in 0..CLASSES.len() {
            slab = slab.saturating_add(b.heap().count(class).1);
        }
    });
    let slab = slab.saturating_mul(BYTES);
    Ok(writeln!(t, "slab_unreclaimable {slab}\nslab {slab}")?)
}

/// `cpu.stat`.
pub(super) fn cpu_stat(t: &mut Text, budget: &Budget) -> Made {
    let [run, system] = budget.times_ns().map(|ns| ns / 1000);
    writeln!(t, "usage_usec {run}\nuser_usec {}\nsystem_usec {system}", run.saturating_sub(system))?;
    if Where::With(CPU).holds(budget) {
        let (periods, throttled, ns) = budget.cap_periods();
        writeln!(t, "nr_periods {periods}\nnr_throttled {throttled}\nthrottled_usec {}", ns / 1000)?;
    }
    Ok(())
}

/// `cpu.weight`.
pub(super) fn cpu_weight(t: &mut Text, budget: &Budget) -> Made {
    Ok(writeln!(t, "{}", budget.weight())?)
}

/// From 1 to 10,000.
pub(super) fn set_cpu_weight(budget: &Budget, text: &[u8], _: &Opener) -> Result<(), Errno> {
    let weight: u64 = number(text)?;
    if !(1..=10_000).contains(&weight) {
        return Err(Errno::ERANGE);
    }
    budget.set_weight(weight as u32);
    Ok(())
}

/// `cpu.max`.
pub(super) fn cpu_max(t: &mut Text, budget: &Budget) -> Made {
    let (quota, period) = budget.cap_us();
    match quota {
        u64::MAX => writeln!(t, "max {period}")?,
        quota => writeln!(t, "{quota} {period}")?,
    }
    Ok(())
}

/// A quota in microseconds or `max`, and a period.
pub(super) fn set_cpu_max(budget: &Budget, text: &[u8], _: &Opener) -> Result<(), Errno> {
    let mut words = text.split(|b| *b == b' ').filter(|w| !w.is_empty());
    let quota = match words.next().ok_or(Errno::EINVAL)? {
        b"max" => u64::MAX,
        n => number(n)?,
    };
    let period = words.next().map_or(Ok(budget.cap_us().1), number)?;
    if words.next().is_none() && budget.set_cap_us(quota, period) { Ok(()) } else { Err(Errno::EINVAL) }
}
