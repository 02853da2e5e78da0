//! Whatever a test left running, found and killed.
//!
//! Two nets: processes of the test's session or below it by process group, and
//! children of the runner, which as subreaper inherits every orphan
//! (PR_SET_CHILD_SUBREAPER, prctl(2)), also one that made a session of its own.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, kill_process_group, wait};

use crate::wake::Wake;

/// How long killed processes may take to go.
const PATIENCE: Duration = Duration::from_secs(10);

/// Makes orphans of the tests children of the runner, where the kernel can.
pub(crate) fn adopt_orphans() {
    // Without it orphans go to process 1, and are found by their session.
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

/// Kills everything of the session `leader` and everything that the runner
/// inherited, and waits for it; how many are still there.
pub(crate) fn kill_all(leader: Pid, wake: &Wake) -> usize {
    let deadline = Instant::now() + PATIENCE;
    loop {
        // ESRCH: the group is empty, as it should be.
        let _ = kill_process_group(leader, Signal::KILL);
        let left = others(leader);
        for pid in &left {
            let _ = kill_process(*pid, Signal::KILL);
        }
        let children = reap();
        let time = deadline.saturating_duration_since(Instant::now());
        if (left.is_empty() && children == Children::None) || time.is_zero() {
            return left.len();
        }
        // Each that goes is or becomes a child of the runner, which is told of its end.
        wake.wait(None, time);
    }
}

/// Are there children of the runner left?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Children {
    None,
    Some,
}

fn reap() -> Children {
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
            Ok(None) => return Children::Some,
            Err(_) => return Children::None,
        }
    }
}

/// Processes in `leader`'s session, and children of the runner.
fn others(leader: Pid) -> Vec<Pid> {
    let me = rustix::process::getpid();
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let stats =
        pids.filter_map(|pid: i32| Some((Pid::from_raw(pid)?, std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)));
    let concerned = stats.filter_map(|(pid, text)| Some((pid, parse_stat(&text)?)));
    let concerned =
        concerned.filter(|(_, stat)| stat.session == leader.as_raw_nonzero().get() || stat.parent == me.as_raw_nonzero().get());
    concerned.map(|(pid, _)| pid).filter(|pid| *pid != me).collect()
}

/// The fields of `/proc/PID/stat` (proc_pid_stat(5)) that matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    parent: i32,
    session: i32,
}

/// `pid (name) state ppid pgrp session …`; the name may hold spaces and parentheses.
fn parse_stat(text: &str) -> Option<Stat> {
    let (_, fields) = text.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    let _state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let _group = fields.next()?;
    Some(Stat { parent, session: fields.next()?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::{Stat, parse_stat};

    #[test]
    fn a_name_with_parentheses() {
        let stat = parse_stat("12 (a) b (c) S 1 12 11 0 -1 4194560\n");
        assert_eq!(stat, Some(Stat { parent: 1, session: 11 }));
        assert_eq!(parse_stat("12"), None);
    }
}
