//! What `/proc` says about a worker and all below it, for the report of a hang.

use std::fs;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Files of `/proc/PID/task/TID` that say what a thread waits for, where they exist.
const CLUES: [&str; 3] = ["wchan", "syscall", "stack"];

/// Prints state, name and clues of every thread of `root` and its descendants.
pub(crate) fn print_tree(root: u32) {
    for pid in tree(root) {
        let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else {
            continue;
        };
        for task in tasks.flatten() {
            let path = task.path();
            let read = |name: &str| fs::read_to_string(path.join(name)).unwrap_or_default();
            let stat = read("stat");
            let state = stat.rsplit_once(')').map_or("?", |(_, rest)| rest.get(1..2).unwrap_or("?"));
            let clues: Vec<String> =
                CLUES.iter().map(|name| read(name).trim().replace('\n', " | ")).filter(|text| !text.is_empty()).collect();
            println!("soak:   pid {pid} tid {} {} {state} {}", task.file_name().display(), read("comm").trim(), clues.join(", "));
        }
    }
}

/// Kills `root` and its descendants.
pub(crate) fn kill_tree(root: u32) {
    for pid in tree(root) {
        if let Ok(pid) = i32::try_from(pid) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }
}

/// `root` and its descendants, parents first.
fn tree(root: u32) -> Vec<u32> {
    let pairs = parents();
    let mut found = vec![root];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(pairs.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        next += 1;
    }
    found
}

/// Every process with its parent.
fn parents() -> Vec<(u32, u32)> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (_, fields) = stat.rsplit_once(')')?;
        Some((pid, fields.split_whitespace().nth(1)?.parse().ok()?))
    })
    .collect()
}
