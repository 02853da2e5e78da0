//! Runs a call's trials in a child, so that one that hangs, crashes or spoils its process is a failure of that call and nothing else.
//!
//! The child tells through a pipe what it is about to try and what was wrong; the parent reads with a deadline.

use std::io::{Read, Write};
use std::os::fd::{AsRawFd, FromRawFd};
use std::time::{Duration, Instant};

/// What came of one child.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How many values were tried.
    pub values: u64,
    /// How many of those were held against a call that succeeds with good arguments.
    pub strict: u64,
    /// What was wrong.
    pub failures: Vec<String>,
    /// The wait status of a child that did not get to its end by itself, and what it was about to try.
    pub death: Option<(i32, String)>,
}

/// The child's side.
#[derive(Debug)]
pub struct Report {
    pipe: std::fs::File,
}

impl Report {
    /// Says what is tried next, for the case that it never ends.
    pub fn about_to(&mut self, what: &str, strict: bool) {
        self.line(if strict { 'S' } else { 'T' }, what);
    }

    /// Says what was wrong.
    pub fn failure(&mut self, what: &str) {
        self.line('F', what);
    }

    fn line(&mut self, kind: char, what: &str) {
        let text = format!("{kind}{}\n", what.replace('\n', " "));
        let _ = self.pipe.write_all(text.as_bytes());
    }
}

/// Runs `trials` in a child and waits for it, at most `quiet` between two lines of its report. A child that dies is a failure.
///
/// # Panics
/// As [`attempt`].
pub fn run(quiet: Duration, trials: impl FnOnce(&mut Report)) -> Outcome {
    let mut outcome = attempt(quiet, trials);
    if let Some((status, last)) = &outcome.death {
        outcome.failures.push(format!("the caller died with status {status:#x}: {last}"));
    }
    outcome
}

/// As [`run`], but what a child's death means is the caller's business.
///
/// # Panics
/// When there is no process or pipe for the test itself.
pub fn attempt(quiet: Duration, trials: impl FnOnce(&mut Report)) -> Outcome {
    let mut ends = [-1; 2];
    // SAFETY: room for two descriptors; the child leaves by _exit and never returns into the parent's stack frames.
    let pid = unsafe {
        assert_eq!(libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC), 0, "no pipe");
        libc::fork()
    };
    assert!(pid >= 0, "no process");
    if pid == 0 {
        // SAFETY: the descriptors are ours; the report moves out of the way of what trials close.
        unsafe {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            libc::setpgid(0, 0);
            let high = libc::fcntl(ends[1], libc::F_DUPFD_CLOEXEC, 700);
            libc::close(ends[0]);
            libc::close(ends[1]);
            let mut report = Report { pipe: std::fs::File::from_raw_fd(high) };
            trials(&mut report);
            report.line('E', "");
            libc::_exit(0);
        }
    }
    // SAFETY: the write end is the child's alone now, the read end becomes the file's.
    let pipe = unsafe {
        libc::close(ends[1]);
        std::fs::File::from_raw_fd(ends[0])
    };
    follow(pipe, pid, quiet)
}

fn follow(mut pipe: std::fs::File, pid: i32, quiet: Duration) -> Outcome {
    let (mut outcome, mut last, mut ended, mut pending) = (Outcome::default(), String::new(), false, Vec::new());
    let mut heard = Instant::now();
    let mut buffer = [0u8; 4096];
    loop {
        let mut poll = libc::pollfd { fd: pipe.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: one valid pollfd.
        let ready = unsafe { libc::poll(&raw mut poll, 1, 200) };
        if ready > 0 {
            heard = Instant::now();
            let count = pipe.read(&mut buffer).unwrap_or(0);
            if count == 0 {
                break;
            }
            pending.extend_from_slice(&buffer[..count]);
            while let Some(end) = pending.iter().position(|&b| b == b'\n') {
                let line: Vec<u8> = pending.drain(..=end).collect();
                take_line(&String::from_utf8_lossy(&line[..end]), &mut outcome, &mut last, &mut ended);
            }
        } else if heard.elapsed() > quiet {
            outcome.failures.push(format!("hangs: {last}"));
            ended = true;
            break;
        }
    }
    let mut status = 0;
    // SAFETY: ends and reaps the child that `run` made, and what it left in its own group.
    unsafe {
        libc::kill(-pid, libc::SIGKILL);
        if heard.elapsed() > quiet {
            libc::kill(pid, libc::SIGKILL);
        }
        libc::waitpid(pid, &raw mut status, 0);
    }
    if !ended {
        outcome.death = Some((status, last));
    }
    outcome
}

fn take_line(line: &str, outcome: &mut Outcome, last: &mut String, ended: &mut bool) {
    let text = line.get(1..).unwrap_or_default();
    match line.chars().next() {
        Some('T') => outcome.values += 1,
        Some('S') => {
            outcome.values += 1;
            outcome.strict += 1;
        }
        Some('F') => outcome.failures.push(text.to_owned()),
        Some('E') => *ended = true,
        _ => {}
    }
    if matches!(line.chars().next(), Some('T' | 'S')) {
        text.clone_into(last);
    }
}
