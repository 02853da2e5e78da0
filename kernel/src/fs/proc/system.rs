//! Figures of the whole system: memory, processor time, load.

use super::stat::TICK_NS;
use super::text::{Made, Text};
use crate::budget::Kind::Frames;
use crate::census::{self, Kind};
use crate::clock::{self, SECOND_NS};
use crate::interrupts::{self, Line};
use crate::mm::object;
use crate::task::{ids, load, sched};
use core::fmt::Write;
use core::sync::atomic::{AtomicU64, Ordering};
use mem::PAGE;

/// proc_meminfo(5). What is not there on this system (swap, huge pages) is 0 only where programs insist on the line.
pub(super) fn meminfo(t: &mut Text) -> Made {
    let frames = mem::frame_counts();
    let heap = crate::budget::heap_counts();
    let slab = heap.slab_pages.saturating_add(heap.large_pages);
    let in_files = object::pages();
    // Files live in memory alone: nothing can be given up. What the session may not take is not there for it.
    let session = mem::SESSION_HEAP.account();
    let room = session.limit(Frames).saturating_sub(session.spare(Frames)).saturating_sub(session.usage(Frames));
    let available = frames.free.min(room);
    let lines: [(&str, u64); 16] = [
        ("MemTotal:", frames.total),
        ("MemFree:", frames.free),
        ("MemAvailable:", available),
        ("Buffers:", 0),
        ("Cached:", in_files),
        ("SwapCached:", 0),
        ("SwapTotal:", 0),
        ("SwapFree:", 0),
        ("Dirty:", 0),
        ("Writeback:", 0),
        ("Shmem:", in_files),
        ("Slab:", slab),
        ("SReclaimable:", 0),
        ("SUnreclaim:", slab),
        ("KernelStack:", mem::stack_counts().pages),
        ("PageTables:", mem::table_pages()),
    ];
    for (name, pages) in lines {
        writeln!(t, "{name:<16}{:8} kB", pages.saturating_mul(PAGE as u64 / 1024))?;
    }
    Ok(())
}

/// Lines of `/proc/vmstat` (proc_vmstat(5)) whose figures this kernel has.
pub(super) fn vmstat(t: &mut Text) -> Made {
    let lines: [(&str, u64); 6] = [
        ("nr_free_pages", mem::frame_counts().free),
        ("nr_page_table_pages", mem::table_pages()),
        ("nr_kernel_stack", mem::stack_counts().pages.saturating_mul(PAGE as u64 / 1024)),
        ("nr_slab_unreclaimable", crate::budget::heap_counts().slab_pages),
        ("nr_shmem", object::pages()),
        ("oom_kill", crate::mm::fault::oom_kills()),
    ];
    for (name, value) in lines {
        writeln!(t, "{name} {value}")?;
    }
    Ok(())
}

/// Harts that schedule, with their figures.
fn each_hart(mut f: impl FnMut(usize, &sched::HartFigures) -> Made) -> Made {
    for index in 0..arch::MAX_HARTS {
        if let Some(figures) = sched::hart_figures(index) {
            f(index, &figures)?;
        }
    }
    Ok(())
}

/// User, system and idle nanoseconds of a hart as shown last: what runs now counts as user time until the hart accounts
/// it, and these must never go back.
static SHOWN: [[AtomicU64; 3]; arch::MAX_HARTS] = [const { [const { AtomicU64::new(0) }; 3] }; arch::MAX_HARTS];

fn shown(index: usize, f: &sched::HartFigures) -> [u64; 3] {
    let now = [f.run_ns.saturating_sub(f.system_ns), f.system_ns, f.idle_ns];
    let Some(cells) = SHOWN.get(index) else { return now };
    let mut out = now;
    for ((out, now), cell) in out.iter_mut().zip(now).zip(cells) {
        *out = cell.fetch_max(now, Ordering::Relaxed).max(now);
    }
    out
}

fn put_cpu(t: &mut Text, name: core::fmt::Arguments<'_>, [user, system, idle]: [u64; 3]) -> Made {
    Ok(writeln!(t, "{name} {} 0 {} {} 0 0 0 0 0 0", user / TICK_NS, system / TICK_NS, idle / TICK_NS)?)
}

/// proc_stat(5).
pub(super) fn stat(t: &mut Text) -> Made {
    let mut sums = [0u64; 3];
    let mut switches = 0u64;
    let mut lines = Text::default();
    each_hart(|index, f| {
        let times = shown(index, f);
        for (sum, ns) in sums.iter_mut().zip(times) {
            *sum = sum.saturating_add(ns);
        }
        switches = switches.saturating_add(f.switches);
        put_cpu(&mut lines, format_args!("cpu{index}"), times)
    })?;
    put_cpu(t, format_args!("cpu "), sums)?;
    t.put(&lines.into_bytes())?;
    let total = |line| (0..arch::MAX_HARTS).map(|h| interrupts::counted(h, line)).sum::<u64>();
    let (timer, external) = (total(Line::Timer), total(Line::External));
    writeln!(t, "intr {} {timer} {external}", timer.saturating_add(external))?;
    writeln!(t, "ctxt {switches}\nbtime {}", clock::boot_real_ns() / SECOND_NS)?;
    Ok(writeln!(t, "processes {}\nprocs_running {}\nprocs_blocked 0", ids::handed_out(), sched::runnable())?)
}

/// A line for each source of interrupts, a column for each hart.
pub(super) fn interrupts(t: &mut Text) -> Made {
    t.put(b"           ")?;
    each_hart(|index, _| Ok(write!(t, "CPU{index:<8}")?))?;
    t.put(b"\n")?;
    let lines = [
        ("  5", Line::Timer, "RISC-V INTC   5 Edge      riscv-timer"),
        ("  9", Line::External, "RISC-V INTC   9 Edge      riscv-plic"),
        ("IPI0", Line::Ipi, "Rescheduling interrupts"),
    ];
    for (label, line, what) in lines {
        write!(t, "{label}:")?;
        each_hart(|index, _| Ok(write!(t, "{:10} ", interrupts::counted(index, line))?))?;
        writeln!(t, " {what}")?;
    }
    Ok(())
}

/// `seconds` with two digits behind the point.
fn put_seconds(t: &mut Text, ns: u64) -> Made {
    Ok(write!(t, "{}.{:02}", ns / SECOND_NS, ns % SECOND_NS / TICK_NS)?)
}

/// proc_uptime(5): since boot, and idle time of all harts.
pub(super) fn uptime(t: &mut Text) -> Made {
    let mut idle = 0u64;
    each_hart(|_, f| {
        idle = idle.saturating_add(f.idle_ns);
        Ok(())
    })?;
    put_seconds(t, clock::monotonic_ns())?;
    t.put(b" ")?;
    put_seconds(t, idle)?;
    Ok(t.put(b"\n")?)
}

/// proc_loadavg(5).
pub(super) fn loadavg(t: &mut Text) -> Made {
    for average in load::averages() {
        // Rounded to hundredths, as Linux does.
        let rounded = average.saturating_add((1 << load::SHIFT) / 200);
        let whole = rounded >> load::SHIFT;
        let rest = ((rounded & ((1 << load::SHIFT) - 1)) * 100) >> load::SHIFT;
        write!(t, "{whole}.{rest:02} ")?;
    }
    Ok(writeln!(t, "{}/{} {}", sched::runnable(), census::count(Kind::Threads), ids::last())?)
}
