//! `/proc/PID/status`, `limits` and `oom_score` (proc_pid_status(5), proc_pid_limits(5), proc_pid_oom_score(5)).

use super::memory::Sizes;
use super::process::put_name;
use super::stat::{Signals, state};
use super::subject::Subject;
use super::text::{Made, Text};
use crate::fs::capability::Caps;
use crate::fs::context::{Cred, Ids};
use crate::task::{Process, Thread, ids, limits, sched};
use abi::Errno;
use core::fmt::Write;
use core::sync::atomic::Ordering;
use logic_pidscope::ScopeId;
use mem::PAGE;

/// Lines of a name, a colon, a tab and a value.
pub(super) fn status(subject: &Subject, t: &mut Text) -> Made {
    let process = subject.process()?;
    let thread = subject.thread();
    let thread = thread.as_deref();
    t.put(b"Name:\t")?;
    put_name(subject, t)?;
    t.put(b"\n")?;
    let refs = subject.refs();
    if let Some(r) = &refs {
        writeln!(t, "Umask:\t{:04o}", r.fs.umask())?;
    }
    let (letter, word) = state(&process, thread);
    writeln!(t, "State:\t{letter} ({word})")?;
    let (number, parent) = (subject.number(), process.parent_in(subject.scope));
    writeln!(t, "Tgid:\t{}\nNgid:\t0\nPid:\t{number}\nPPid:\t{parent}\nTracerPid:\t0", subject.pid)?;
    put_identity(
        t,
        refs.as_ref().map(|r| &*r.cred).unwrap_or(&Default::default()),
        refs.as_ref().map_or(0, |r| r.files.len().max(64).next_power_of_two()),
    )?;
    put_numbers(t, subject, &process)?;
    if let Some(space) = subject.space() {
        put_memory(t, &Sizes::of(&space))?;
    }
    writeln!(t, "Threads:\t{}", process.live_threads.load(Ordering::Relaxed).max(1))?;
    put_signals(t, &process, thread)?;
    if let Some(r) = &refs {
        put_capabilities(t, &r.cred.caps)?;
    }
    let no_new_privs = thread.map_or(0, |t| t.attrs.no_new_privs.load(Ordering::Relaxed));
    writeln!(t, "NoNewPrivs:\t{no_new_privs}\nSeccomp:\t0\nSeccomp_filters:\t0")?;
    put_harts(t, thread)?;
    let [willing, forced] =
        thread.map_or([0, 0], |t| [t.switches[0].load(Ordering::Relaxed), t.switches[1].load(Ordering::Relaxed)]);
    Ok(writeln!(t, "voluntary_ctxt_switches:\t{willing}\nnonvoluntary_ctxt_switches:\t{forced}")?)
}

fn put_identity(t: &mut Text, cred: &Cred, room: usize) -> Made {
    let mut line = |name: &str, ids: &Ids| writeln!(t, "{name}:\t{}\t{}\t{}\t{}", ids.real, ids.effective, ids.saved, ids.fs);
    line("Uid", &cred.uid)?;
    line("Gid", &cred.gid)?;
    write!(t, "FDSize:\t{room}\nGroups:\t")?;
    for group in &cred.groups {
        write!(t, "{group} ")?;
    }
    Ok(t.put(if cred.groups.is_empty() { b" \n" } else { b"\n" })?)
}

fn put_numbers(t: &mut Text, subject: &Subject, process: &Process) -> Made {
    let (pgid, sid) = {
        let s = process.state.lock();
        (s.pgid, s.sid)
    };
    let thread = subject.thread().map_or(process.pid(), |t| t.tid());
    for (name, number) in [("NStgid", process.pid()), ("NSpid", thread), ("NSpgid", pgid), ("NSsid", sid)] {
        write!(t, "{name}:")?;
        put_scopes(t, subject.scope, number)?;
    }
    Ok(writeln!(t, "Kthread:\t0")?)
}

/// What something is called from a scope on inwards, the scope first.
fn put_scopes(t: &mut Text, scope: ScopeId, number: u32) -> Made {
    let mut inside = false;
    write!(t, "\t{}", ids::seen(scope, number))?;
    let mut result = Ok(());
    ids::each_number(number, |at, n| {
        if (inside || scope == ScopeId::ROOT) && result.is_ok() {
            result = write!(t, "\t{n}");
        }
        inside |= at == scope;
    });
    result?;
    Ok(t.put(b"\n")?)
}

fn put_memory(t: &mut Text, s: &Sizes) -> Made {
    let pages = |n: u64| n.saturating_mul(PAGE as u64);
    let lines: [(&str, u64); 16] = [
        ("VmPeak", s.peak),
        ("VmSize", s.total),
        ("VmLck", s.locked),
        ("VmPin", 0),
        ("VmHWM", pages(s.peak_pages)),
        ("VmRSS", pages(s.resident_pages)),
        ("RssAnon", pages(s.resident_pages.saturating_sub(s.object_pages))),
        // Every file lives in memory, which Linux counts as shared memory.
        ("RssFile", 0),
        ("RssShmem", pages(s.object_pages)),
        ("VmData", s.data),
        ("VmStk", s.stack),
        ("VmExe", s.code),
        ("VmLib", s.library),
        ("VmPTE", pages(s.table_pages)),
        ("VmSwap", 0),
        ("HugetlbPages", 0),
    ];
    for (name, bytes) in lines {
        writeln!(t, "{name}:\t{:8} kB", bytes / 1024)?;
    }
    Ok(t.put(b"CoreDumping:\t0\nTHP_enabled:\t0\n")?)
}

fn put_signals(t: &mut Text, process: &Process, thread: Option<&Thread>) -> Made {
    let s = Signals::of(process, thread);
    let queued = s.own.0.count_ones().saturating_add(s.shared.0.count_ones());
    writeln!(t, "SigQ:\t{queued}/{}", process.limit(limits::SIGPENDING))?;
    let sets = [("SigPnd", s.own), ("ShdPnd", s.shared), ("SigBlk", s.blocked), ("SigIgn", s.ignored), ("SigCgt", s.caught)];
    for (name, set) in sets {
        writeln!(t, "{name}:\t{:016x}", set.0)?;
    }
    Ok(())
}

fn put_capabilities(t: &mut Text, caps: &Caps) -> Made {
    let lines = [
        ("CapInh", caps.inheritable),
        ("CapPrm", caps.permitted),
        ("CapEff", caps.effective),
        ("CapBnd", caps.bounding),
        ("CapAmb", caps.ambient),
    ];
    for (name, set) in lines {
        writeln!(t, "{name}:\t{set:016x}")?;
    }
    Ok(())
}

/// Harts that the thread may run on: as a mask, and as ranges.
fn put_harts(t: &mut Text, thread: Option<&Thread>) -> Made {
    let online = sched::online();
    let mask = thread.map_or(online, Thread::allowed_harts);
    write!(t, "Cpus_allowed:\t{mask:x}\nCpus_allowed_list:\t")?;
    put_hart_list(t, mask)?;
    Ok(t.put(b"\nMems_allowed:\t1\nMems_allowed_list:\t0\n")?)
}

/// A mask as ranges (cpuset(7)).
pub(super) fn put_hart_list(t: &mut Text, mask: u64) -> Made {
    let mut first = true;
    let mut at = 0u32;
    while at < 64 && mask >> at != 0 {
        at += (mask >> at).trailing_zeros();
        let run = (mask >> at).trailing_ones();
        let comma = if first { "" } else { "," };
        match run {
            1 => write!(t, "{comma}{at}")?,
            _ => write!(t, "{comma}{at}-{}", at + run - 1)?,
        }
        first = false;
        at += run;
    }
    Ok(())
}

/// `/proc/PID/uid_map`, `gid_map` (user_namespaces(7)): all ids are what they are.
pub(super) fn id_map(_: &Subject, t: &mut Text) -> Made {
    Ok(writeln!(t, "{:>10} {:>10} {:>10}", 0, 0, u32::MAX)?)
}

/// EPERM: these are set once, and have been.
pub(super) fn set_ids(_: &Subject, _: &[u8]) -> Result<usize, Errno> {
    Err(Errno::EPERM)
}

/// Names and units of the limits, by number.
const LIMITS: [(&str, &str); limits::RESOURCES] = [
    ("Max cpu time", "seconds"),
    ("Max file size", "bytes"),
    ("Max data size", "bytes"),
    ("Max stack size", "bytes"),
    ("Max core file size", "bytes"),
    ("Max resident set", "bytes"),
    ("Max processes", "processes"),
    ("Max open files", "files"),
    ("Max locked memory", "bytes"),
    ("Max address space", "bytes"),
    ("Max file locks", "locks"),
    ("Max pending signals", "signals"),
    ("Max msgqueue size", "bytes"),
    ("Max nice priority", ""),
    ("Max realtime priority", ""),
    ("Max realtime timeout", "us"),
];

/// A table of soft and hard limits.
pub(super) fn limits(subject: &Subject, t: &mut Text) -> Made {
    let process = subject.process()?;
    writeln!(t, "{:<25} {:<20} {:<20} {:<10}", "Limit", "Soft Limit", "Hard Limit", "Units")?;
    for (resource, (name, unit)) in LIMITS.iter().enumerate() {
        let (soft, hard) = process.limits.get(resource).unwrap_or((0, 0));
        write!(t, "{name:<25} ")?;
        for value in [soft, hard] {
            match value {
                limits::INFINITY => write!(t, "{:<20} ", "unlimited")?,
                _ => write!(t, "{value:<20} ")?,
            }
        }
        if !unit.is_empty() {
            write!(t, "{unit:<10}")?;
        }
        t.put(b"\n")?;
    }
    Ok(())
}

/// How much of memory it uses, 0 to 1000 moved by `oom_score_adj`, in Linux's scale of 2000.
pub(super) fn oom_score(subject: &Subject, t: &mut Text) -> Made {
    let process = subject.process()?;
    let pages = subject.space().map_or(0, |s| {
        let inner = s.lock();
        inner.tables.resident_pages().saturating_add(inner.tables.table_pages())
    });
    let part = pages.saturating_mul(1000) / mem::frame_counts().total.max(1);
    let points = i64::try_from(part).unwrap_or(1000).saturating_add(i64::from(process.oom_score_adj.load(Ordering::Relaxed)));
    Ok(writeln!(t, "{}", (1000 + points).max(0) * 2 / 3)?)
}
