//! Budgets as the test sees them: directories of cgroup v2, removed when dropped.

use std::fs;
use std::io;
use std::path::PathBuf;

/// Where process 1 mounts it.
const ROOT: &str = "/sys/fs/cgroup";

/// A child of the budget that is the root of what this process sees.
#[derive(Debug)]
pub struct Cgroup {
    path: PathBuf,
}

impl Cgroup {
    /// A new one, with all controllers.
    ///
    /// # Errors
    /// Those of mkdir(2), and of enabling the controllers.
    pub fn new(name: &str) -> io::Result<Cgroup> {
        let root = PathBuf::from(ROOT);
        let there = fs::read_to_string(root.join("cgroup.controllers"))?;
        let wanted: Vec<String> = there.split_whitespace().map(|name| format!("+{name}")).collect();
        fs::write(root.join("cgroup.subtree_control"), wanted.join(" "))?;
        let path = root.join(format!("{name}.{}", std::process::id()));
        fs::create_dir(&path)?;
        Ok(Cgroup { path })
    }

    /// Sets `file` of it, such as `memory.max`.
    ///
    /// # Errors
    /// Those of open(2) and write(2).
    pub fn set(&self, file: &str, value: &str) -> io::Result<()> {
        fs::write(self.path.join(file), value)
    }

    /// The number that `file` of it holds.
    ///
    /// # Panics
    /// When it holds none.
    ///
    /// # Errors
    /// Those of open(2) and read(2).
    pub fn number(&self, file: &str) -> io::Result<u64> {
        let text = fs::read_to_string(self.path.join(file))?;
        Ok(text.trim().parse().unwrap_or_else(|_| panic!("{file} holds {text:?}")))
    }

    /// The number behind `key` in a file of lines with keys, such as `memory.events`.
    ///
    /// # Errors
    /// Those of open(2) and read(2).
    pub fn keyed(&self, file: &str, key: &str) -> io::Result<u64> {
        let text = fs::read_to_string(self.path.join(file))?;
        let words = text.lines().filter_map(|line| line.split_once(' '));
        Ok(words.filter(|(k, _)| *k == key).filter_map(|(_, v)| v.parse::<u64>().ok()).sum())
    }

    /// Puts the calling process into it.
    ///
    /// # Errors
    /// Those of write(2).
    pub fn join(&self) -> io::Result<()> {
        self.set("cgroup.procs", "0")
    }

    /// Ends every process in it.
    ///
    /// # Errors
    /// Those of write(2).
    pub fn kill(&self) -> io::Result<()> {
        self.set("cgroup.kill", "1")
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir(&self.path) {
            eprintln!("{}: {error}", self.path.display());
        }
    }
}
