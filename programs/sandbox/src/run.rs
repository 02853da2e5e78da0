//! Starts the program, waits for its end, and says in one line what that was.

use crate::limits::Budget;
use crate::options::Options;
use crate::root;
use nix::sys::signal::Signal;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use rvos::{Start, World};
use std::fs::File;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

/// Runs what was asked for; gives the exit status.
pub(crate) fn run(o: &Options) -> Result<u8, String> {
    let path = find(&o.program[0])?;
    let program = File::open(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let budget = Budget::new(&o.limits)?;
    let (group, root) = (budget.open()?, root::make(&o.shown, &path)?);
    let named = |e: std::io::Error| format!("{}: {e}", path.display());
    let streams = (std::io::stdin(), std::io::stdout(), std::io::stderr());
    let start = Start::new(program.as_fd())
        .args(o.program.iter().cloned())
        .and_then(|s| s.env(std::env::vars().map(|(name, value)| format!("{name}={value}"))))
        .map_err(named)?
        .fd(streams.0.as_fd(), 0)
        .fd(streams.1.as_fd(), 1)
        .fd(streams.2.as_fd(), 2)
        .budget(group.as_fd());
    let world = World::new().root(root.as_fd()).own_names();
    let world = if o.no_net { world.no_network() } else { world };
    let process = start.world(world).spawn().map_err(named)?;
    let ended = waitid(Id::PIDFd(process.as_fd()), WaitPidFlag::WEXITED).map_err(|e| format!("waiting: {e}"))?;
    let (how, code) = describe(ended);
    eprintln!("sandbox: {how}; {}", figures(o, &budget));
    Ok(code)
}

/// The program's file, looked for as a shell does.
fn find(name: &str) -> Result<PathBuf, String> {
    if name.contains('/') {
        return std::path::absolute(name).map_err(|e| format!("{name}: {e}"));
    }
    let dirs = std::env::var("PATH").unwrap_or_else(|_| "/bin:/sbin:/usr/bin:/usr/sbin".to_owned());
    let found = dirs.split(':').map(|dir| Path::new(dir).join(name)).find(|p| p.is_file());
    found.ok_or_else(|| format!("{name} is not in PATH"))
}

fn describe(ended: WaitStatus) -> (String, u8) {
    let of_signal = |signal: Signal| (format!("ended by {signal}"), 128 + signal as u8);
    match ended {
        WaitStatus::Exited(_, status) => (format!("exit status {status}"), status as u8),
        WaitStatus::Signaled(_, signal, _) => of_signal(signal),
        other => (format!("{other:?}"), 1),
    }
}

/// Which limits it met, and the most that it took.
fn figures(o: &Options, budget: &Budget) -> String {
    let mut parts = Vec::new();
    let killed = budget.event("memory.events", "oom_kill");
    if killed != 0 {
        parts.push(format!("memory limit met, {killed} killed"));
    }
    let refused = budget.event("pids.events", "max");
    if refused != 0 {
        parts.push(format!("process limit met {refused} times"));
    }
    let refused = budget.event("fds.events", "max");
    if refused != 0 {
        parts.push(format!("descriptor limit met {refused} times"));
    }
    let held_back = budget.event("cpu.stat", "nr_throttled");
    if held_back != 0 {
        parts.push(format!("held back in {held_back} of {} periods", budget.event("cpu.stat", "nr_periods")));
    }
    let peak = |file: &str| budget.read(file).and_then(|t| t.parse::<u64>().ok());
    if let Some(bytes) = peak("memory.peak") {
        let of = o.memory.as_ref().map_or(String::new(), |m| format!(" of {m}"));
        parts.push(format!("memory {} KiB{of}", bytes / 1024));
    }
    if let Some(most) = peak("pids.peak") {
        let of = o.pids.as_ref().map_or(String::new(), |p| format!(" of {p}"));
        parts.push(format!("processes {most}{of}"));
    }
    parts.join(", ")
}
