//! Boots a guest and runs a program in it: the library's front.
//!
//! ```no_run
//! let outcome = xtask::guest::Guest::builder().smp(1).args(["echo", "hello"]).run()?;
//! assert_eq!((outcome.code(), outcome.stdout.as_slice()), (0, b"hello\n".as_slice()));
//! # anyhow::Ok(())
//! ```
//! The kernel and programs are built first if they are not up to date. [`Guest`] is the builder's result,
//! ready to be run once; [`Outcome`] what came of it. `./x run` is the same with the caller's descriptors
//! ([`Guest::run_attached`]).

use crate::builds::{self, Profile};
use crate::machine::{Clock, Machine};
use crate::protocol::{Mode, Session};
use crate::relay::{End, Finished, Relay, Sink, Source, Wire};
use crate::root::{self, Base, Extra};
use crate::signals::Signals;
use crate::{paths, terminal};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A callback for a stream of the guest, called with bytes as they come.
pub type OnBytes<'a> = Box<dyn FnMut(&[u8]) + 'a>;

/// Collects what a guest shall be; see [`Guest::builder`].
pub struct GuestBuilder<'a> {
    smp: u32,
    mem: String,
    clock: Clock,
    profile: Profile,
    system: System,
    base: Base,
    extras: Vec<Extra>,
    session: Session,
    stdin: Vec<u8>,
    timeout: Option<Duration>,
    append: Vec<String>,
    qemu_args: Vec<OsString>,
    on_stdout: Option<OnBytes<'a>>,
    on_stderr: Option<OnBytes<'a>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum System {
    Rvos,
    Linux,
}

/// A guest that can be run. The same type is the entry to the builder.
pub struct Guest<'a> {
    options: GuestBuilder<'a>,
}

/// How a program in a guest, or the guest, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The program ended with this status.
    Exited(u8),
    /// This signal killed the program.
    Killed(u8),
    /// The time given was over.
    TimedOut,
    /// The kernel panicked, or the machine stopped without a status.
    Stopped,
    /// Nobody read our standard output any more.
    OutputClosed,
    /// This process was asked to end by this signal.
    Interrupted(u8),
}

impl Ending {
    /// The exit status that `./x run` gives for it.
    pub fn code(self) -> u8 {
        match self {
            Ending::Exited(status) => status,
            Ending::Killed(signal) | Ending::Interrupted(signal) => 128_u8.saturating_add(signal),
            Ending::TimedOut => 124,
            Ending::Stopped => 125,
            // As SIGPIPE would end a program that writes to a pipe nobody reads.
            Ending::OutputClosed => 141,
        }
    }
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// How it ended.
    pub status: Ending,
    /// What the program wrote to standard output (empty if a callback or descriptor took it).
    pub stdout: Vec<u8>,
    /// What the program wrote to standard error, likewise.
    pub stderr: Vec<u8>,
    /// What came on the console outside of the session, and what QEMU itself said: boot messages, a panic.
    pub console: Vec<u8>,
    /// One line on what went wrong, where it was not the program's own doing.
    pub trouble: Option<String>,
    /// What of `console` came after the last whole frame: the message of a kernel's panic.
    pub last_words: Vec<u8>,
}

impl Outcome {
    /// The exit status as `./x run` gives it.
    pub fn code(&self) -> u8 {
        self.status.code()
    }
}

impl Guest<'_> {
    /// The defaults: rvOS, 4 harts, 512 MiB, the default root, no time-out, standard input empty.
    pub fn builder<'a>() -> GuestBuilder<'a> {
        GuestBuilder {
            smp: 4,
            mem: "512M".into(),
            clock: Clock::Host,
            profile: Profile::Release,
            system: System::Rvos,
            base: Base::Default,
            extras: Vec::new(),
            session: Session::default(),
            stdin: Vec::new(),
            timeout: None,
            append: Vec::new(),
            qemu_args: Vec::new(),
            on_stdout: None,
            on_stderr: None,
        }
    }
}

impl<'a> GuestBuilder<'a> {
    /// Number of harts.
    pub fn smp(mut self, harts: u32) -> Self {
        self.smp = harts;
        self
    }

    /// Memory, as QEMU takes it: `512M`, `2G`.
    pub fn mem(mut self, size: impl Into<String>) -> Self {
        self.mem = size.into();
        self
    }

    /// Whether virtual time counts instructions, exactly.
    pub fn icount(mut self, on: bool) -> Self {
        self.clock = if on { Clock::Instructions } else { Clock::Host };
        self
    }

    /// How our kernel is built.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Whether Debian's Linux is booted in place of rvOS.
    pub fn linux(mut self, on: bool) -> Self {
        self.system = if on { System::Linux } else { System::Rvos };
        self
    }

    /// Adds a host file or tree to the root, at `guest`.
    pub fn add(mut self, host: impl Into<PathBuf>, guest: impl Into<String>) -> Self {
        self.extras.push(Extra::Host(host.into(), guest.into()));
        self
    }

    /// Adds a file with this content and these permission bits to the root.
    pub fn add_bytes(mut self, content: impl Into<Vec<u8>>, guest: impl Into<String>, mode: u32) -> Self {
        self.extras.push(Extra::Bytes(content.into(), guest.into(), mode));
        self
    }

    /// A directory or tar archive in place of the default root; `/init` stays ours.
    pub fn rootfs(mut self, path: impl Into<PathBuf>) -> Self {
        self.base = Base::Rootfs(path.into());
        self
    }

    /// A finished cpio archive with its own `/init`: no session, console bytes are standard output.
    pub fn initramfs(mut self, path: impl Into<PathBuf>) -> Self {
        self.base = Base::Initramfs(path.into());
        self
    }

    /// One more word of the program's command line; the first is looked up in the guest's PATH.
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.session.args.push(arg.into().into_vec());
        self
    }

    /// More words of the program's command line.
    pub fn args<S: Into<OsString>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.session.args.extend(args.into_iter().map(|arg| arg.into().into_vec()));
        self
    }

    /// A variable of the program's environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.session.env.push(format!("{name}={value}").into_bytes());
        self
    }

    /// The program's working directory.
    pub fn cwd(mut self, dir: &str) -> Self {
        self.session.cwd = Some(dir.into());
        self
    }

    /// The program's standard input; EOF follows.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Wall time after which the run ends as [`Ending::TimedOut`], counted from QEMU's start.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// One more word for the kernel's command line.
    pub fn append(mut self, word: impl Into<String>) -> Self {
        self.append.push(word.into());
        self
    }

    /// One more argument for QEMU.
    pub fn qemu_arg(mut self, arg: impl Into<OsString>) -> Self {
        self.qemu_args.push(arg.into());
        self
    }

    /// Hands standard output over as it comes, for long runs; [`Outcome::stdout`] stays empty.
    pub fn on_stdout(mut self, call: impl FnMut(&[u8]) + 'a) -> Self {
        self.on_stdout = Some(Box::new(call));
        self
    }

    /// Hands standard error over as it comes.
    pub fn on_stderr(mut self, call: impl FnMut(&[u8]) + 'a) -> Self {
        self.on_stderr = Some(Box::new(call));
        self
    }

    /// The guest as described so far.
    pub fn build(self) -> Guest<'a> {
        Guest { options: self }
    }

    /// Builds what is needed, boots, and stays until the guest has stopped.
    ///
    /// # Errors
    /// When something cannot be built, fetched or started. A guest that fails is an [`Outcome`].
    pub fn run(self) -> Result<Outcome> {
        self.build().run()
    }
}

/// Files of one run, removed when it is over.
pub struct Prepared {
    /// QEMU with everything it needs.
    pub machine: Machine,
    dir: TempDir,
}

impl Prepared {
    /// The directory that holds the initramfs; gone when this is dropped.
    pub fn dir(&self) -> &std::path::Path {
        self.dir.path()
    }

    /// Keeps the directory after this has been dropped.
    pub fn keep(mut self) -> Machine {
        self.dir.disable_cleanup(true);
        self.machine
    }
}

impl<'a> Guest<'a> {
    /// As [`GuestBuilder::run`].
    ///
    /// # Errors
    /// As [`GuestBuilder::run`].
    pub fn run(mut self) -> Result<Outcome> {
        let wire = self.scripted_wire();
        if wire == Wire::Session && self.options.session.args.is_empty() {
            self.options.session.args.push(b"sh".to_vec());
        }
        let sink = |call: Option<OnBytes<'a>>| call.map_or_else(|| Sink::Memory(Vec::new()), Sink::Callback);
        let stdout = sink(self.options.on_stdout.take());
        let stderr = sink(self.options.on_stderr.take());
        let prepared = self.prepare()?;
        let relay = Relay {
            wire,
            stdin: Source::Bytes(std::mem::take(&mut self.options.stdin)),
            stdout,
            stderr,
            deadline: self.deadline(),
            signals: None,
        };
        Ok(outcome(wire, relay.run(prepared.machine.command())?))
    }

    /// Runs with the caller's standard descriptors: a terminal becomes the console; without one on
    /// standard input the program's streams are ours, byte for byte. Trouble is told on standard error.
    ///
    /// # Errors
    /// As [`GuestBuilder::run`].
    pub fn run_attached(mut self) -> Result<Outcome> {
        let on_terminal = std::io::stdin().is_terminal();
        let wire = if on_terminal { Wire::Terminal } else { self.scripted_wire() };
        if on_terminal {
            self.prepare_terminal();
        } else if wire == Wire::Session && self.options.session.args.is_empty() {
            self.options.session.args.push(b"sh".to_vec());
        }
        let prepared = self.prepare()?;
        let relay = Relay {
            wire,
            stdin: Source::Fd(std::io::stdin().as_fd().try_clone_to_owned()?),
            stdout: Sink::Fd(std::io::stdout().as_fd().try_clone_to_owned()?),
            stderr: Sink::Fd(std::io::stderr().as_fd().try_clone_to_owned()?),
            deadline: self.deadline(),
            signals: Some(Signals::catch()?),
        };
        let raw = if on_terminal { Some(terminal::RawTerminal::enter()?) } else { None };
        let finished = relay.run(prepared.machine.command());
        drop(raw);
        let outcome = outcome(wire, finished?);
        tell_trouble(&outcome);
        Ok(outcome)
    }

    /// Builds everything and writes the images, but starts nothing.
    ///
    /// # Errors
    /// When something cannot be built, fetched or written.
    pub fn prepare(&self) -> Result<Prepared> {
        let options = &self.options;
        let kernel = match options.system {
            System::Rvos => builds::kernel(options.profile)?,
            System::Linux => paths::fetched("linux")?,
        };
        let session = Some(&options.session).filter(|session| !session.args.is_empty());
        let initrd = root::initrd(&options.base, &options.extras, session)?;
        let dir = tempfile::Builder::new().prefix("run-").tempdir_in(paths::scratch()?)?;
        let path = dir.path().join("initramfs.cpio");
        std::fs::write(&path, initrd).with_context(|| format!("cannot write {}", path.display()))?;
        let mut words = Vec::new();
        if options.system == System::Linux {
            // The crypto self-tests would run beside the first program.
            words.push("console=ttyS0 loglevel=1 nokaslr panic=-1 cryptomgr.notests=1 rdinit=/init");
        }
        words.extend(options.append.iter().map(String::as_str));
        let machine = Machine {
            smp: options.smp,
            mem: options.mem.clone(),
            clock: options.clock,
            kernel,
            initrd: path,
            append: words.join(" "),
            extra: options.qemu_args.clone(),
        };
        Ok(Prepared { machine, dir })
    }

    /// QEMU's command with the console on its standard input and output, for a test that drives it
    /// through a pseudo-terminal, and the files that must live as long.
    ///
    /// # Errors
    /// As [`Guest::prepare`].
    pub fn console_command(mut self) -> Result<(Command, Prepared)> {
        self.options.session.mode = Mode::Tty;
        let prepared = self.prepare()?;
        Ok((prepared.machine.command(), prepared))
    }

    fn scripted_wire(&self) -> Wire {
        if matches!(self.options.base, Base::Initramfs(_)) { Wire::Console } else { Wire::Session }
    }

    /// The console is a terminal of this size and kind; init reads it from the kernel's command line.
    fn prepare_terminal(&mut self) {
        self.options.session.mode = Mode::Tty;
        if let Some((rows, columns)) = terminal::size() {
            self.options.append.push(format!("rvos.winsize={rows}x{columns}"));
        }
        if let Ok(kind) = std::env::var("TERM")
            && kind.bytes().all(|b| b.is_ascii_alphanumeric() || b"-+._".contains(&b))
        {
            self.options.append.push(format!("TERM={kind}"));
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.options.timeout.and_then(|limit| Instant::now().checked_add(limit))
    }
}

fn outcome(wire: Wire, finished: Finished<'_>) -> Outcome {
    let collected = |sink| if let Sink::Memory(bytes) = sink { bytes } else { Vec::new() };
    let (status, trouble) = ending(wire, &finished);
    let mut last_words = finished.noise;
    // A frame cut off by the time-out says nothing.
    if finished.boot.is_some() && status == Ending::TimedOut {
        last_words.clear();
    }
    last_words.extend_from_slice(&finished.qemu_stderr);
    let console = [finished.boot.unwrap_or_default(), last_words.clone()].concat();
    let (stdout, stderr) = (collected(finished.stdout), collected(finished.stderr));
    Outcome { status, stdout, stderr, console, trouble, last_words }
}

fn ending(wire: Wire, finished: &Finished<'_>) -> (Ending, Option<String>) {
    let stopped = |text: &str| (Ending::Stopped, Some(text.to_owned()));
    match finished.end {
        End::TimedOut if finished.boot.is_some() || wire != Wire::Session => {
            (Ending::TimedOut, Some("the time given was over; the guest was stopped".into()))
        }
        End::TimedOut => (Ending::TimedOut, Some("the time given was over before init was ready".into())),
        End::OutputClosed => (Ending::OutputClosed, None),
        End::Interrupted(signal) => (Ending::Interrupted(u8::try_from(signal).unwrap_or(15)), None),
        End::NoPowerOff => stopped("the program ended, but the machine did not power off"),
        End::Stopped { qemu: None, .. } => stopped("QEMU was killed"),
        End::Stopped { qemu: Some(125), .. } => stopped("the kernel panicked"),
        End::Stopped { qemu: Some(code), status } => match (wire, status) {
            (_, Some(status)) if code == 0 => (from_wait_status(status), None),
            (_, Some(_)) => stopped("the machine failed after the program's end"),
            (Wire::Session, None) => stopped("the machine stopped without a status"),
            // QEMU says 1 for its own errors, with a message; the guest's 1 comes without.
            _ if code == 1 && !finished.qemu_stderr.is_empty() => stopped("QEMU failed"),
            _ => (Ending::Exited(u8::try_from(code).unwrap_or(125)), None),
        },
    }
}

/// waitpid(2)'s status: the low seven bits are the signal, the next byte the exit status.
fn from_wait_status(status: u32) -> Ending {
    let [low, exit, ..] = status.to_le_bytes();
    match low & 0x7f {
        0 => Ending::Exited(exit),
        signal => Ending::Killed(signal),
    }
}

/// One explaining line, then what the console said since the last whole frame.
fn tell_trouble(outcome: &Outcome) {
    let Some(trouble) = &outcome.trouble else { return };
    let mut stderr = std::io::stderr().lock();
    // Nobody to tell if standard error is gone.
    let _ = writeln!(stderr, "x: {trouble}");
    let _ = stderr.write_all(&outcome.last_words);
    if !outcome.last_words.is_empty() && !outcome.last_words.ends_with(b"\n") {
        let _ = stderr.write_all(b"\n");
    }
}
