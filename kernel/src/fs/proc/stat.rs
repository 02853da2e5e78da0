//! `/proc/PID/stat` and `/proc/PID/statm` (proc_pid_stat(5), proc_pid_statm(5)).

use super::memory::Sizes;
use super::process::put_name;
use super::subject::Subject;
use super::text::{Made, Text};
use crate::task::policy::Parameters;
use crate::task::{Process, Thread, ids, limits, sched};
use core::fmt::Write;
use core::sync::atomic::Ordering;
use logic_pidscope::ScopeId;
use logic_signal::SigSet;
use mem::{PAGE, Ref, Threaded};

/// Nanoseconds of a clock tick as programs count them (sysconf(3), _SC_CLK_TCK is 100).
pub(super) const TICK_NS: u64 = 10_000_000;

/// What a process or thread does, as one letter and a word.
pub(super) fn state(process: &Process, thread: Option<&Thread>) -> (char, &'static str) {
    let Some(thread) = thread else { return ('Z', "zombie") };
    if sched::is_runnable(thread) {
        return ('R', "running");
    }
    if process.signals.shared.lock().job.is_stopped() {
        return ('T', "stopped");
    }
    ('S', "sleeping")
}

/// Processor time: user and system nanoseconds.
#[derive(Clone, Copy, Default)]
pub(super) struct Times {
    /// In user mode.
    pub(super) user_ns: u64,
    /// In the kernel.
    pub(super) system_ns: u64,
}

impl Times {
    fn of(run_ns: u64, system_ns: u64) -> Times {
        Times { user_ns: run_ns.saturating_sub(system_ns), system_ns }
    }
    /// A thread's, what it is running now included.
    pub(super) fn of_thread(t: &Thread) -> Times {
        let (run, system) = crate::task::accounting::times_ns(t);
        Times::of(run, system)
    }
    /// A process's: its threads', and of those that have ended.
    pub(super) fn of_process(p: &Process) -> Times {
        let (run, system) = p.times_ns();
        Times::of(run, system)
    }
    /// Of children that were waited for.
    fn of_children(p: &Process) -> Times {
        let [run, system] = &p.children_ns;
        Times::of(run.load(Ordering::Relaxed), system.load(Ordering::Relaxed))
    }
}

/// Signals pending, blocked, ignored, caught.
pub(super) struct Signals {
    /// Pending for the thread.
    pub(super) own: SigSet,
    /// Pending for the process.
    pub(super) shared: SigSet,
    /// Blocked by the thread.
    pub(super) blocked: SigSet,
    /// Ignored.
    pub(super) ignored: SigSet,
    /// Handled.
    pub(super) caught: SigSet,
}

impl Signals {
    /// Those of a process and the thread that stands for it.
    pub(super) fn of(process: &Process, thread: Option<&Thread>) -> Signals {
        let (ignored, caught) = process.signals.actions().lock().ignored_and_caught();
        let shared = process.signals.shared.lock().pending.set();
        let (own, blocked) = thread.map_or((SigSet::EMPTY, SigSet::EMPTY), |t| {
            let s = t.signals.lock();
            (s.pending.set(), s.blocked)
        });
        Signals { own, shared, blocked, ignored, caught }
    }
}

/// What `stat` shows of the process tree.
struct Family {
    parent: u32,
    pgid: u32,
    sid: u32,
    exit_signal: i64,
    exit: i32,
    has_execed: bool,
    threads: usize,
}

impl Family {
    fn of(process: &Process, scope: ScopeId) -> Family {
        let parent = process.parent_in(scope);
        let s = process.state.lock();
        let (pgid, sid) = (s.pgid, s.sid);
        Family {
            parent,
            pgid,
            sid,
            exit_signal: i64::from(s.exit_signal),
            exit: s.exit.unwrap_or(0),
            has_execed: s.has_execed,
            // A zombie counts as the thread that it was.
            threads: s.threads.len().max(1),
        }
    }
}

fn faults(process: &Process, thread: Option<&Thread>, alone: bool) -> u64 {
    match thread {
        Some(t) if alone => t.faults(),
        _ => {
            let mut sum = process.attrs.ended.faults.load(Ordering::Relaxed);
            process.each_thread(|t| sum = sum.saturating_add(t.faults()));
            sum
        }
    }
}

/// The 52 fields of `stat`. Addresses are 0 for those who may not look into the process.
pub(super) fn stat(subject: &Subject, t: &mut Text) -> Made {
    let process = subject.process()?;
    let thread: Option<Ref<Thread>> = subject.thread();
    let thread = thread.as_deref();
    let may = subject.may_access();
    let shown = |number| ids::seen(subject.scope, number);
    let f = Family::of(&process, subject.scope);
    let sizes = subject.space().map(|s| Sizes::of(&s));
    let times = match thread {
        Some(t) if subject.is_thread() => Times::of_thread(t),
        _ => Times::of_process(&process),
    };
    let ended = Times::of_children(&process);
    let (tty, foreground) = terminal_of(&process, subject.scope);
    // PF_RANDOMIZE; PF_FORKNOEXEC; PF_EXITING.
    let flags = 0x40_0000 | if f.has_execed { 0 } else { 0x40 } | if thread.is_none() { 4 } else { 0 };
    write!(t, "{} (", subject.number())?;
    put_name(subject, t)?;
    write!(t, ") {} {} {} {} {tty} {foreground} {flags}", state(&process, thread).0, f.parent, shown(f.pgid), shown(f.sid))?;
    // All faults are minor ones: no page comes from a device.
    let of_children = process.attrs.children.faults.load(Ordering::Relaxed);
    write!(t, " {} {of_children} 0 0", faults(&process, thread, subject.is_thread()))?;
    for ns in [times.user_ns, times.system_ns, ended.user_ns, ended.system_ns] {
        write!(t, " {}", ns / TICK_NS)?;
    }
    let first = thread.filter(|t| subject.is_thread() || t.tid() == process.pid());
    let p = first.map_or_else(|| Parameters::unpack(process.attrs.first_policy.load(Ordering::Relaxed)), Thread::parameters);
    let (nice, rt_priority) = (i32::from(p.nice), i32::from(p.priority));
    let priority = if rt_priority == 0 { 20 + nice } else { -1 - rt_priority };
    write!(t, " {priority} {nice} {} 0 {}", f.threads, process.start_ns / TICK_NS)?;
    put_memory(t, &process, sizes.as_ref(), may)?;
    let s = Signals::of(&process, thread);
    // Only the first 31 signals, in decimal, as ever.
    for set in [SigSet(s.own.0 | s.shared.0), s.blocked, s.ignored, s.caught] {
        write!(t, " {}", set.0 & 0x7fff_ffff)?;
    }
    let exit_signal = if subject.is_thread() && subject.number() != subject.pid { -1 } else { f.exit_signal };
    let hart = thread.map_or(0, |t| t.task().core().hart_index());
    write!(t, " 0 0 0 {exit_signal} {hart} {rt_priority} {} 0 0 0", p.policy as u32)?;
    put_layout(t, sizes.as_ref(), may)?;
    Ok(writeln!(t, " {}", if may { f.exit } else { 0 })?)
}

/// Device number of the controlling terminal, and the process group in its foreground; `(0, -1)` without one.
fn terminal_of(process: &Process, scope: ScopeId) -> (u32, i32) {
    crate::tty::of_process(process).map_or((0, -1), |t| (t.number, t.foreground_or_none(scope)))
}

/// vsize, rss, rsslim, startcode, endcode, startstack, kstkesp, kstkeip.
fn put_memory(t: &mut Text, process: &Process, sizes: Option<&Sizes>, may: bool) -> Made {
    let limit = process.limit(limits::RSS);
    let Some(s) = sizes else { return Ok(write!(t, " 0 0 {limit} 0 0 0 0 0")?) };
    let l = &s.layout;
    let (code, stack) = if may { (l.code, l.stack_start) } else { ((1, 1), 0) };
    Ok(write!(t, " {} {} {limit} {} {} {stack} 0 0", s.total, s.resident_pages, code.0, code.1)?)
}

/// start_data, end_data, start_brk, arg_start, arg_end, env_start, env_end.
fn put_layout(t: &mut Text, sizes: Option<&Sizes>, may: bool) -> Made {
    let l = sizes.filter(|_| may).map(|s| s.layout).unwrap_or_default();
    for value in [l.data.0, l.data.1, l.brk_start, l.args.0, l.args.1, l.env.0, l.env.1] {
        write!(t, " {value}")?;
    }
    Ok(())
}

/// Pages: size, resident, shared, text, lib, data, dirty.
pub(super) fn statm(subject: &Subject, t: &mut Text) -> Made {
    subject.process()?;
    let s = subject.space().map(|s| Sizes::of(&s)).unwrap_or_default();
    let pages = |bytes: u64| bytes / PAGE as u64;
    let data = pages(s.data.saturating_add(s.stack));
    Ok(writeln!(t, "{} {} {} {} 0 {data} 0", pages(s.total), s.resident_pages, s.object_pages, pages(s.code))?)
}
