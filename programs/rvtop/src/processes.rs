//! Processes: what `/proc` says of each, and how much of the processor they used lately.

use crate::tables::align;
use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::time::{Duration, Instant};

/// The longest time that is looked back.
const MINUTE: Duration = Duration::from_secs(60);
/// Ticks of `/proc/PID/stat` in a second.
const TICKS: f64 = 100.0;

/// What a process used up to a moment.
struct Sample {
    at: Instant,
    ticks: u64,
}

/// A process as it is now.
struct Process {
    name: String,
    state: String,
    parent: String,
    threads: String,
    resident_kib: u64,
    /// How long it has existed.
    age: Duration,
    samples: VecDeque<Sample>,
}

/// All processes, with what they used up to a minute ago.
#[derive(Default)]
pub(crate) struct History {
    processes: BTreeMap<u32, Process>,
}

/// The fields of `/proc/PID/stat` from the third on, and the name.
fn stat(pid: u32) -> Option<(String, Vec<String>)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (begin, end) = (text.find('(')?, text.rfind(')')?);
    let name = text.get(begin + 1..end)?.to_string();
    Some((name, text.get(end + 1..)?.split_whitespace().map(str::to_string).collect()))
}

fn uptime() -> f64 {
    let text = fs::read_to_string("/proc/uptime").unwrap_or_default();
    text.split(' ').next().and_then(|s| s.parse().ok()).unwrap_or(0.0)
}

impl History {
    /// Looks at all processes.
    pub(crate) fn sample(&mut self) -> std::io::Result<()> {
        let (now, up) = (Instant::now(), uptime());
        let mut found = BTreeMap::new();
        for entry in fs::read_dir("/proc")?.flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse::<u32>().ok()) else { continue };
            // It may have ended meanwhile.
            let Some((name, fields)) = stat(pid) else { continue };
            let number = |i: usize| fields.get(i).and_then(|f| f.parse::<u64>().ok()).unwrap_or(0);
            let word = |i: usize| fields.get(i).cloned().unwrap_or_default();
            let mut samples = self.processes.remove(&pid).map(|p| p.samples).unwrap_or_default();
            samples.push_back(Sample { at: now, ticks: number(11) + number(12) });
            while samples.get(1).is_some_and(|s| now.duration_since(s.at) >= MINUTE) {
                samples.pop_front();
            }
            let age = Duration::from_secs_f64((up - number(19) as f64 / TICKS).max(0.01));
            let (state, parent, threads) = (word(0), word(1), word(17));
            let resident_kib = number(21) * 4;
            found.insert(pid, Process { name, state, parent, threads, resident_kib, age, samples });
        }
        self.processes = found;
        Ok(())
    }

    /// A line for each process, those first that use most.
    pub(crate) fn table(&self) -> std::io::Result<String> {
        let blocked = blocked()?;
        let mut lines: Vec<_> = self.processes.iter().map(|(pid, p)| (p.lately(), p.in_a_minute(), *pid, p)).collect();
        lines.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(&b.2)));
        let head = ["PID", "PPID", "S", "CPU1s", "CPU1m", "KIB", "THR", "WAITS", "BY", "NAME"];
        let mut table = vec![head.map(str::to_string).to_vec()];
        for (lately, minute, pid, p) in lines {
            let (waits, by) = blocked.get(&pid).cloned().unwrap_or_else(|| ("-".into(), "-".into()));
            table.push(vec![
                pid.to_string(),
                p.parent.clone(),
                p.state.clone(),
                format!("{lately:.1}"),
                format!("{minute:.1}"),
                p.resident_kib.to_string(),
                p.threads.clone(),
                waits,
                by,
                p.name.clone(),
            ]);
        }
        Ok(align(&table))
    }
}

/// What the first thread of each process waits for, and whom.
fn blocked() -> std::io::Result<BTreeMap<u32, (String, String)>> {
    let text = fs::read_to_string("/proc/rvos/blocked")?;
    let mut found = BTreeMap::new();
    for line in text.lines().skip(1) {
        let words: Vec<&str> = line.split(' ').collect();
        if let [pid, tid, _, waits, _, _, by] = words.as_slice()
            && pid == tid
            && let Ok(pid) = pid.parse()
        {
            found.insert(pid, (waits.to_string(), by.to_string()));
        }
    }
    Ok(found)
}

impl Process {
    /// Hundredths of a processor between two samples.
    fn used(from: &Sample, to: &Sample) -> f64 {
        let seconds = to.at.duration_since(from.at).as_secs_f64().max(0.001);
        to.ticks.saturating_sub(from.ticks) as f64 / TICKS * 100.0 / seconds
    }
    /// Since the sample before.
    fn lately(&self) -> f64 {
        let mut last = self.samples.iter().rev();
        match (last.next(), last.next()) {
            (Some(to), Some(from)) => Self::used(from, to),
            _ => self.in_a_life(),
        }
    }
    /// In the last minute, or as long as it has existed or been looked at.
    fn in_a_minute(&self) -> f64 {
        if self.age <= MINUTE {
            return self.in_a_life();
        }
        match (self.samples.front(), self.samples.back()) {
            (Some(from), Some(to)) if self.samples.len() > 1 => Self::used(from, to),
            _ => self.in_a_life(),
        }
    }
    fn in_a_life(&self) -> f64 {
        self.samples.back().map_or(0.0, |s| s.ticks as f64 / TICKS * 100.0 / self.age.as_secs_f64())
    }
}
