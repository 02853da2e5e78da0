//! Threads, and the locks of `std`, which are futexes.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier, Condvar, Mutex, RwLock, mpsc};
use std::thread;
use std::time::Duration;

use fastrand::Rng;

use super::{Outcome, expect_exit, fork_child, same};
use crate::worker::Context;

const PANICKED: &str = "a thread panicked";

/// Every thread adds to the same numbers, under each kind of lock.
pub(super) fn sums(rng: &mut Rng, _: &Context) -> Outcome {
    let (threads, rounds) = (rng.usize(2..17), rng.u64(1..400));
    let (mutex, shared, atomic) = (Mutex::new(0u64), RwLock::new(0u64), AtomicU64::new(0));
    let barrier = Barrier::new(threads);
    let work = || {
        barrier.wait();
        for round in 0..rounds {
            if let Ok(mut sum) = mutex.lock() {
                *sum += round;
            }
            if let Ok(mut sum) = shared.write() {
                *sum += round;
            }
            atomic.fetch_add(round, Ordering::Relaxed);
            if round % 16 == 0 {
                thread::yield_now();
            }
        }
        barrier.wait();
    };
    // Joined one by one: the scope's own end is told by threads that still run, and could take a signal of the next step.
    thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        handles.into_iter().try_for_each(|handle| handle.join().map_err(|_| PANICKED.to_owned()))
    })?;
    let wanted = Ok(threads as u64 * (rounds * (rounds - 1) / 2));
    same("mutex", mutex.into_inner().map_err(|_| PANICKED), wanted)?;
    same("rwlock", shared.into_inner().map_err(|_| PANICKED), wanted)?;
    same("atomic", Ok(atomic.into_inner()), wanted)
}

/// The threads take turns: one condition variable, everyone woken, one goes on.
pub(super) fn turns(rng: &mut Rng, _: &Context) -> Outcome {
    let (threads, laps) = (rng.usize(2..9), rng.usize(1..30));
    let (turn, turned) = (Mutex::new(0), Condvar::new());
    let order = Mutex::new(Vec::new());
    let work = |index: usize| {
        for _ in 0..laps {
            let guard = turn.lock().map_err(|_| PANICKED)?;
            let mut guard = turned.wait_while(guard, |turn| *turn % threads != index).map_err(|_| PANICKED)?;
            order.lock().map_err(|_| PANICKED)?.push(*guard);
            *guard += 1;
            turned.notify_all();
        }
        Ok::<(), String>(())
    };
    let results: Vec<Outcome> = thread::scope(|scope| {
        let work = &work;
        let handles: Vec<_> = (0..threads).map(|index| scope.spawn(move || work(index))).collect();
        handles.into_iter().map(|handle| handle.join().map_err(|_| PANICKED.to_owned())?).collect()
    });
    results.into_iter().collect::<Outcome>()?;
    let order = order.into_inner().map_err(|_| PANICKED)?;
    same("order of turns", order.iter().copied().eq(0..threads * laps), true)
}

/// Senders and receivers over a queue with a limit, with parking and time limits in between.
pub(super) fn mailboxes(rng: &mut Rng, _: &Context) -> Outcome {
    let (senders, receivers, messages) = (rng.u64(1..6), rng.u64(1..6), rng.u64(1..300));
    let mailbox = Arc::new(Mailbox::new(rng.usize(1..16)));
    let (report, reports) = mpsc::channel();
    let mut handles = Vec::new();
    for sender in 0..senders {
        let mailbox = Arc::clone(&mailbox);
        handles.push(thread::spawn(move || (0..messages).try_for_each(|n| mailbox.put(Some(sender * messages + n)))));
    }
    let mut takers = Vec::new();
    for _ in 0..receivers {
        let (mailbox, report) = (Arc::clone(&mailbox), report.clone());
        takers.push(thread::spawn(move || {
            while let Some(message) = mailbox.take()? {
                report.send(message).map_err(|e| e.to_string())?;
            }
            Ok::<(), String>(())
        }));
    }
    drop(report);
    handles.into_iter().try_for_each(|handle| handle.join().map_err(|_| PANICKED.to_owned())?)?;
    (0..receivers).try_for_each(|_| mailbox.put(None))?;
    takers.into_iter().try_for_each(|handle| handle.join().map_err(|_| PANICKED.to_owned())?)?;
    let mut received: Vec<u64> = reports.iter().collect();
    received.sort_unstable();
    same("every message once", received.into_iter().eq(0..senders * messages), true)
}

/// A queue with a limit.
struct Mailbox {
    queue: Mutex<VecDeque<Option<u64>>>,
    limit: usize,
    not_empty: Condvar,
    not_full: Condvar,
}

impl Mailbox {
    fn new(limit: usize) -> Self {
        Self { queue: Mutex::default(), limit, not_empty: Condvar::new(), not_full: Condvar::new() }
    }

    fn put(&self, message: Option<u64>) -> Outcome {
        let queue = self.queue.lock().map_err(|_| PANICKED)?;
        let mut queue = self.not_full.wait_while(queue, |queue| queue.len() >= self.limit).map_err(|_| PANICKED)?;
        queue.push_back(message);
        self.not_empty.notify_one();
        Ok(())
    }

    /// Waits in short stretches, so that wakes and time-outs race.
    fn take(&self) -> Result<Option<u64>, String> {
        let mut queue = self.queue.lock().map_err(|_| PANICKED)?;
        loop {
            if let Some(message) = queue.pop_front() {
                self.not_full.notify_one();
                return Ok(message);
            }
            queue = self.not_empty.wait_timeout(queue, Duration::from_millis(1)).map_err(|_| PANICKED)?.0;
        }
    }
}

/// Threads that fork at the same time, while others run.
pub(super) fn forkers(rng: &mut Rng, _: &Context) -> Outcome {
    let (threads, forks) = (rng.u8(2..5), rng.u8(1..5));
    let handles: Vec<_> = (0..threads)
        .map(|index| {
            thread::spawn(move || {
                (0..forks).try_for_each(|n| {
                    let status = index * 16 + n;
                    let pid = fork_child(|| status)?;
                    expect_exit(pid, status)
                })
            })
        })
        .collect();
    handles.into_iter().try_for_each(|handle| handle.join().map_err(|_| PANICKED.to_owned())?)
}
