//! Builds the kernel and the guest's programs with cargo, once per process.
//!
//! Cargo's output is shown on a terminal; elsewhere stderr belongs to the guest's program, so it is
//! shown only when the build fails. Neighbour: [`crate::root`], which packs the results.

use crate::paths;
use anyhow::{Context, Result, bail};
use std::collections::HashMap;
use std::fs;
use std::io::{IsTerminal, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// The kernel's target: no floating point in the kernel.
pub const KERNEL_TARGET: &str = "riscv64imac-unknown-none-elf";
/// The target of init and of all programs, linked statically.
pub const PROGRAM_TARGET: &str = "riscv64gc-unknown-linux-gnu";

/// For the kernel beside those of `.cargo/config.toml`: the linker may make calls short. rustc says of each crate that it does not
/// know this feature of LLVM, so that no warning is shown here; `./x check` shows them.
const KERNEL_FLAGS: &[&str] = &["-Ctarget-feature=+relax", "-Awarnings"];

/// How the kernel is built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Profile {
    /// Optimised, as shipped and measured.
    #[default]
    Release,
    /// Optimised, with assertions, overflow checks and the debug calls.
    Checked,
}

impl Profile {
    /// Cargo's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Profile::Release => "release",
            Profile::Checked => "checked",
        }
    }
}

/// The kernel's ELF file, built if it is not up to date.
///
/// # Errors
/// When the build fails; cargo's messages are on stderr then.
pub fn kernel(profile: Profile) -> Result<PathBuf> {
    let packages = ["kernel".to_owned()];
    let built = cargo(&Job { what: "the kernel", packages: &packages, target: KERNEL_TARGET, profile: profile.name() })?;
    let kernel = built.into_iter().find(|(name, _)| name == "kernel").map(|(_, path)| path).context("cargo built no kernel")?;
    crate::ksyms::embed(&kernel)
}

/// Every service of `services/`, init among them, and every program of `programs/`, by name.
///
/// # Errors
/// As [`kernel`].
pub fn programs() -> Result<Vec<(String, PathBuf)>> {
    let mut packages = folders("services")?;
    packages.extend(folders("programs")?);
    packages.sort();
    cargo(&Job { what: "init and the programs", packages: &packages, target: PROGRAM_TARGET, profile: "programs" })
}

/// The packages below a folder of the tree, which have the names of their own folders.
///
/// # Errors
/// When the folder cannot be listed.
pub fn folders(parent: &str) -> Result<Vec<String>> {
    let dir = paths::tree().join(parent);
    let mut packages = Vec::new();
    for entry in fs::read_dir(&dir).with_context(|| format!("cannot list {}", dir.display()))? {
        let path = entry?.path();
        if path.join("Cargo.toml").is_file() {
            packages.extend(path.file_name().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    Ok(packages)
}

/// Executables of any package of the workspace, built for the guest's Linux target.
///
/// # Errors
/// As [`kernel`].
pub fn packages(names: &[&str]) -> Result<Vec<(String, PathBuf)>> {
    let packages: Vec<String> = names.iter().map(ToString::to_string).collect();
    cargo(&Job { what: &names.join(", "), packages: &packages, target: PROGRAM_TARGET, profile: "programs" })
}

/// A cargo command that runs in the tree with the toolchain that the set-up chose.
pub fn cargo_command() -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(paths::tree());
    command
}

struct Job<'a> {
    what: &'a str,
    packages: &'a [String],
    target: &'a str,
    profile: &'a str,
}

type Executables = Vec<(String, PathBuf)>;

fn cargo(job: &Job<'_>) -> Result<Executables> {
    static DONE: Mutex<Option<HashMap<String, Executables>>> = Mutex::new(None);
    let key = format!("{} {} {:?}", job.target, job.profile, job.packages);
    // Held over the build: two guests of one process must not build the same thing twice.
    let mut done = DONE.lock().unwrap_or_else(PoisonError::into_inner);
    let done = done.get_or_insert_default();
    if let Some(result) = done.get(&key) {
        return Ok(result.clone());
    }
    let result = build(job)?;
    done.insert(key, result.clone());
    Ok(result)
}

fn build(job: &Job<'_>) -> Result<Executables> {
    let on_terminal = std::io::stderr().is_terminal();
    let mut command = cargo_command();
    command.args(["build", "--quiet", "--message-format=json-render-diagnostics", "--target", job.target]);
    command.args(["--profile", job.profile]);
    if job.target == KERNEL_TARGET {
        command.args(["--config", &format!("target.{KERNEL_TARGET}.rustflags={KERNEL_FLAGS:?}")]);
    }
    for package in job.packages {
        command.args(["--package", package]);
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start cargo; ./x doctor says what is missing")?;
    let messages = reader(child.stderr.take());
    let artifacts = reader(child.stdout.take());
    let (finished, wait_end) = mpsc::channel::<()>();
    let what = job.what.to_owned();
    let ticker = thread::spawn(move || tell_progress(&what, &wait_end));
    let status = child.wait().context("cargo")?;
    drop(finished);
    let _ = ticker.join();
    let messages = messages.join().unwrap_or_default();
    let artifacts = artifacts.join().unwrap_or_default();
    if on_terminal || !status.success() {
        eprint!("{}", String::from_utf8_lossy(&messages));
    }
    if !status.success() {
        bail!("building {} failed", job.what);
    }
    Ok(executables(&String::from_utf8_lossy(&artifacts)))
}

fn reader<R: Read + Send + 'static>(from: Option<R>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut from) = from {
            let _ = from.read_to_end(&mut bytes);
        }
        bytes
    })
}

/// Says that a build goes on: after 3 s, for a build with nothing to do must be silent, then every 20 s.
fn tell_progress(what: &str, end: &mpsc::Receiver<()>) {
    let start = Instant::now();
    let mut pause = Duration::from_secs(3);
    while end.recv_timeout(pause) == Err(mpsc::RecvTimeoutError::Timeout) {
        eprintln!("x: building {what} … {} s", start.elapsed().as_secs());
        pause = Duration::from_secs(20);
    }
}

/// The executables named in cargo's JSON messages.
fn executables(messages: &str) -> Executables {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|message| {
            let path = message.get("executable")?.as_str()?;
            let name = message.get("target")?.get("name")?.as_str()?;
            Some((name.to_owned(), PathBuf::from(path)))
        })
        .collect()
}
