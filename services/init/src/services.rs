//! Services: their names, bound before anything runs, and the processes behind them.
//!
//! The manifest `/etc/rvos/services.toml` has a table for each ([`manifest`]). Process 1 holds every listen queue, so a name
//! stands and takes connections in while its service is down. When a service is started, and when again, is decided by
//! [`keeper`]. The queue is the service's standard input, and it runs in a budget of its own, a cgroup: whatever it leaves
//! behind when it ends is ended too. All this happens in a thread of its own, which waits for queues and processes, and for
//! the word that the machine goes down ([`Services::stop`]).

mod keeper;
pub(crate) mod manifest;

use crate::stage;
use keeper::{Keeper, Life};
use manifest::Entry;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use rvos::{Bind, Listener};
use std::fs::{self, OpenOptions};
use std::io::{self, PipeReader, PipeWriter, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const MANIFEST: &str = "/etc/rvos/services.toml";
const NAMES: &str = "/svc";
const BUDGETS: &str = "/sys/fs/cgroup";
/// What the budgets of services are called, before their names.
pub(crate) const BUDGET: &str = "service.";

/// How long a service may take to stop before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// The thread that looks after them.
#[derive(Debug)]
pub(crate) struct Services {
    thread: JoinHandle<()>,
    /// Closed when the machine goes down.
    going_on: PipeWriter,
}

impl Services {
    /// Stops all that run, each before what it needs. None is started any more.
    pub(crate) fn stop(self) {
        drop(self.going_on);
        // It has nothing to say, and if it died there is nothing to wait for.
        let _ = self.thread.join();
    }
}

/// Binds the names of the manifest and looks after the services from then on. Says nothing where there are none.
pub(crate) fn start() -> Option<Services> {
    let text = fs::read_to_string(MANIFEST).ok()?;
    let entries = manifest::parse(&text).inspect_err(|message| say(&format!("{MANIFEST}: {message}"))).ok()?;
    let mut house = House {
        keeper: Keeper::new(entries.iter().map(|entry| entry.needs.clone())),
        services: Vec::new(),
        began: Instant::now(),
    };
    for entry in entries {
        let how = Bind { connections: entry.connections, wait: entry.wait };
        let queue = match Listener::bind(Path::new(NAMES), &entry.name, &how) {
            Ok(queue) => Some(queue),
            // Linux has no services.
            Err(e) if matches!(e.raw_os_error(), Some(ENOSYS)) => return None,
            Err(e) => {
                say(&format!("{NAMES}/{}: {e}", entry.name));
                None
            }
        };
        house.services.push(Service { entry, queue, process: None });
    }
    if house.services.is_empty() {
        return None;
    }
    let spawned = io::pipe().and_then(|(end, going_on)| {
        let thread = std::thread::Builder::new().name("services".to_owned()).spawn(move || house.keep(&end))?;
        Ok(Services { thread, going_on })
    });
    spawned.inspect_err(|e| say(&format!("services: {e}"))).ok()
}

const ENOSYS: i32 = 38;

/// A service.
struct Service {
    entry: Entry,
    /// Its queue, unless the name could not be bound.
    queue: Option<Listener>,
    /// Its process, while it runs.
    process: Option<OwnedFd>,
}

/// All of them.
struct House {
    keeper: Keeper,
    services: Vec<Service>,
    began: Instant,
}

/// What there is to do.
enum News {
    /// A service has ended, or somebody connects to one that is down.
    Of(Vec<usize>),
    /// The machine goes down.
    End,
}

impl House {
    fn keep(mut self, end: &PipeReader) {
        while let News::Of(places) = self.wait(end) {
            for place in places {
                match self.keeper.life(place) {
                    Some(Life::Up(_)) => self.ended(place),
                    _ => self.bring_up(place),
                }
            }
        }
        for place in self.keeper.stop_order() {
            if let Some(service) = self.services.get_mut(place) {
                service.stop();
            }
        }
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Waits until there is something to do.
    fn wait(&self, end: &PipeReader) -> News {
        let now = self.now();
        let mut fds = vec![PollFd::new(end, PollFlags::IN)];
        let mut places = Vec::new();
        let mut left: Option<Duration> = None;
        for (place, service) in self.services.iter().enumerate() {
            match self.keeper.life(place) {
                Some(Life::Down(from)) if from > now => {
                    let rest = from.saturating_sub(now);
                    left = Some(left.map_or(rest, |l| l.min(rest)));
                }
                life => {
                    let Some(fd) = service.waits_for(life) else { continue };
                    fds.push(PollFd::from_borrowed_fd(fd, PollFlags::IN));
                    places.push(place);
                }
            }
        }
        let timeout = left.and_then(|l| Timespec::try_from(l).ok());
        // An interrupted poll has found nothing, and is begun anew.
        if poll(&mut fds, timeout.as_ref()).is_err() {
            return News::Of(Vec::new());
        }
        let mut ready = fds.iter().map(|fd| !fd.revents().is_empty());
        if ready.next() == Some(true) {
            return News::End;
        }
        News::Of(ready.zip(places).filter_map(|(ready, place)| ready.then_some(place)).collect())
    }

    /// Starts a service after those that it needs.
    fn bring_up(&mut self, place: usize) {
        for place in self.keeper.wanted(place, self.now()) {
            let Some(service) = self.services.get_mut(place) else { continue };
            match service.launch() {
                Ok(()) => {
                    say(&format!("service {} started", service.entry.name));
                    self.keeper.started(place, self.began.elapsed());
                }
                Err(e) => {
                    say(&format!("service {}: {e}", service.entry.name));
                    self.keeper.ended(place, self.began.elapsed());
                }
            }
        }
    }

    fn ended(&mut self, place: usize) {
        let rest = self.keeper.ended(place, self.now());
        if let Some(service) = self.services.get_mut(place) {
            service.process = None;
            service.sweep();
            say(&format!("service {} ended, rests for {} ms", service.entry.name, rest.as_millis()));
        }
    }
}

impl Service {
    fn waits_for(&self, life: Option<Life>) -> Option<BorrowedFd<'_>> {
        match life {
            Some(Life::Up(_)) => self.process.as_ref().map(AsFd::as_fd),
            _ => self.queue.as_ref().map(AsFd::as_fd),
        }
    }

    fn budget(&self) -> PathBuf {
        Path::new(BUDGETS).join(format!("{BUDGET}{}", self.entry.name))
    }

    fn launch(&mut self) -> io::Result<()> {
        let queue = self.queue.as_ref().ok_or_else(|| io::Error::other("its name is not bound"))?;
        let budget = self.budget();
        self.open_budget(&budget)?;
        let mut command = Command::new(stage::own_path());
        command.arg(stage::SERVICE).arg(&budget).arg(&self.entry.program).args(&self.entry.arguments);
        command.env_clear().stdin(Stdio::from(queue.as_fd().try_clone_to_owned()?)).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn()?;
        // Process 1 reaps it wherever it waits; one that is gone already has ended.
        self.process = Some(pidfd_open(Pid::from_child(&child), PidfdFlags::empty())?);
        Ok(())
    }

    /// Makes the budget, which stays when the service ends, and sets what the manifest says.
    fn open_budget(&self, dir: &Path) -> io::Result<()> {
        if !dir.is_dir() {
            fs::create_dir(dir)?;
        }
        for (controller, limit) in [("memory", &self.entry.memory), ("pids", &self.entry.processes)] {
            if let Some(limit) = limit {
                fs::write(Path::new(BUDGETS).join("cgroup.subtree_control"), format!("+{controller}"))?;
                fs::write(dir.join(format!("{controller}.max")), limit)?;
            }
        }
        Ok(())
    }

    /// Asks it to stop, and sees to it.
    fn stop(&mut self) {
        let Some(process) = self.process.take() else { return };
        // ESRCH: it has just ended.
        let _ = pidfd_send_signal(&process, Signal::TERM);
        let _ = poll(&mut [PollFd::new(&process, PollFlags::IN)], Timespec::try_from(GRACE).ok().as_ref());
        self.sweep();
        say(&format!("service {} stopped", self.entry.name));
    }

    /// Ends what it left behind.
    fn sweep(&self) {
        // Without the budget there was nothing.
        let _ = fs::write(self.budget().join("cgroup.kill"), "1");
    }
}

/// Into the kernel's log: the console may carry a session's frames.
fn say(message: &str) {
    let log = OpenOptions::new().write(true).open("/dev/kmsg");
    let _ = log.and_then(|mut log| log.write_all(format!("init: {message}\n").as_bytes()));
}
