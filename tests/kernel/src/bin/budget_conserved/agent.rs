//! The processes that make and drop things, one order at a time. An order and its answer lie in memory that all share, so that
//! a process has the standard descriptors and what it was told to get, and nothing else.

use abi::{ChanCreate, Errno, chan_flag};
use ktest::process::errno;
use rt::{Args, Descriptors, Terms};
use std::os::fd::{BorrowedFd, IntoRawFd};
use std::sync::atomic::{AtomicI32, AtomicI64, AtomicU32, Ordering::SeqCst};
use std::{process, ptr, thread};

/// Most processes at a time.
pub(crate) const AGENTS: usize = 12;
/// Most descriptors in a message.
pub(crate) const CARRIED: usize = 3;
/// Bytes of a page.
pub(crate) const PAGE: usize = 4096;

/// What a process is told to do. Numbers of descriptors are its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Op {
    Duplicate,
    Close,
    Channel,
    Send,
    Receive,
    Memory,
    Fork,
    Thread,
    Join,
}

const OPS: [Op; 9] = [Op::Duplicate, Op::Close, Op::Channel, Op::Send, Op::Receive, Op::Memory, Op::Fork, Op::Thread, Op::Join];
const IDLE: u32 = 0;
const ORDERED: u32 = 1;
const DONE: u32 = 2;

/// An order and its answer.
pub(crate) struct Cell {
    state: AtomicU32,
    op: AtomicU32,
    args: [AtomicI32; 2 + CARRIED],
    result: AtomicI64,
    out: [AtomicI32; CARRIED],
    /// Who takes the orders.
    pid: AtomicI32,
}

/// All of them.
pub(crate) struct Board {
    pub(crate) cells: [Cell; AGENTS],
}

fn futex(word: &AtomicU32, operation: i32, value: u32) {
    // SAFETY: the word is mapped as long as anybody knows it.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), operation, value, ptr::null::<libc::timespec>()) };
}

impl Cell {
    fn set(&self, state: u32) {
        self.state.store(state, SeqCst);
        futex(&self.state, libc::FUTEX_WAKE, u32::MAX >> 1);
    }

    fn wait_for(&self, state: u32) {
        loop {
            let now = self.state.load(SeqCst);
            if now == state {
                return;
            }
            futex(&self.state, libc::FUTEX_WAIT, now);
        }
    }

    /// Has the process of this cell do something: its answer, or the error, and the descriptors that it got.
    pub(crate) fn order(&self, op: Op, args: &[i32]) -> (Result<usize, i32>, Vec<i32>) {
        self.op.store(op as u32, SeqCst);
        for (to, from) in self.args.iter().zip(args.iter().chain(&[-1; 2 + CARRIED])) {
            to.store(*from, SeqCst);
        }
        self.out.iter().for_each(|fd| fd.store(-1, SeqCst));
        self.set(ORDERED);
        self.wait_for(DONE);
        self.state.store(IDLE, SeqCst);
        let result = self.result.load(SeqCst);
        let out = self.out.iter().map(|fd| fd.load(SeqCst)).take_while(|fd| *fd >= 0).collect();
        (usize::try_from(result).map_err(|_| (-result) as i32), out)
    }

    /// The process that has come to live here.
    pub(crate) fn pid(&self) -> i32 {
        self.wait_for(DONE);
        self.state.store(IDLE, SeqCst);
        self.pid.load(SeqCst)
    }

    /// It is gone.
    pub(crate) fn reset(&self) {
        self.state.store(IDLE, SeqCst);
    }

    fn arg(&self, n: usize) -> i32 {
        self.args[n].load(SeqCst)
    }

    fn put(&self, fds: impl Iterator<Item = i32>) {
        for (to, fd) in self.out.iter().zip(fds) {
            to.store(fd, SeqCst);
        }
    }
}

/// The life of a process: it does what its cell says until it is killed.
pub(crate) fn live(board: &Board, number: usize) -> ! {
    let cell = &board.cells[number];
    cell.pid.store(process::id() as i32, SeqCst);
    cell.set(DONE);
    loop {
        cell.wait_for(ORDERED);
        let op = OPS[cell.op.load(SeqCst) as usize];
        let result = act(board, cell, op);
        cell.result.store(result.map_or_else(|e| -i64::from(e), |n| n as i64), SeqCst);
        cell.set(DONE);
    }
}

fn number(error: Errno) -> i32 {
    i32::from(error.number())
}

fn checked(result: i32) -> Result<usize, i32> {
    usize::try_from(result).map_err(|_| errno())
}

fn act(board: &Board, cell: &Cell, op: Op) -> Result<usize, i32> {
    let first = cell.arg(0);
    match op {
        // SAFETY: makes a descriptor.
        Op::Duplicate => checked(unsafe { libc::dup(first) }).inspect(|fd| cell.put([*fd as i32].into_iter())),
        // SAFETY: the number is one that an order gave, of which nothing here is the owner.
        Op::Close => checked(unsafe { libc::close(first) }),
        Op::Channel => {
            let mut ends = rt::create(&ChanCreate { messages: 6, ..Default::default() }).map_err(number)?;
            cell.put(ends.take().map(IntoRawFd::into_raw_fd));
            Ok(0)
        }
        Op::Send => send(cell, first),
        Op::Receive => receive(cell, first),
        Op::Memory => memory(cell, first as usize),
        Op::Fork => fork(board, first as usize),
        Op::Thread => thread(),
        Op::Join => join(first, cell.arg(1)),
    }
}

/// A number that is open as long as the order lasts.
fn borrowed<'a>(fd: i32) -> BorrowedFd<'a> {
    // SAFETY: only orders close, and one is carried out at a time.
    unsafe { BorrowedFd::borrow_raw(fd) }
}

fn send(cell: &Cell, end: i32) -> Result<usize, i32> {
    let bytes = vec![7; cell.arg(1) as usize];
    let fds: Vec<i32> = (2..2 + CARRIED).map(|n| cell.arg(n)).take_while(|fd| *fd >= 0).collect();
    let terms = Terms { deadline_ns: 0, flags: chan_flag::NONBLOCK };
    rt::by_descriptor(borrowed(end), &mut Args::send(&bytes, &fds, terms)).map_err(number)
}

fn receive(cell: &Cell, end: i32) -> Result<usize, i32> {
    let (mut bytes, mut fds) = ([0; 2 * PAGE], Descriptors::default());
    let terms = Terms { deadline_ns: 0, flags: chan_flag::NONBLOCK };
    let len = rt::by_descriptor(borrowed(end), &mut Args::receive(&mut bytes, &mut fds, terms)).map_err(number)?;
    cell.put(fds.take().map(IntoRawFd::into_raw_fd));
    Ok(len)
}

fn memory(cell: &Cell, pages: usize) -> Result<usize, i32> {
    // SAFETY: the name is a string.
    let fd = checked(unsafe { libc::memfd_create(c"budget".as_ptr(), libc::MFD_CLOEXEC) })? as i32;
    let bytes = [1; PAGE];
    for page in 0..pages {
        // SAFETY: the kernel reads the bytes.
        let done = unsafe { libc::pwrite(fd, bytes.as_ptr().cast(), PAGE, (page * PAGE) as i64) };
        assert_eq!(done, PAGE as isize, "no memory");
    }
    cell.put([fd].into_iter());
    Ok(0)
}

/// Turns that the threads of this process were told to make, threads, and turns that they made.
static TURNS: AtomicU32 = AtomicU32::new(0);
static THREADS: AtomicU32 = AtomicU32::new(0);
static MADE: AtomicU32 = AtomicU32::new(0);

/// One more thread, which sleeps but for its turns. The first is its beginning, and is waited for: on the way there it holds
/// locks of the library, which a process that is forked meanwhile would find locked for ever.
fn thread() -> Result<usize, i32> {
    MADE.store(0, SeqCst);
    let mut turn = TURNS.load(SeqCst);
    let body = move || {
        made();
        loop {
            futex(&TURNS, libc::FUTEX_WAIT, turn);
            if TURNS.load(SeqCst) != turn {
                turn = TURNS.load(SeqCst);
                made();
            }
        }
    };
    thread::Builder::new().stack_size(16 << 10).spawn(body).map_err(|e| e.raw_os_error().unwrap_or(0))?;
    THREADS.fetch_add(1, SeqCst);
    wait_for_turns(1);
    Ok(0)
}

/// A thread has made its turn.
fn made() {
    MADE.fetch_add(1, SeqCst);
    futex(&MADE, libc::FUTEX_WAKE, 1);
}

fn wait_for_turns(count: u32) {
    loop {
        let made = MADE.load(SeqCst);
        if made == count {
            return;
        }
        futex(&MADE, libc::FUTEX_WAIT, made);
    }
}

/// All threads have been in user mode since this began: only then they pay where their process is.
fn turn() {
    MADE.store(0, SeqCst);
    TURNS.fetch_add(1, SeqCst);
    futex(&TURNS, libc::FUTEX_WAKE, u32::MAX >> 1);
    wait_for_turns(THREADS.load(SeqCst));
}

/// A process that belongs to the one who gives the orders: its parent ends at once.
fn fork(board: &Board, number: usize) -> Result<usize, i32> {
    // SAFETY: threads other than this one only wait, and hold nothing that the child would need.
    match unsafe { libc::fork() } {
        -1 => Err(errno()),
        // SAFETY: as above.
        0 => match unsafe { libc::fork() } {
            0 => {
                THREADS.store(0, SeqCst);
                live(board, number)
            }
            // SAFETY: ends the process in between.
            child => unsafe { libc::_exit(i32::from(child < 0)) },
        },
        between => {
            let mut status = 0;
            // SAFETY: the kernel writes one number.
            assert_eq!(unsafe { libc::waitpid(between, &raw mut status, 0) }, between);
            if status == 0 { Ok(0) } else { Err(libc::EAGAIN) }
        }
    }
}

/// Moves to a budget that process `giver` has as descriptor `fd`.
fn join(giver: i32, fd: i32) -> Result<usize, i32> {
    // SAFETY: each makes a descriptor or fails; all are closed here.
    unsafe {
        let process = checked(libc::syscall(libc::SYS_pidfd_open, giver, 0) as i32)? as i32;
        let budget = checked(libc::syscall(libc::SYS_pidfd_getfd, process, fd, 0) as i32);
        libc::close(process);
        let budget = budget?;
        let joined = rt::sys::budget_join(budget as usize).map_err(number);
        libc::close(budget as i32);
        turn();
        joined
    }
}

/// The first process of a budget, made by the one who gives the orders: `budget` is its descriptor.
pub(crate) fn begin(board: &Board, number: usize, budget: i32) -> bool {
    let first = ktest::process::start(|| {
        // SAFETY: joins, and leaves no descriptor but the standard ones to the table that the child gets.
        unsafe {
            if rt::sys::budget_join(budget as usize).is_err() {
                return 1;
            }
            libc::syscall(libc::SYS_close_range, 3, u32::MAX, 0);
            match libc::fork() {
                0 => live(board, number),
                child => process::exit(i32::from(child < 0)),
            }
        }
    });
    ktest::process::wait(first) == ktest::process::End::Exit(0)
}
