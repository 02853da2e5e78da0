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

mod builder;
mod outcome;

pub use builder::GuestBuilder;
pub use outcome::{Ending, Outcome};

use crate::machine::Machine;
use crate::protocol::Mode;
use crate::relay::{OnBytes, Relay, Sink, Source, Wire};
use crate::root::{self, Base};
use crate::signals::Signals;
use crate::{builds, paths, terminal};
use anyhow::{Context, Result};
use builder::System;
use std::io::IsTerminal;
use std::os::fd::AsFd;
use std::process::Command;
use std::time::Instant;
use tempfile::TempDir;

/// A guest that can be run. The same type is the entry to the builder.
pub struct Guest<'a> {
    options: GuestBuilder<'a>,
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
        Ok(outcome::outcome(wire, relay.run(prepared.machine.command())?))
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
        let outcome = outcome::outcome(wire, finished?);
        outcome::tell_trouble(&outcome);
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
        match options.system {
            // The kernel's messages would stand between the bytes of the session.
            System::Rvos => words.push("loglevel=1"),
            // The crypto self-tests would run beside the first program.
            System::Linux => words.push("console=ttyS0 loglevel=1 nokaslr panic=-1 cryptomgr.notests=1 rdinit=/init"),
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
