//! ipc_torture: processes create, send, move, call and close at random, and are killed at random. No message arrives torn or
//! twice, no call fails with an error that it must not, and afterwards every counter is where it was.
//! timeout: 120
// calls: chan_create chan_send chan_recv chan_reply_recv

use abi::{ChanCreate, Errno, chan_flag};
use ktest::{Chance, Shared};
use rt::{Args, Descriptors, Terms};
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, IntoRawFd, OwnedFd};
use std::process::exit;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Processes at a time.
const WORKERS: usize = 6;
/// Killed and replaced in all.
const DEATHS: usize = 30;
/// Messages between one death and the next.
const BETWEEN: u64 = 200;
/// What each does before it leaves by itself.
const STEPS: usize = 400;
/// Ends that a process keeps.
const KEPT: usize = 24;
const LONGEST: usize = 3000;
const CALL_NS: u64 = 5_000_000;

/// What all see: which messages came.
struct Seen {
    arrived: [AtomicBool; WORKERS.wrapping_add(DEATHS).wrapping_mul(STEPS)],
    sent: AtomicU64,
    received: AtomicU64,
    answered: AtomicU64,
}

struct Worker<'a> {
    number: usize,
    chance: Chance,
    ends: Vec<OwnedFd>,
    seen: &'a Seen,
    /// Messages sent so far.
    sent: usize,
}

fn main() {
    let seed = ktest::seed(1);
    let seconds: u64 =
        std::env::args().nth(2).map_or(0, |word| word.parse().expect("the second argument is a number of seconds"));
    let (start, rounds) = (now_ns(), ktest::amount(1, 5) as u64);
    let (mut done, mut all) = (0, [0; 3]);
    // A round says its seed: with that as the argument it comes again.
    while done < rounds || now_ns() - start < seconds * 1_000_000_000 {
        all.iter_mut().zip(round(seed.wrapping_add(done))).for_each(|(sum, n)| *sum += n);
        done += 1;
    }
    let [sent, received, answered] = all;
    println!("{done} rounds: {sent} messages sent, {received} received, {answered} calls answered");
}

/// Messages sent and received, and calls answered.
fn round(seed: u64) -> [u64; 3] {
    println!("seed {seed}");
    // SAFETY: atomics, for which zeros are values.
    let seen = unsafe { Shared::<Seen>::zeroed() }.expect("memory");
    let mut chance = Chance::new(seed);
    // What the first workers begin with: each shares a channel with the next.
    let ring: Vec<[OwnedFd; 2]> = (0..WORKERS).map(|_| pair().expect("a channel")).collect();
    let mut children = Vec::new();
    for number in 0..WORKERS {
        let own = ring[number].iter().take(1).chain(&ring[(number + 1) % WORKERS][1..]);
        let ends = own.map(|end| end.try_clone().expect("a duplicate")).collect();
        children.push(start(number, ends, seed, &seen));
    }
    let mut ended = 0;
    for number in WORKERS..WORKERS + DEATHS {
        let at = chance.below(WORKERS);
        // They do something in between.
        let enough = seen.sent.load(Ordering::Relaxed) + BETWEEN;
        let started = now_ns();
        while seen.sent.load(Ordering::Relaxed) < enough && now_ns() - started < 20_000_000 {
            std::thread::yield_now();
        }
        // SAFETY: a child that has not been waited for.
        unsafe { libc::kill(children[at], libc::SIGKILL) };
        ended += usize::from(wait(children[at]) != libc::SIGKILL);
        let ends = ring[chance.below(WORKERS)].iter().map(|end| end.try_clone().expect("a duplicate")).collect();
        children[at] = start(number, ends, seed, &seen);
    }
    // Who still waits for an answer gets none.
    drop(ring);
    for child in children {
        wait(child);
    }
    let count = |n: &AtomicU64| n.load(Ordering::Relaxed);
    let (sent, received, answered) = (count(&seen.sent), count(&seen.received), count(&seen.answered));
    println!("{sent} messages sent, {received} received, {answered} calls answered, {ended} workers left by themselves");
    assert!(received <= sent && received > 100, "too little happened");
    // Harts that the host keeps waiting may miss every deadline.
    let exact = std::thread::available_parallelism().is_ok_and(|harts| harts.get() == 1);
    assert!(!exact || answered > 0, "no call was answered");
    [sent, received, answered]
}

fn pair() -> Result<[OwnedFd; 2], Errno> {
    let mut ends = rt::create(&ChanCreate::default())?;
    let mut ends = ends.take();
    Ok([ends.next().expect("two ends"), ends.next().expect("two ends")])
}

/// The child's number. It begins with these ends, and nothing else of ours.
fn start(number: usize, ends: Vec<OwnedFd>, seed: u64, seen: &Seen) -> i32 {
    // SAFETY: this process has one thread.
    match unsafe { libc::fork() } {
        0 => {
            let ends = alone_with(ends);
            let chance = Chance::new(seed.wrapping_mul(1009).wrapping_add(number as u64));
            Worker { number, chance, ends, seen, sent: 0 }.run();
            exit(0)
        }
        -1 => panic!("fork: {}", io::Error::last_os_error()),
        child => child,
    }
}

/// Closes every descriptor above 2 but these.
fn alone_with(ends: Vec<OwnedFd>) -> Vec<OwnedFd> {
    let keep: Vec<i32> = ends.into_iter().map(OwnedFd::into_raw_fd).collect();
    for fd in (3..256).filter(|fd| !keep.contains(fd)) {
        // SAFETY: what owned it is not used in this process any more.
        unsafe { libc::close(fd) };
    }
    // SAFETY: each is open, and owned by nobody since `into_raw_fd`.
    keep.into_iter().map(|fd| unsafe { OwnedFd::from_raw_fd(fd) }).collect()
}

/// The signal that ended the child, 0 if it left by itself, and well.
fn wait(child: i32) -> i32 {
    let mut status = 0;
    // SAFETY: the kernel writes one number.
    let pid = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(pid, child);
    if libc::WIFSIGNALED(status) {
        let signal = libc::WTERMSIG(status);
        assert_eq!(signal, libc::SIGKILL, "a worker died");
        return signal;
    }
    assert_eq!(libc::WEXITSTATUS(status), 0, "a worker found something wrong");
    0
}

impl Worker<'_> {
    fn run(&mut self) {
        for _ in 0..STEPS {
            let result = match self.chance.below(16) {
                0..5 => self.send(),
                5..10 => self.receive(),
                10..12 => self.call(),
                12 => self.make(),
                13 => self.duplicate(),
                _ => self.close(),
            };
            if let Err(error) = result {
                eprintln!("worker {}: {error:?}", self.number);
                exit(1);
            }
        }
    }

    /// One of the ends, if there is one.
    fn any(&mut self) -> Option<usize> {
        (!self.ends.is_empty()).then(|| self.chance.below(self.ends.len()))
    }

    fn message(&mut self) -> Vec<u8> {
        let id = self.number * STEPS + self.sent;
        self.sent += 1;
        let mut message = (id as u64).to_le_bytes().to_vec();
        let len = self.chance.below(LONGEST);
        let mut body = Chance::new(id as u64);
        message.extend((0..len).map(|_| body.draw() as u8));
        message
    }

    /// Takes some ends out, to be sent.
    fn some(&mut self, but: usize) -> Vec<OwnedFd> {
        let count = self.chance.below(4).min(self.ends.len().saturating_sub(1));
        let mut out = Vec::new();
        for _ in 0..count {
            // The one that is sent through stays at its place: the last ones go.
            if self.ends.len() - 1 != but {
                out.extend(self.ends.pop());
            }
        }
        out
    }

    fn send(&mut self) -> Result<(), Errno> {
        let Some(at) = self.any() else { return self.make() };
        let (message, moved) = (self.message(), self.some(at));
        let numbers: Vec<i32> = moved.iter().map(AsRawFd::as_raw_fd).collect();
        let terms = Terms { deadline_ns: 0, flags: chan_flag::NONBLOCK };
        match rt::by_descriptor(self.ends[at].as_fd(), &mut Args::send(&message, &numbers, terms)) {
            Ok(_) => {
                // They are the message's now.
                moved.into_iter().for_each(|end| _ = end.into_raw_fd());
                self.seen.sent.fetch_add(1, Ordering::Relaxed);
            }
            Err(Errno::EAGAIN | Errno::EPIPE) => self.ends.extend(moved),
            // An end cannot go through itself or its duplicate.
            Err(Errno::EINVAL | Errno::ELOOP) => self.ends.extend(moved),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn receive(&mut self) -> Result<(), Errno> {
        let Some(at) = self.any() else { return self.make() };
        let (mut bytes, mut fds) = ([0; LONGEST + 8], Descriptors::default());
        let terms = Terms { deadline_ns: 0, flags: chan_flag::NONBLOCK };
        let mut args = Args::receive(&mut bytes, &mut fds, terms);
        match rt::by_descriptor(self.ends[at].as_fd(), &mut args) {
            Ok(_) => {}
            Err(Errno::EAGAIN) => return Ok(()),
            Err(Errno::EPIPE) => {
                self.ends.swap_remove(at);
                return Ok(());
            }
            Err(error) => return Err(error),
        }
        let info = *args.raw();
        let info = info.info;
        let came: Vec<OwnedFd> = fds.take().collect();
        assert_eq!(came.len(), info.fds_len as usize);
        self.check(&bytes[..info.bytes_len as usize]);
        if info.call != 0 {
            self.answer(at, info.call)?;
        }
        let room = KEPT.saturating_sub(self.ends.len());
        self.ends.extend(came.into_iter().take(room));
        Ok(())
    }

    /// Whether it is a message, and came for the first time.
    fn check(&self, message: &[u8]) {
        let (id, body) = message.split_first_chunk().expect("a message is no shorter than its number");
        let id = u64::from_le_bytes(*id);
        let mut expected = Chance::new(id);
        assert!(body.iter().all(|byte| *byte == expected.draw() as u8), "a message was torn");
        assert!(!self.seen.arrived[id as usize].swap(true, Ordering::Relaxed), "a message came twice");
        self.seen.received.fetch_add(1, Ordering::Relaxed);
    }

    fn answer(&mut self, at: usize, call: u64) -> Result<(), Errno> {
        let (mut bytes, mut fds) = ([0; 8], Descriptors::default());
        let terms = Terms { deadline_ns: 0, flags: chan_flag::REPLY_ONLY };
        let reply = call.to_le_bytes();
        let mut args = Args::reply(call, (&reply, &[]), &mut bytes, &mut fds, terms);
        rt::by_descriptor(self.ends[at].as_fd(), &mut args).map(drop)
    }

    fn call(&mut self) -> Result<(), Errno> {
        let Some(at) = self.any() else { return self.make() };
        let message = self.message();
        self.seen.sent.fetch_add(1, Ordering::Relaxed);
        let (mut bytes, mut fds) = ([0; 8], Descriptors::default());
        let terms = Terms { deadline_ns: now_ns() + CALL_NS, flags: chan_flag::NO_CYCLE };
        let mut args = Args::call(&message, &[], &mut bytes, &mut fds, terms);
        match rt::by_descriptor(self.ends[at].as_fd(), &mut args) {
            Ok(_) => _ = self.seen.answered.fetch_add(1, Ordering::Relaxed),
            Err(Errno::ETIMEDOUT | Errno::EPIPE | Errno::ECONNRESET | Errno::EDEADLK | Errno::EAGAIN) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn make(&mut self) -> Result<(), Errno> {
        if self.ends.len() + 2 <= KEPT {
            self.ends.extend(pair()?);
        }
        Ok(())
    }

    fn duplicate(&mut self) -> Result<(), Errno> {
        if let Some(at) = self.any().filter(|_| self.ends.len() < KEPT) {
            self.ends.push(self.ends[at].try_clone().expect("a duplicate"));
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), Errno> {
        if let Some(at) = self.any() {
            self.ends.swap_remove(at);
        }
        Ok(())
    }
}

/// The time of CLOCK_MONOTONIC.
fn now_ns() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the kernel writes one struct.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}
