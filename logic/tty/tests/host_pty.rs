//! The line discipline against the host's own: random settings, input, writes and reads go to a
//! real pty of the Linux that runs the tests and to the model; echo, reads and counts are compared.
//! Where the host has no pty, the test says so and passes.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

use logic_tty::{Cc, InputFlags, LocalFlags, OutputFlags, Queue, Termios, Tty, Wire};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags, fcntl_setfl, open};
use rustix::io::{Errno, ioctl_fionread, read, write};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{
    ControlModes, InputModes, LocalModes, OptionalActions, OutputModes, QueueSelector, SpecialCodeIndex, tcflush, tcgetattr,
    tcsetattr,
};
use std::time::{Duration, Instant};

struct Host {
    master: OwnedFd,
    slave: OwnedFd,
    /// How long the host's worker gets for input that shows no effect.
    grace: Duration,
}

impl Host {
    fn open(grace: Duration) -> Result<Host, Errno> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let name = ptsname(&master, Vec::new())?;
        let slave = open(name, OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK, Mode::empty())?;
        fcntl_setfl(&master, OFlags::RDWR | OFlags::NONBLOCK)?;
        Ok(Host { master, slave, grace })
    }

    fn set(&self, t: &Termios) {
        let mut host = tcgetattr(&self.slave).unwrap();
        host.input_modes = InputModes::from_bits_retain(t.iflag.bits());
        host.output_modes = OutputModes::from_bits_retain(t.oflag.bits());
        host.local_modes = LocalModes::from_bits_retain(t.lflag.bits());
        host.control_modes |= ControlModes::CS8 | ControlModes::CREAD;
        let codes = [
            (SpecialCodeIndex::VINTR, Cc::Intr),
            (SpecialCodeIndex::VQUIT, Cc::Quit),
            (SpecialCodeIndex::VERASE, Cc::Erase),
            (SpecialCodeIndex::VKILL, Cc::Kill),
            (SpecialCodeIndex::VEOF, Cc::Eof),
            (SpecialCodeIndex::VTIME, Cc::Time),
            (SpecialCodeIndex::VMIN, Cc::Min),
            (SpecialCodeIndex::VSTART, Cc::Start),
            (SpecialCodeIndex::VSTOP, Cc::Stop),
            (SpecialCodeIndex::VSUSP, Cc::Susp),
            (SpecialCodeIndex::VEOL, Cc::Eol),
            (SpecialCodeIndex::VREPRINT, Cc::Reprint),
            (SpecialCodeIndex::VWERASE, Cc::Werase),
            (SpecialCodeIndex::VLNEXT, Cc::Lnext),
            (SpecialCodeIndex::VEOL2, Cc::Eol2),
        ];
        for (index, cc) in codes {
            host.special_codes[index] = t.cc(cc);
        }
        tcsetattr(&self.slave, OptionalActions::Now, &host).unwrap();
    }

    /// What the slave has sent, read until it is as long as expected and nothing more comes.
    fn sent(&self, expect: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let start = Instant::now();
        loop {
            let mut piece = [0u8; 4096];
            match read(&self.master, &mut piece) {
                Ok(n) => out.extend_from_slice(&piece[..n]),
                Err(Errno::AGAIN) if out.len() >= expect || start.elapsed() > Duration::from_millis(300) => {
                    return out;
                }
                Err(Errno::AGAIN) => std::thread::yield_now(),
                Err(e) => panic!("master: {e}"),
            }
        }
    }

    /// FIONREAD of the slave, once it is as expected or time is up.
    fn readable(&self, expect: u32) -> u32 {
        let start = Instant::now();
        loop {
            let n = ioctl_fionread(&self.slave).unwrap() as u32;
            if n == expect || start.elapsed() > Duration::from_millis(300) {
                return n;
            }
            std::thread::yield_now();
        }
    }

    /// read(2) on the slave, which first waits for what the master wrote to be processed.
    fn read(&self, want: usize, expect: &Option<Vec<u8>>) -> Option<Vec<u8>> {
        let start = Instant::now();
        loop {
            let mut buffer = vec![0u8; want];
            match read(&self.slave, &mut buffer) {
                Ok(n) => {
                    buffer.truncate(n);
                    return Some(buffer);
                }
                Err(Errno::AGAIN) if expect.is_none() || start.elapsed() > Duration::from_millis(300) => {
                    return None;
                }
                Err(Errno::AGAIN) => std::thread::yield_now(),
                Err(e) => panic!("slave: {e}"),
            }
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Set(Box<Termios>),
    Type(Vec<u8>),
    Write(Vec<u8>),
    Read(usize),
    Flush(u8),
}

fn bits(all: u32) -> impl Strategy<Value = u32> {
    prop_oneof![any::<u32>().prop_map(move |b| b & all), any::<[u32; 2]>().prop_map(move |b| b[0] & b[1] & all)]
}

fn settings() -> impl Strategy<Value = Termios> {
    let input = InputFlags::ISTRIP
        | InputFlags::INLCR
        | InputFlags::IGNCR
        | InputFlags::ICRNL
        | InputFlags::IUCLC
        | InputFlags::IXON
        | InputFlags::IXANY
        | InputFlags::IMAXBEL
        | InputFlags::IUTF8
        | InputFlags::PARMRK;
    let output = OutputFlags::OPOST
        | OutputFlags::OLCUC
        | OutputFlags::ONLCR
        | OutputFlags::OCRNL
        | OutputFlags::ONOCR
        | OutputFlags::ONLRET
        | OutputFlags::XTABS;
    let local = LocalFlags::ISIG
        | LocalFlags::ICANON
        | LocalFlags::ECHO
        | LocalFlags::ECHOE
        | LocalFlags::ECHOK
        | LocalFlags::ECHONL
        | LocalFlags::NOFLSH
        | LocalFlags::ECHOCTL
        | LocalFlags::ECHOPRT
        | LocalFlags::ECHOKE
        | LocalFlags::IEXTEN;
    let usual = LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ECHOE | LocalFlags::ECHOCTL | LocalFlags::IEXTEN;
    let local = prop_oneof![bits(local.bits()), bits(local.bits()).prop_map(move |b| b | usual.bits())];
    (bits(input.bits()), bits(output.bits()), local, 0u8..4, any::<bool>()).prop_map(|(i, o, l, min, eols)| {
        let mut t = Termios {
            iflag: InputFlags::from_bits_retain(i),
            oflag: OutputFlags::from_bits_retain(o),
            lflag: LocalFlags::from_bits_retain(l),
            ..Termios::new()
        };
        t.cc[Cc::Min as usize] = min;
        if eols {
            t.cc[Cc::Eol as usize] = b'.';
            t.cc[Cc::Eol2 as usize] = b',';
        }
        t
    })
}

fn typed() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        6 => prop_oneof![Just(b'a'), Just(b'Z'), Just(b' '), Just(b'_'), Just(b'.'), Just(b','), Just(b'7')],
        6 => prop_oneof![Just(0x7Fu8), Just(0x15), Just(0x17), Just(0x12), Just(0x16), Just(0x04), Just(b'\t')],
        3 => prop_oneof![Just(b'\n'), Just(b'\r')],
        2 => prop_oneof![Just(0x11u8), Just(0x13), Just(0x03), Just(0x1C), Just(0x1A)],
        2 => prop_oneof![Just(0xC3u8), Just(0xA9), Just(0xE2), Just(0x82), Just(0xAC), Just(0xFF), Just(0x00), Just(0xDF)],
        2 => any::<u8>(),
    ];
    proptest::collection::vec(byte, 1..24)
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        1 => settings().prop_map(|t| Step::Set(Box::new(t))),
        6 => typed().prop_map(Step::Type),
        2 => typed().prop_map(Step::Write),
        3 => prop_oneof![1usize..8, 60usize..200].prop_map(Step::Read),
        1 => (0u8..2).prop_map(Step::Flush),
    ];
    proptest::collection::vec(step, 1..40)
}

fn model_sent(tty: &mut Tty) -> Vec<u8> {
    let (a, b) = tty.output_slices();
    let out = [a, b].concat();
    tty.consume_output(out.len());
    out
}

/// A non-blocking read(2) as the kernel's shell will do it.
fn model_read(tty: &mut Tty, want: usize) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut piece = [0u8; 64];
    loop {
        let Some(plan) = tty.plan_read(want - out.len(), &mut piece) else {
            // VMIN 0 and VTIME 0 answer 0 where others would wait.
            let polls = tty.read_rule() == logic_tty::ReadRule::Timed { total_ds: 0 };
            return (!out.is_empty() || polls).then_some(out);
        };
        out.extend_from_slice(&piece[..plan.copied]);
        tty.commit_read(&plan);
        if !plan.more || out.len() == want {
            return Some(out);
        }
    }
}

fn type_both(host: &Host, tty: &mut Tty, bytes: &[u8]) {
    // One byte at a time: a signal flushes what the host has not moved on yet.
    for c in bytes {
        if tty.is_stopped() && [0x03, 0x1C, 0x1A].contains(&(c & 0x7F)) {
            // Of echo that is held back and flushed, Linux does not count the columns.
            restart(host, tty);
        }
        assert_eq!(write(&host.master, &[*c]), Ok(1));
        let _ = tty.receive(&[*c]);
        let expect = model_sent(tty);
        let n = tty.readable_bytes();
        settle(host);
        let got = host.sent(expect.len());
        assert_eq!(show(&got), show(&expect), "echo of {c:#x} under {:?}", tty.termios());
        assert_eq!(host.readable(n), n, "FIONREAD after {c:#x} under {:?}", tty.termios());
    }
}

/// Types START until output flows; LNEXT may have taken the first.
fn restart(host: &Host, tty: &mut Tty) {
    while tty.is_stopped() {
        type_both(host, tty, &[0x11]);
    }
}

/// Waits until the host has processed what the master wrote: a poll of the slave does, unless
/// input is there already; the worker needs some microseconds then.
fn settle(host: &Host) {
    let mut fds = [rustix::event::PollFd::new(&host.slave, rustix::event::PollFlags::IN)];
    let zero = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
    let ready = rustix::event::poll(&mut fds, Some(&zero)).unwrap();
    if ready > 0 {
        std::thread::sleep(host.grace);
    }
}

fn show(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

fn run(host: &Host, steps: &[Step]) {
    let mut tty = Tty::try_new(Wire::Pty).unwrap();
    host.set(tty.termios());
    for step in steps {
        match step {
            Step::Set(t) => {
                // Linux processes echo that a stop held back by the settings of later on.
                restart(host, &mut tty);
                tty.set_termios(**t);
                host.set(t);
                let expect = model_sent(&mut tty);
                assert_eq!(show(&host.sent(expect.len())), show(&expect), "released by {t:?}");
            }
            Step::Type(bytes) => type_both(host, &mut tty, bytes),
            Step::Write(bytes) => {
                let expect = tty.write(bytes);
                let got = write(&host.slave, bytes).unwrap_or(0);
                assert_eq!(got, expect);
                let expect = model_sent(&mut tty);
                assert_eq!(show(&host.sent(expect.len())), show(&expect), "written {bytes:?} under {:?}", tty.termios());
            }
            Step::Read(want) => {
                let expect = model_read(&mut tty, *want);
                let got = host.read(*want, &expect);
                assert_eq!(got.as_deref().map(show), expect.as_deref().map(show), "read of {want} under {:?}", tty.termios());
            }
            Step::Flush(which) => {
                // Linux keeps echo that a stop holds back in a queue of its own, which tcflush
                // spares; here it is output like any other.
                let (queue, selector) = if *which == 0 || tty.is_stopped() {
                    (Queue::Input, QueueSelector::IFlush)
                } else {
                    (Queue::Both, QueueSelector::IOFlush)
                };
                tty.flush(queue);
                tcflush(&host.slave, selector).unwrap();
            }
        }
    }
}

#[test]
fn same_as_the_host() {
    if let Err(error) = Host::open(Duration::ZERO) {
        eprintln!("skipped: no pty on this host ({error})");
        return;
    }
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|s| s.parse().ok()).unwrap_or(24);
    let config = Config { cases, max_shrink_iters: 400, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&steps(), |steps| {
        // A byte that shows no effect may not have been processed when the next step comes: a
        // difference counts only if it is still there with more patience.
        let quick = Host::open(Duration::from_micros(200)).unwrap();
        if std::panic::catch_unwind(|| run(&quick, &steps)).is_err() {
            run(&Host::open(Duration::from_millis(10)).unwrap(), &steps);
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn too_long_a_line_as_on_the_host() {
    let Ok(host) = Host::open(Duration::ZERO) else {
        return;
    };
    let mut tty = Tty::try_new(Wire::Pty).unwrap();
    let quiet = Termios { lflag: LocalFlags::ICANON, ..Termios::new() };
    tty.set_termios(quiet);
    host.set(&quiet);
    for chunk in [[b'x'; 500].as_slice(); 12].into_iter().chain([b"yz\x7fq\n".as_slice()]) {
        let mut rest = chunk;
        while !rest.is_empty() {
            match write(&host.master, rest) {
                Ok(n) => rest = &rest[n..],
                Err(Errno::AGAIN) => std::thread::yield_now(),
                Err(e) => panic!("{e}"),
            }
        }
        assert_eq!(tty.receive(chunk).consumed, chunk.len());
    }
    let expect = model_read(&mut tty, 9000);
    assert_eq!(host.read(9000, &expect).as_deref().map(show), expect.as_deref().map(show));
}
