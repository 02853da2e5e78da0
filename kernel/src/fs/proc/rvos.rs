//! `/proc/rvos`: what only this kernel has. Whoever reads sees the processes of its pid scope by their numbers there, and the
//! budgets below its cgroup root; what is about the whole machine asks for the grant to debug it. `counters` must come back to where they were once everything that a program
//! made is gone; `figures` are for looking at; `control` is written to.

use super::text::{Made, Text};
use super::tree::{Entry, What};
use super::{control, see};
use crate::budget::{self, Budget, Kind};
use crate::census;
use crate::task::{Process, futex, ids, sched, timers, with_current};
use core::fmt::Write;
use mem::{Ref, Threaded};

/// What is in `/proc/rvos`.
pub(super) static ENTRIES: &[Entry] = &[
    Entry { mode: 0o200, ..Entry::new(b"control", What::Command(control::write)).of_machine() },
    Entry::text(b"blocked", see::blocked),
    Entry::text(b"budgets", budgets),
    Entry::text(b"calls", super::channels::calls),
    Entry::text(b"channels", super::channels::channels),
    Entry::text(b"counters", counters).of_machine(),
    Entry::text(b"figures", figures).of_machine(),
    Entry::text(b"harts", harts).of_machine(),
    Entry::text(b"latency", see::latency).of_machine(),
    Entry::setting(b"preempt_off", see::preempt_off, see::forget_preempt_off).of_machine(),
    Entry { mode: 0o400, ..Entry::new(b"trace", What::File(see::open_trace)).of_machine() },
    Entry::setting(b"trace_events", see::trace_events, see::set_trace_events).of_machine(),
];

/// Calls `f` with each process that exists for the caller and its number there, one lock hold each.
pub(super) fn each_visible(mut f: impl FnMut(u32, &Process) -> Made) -> Made {
    let mut from = 0;
    while let Some((pid, process)) = ids::next_visible(from) {
        from = pid.saturating_add(1);
        f(pid, &process)?;
    }
    Ok(())
}

/// Calls `f` with every process, one lock hold each.
pub(super) fn each_process(mut f: impl FnMut(&Process)) {
    let mut from = 0;
    while let Some((pid, process)) = ids::next_process(from) {
        from = pid.saturating_add(1);
        f(&process);
    }
}

/// `name value` lines.
fn counters(t: &mut Text) -> Made {
    // The text grows while the heap is counted: it takes its room first, so that it counts the same each time.
    t.reserve(ROOM)?;
    memory(t)?;
    for (kind, name) in census::ALL {
        // Looking at this file takes an inode and a dentry for each of its names, and a descriptor.
        writeln!(t, "{name} {}", census::count(kind))?;
    }
    objects(t)
}

/// Frames and what the kernel's heap holds.
#[inline(never)]
fn memory(t: &mut Text) -> Made {
    let (stacks, heap, frames) = (mem::stack_counts(), budget::heap_counts(), mem::frame_counts());
    // How full slab pages are depends on the order of what came and went: their objects are counted, below. Page tables
    // that lead to kernel stacks stay once they are there, at most one for each 2 MiB of stacks that ever existed at once.
    let elsewhere =
        [heap.slab_pages, stacks.table_pages, budget::heap_pages()].iter().fold(frames.free, |sum, n| sum.saturating_add(*n));
    writeln!(t, "frames {}", frames.total.saturating_sub(elsewhere))?;
    for (bytes, objects) in &heap.classes {
        writeln!(t, "heap_{bytes} {objects}")?;
    }
    heap_by_tag(t)?;
    Ok(writeln!(t, "heap_large_pages {}\nstack_pages {}", heap.large_pages, stacks.pages)?)
}

/// What is counted by going through everything.
fn objects(t: &mut Text) -> Made {
    let (regions, signals) = sums();
    writeln!(
        t,
        "regions {regions}\nsignals_pending {signals}\nfile_pages {}\ntable_pages {}",
        crate::mm::object::pages(),
        mem::table_pages()
    )?;
    Ok(writeln!(t, "timers_armed {}\nfutex_waiters {}", timers::armed(), futex::waiters())?)
}

/// Bytes that the counters fit in.
const ROOM: usize = 16 << 10;

/// Objects of the heap by the name of their type, in checked builds; none where there are none.
fn heap_by_tag(t: &mut Text) -> Made {
    let mut made = Ok(());
    mem::each_tag(|name, live| {
        if live != 0 && made.is_ok() {
            made = t.write_str("heap:");
            // A line is a name and a value, so the name has no spaces.
            for part in name.split(' ') {
                made = made.and_then(|()| t.write_str(part));
            }
            made = made.and_then(|()| writeln!(t, " {live}"));
        }
    });
    Ok(made?)
}

/// Regions of all processes, and signals pending.
#[inline(never)]
fn sums() -> (u64, u64) {
    let (mut regions, mut signals) = (0u64, 0u64);
    each_process(|p| {
        let first = p.state.lock().first_thread();
        if let Some(space) = first.and_then(|t| t.space()) {
            regions = regions.saturating_add(space.lock().regions.len() as u64);
        }
        signals = signals.saturating_add(u64::from(p.signals.shared.lock().pending.set().0.count_ones()));
        p.each_thread(|t| signals = signals.saturating_add(u64::from(t.signals.lock().pending.set().0.count_ones())));
    });
    (regions, signals)
}

/// Figures that grow, or that depend on what happened before.
fn figures(t: &mut Text) -> Made {
    let frames = mem::frame_counts();
    // How full slab pages are depends on the order of what came and went.
    writeln!(t, "frames_free {}\nframes_total {}\nslab_pages {}", frames.free, frames.total, budget::heap_counts().slab_pages)?;
    // Stacks that wait for the next thread are measured when they are unmapped.
    mem::drain_stacks();
    let mut deepest = mem::stack_counts().high_water_bytes;
    each_process(|p| p.each_thread(|t| deepest = deepest.max(t.task().stack_high_water())));
    writeln!(t, "stack_high_water_bytes {deepest}\nstack_bytes {}", arch::KERNEL_STACK_BYTES)?;
    let stacks = mem::stack_counts();
    let charged = budget::root().usage(budget::Kind::Frames);
    writeln!(t, "stack_table_pages {}\nheap_pages_charged {}", stacks.table_pages, charged)?;
    Ok(writeln!(t, "threads_made {}\nrunnable {}\nlast_pid {}", ids::handed_out(), sched::runnable(), ids::last())?)
}

/// A line for each budget: its id, its parent's, its name, and for each kind what is charged and the limit.
fn budgets(t: &mut Text) -> Made {
    write!(t, "id parent name processes")?;
    for kind in Kind::ALL {
        write!(t, " {kind:?}")?;
    }
    writeln!(t, " weight cpu_us throttled")?;
    let top = with_current(|me| me.world().cgroup().budget.clone());
    let top = if Ref::ptr_eq(&top, budget::session()) { budget::root() } else { &top };
    let mut made = Ok(());
    top.each_below(|b| {
        if made.is_ok() {
            made = budget_line(t, b);
        }
    });
    made
}

fn budget_line(t: &mut Text, b: &Budget) -> Made {
    write!(t, "{} {} ", b.id(), b.parent().map_or(0, |p| p.id()))?;
    t.put(if b.name().is_empty() { b"-" } else { b.name() })?;
    write!(t, " {}", b.live())?;
    for kind in Kind::ALL {
        write!(t, " {}/", b.usage(kind))?;
        match b.limit(kind) {
            budget::UNLIMITED => t.put(b"max")?,
            n => write!(t, "{n}")?,
        }
        t.put(if b.heap().account().is_carved(kind) { b"c" } else { b"s" })?;
    }
    let (quota, period) = b.cap_us();
    write!(t, " {} ", b.weight())?;
    match quota {
        u64::MAX => t.put(b"max")?,
        n => write!(t, "{n}")?,
    }
    writeln!(t, "/{period} {}", b.cap_periods().1)?;
    Ok(())
}

/// A line for each hart.
fn harts(t: &mut Text) -> Made {
    writeln!(t, "index hart_id idle_ns run_ns system_ns switches queued")?;
    for index in 0..arch::MAX_HARTS {
        let Some(f) = sched::hart_figures(index) else { continue };
        let id = arch::hart_block(index).map_or(0, |b| b.hart_id.load(core::sync::atomic::Ordering::Relaxed));
        writeln!(t, "{index} {id} {} {} {} {} {}", f.idle_ns, f.run_ns, f.system_ns, f.switches, f.queued)?;
    }
    Ok(())
}
