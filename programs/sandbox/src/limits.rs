//! The budget of the program: a directory of cgroup2 that lives as long as this.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

const TOP: &str = "/sys/fs/cgroup";
const CONTROLLERS: [&str; 4] = ["+memory", "+pids", "+cpu", "+fds"];

/// A cgroup.
#[derive(Debug)]
pub(crate) struct Budget(PathBuf);

impl Budget {
    /// A new one with these limits.
    pub(crate) fn new(limits: &[(&str, String)]) -> Result<Budget, String> {
        for controller in CONTROLLERS {
            // What this kernel has no controller for is missed when a limit of it is set.
            let _ = set(&PathBuf::from(TOP).join("cgroup.subtree_control"), controller);
        }
        let dir = PathBuf::from(TOP).join(format!("sandbox-{}", std::process::id()));
        fs::create_dir(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
        let budget = Budget(dir);
        for (name, value) in limits {
            set(&budget.0.join(name), value).map_err(|e| format!("{name} cannot be {value}: {e}"))?;
        }
        Ok(budget)
    }
    /// Its directory, for `spawn`.
    pub(crate) fn open(&self) -> Result<File, String> {
        File::open(&self.0).map_err(|e| format!("{}: {e}", self.0.display()))
    }
    /// What a file says, if it is there.
    pub(crate) fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.0.join(name)).ok().map(|t| t.trim().to_owned())
    }
    /// A figure of a file with lines `name figure`.
    pub(crate) fn event(&self, file: &str, name: &str) -> u64 {
        let text = self.read(file).unwrap_or_default();
        text.lines().filter_map(|l| l.split_once(' ')).find(|(n, _)| *n == name).and_then(|(_, v)| v.parse().ok()).unwrap_or(0)
    }
}

impl Drop for Budget {
    fn drop(&mut self) {
        let _ = set(&self.0.join("cgroup.kill"), "1");
        let _ = fs::remove_dir(&self.0);
    }
}

fn set(path: &PathBuf, value: &str) -> std::io::Result<()> {
    OpenOptions::new().write(true).open(path)?.write_all(value.as_bytes())
}
