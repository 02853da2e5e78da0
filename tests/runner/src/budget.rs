//! A budget for each test, on rvOS: a cgroup of its own with limits.
//!
//! A test that takes more than its list grants has failed, even if it passed: [`Budget::close`] holds the peaks against the
//! [`Limits`]. What the kernel enforces lies a quarter above, so that whoever takes too much is told apart from who is
//! refused something, and the machine is safe from both. Linux runs the tests without.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

const ROOT: &str = "/sys/fs/cgroup";
const NAME: &str = "ktest";

/// So much more does a full amount of work take at most.
const FULL: u64 = 8;

/// How long killed processes may take to leave.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a test may take at most, of each kind; `None` is as much as there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits([Option<u64>; KINDS.len()]);

/// The kinds: their names in lists and in file names, and what a test may take that says nothing of it.
const KINDS: [(&str, u64); 4] = [("memory", 64 << 20), ("pids", 128), ("fds", 2048), ("channels", 256)];

impl Default for Limits {
    fn default() -> Self {
        Self(KINDS.map(|(_, most)| Some(most)))
    }
}

impl Limits {
    /// Takes a word of a list: `KIND:NUMBER`, `KIND:NUMBERM` (MiB) or `KIND:max`; `none` for a test that must not be in a
    /// budget of its own, or takes all there is.
    pub(crate) fn take(&mut self, word: &str) -> Option<()> {
        if word == "none" {
            self.0 = [None; KINDS.len()];
            return Some(());
        }
        let (kind, most) = word.split_once(':')?;
        let place = KINDS.iter().position(|(name, _)| *name == kind)?;
        let most = match (most, most.strip_suffix('M')) {
            ("max", _) => None,
            (_, Some(mib)) => Some(mib.parse::<u64>().ok()?.checked_mul(1 << 20)?),
            (number, None) => Some(number.parse().ok()?),
        };
        *self.0.get_mut(place)? = most;
        Some(())
    }
}

impl Limits {
    /// What the test may take that does its full amount of work.
    pub(crate) fn for_all_of_it(self) -> Self {
        Self(self.0.map(|most| most.map(|most| most.saturating_mul(FULL))))
    }
}

/// What was taken at most, of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Peaks([u64; KINDS.len()]);

impl Peaks {
    /// Where it was more than granted, a text for each.
    fn above(&self, limits: &Limits) -> Vec<String> {
        let all = KINDS.iter().zip(self.0).zip(limits.0);
        let over = all.filter_map(|(((name, _), peak), most)| Some((name, peak, most.filter(|most| peak > *most)?)));
        over.map(|(name, peak, most)| format!("it took {peak} of {name}, its budget has {most}")).collect()
    }
}

impl fmt::Display for Peaks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        KINDS.iter().zip(self.0).try_for_each(|((name, _), peak)| write!(f, " {name} {peak}"))
    }
}

/// The budget of one test.
#[derive(Debug)]
pub(crate) struct Budget {
    dir: PathBuf,
    limits: Limits,
}

impl Budget {
    /// A fresh one; `None` where there are none, and without limits.
    pub(crate) fn make(limits: Limits) -> Result<Option<Self>, String> {
        if !crate::counters::present() || limits == Limits([None; KINDS.len()]) {
            return Ok(None);
        }
        let budget = Self { dir: Path::new(ROOT).join(NAME), limits };
        budget.set_up().map_err(|e| format!("{}: {e}", budget.dir.display()))?;
        Ok(Some(budget))
    }

    fn set_up(&self) -> io::Result<()> {
        let controllers = KINDS.map(|(name, _)| format!("+{name}")).join(" ");
        fs::write(Path::new(ROOT).join("cgroup.subtree_control"), controllers)?;
        fs::create_dir(&self.dir)?;
        for ((name, _), most) in KINDS.iter().zip(self.limits.0) {
            if let Some(most) = most {
                fs::write(self.dir.join(format!("{name}.max")), (most + most / 4).to_string())?;
            }
        }
        Ok(())
    }

    /// The file to which a process writes `0` to be in it.
    pub(crate) fn door(&self) -> io::Result<File> {
        OpenOptions::new().write(true).open(self.dir.join("cgroup.procs"))
    }

    /// Ends every process in it.
    pub(crate) fn kill(&self) {
        // Who cannot be killed shows when the budget is closed.
        let _ = fs::write(self.dir.join("cgroup.kill"), "1");
    }

    /// Removes it; the peaks, and what was taken above the limits or went wrong.
    pub(crate) fn close(self) -> (Peaks, Vec<String>) {
        let closed = self.wait_until_empty().and_then(|()| self.peaks()).and_then(|peaks| {
            fs::remove_dir(&self.dir)?;
            Ok(peaks)
        });
        match closed {
            Ok(peaks) => (peaks, peaks.above(&self.limits)),
            Err(e) => (Peaks::default(), vec![format!("{}: {e}", self.dir.display())]),
        }
    }

    fn wait_until_empty(&self) -> io::Result<()> {
        let mut file = File::open(self.dir.join("cgroup.events"))?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut text = String::new();
            file.rewind()?;
            file.read_to_string(&mut text)?;
            if text.lines().any(|line| line == "populated 0") {
                return Ok(());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::Error::other("processes in it cannot be killed"));
            }
            // Whatever it answers, the file is looked at again.
            let _ = poll(&mut [PollFd::new(&file, PollFlags::PRI)], Timespec::try_from(left).ok().as_ref());
        }
    }

    fn peaks(&self) -> io::Result<Peaks> {
        let mut peaks = Peaks::default();
        for ((name, _), peak) in KINDS.iter().zip(&mut peaks.0) {
            let text = fs::read_to_string(self.dir.join(format!("{name}.peak")))?;
            *peak = text.trim().parse().map_err(io::Error::other)?;
        }
        Ok(peaks)
    }
}

#[cfg(test)]
mod tests {
    use super::{Limits, Peaks};

    #[test]
    fn limits_are_read() {
        let mut limits = Limits::default();
        for word in ["memory:3M", "pids:7", "fds:max"] {
            assert_eq!(limits.take(word), Some(()), "{word}");
        }
        assert_eq!(limits, Limits([Some(3 << 20), Some(7), None, Some(256)]));
        assert_eq!((limits.take("none"), limits), (Some(()), Limits([None; 4])));
        for word in ["memory", "memory:", "memory:3G", "tea:1", "pids:-1"] {
            assert_eq!(limits.take(word), None, "{word}");
        }
    }

    #[test]
    fn only_what_is_above() {
        let limits = Limits([Some(10), Some(10), None, Some(0)]);
        assert!(Peaks([10, 0, 1 << 40, 0]).above(&limits).is_empty());
        let over = Peaks([11, 0, 0, 1]).above(&limits);
        assert_eq!(over, ["it took 11 of memory, its budget has 10", "it took 1 of channels, its budget has 0"]);
    }
}
