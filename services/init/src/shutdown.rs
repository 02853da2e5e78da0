//! The way down: everyone is asked, then made to stop, then the file systems, then reboot(2).

use std::process;
use std::time::{Duration, Instant};

use rustix::mount::UnmountFlags;
use rustix::process::{Pid, Signal, kill_process_group};
use rustix::system::{RebootCommand, reboot};

use crate::children::{Remaining, reap_until_quiet};
use crate::log;
use crate::power::Power;

/// How long processes may take after SIGTERM, and again after SIGKILL.
pub(crate) const GRACE: Duration = Duration::from_secs(2);

/// How often it is looked whether they are gone.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Takes the machine down. Returns to nobody.
pub(crate) fn down(power: Power) -> ! {
    if reap_until_quiet() == Remaining::Some {
        signal_all(Signal::TERM);
        // A stopped process sees SIGTERM only when it goes on.
        signal_all(Signal::CONT);
        if wait_for_all() == Remaining::Some {
            signal_all(Signal::KILL);
            wait_for_all();
        }
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

fn wait_for_all() -> Remaining {
    let deadline = Instant::now() + GRACE;
    loop {
        let remaining = reap_until_quiet();
        if remaining == Remaining::None || Instant::now() >= deadline {
            return remaining;
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Unmounts what `/proc/self/mounts` lists, last first; the busy stay, and a
/// `sync` has made that harmless.
fn unmount_all() {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let targets = mounts.lines().rev().filter_map(|line| line.split(' ').nth(1));
    for target in targets.filter(|target| *target != "/") {
        let _ = rustix::mount::unmount(target, UnmountFlags::empty());
    }
}
