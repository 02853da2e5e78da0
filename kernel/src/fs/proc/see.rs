//! What `/proc` shows of the kernel's own doings (`crate::see`): who waits for what, latencies, the trace.

use super::rvos::each_visible;
use super::subject::Subject;
use super::text::{Made, Text, number};
use crate::fs::buffer::Buffer;
use crate::fs::context::cap;
use crate::fs::file::{File, Io};
use crate::linux::Stop;
use crate::see::{blocked as waits, events, latency as stretch};
use crate::task::{Process, Thread, ids, sched, with_current};
use crate::{boot::symbols, clock};
use abi::Errno;
use core::fmt::Write;
use logic_trace::{BUCKETS, Event, EventSet, Histogram, Record, Ring, bucket_start_ns};
use mem::{NoMemory, Ref};
use sync::{Mutex, levels};

/// What the process or thread waits for; `0` while it does not (proc_pid_wchan(5)).
pub(super) fn wchan(subject: &Subject, t: &mut Text) -> Made {
    subject.process()?;
    let on = subject.thread().and_then(|thread| waits::on(&thread));
    Ok(t.put(on.map_or("0", |(on, _)| on.waits.name()).as_bytes())?)
}

/// Whether the process's calls are written somewhere.
pub(super) fn calls(subject: &Subject, t: &mut Text) -> Made {
    let traced = subject.process()?.tracer.is_there();
    Ok(writeln!(t, "{}", u8::from(traced))?)
}

/// Has its calls, and those of all processes that it makes, written to the pipe of the caller's descriptor of this number;
/// -1: no longer.
pub(super) fn set_calls(subject: &Subject, data: &[u8]) -> Result<usize, Errno> {
    subject.check_access()?;
    let fd = number(data)?;
    let process = subject.process()?;
    with_current(|me| crate::see::calls::attach(me, &process, fd))?;
    Ok(data.len())
}

/// A line for each thread that waits: for what, since when, and whom it waits for.
pub(super) fn blocked(t: &mut Text) -> Made {
    writeln!(t, "pid tid name waits id us by")?;
    each_visible(|pid, p| {
        let mut made: Made = Ok(());
        p.each_thread(|thread| {
            if made.is_ok() {
                made = blocked_thread(pid, p, thread, t);
            }
        });
        made
    })
}

fn blocked_thread(pid: u32, p: &Process, thread: &Thread, t: &mut Text) -> Made {
    let Some((on, since)) = waits::on(thread) else { return Ok(()) };
    let now = clock::monotonic_ns();
    let name = *thread.attrs.name.lock();
    let len = name.iter().position(|b| *b == 0).unwrap_or(name.len());
    write!(t, "{pid} {} ", ids::seen_by_caller(thread.tid()))?;
    // One word, whatever the name.
    for b in name.get(..len).unwrap_or_default() {
        t.put(&[if b.is_ascii_graphic() { *b } else { b'_' }])?;
    }
    write!(t, " {} {:#x} {} ", on.waits.name(), on.id, now.saturating_sub(since) / 1000)?;
    let by = waits::by(p, on);
    let mut before = "";
    for pid in by.as_slice().iter().map(|pid| ids::seen_by_caller(*pid)).filter(|pid| *pid != 0) {
        write!(t, "{before}{pid}")?;
        before = ",";
    }
    Ok(t.put(if before.is_empty() { b"-\n" } else { b"\n" })?)
}

/// Two histograms of all harts together: how long threads waited for a hart, and those of them that a wake-up had made want
/// one, which is how late wake-ups arrive.
pub(super) fn latency(t: &mut Text) -> Made {
    let mut counts = [[0u64; 2]; BUCKETS];
    let mut sums = [[0u64; 2]; 2];
    for index in 0..arch::MAX_HARTS {
        let Some(hart) = sched::hart_latency(index) else { continue };
        let (woken, others) = hart.woken_and_others();
        for (bucket, [all, of_woken]) in counts.iter_mut().enumerate() {
            let n = woken.count(bucket);
            *of_woken = of_woken.saturating_add(n);
            *all = all.saturating_add(n).saturating_add(others.count(bucket));
        }
        add(&mut sums, woken, &[0, 1]);
        add(&mut sums, others, &[0]);
    }
    writeln!(t, "ns_from run_queue wake_up")?;
    let last = counts.iter().rposition(|c| *c != [0, 0]).unwrap_or(0);
    for (bucket, [all, woken]) in counts.iter().enumerate().take(last.saturating_add(1)) {
        writeln!(t, "{} {all} {woken}", bucket_start_ns(bucket))?;
    }
    let [[all_sum, all_most], [woken_sum, woken_most]] = sums;
    Ok(writeln!(t, "sum_ns {all_sum} {woken_sum}\nmost_ns {all_most} {woken_most}")?)
}

fn add(sums: &mut [[u64; 2]; 2], histogram: &Histogram, to: &[usize]) {
    let (sum, most) = histogram.sum_and_most_ns();
    for i in to {
        if let Some([s, m]) = sums.get_mut(*i) {
            *s = s.saturating_add(sum);
            *m = (*m).max(most);
        }
    }
}

/// The longest stretch with preemption off, and the calls that led to where it ended; checked builds only.
pub(super) fn preempt_off(t: &mut Text) -> Made {
    let (ns, backtrace) = stretch::longest();
    writeln!(t, "longest_ns {ns}")?;
    for pc in backtrace.iter().take_while(|pc| **pc != 0) {
        symbols::write(t, *pc)?;
    }
    Ok(())
}

/// Any write begins anew.
pub(super) fn forget_preempt_off(data: &[u8]) -> Result<usize, Errno> {
    stretch::forget_longest();
    Ok(data.len())
}

/// The groups of events that are noted.
pub(super) fn trace_events(t: &mut Text) -> Made {
    let mut any = false;
    for name in events::noted().names() {
        write!(t, "{}{name}", if any { " " } else { "" })?;
        any = true;
    }
    Ok(t.put(if any { b"\n" } else { b"none\n" })?)
}

/// Sets them, by names.
pub(super) fn set_trace_events(data: &[u8]) -> Result<usize, Errno> {
    let text = core::str::from_utf8(data).map_err(|_| Errno::EINVAL)?;
    events::note_only(EventSet::parse(text).ok_or(Errno::EINVAL)?);
    Ok(data.len())
}

/// The trace, from the oldest record on that is still there. Each opening reads it for itself.
pub(super) fn open_trace() -> Result<Ref<dyn File>, Errno> {
    if !with_current(|me| me.cred().capable(cap::SYS_ADMIN)) {
        return Err(Errno::EACCES);
    }
    // Records name threads by their numbers in the outermost scope.
    if !ids::caller_sees_all() {
        return Err(Errno::EPERM);
    }
    let next = core::array::from_fn(|i| events::ring(i).map_or(0, Ring::oldest));
    let file = Trace { next: Mutex::new(next) };
    Ok(Ref::try_new(file).map_err(|NoMemory| Errno::ENOMEM)?.unsize(|p| p))
}

struct Trace {
    /// Where each hart's records go on.
    next: Mutex<[u64; arch::MAX_HARTS], levels::PipeMutex>,
}

/// Records that are copied at a time.
const CHUNK: usize = 16;

impl File for Trace {
    /// Whole records: those of one hart in their order, one hart after the other. 0: there is nothing new.
    fn read(&self, _io: &Io<'_>, to: &mut Buffer<'_>) -> Result<usize, Stop> {
        for hart in 0..arch::MAX_HARTS {
            while to.left() >= logic_trace::RECORD_BYTES && self.copy(hart, to) {}
        }
        Ok(to.result()?)
    }
}

impl Trace {
    /// Copies some records of a hart; false: there are no more, or the buffer cannot be written.
    fn copy(&self, hart: usize, to: &mut Buffer<'_>) -> bool {
        let Some(ring) = events::ring(hart) else { return false };
        let mut records = [NO_RECORD; CHUNK];
        // A record may stand before the others that says how many were lost.
        let room = (to.left() / logic_trace::RECORD_BYTES).min(CHUNK).saturating_sub(1);
        let from = self.next.lock().get(hart).copied().unwrap_or(0);
        let taken = ring.take(from, records.get_mut(..room.max(1)).unwrap_or_default());
        let mut next = from.saturating_add(taken.lost);
        let lost = Record { event: Event::Lost as u8, hart: hart as u8, a: taken.lost, ..NO_RECORD };
        if taken.lost != 0 && !put(to, lost) {
            return false;
        }
        for record in records.iter().take(taken.given) {
            if !put(to, *record) {
                break;
            }
            next = next.saturating_add(1);
        }
        // Whoever reads the same description at the same time may get the same records.
        if let Some(place) = self.next.lock().get_mut(hart) {
            *place = next;
        }
        next != from
    }
}

fn put(to: &mut Buffer<'_>, record: Record) -> bool {
    to.left() >= logic_trace::RECORD_BYTES && to.put(&record.to_bytes()) == logic_trace::RECORD_BYTES
}

const NO_RECORD: Record = Record { time_ns: 0, event: 0, hart: 0, tid: 0, a: 0, b: 0 };
