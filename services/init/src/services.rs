//! Services: their names, bound before anything runs, and the processes behind them.
//!
//! The manifest `/etc/rvos/services.toml` has a table for each ([`manifest`]). Process 1 holds every listen queue, so a name
//! stands and takes connections in while its service is down. A service is started when somebody connects, after those that
//! it needs, and again when it has ended and somebody connects; one that ends soon has to wait, twice as long each time. The queue is the
//! service's standard input. All this runs in a thread of its own, which waits for queues and processes.

pub(crate) mod manifest;

use manifest::Entry;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use rvos::{Bind, Listener};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const MANIFEST: &str = "/etc/rvos/services.toml";
const NAMES: &str = "/svc";

/// A service that runs this long is in order.
const IN_ORDER: Duration = Duration::from_secs(5);
/// The first pause after an end that came sooner, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// A service.
struct Service {
    entry: Entry,
    queue: Listener,
    state: State,
    pause: Duration,
}

enum State {
    /// It is started when somebody connects, but not before then.
    Down(Instant),
    /// Its process, and since when.
    Up(OwnedFd, Instant),
}

/// Binds the names of the manifest and looks after the services from then on. Says nothing where there are none.
pub(crate) fn start() {
    let Ok(text) = std::fs::read_to_string(MANIFEST) else { return };
    let entries = match manifest::parse(&text) {
        Ok(entries) => entries,
        Err(message) => return say(&format!("{MANIFEST}: {message}")),
    };
    let mut services = Vec::new();
    for entry in entries {
        let how = Bind { connections: entry.connections, wait: entry.wait };
        match Listener::bind(Path::new(NAMES), &entry.name, &how) {
            Ok(queue) => services.push(Service { entry, queue, state: State::Down(Instant::now()), pause: PAUSES.0 }),
            // Linux has no services.
            Err(e) if matches!(e.raw_os_error(), Some(ENOSYS)) => return,
            Err(e) => say(&format!("{NAMES}/{}: {e}", entry.name)),
        }
    }
    if !services.is_empty() {
        let spawned = std::thread::Builder::new().name("services".to_owned()).spawn(move || watch(services));
        if let Err(e) = spawned {
            say(&format!("services: {e}"));
        }
    }
}

const ENOSYS: i32 = 38;

/// The thread.
fn watch(mut services: Vec<Service>) {
    loop {
        let now = Instant::now();
        for index in ready(&services, now) {
            let Some(service) = services.get_mut(index) else { continue };
            match service.state {
                State::Up(..) => service.ended(),
                State::Down(_) => bring_up(&mut services, index),
            }
        }
    }
}

/// Waits until a service has ended, or somebody connects to one that is down; which ones.
fn ready(services: &[Service], now: Instant) -> Vec<usize> {
    let mut fds = Vec::new();
    let mut numbers = Vec::new();
    let mut until: Option<Duration> = None;
    for (number, service) in services.iter().enumerate() {
        let fd = match &service.state {
            State::Up(process, _) => process.as_fd(),
            State::Down(from) if *from <= now => service.queue.as_fd(),
            State::Down(from) => {
                let left = from.duration_since(now);
                until = Some(until.map_or(left, |u| u.min(left)));
                continue;
            }
        };
        fds.push(PollFd::from_borrowed_fd(fd, PollFlags::IN));
        numbers.push(number);
    }
    let timeout = until.and_then(|u| Timespec::try_from(u).ok());
    // An interrupted poll has found nothing, and is begun anew.
    if poll(&mut fds, timeout.as_ref()).is_err() {
        return Vec::new();
    }
    fds.iter().zip(numbers).filter(|(fd, _)| !fd.revents().is_empty()).map(|(_, number)| number).collect()
}

/// Starts a service after those that it needs; the manifest has no circles.
fn bring_up(services: &mut [Service], index: usize) {
    let needs: Vec<usize> = match services.get(index) {
        Some(Service { entry, state: State::Down(_), .. }) => entry.needs.clone(),
        _ => return,
    };
    for name in needs {
        bring_up(services, name);
    }
    if let Some(service) = services.get_mut(index) {
        service.launch();
    }
}

impl Service {
    fn launch(&mut self) {
        match self.spawn() {
            Ok(process) => self.state = State::Up(process, Instant::now()),
            Err(e) => {
                say(&format!("service {}: {e}", self.entry.name));
                self.rest();
            }
        }
    }

    fn spawn(&self) -> io::Result<OwnedFd> {
        let queue = Stdio::from(self.queue.as_fd().try_clone_to_owned()?);
        let mut command = Command::new(&self.entry.program);
        command.args(&self.entry.arguments).env_clear().stdin(queue).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn()?;
        // Process 1 reaps it wherever it waits; one that is gone already has ended.
        Ok(pidfd_open(Pid::from_child(&child), PidfdFlags::empty())?)
    }

    fn ended(&mut self) {
        if let State::Up(_, since) = self.state
            && since.elapsed() >= IN_ORDER
        {
            self.pause = PAUSES.0;
        }
        say(&format!("service {} ended", self.entry.name));
        self.rest();
    }

    /// Down for a while, next time for longer.
    fn rest(&mut self) {
        self.state = State::Down(Instant::now() + self.pause);
        self.pause = (self.pause * 2).min(PAUSES.1);
    }
}

/// Into the kernel's log: the console may carry a session's frames.
fn say(message: &str) {
    let log = OpenOptions::new().write(true).open("/dev/kmsg");
    let _ = log.and_then(|mut log| log.write_all(format!("init: {message}\n").as_bytes()));
}
