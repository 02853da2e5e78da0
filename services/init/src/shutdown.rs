//! The way down: whoever uses services, then the services, then everyone else, then the file systems, then reboot(2).
//! Who is asked and does not go is made to.

use std::fs;
use std::process;
use std::time::{Duration, Instant};

use rustix::mount::UnmountFlags;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use rustix::system::{RebootCommand, reboot};

use crate::children::{Remaining, reap_until_quiet};
use crate::log;
use crate::power::Power;
use crate::services::{self, Services};
use crate::signals::Signals;

/// How long processes may take after SIGTERM, and again after SIGKILL.
pub(crate) const GRACE: Duration = Duration::from_secs(2);

/// Takes the machine down. Returns to nobody.
pub(crate) fn down(power: Power, services: Option<Services>, signals: Option<&Signals>) -> ! {
    if reap_until_quiet() == Remaining::Some {
        if let Some(services) = services {
            end_all(signals, |signal| users().into_iter().for_each(|pid| _ = kill_process(pid, signal)), || users().is_empty());
            services.stop();
        }
        end_all(signals, signal_all, || reap_until_quiet() == Remaining::None);
    }
    rustix::fs::sync();
    unmount_all();
    let command = match power {
        Power::Halt => RebootCommand::Halt,
        Power::Off => RebootCommand::PowerOff,
        Power::Restart => RebootCommand::Restart,
    };
    if let Err(e) = reboot(command) {
        log::line(&format!("reboot: {e}"));
    }
    // Process 1 may not leave (the kernel would panic, which at least ends the
    // machine when reboot(2) did not).
    process::exit(1)
}

/// Sends a signal to every process but this one.
///
/// kill(2): a pid of -1 means all of them; -1 is the process group of init.
pub(crate) fn signal_all(signal: Signal) {
    // ESRCH: there is nobody, which is what is wanted.
    let _ = kill_process_group(Pid::INIT, signal);
}

/// Asks, then makes them go.
fn end_all(signals: Option<&Signals>, send: impl Fn(Signal), gone: impl Fn() -> bool) {
    if gone() {
        return;
    }
    send(Signal::TERM);
    // A stopped process sees SIGTERM only when it goes on.
    send(Signal::CONT);
    if !wait_until(signals, &gone) {
        send(Signal::KILL);
        wait_until(signals, &gone);
    }
}

/// Every process that goes is, or becomes, a child of this one, which is told of its end.
fn wait_until(signals: Option<&Signals>, gone: impl Fn() -> bool) -> bool {
    let deadline = Instant::now() + GRACE;
    loop {
        reap_until_quiet();
        let left = deadline.saturating_duration_since(Instant::now());
        if gone() || left.is_zero() {
            return gone();
        }
        match signals {
            Some(signals) => signals.wait(left),
            // Without handlers nothing tells of an end.
            None => std::thread::sleep(left),
        }
    }
}

/// Processes that belong to no service, but for this one and those that have ended.
fn users() -> Vec<Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten();
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| *pid != 1 && is_user(*pid)).filter_map(Pid::from_raw).collect()
}

fn is_user(pid: i32) -> bool {
    let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).ok();
    let (Some(stat), Some(budget)) = (read("stat"), read("cgroup")) else { return false };
    let ended = stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with(['Z', 'X']));
    !ended && !budget.contains(&format!(":/{}", services::BUDGET))
}

/// Unmounts what `/proc/self/mounts` lists, last first; the busy stay, and a
/// `sync` has made that harmless.
fn unmount_all() {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let targets = mounts.lines().rev().filter_map(|line| line.split(' ').nth(1));
    for target in targets.filter(|target| *target != "/") {
        let _ = rustix::mount::unmount(target, UnmountFlags::empty());
    }
}
