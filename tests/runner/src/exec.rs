//! One test: started, watched, ended, cleaned up after.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, ErrorKind, PipeReader, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::process::{Pid, WaitOptions, WaitStatus, waitpid};

use crate::budget::{Budget, Peaks};
use crate::capture::Capture;
use crate::list::Test;
use crate::options::{Mutation, Options};
use crate::stragglers;
use crate::wake::Wake;

/// The exit status by which a test says that it cannot run here.
const SKIPPED: i32 = 77;

/// rvOS's native call debug_mutate(nr, mode).
const DEBUG_MUTATE: libc::c_long = 0x1ff0;

/// How a test came out.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The result.
    pub(crate) verdict: Verdict,
    /// What it printed.
    pub(crate) output: String,
    /// What the kernel still holds.
    pub(crate) leaks: Vec<String>,
    /// What it took at most, where that is known.
    pub(crate) peaks: Option<Peaks>,
}

/// The result of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Exit status 0.
    Passed,
    /// It ran and did not pass; in words.
    Failed(String),
    /// It did not end in time.
    TimedOut(Duration),
    /// It cannot run here; in words.
    Skipped(String),
    /// It could not be started; in words.
    NotRun(String),
}

/// Runs one test with these calls broken, from an empty scratch directory to its removal.
pub(crate) fn run(options: &Options, test: &Test, mutations: &[Mutation], wake: &Wake) -> Outcome {
    let outcome = |verdict, output| Outcome { verdict, output, leaks: Vec::new(), peaks: None };
    if let Some(reason) = too_little_memory(test) {
        return outcome(Verdict::Skipped(reason), String::new());
    }
    let scratch = scratch_path(&test.title());
    if let Err(e) = make_scratch(&scratch) {
        return outcome(Verdict::NotRun(format!("{}: {e}", scratch.display())), String::new());
    }
    let limits = if options.full { test.limits.for_all_of_it() } else { test.limits };
    let budget = match Budget::make(limits) {
        Ok(budget) => budget,
        Err(message) => return outcome(Verdict::NotRun(message), String::new()),
    };
    let place = Place { scratch: &scratch, budget: budget.as_ref(), echo: options.echo && *test != Test::warm_up() };
    let (mut verdict, output) = match start(options, test, mutations, &place) {
        Ok((pid, pipe)) => watch(pid, pipe, test.timeout.unwrap_or(options.timeout), &place, wake),
        Err(message) => (Verdict::NotRun(message), String::new()),
    };
    if let Err(e) = remove(&scratch) {
        verdict = Verdict::Failed(format!("{} cannot be removed: {e}", scratch.display()));
    }
    let (peaks, over) = budget.map(Budget::close).unzip();
    if let Some(over) = over.filter(|over| !over.is_empty()) {
        verdict = verdict.and_also(&over.join(", "));
    }
    Outcome { peaks, ..outcome(verdict, output) }
}

/// Where a test runs.
struct Place<'a> {
    scratch: &'a Path,
    budget: Option<&'a Budget>,
    echo: bool,
}

impl Verdict {
    /// This is wrong too, whatever else is.
    fn and_also(self, what: &str) -> Self {
        match self {
            Self::Passed | Self::Skipped(_) => Self::Failed(what.to_owned()),
            Self::Failed(why) => Self::Failed(format!("{why}; {what}")),
            other => other,
        }
    }
}

fn start(options: &Options, test: &Test, mutations: &[Mutation], place: &Place<'_>) -> Result<(Pid, PipeReader), String> {
    let path = if test.name.contains('/') { PathBuf::from(&test.name) } else { options.dir.join(&test.name) };
    let say = |what: &str, e: io::Error| format!("{what}: {e}");
    let (pipe, writer) = io::pipe().map_err(|e| say("pipe", e))?;
    rustix::fs::fcntl_setfl(&pipe, OFlags::NONBLOCK).map_err(|e| say("pipe", e.into()))?;
    let mut command = Command::new(&path);
    command.args(&test.args).current_dir(place.scratch).env_clear();
    command.env("PATH", "/sbin:/usr/sbin:/bin:/usr/bin").env("HOME", "/root").env("TERM", "dumb");
    command.envs(options.full.then_some(("KTEST_FULL", "1")));
    command.env("TMPDIR", place.scratch).stdin(Stdio::null());
    command.stdout(writer.try_clone().map_err(|e| say("pipe", e))?).stderr(writer);
    let door = place.budget.map(Budget::door).transpose().map_err(|e| say("budget", e))?;
    let mutations = mutations.to_vec();
    // SAFETY: between fork and exec only async-signal-safe calls are made, and
    // nothing is allocated (signal-safety(7)).
    unsafe { command.pre_exec(move || before_exec(door.as_ref(), &mutations)) };
    let child = command.spawn().map_err(|e| say(&path.display().to_string(), e))?;
    Ok((Pid::from_child(&child), pipe))
}

fn before_exec(door: Option<&File>, mutations: &[Mutation]) -> io::Result<()> {
    rustix::process::setsid()?;
    if let Some(mut door) = door {
        door.write_all(b"0")?;
    }
    for mutation in mutations {
        // SAFETY: the call takes two numbers and touches no memory.
        let answer = unsafe { libc::syscall(DEBUG_MUTATE, mutation.nr, mutation.mode) };
        if answer != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// Takes the output until the test has ended or must; then kills what is left.
fn watch(pid: Pid, mut pipe: PipeReader, timeout: Duration, place: &Place<'_>, wake: &Wake) -> (Verdict, String) {
    let deadline = Instant::now() + timeout;
    let mut capture = Capture::new();
    let mut open = true;
    let mut verdict = loop {
        if let Ok(Some((_, status))) = waitpid(Some(pid), WaitOptions::NOHANG) {
            break judge(status);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break Verdict::TimedOut(timeout);
        }
        if wake.asked_to_stop() {
            break Verdict::Failed("the runner was stopped".to_owned());
        }
        wake.wait(open.then_some(&pipe), left);
        open = open && take(&mut pipe, &mut capture, place.echo);
    };
    if let Some(budget) = place.budget {
        budget.kill();
    }
    let left = stragglers::kill_all(pid, wake);
    take(&mut pipe, &mut capture, place.echo);
    if left > 0 {
        verdict = Verdict::Failed(format!("{left} processes cannot be killed"));
    }
    let output = capture.text();
    if let Verdict::Skipped(reason) = &mut verdict {
        *reason = output.lines().last().unwrap_or("no reason given").to_owned();
    }
    (verdict, output)
}

/// Takes all output there is; false at its end.
fn take(pipe: &mut PipeReader, capture: &mut Capture, echo: bool) -> bool {
    let mut buffer = [0; 4096];
    loop {
        match pipe.read(&mut buffer) {
            Ok(0) => return false,
            Ok(len) => {
                capture.push(&buffer[..len]);
                if echo {
                    // Who reads this may be gone; the verdict still counts.
                    let _ = io::stdout().write_all(&buffer[..len]);
                }
            }
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return e.kind() == ErrorKind::WouldBlock,
        }
    }
}

fn judge(status: WaitStatus) -> Verdict {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(0), _) => Verdict::Passed,
        (Some(SKIPPED), _) => Verdict::Skipped(String::new()),
        (Some(code), _) => Verdict::Failed(format!("exit status {code}")),
        (_, Some(signal)) => Verdict::Failed(format!("killed by signal {signal}")),
        _ => Verdict::Failed(format!("wait status {:#x}", status.as_raw())),
    }
}

fn too_little_memory(test: &Test) -> Option<String> {
    let wanted = test.mem_mib?;
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let total_kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    // Kernel and firmware keep an eighth at most of what the machine was given.
    let total_mib = total_kib / 1024;
    (total_mib < wanted - wanted / 8).then(|| format!("needs {wanted} MiB, there are {total_mib}"))
}

fn scratch_path(title: &str) -> PathBuf {
    let safe = |c: char| {
        if c.is_ascii_alphanumeric() || "_-.".contains(c) { c } else { '_' }
    };
    Path::new("/tmp").join(format!("t.{}", title.chars().map(safe).collect::<String>()))
}

fn make_scratch(path: &Path) -> io::Result<()> {
    remove(path)?;
    std::fs::create_dir_all(path)
}

/// Removes a tree. A test may have left mounts in it, and directories that forbid it.
fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        Err(_) => {
            unmount_below(path);
            make_writable(path);
            std::fs::remove_dir_all(path)
        }
        Ok(()) => Ok(()),
    }
}

/// Takes away what is mounted at or below `path`, the last mount first.
fn unmount_below(path: &Path) {
    let text = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let points = text.lines().filter_map(|line| line.split(' ').nth(1)).map(Path::new);
    for point in points.filter(|point| point.starts_with(path)).collect::<Vec<_>>().into_iter().rev() {
        if let Ok(name) = CString::new(point.as_os_str().as_bytes()) {
            // SAFETY: a valid string.
            unsafe { libc::umount2(name.as_ptr(), libc::MNT_DETACH) };
        }
    }
}

fn make_writable(path: &Path) {
    if let Ok(dir) = File::open(path) {
        let _ = rustix::fs::fchmod(&dir, rustix::fs::Mode::RWXU);
    }
}
