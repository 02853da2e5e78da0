//! What happens inside one process: threads, locks, files, time, panics.

use std::cell::Cell;
use std::collections::HashMap;
use std::env;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::panic;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Barrier, Condvar, Mutex, RwLock, mpsc};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::Line;

/// Fails a check unless the two are equal.
fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: T, wanted: T) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(format!("{what}: {found:?}, not {wanted:?}")) }
}

/// The name of the program, its directory, and an environment of its own.
pub(crate) fn environment() -> Line {
    let program = env::args().next().ok_or("no argv[0]")?;
    same("current directory is absolute", env::current_dir()?.is_absolute(), true)?;
    same("a variable that is not set", env::var("RVOS_NOT_SET").is_err(), true)?;
    same("argv[0] is empty", program.is_empty(), false)?;
    Ok("argv, cwd and environment are there".to_owned())
}

/// Each thread sums a part of 1..=1,000,000.
pub(crate) fn threads(count: usize) -> Line {
    let numbers = 1_000_000u64;
    let part = move |index: usize| (1..=numbers).skip(index).step_by(count).sum::<u64>();
    let handles: Vec<_> = (0..count)
        .map(|index| thread::Builder::new().name(format!("sum-{index}")).spawn(move || part(index)))
        .collect::<Result<_, _>>()?;
    let mut total = 0;
    for handle in handles {
        total += handle.join().map_err(|_| "a thread panicked")?;
    }
    same("sum", total, numbers * (numbers + 1) / 2)?;
    Ok(format!("{count} threads summed 1..={numbers} to {total}"))
}

/// A mutex, a read-write lock, a barrier, a condition variable and an atomic,
/// all used by all threads at once.
pub(crate) fn locks(count: usize) -> Line {
    const ROUNDS: u64 = 1000;
    let (plain, shared, atomic) = (Mutex::new(0u64), RwLock::new(0u64), AtomicU64::new(0));
    let (barrier, turn, turned) = (Barrier::new(count), Mutex::new(0), Condvar::new());
    let work = |index: usize| {
        barrier.wait();
        for _ in 0..ROUNDS {
            *plain.lock().expect("no thread panics") += 1;
            *shared.write().expect("no thread panics") += 1;
            atomic.fetch_add(1, Ordering::Relaxed);
        }
        let guard = turn.lock().expect("no thread panics");
        let mut guard = turned.wait_while(guard, |turn| *turn != index).expect("no thread panics");
        *guard += 1;
        turned.notify_all();
    };
    thread::scope(|scope| {
        for index in 0..count {
            let work = &work;
            scope.spawn(move || work(index));
        }
    });
    let wanted = ROUNDS * u64::try_from(count)?;
    same("mutex", *plain.lock().map_err(|_| "poisoned")?, wanted)?;
    same("rwlock", *shared.read().map_err(|_| "poisoned")?, wanted)?;
    same("atomic", atomic.into_inner(), wanted)?;
    same("turns", *turn.lock().map_err(|_| "poisoned")?, count)?;
    Ok(format!("{wanted} increments each under mutex, rwlock and atomic; {count} turns in order"))
}

/// Many producers, one consumer; then a rendezvous channel.
pub(crate) fn channels(count: usize) -> Line {
    const MESSAGES: u64 = 500;
    let (sender, receiver) = mpsc::channel();
    let (knock, answer) = mpsc::sync_channel::<&str>(0);
    let mut received = 0u64;
    let mut knocked = Err(mpsc::RecvError);
    thread::scope(|scope| {
        for producer in 0..count as u64 {
            let sender = sender.clone();
            scope.spawn(move || (0..MESSAGES).try_for_each(|n| sender.send(producer * MESSAGES + n)));
        }
        drop(sender);
        received = receiver.iter().sum();
        scope.spawn(move || knock.send("knock"));
        knocked = answer.recv();
    });
    let total = MESSAGES * u64::try_from(count)?;
    same("sum of messages", received, total * (total - 1) / 2)?;
    same("rendezvous", knocked, Ok("knock"))?;
    Ok(format!("{total} messages from {count} senders arrived"))
}

/// A thread's own variable is nobody else's, and is dropped with the thread.
pub(crate) fn thread_locals(count: usize) -> Line {
    thread_local!(static OWN: Cell<usize> = const { Cell::new(7) });
    let handles: Vec<_> = (0..count).map(|index| thread::spawn(move || (OWN.replace(index), OWN.get()))).collect();
    for (index, handle) in handles.into_iter().enumerate() {
        same("values", handle.join().map_err(|_| "a thread panicked")?, (7, index))?;
    }
    same("the first thread's value", OWN.get(), 7)?;
    Ok(format!("{count} threads had a value of their own"))
}

/// A map with a random seed, which takes getrandom(2).
pub(crate) fn hash_map() -> Line {
    let mut map: HashMap<String, u64> = HashMap::new();
    for n in 0..10_000u64 {
        *map.entry(format!("key {}", n % 1000)).or_default() += n;
    }
    let mut keys: Vec<&String> = map.keys().collect();
    keys.sort();
    same("keys", keys.len(), 1000)?;
    same("sum", map.values().sum(), 49_995_000u64)?;
    Ok(format!("{} keys, the last is {:?}", keys.len(), keys[keys.len() - 1]))
}

/// A directory with files: written, sought in, renamed, listed, removed.
pub(crate) fn files() -> Line {
    let dir = env::temp_dir().join(format!("hello-std.{}", std::process::id()));
    fs::create_dir(&dir)?;
    let result = files_in(&dir);
    fs::remove_dir_all(&dir)?;
    same("the directory after its removal", dir.exists(), false)?;
    result
}

fn files_in(dir: &std::path::Path) -> Line {
    let (path, renamed) = (dir.join("lines"), dir.join("renamed"));
    let mut file = File::create_new(&path)?;
    for line in 0..1000 {
        writeln!(file, "line {line}")?;
    }
    file.set_len(8000)?;
    drop(file);
    same("create_new again", File::create_new(&path).is_err(), true)?;
    let mut file = File::open(&path)?;
    let mut five = [0; 5];
    file.seek(SeekFrom::Start(7))?;
    file.read_exact(&mut five)?;
    same("bytes at 7", &five, b"line ")?;
    fs::rename(&path, &renamed)?;
    fs::copy(&renamed, dir.join("copy"))?;
    let lines = BufReader::new(File::open(dir.join("copy"))?).lines().count();
    let mut names: Vec<_> = fs::read_dir(dir)?.map(|entry| entry.map(|e| e.file_name())).collect::<Result<_, _>>()?;
    names.sort();
    same("length", fs::metadata(&renamed)?.len(), 8000)?;
    Ok(format!("{lines} lines in a copy, the directory held {names:?}"))
}

/// Clocks move, a sleep lasts, a wait with a time limit ends.
pub(crate) fn time() -> Line {
    let nap = Duration::from_millis(20);
    let start = Instant::now();
    thread::sleep(nap);
    same("slept at least 20 ms", start.elapsed() >= nap, true)?;
    let (_sender, receiver) = mpsc::channel::<()>();
    let start = Instant::now();
    same("a timed wait", receiver.recv_timeout(nap), Err(mpsc::RecvTimeoutError::Timeout))?;
    same("waited at least 20 ms", start.elapsed() >= nap, true)?;
    let mut last = Instant::now();
    for _ in 0..10_000 {
        let now = Instant::now();
        same("the clock goes back", now < last, false)?;
        last = now;
    }
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    Ok("sleeps and timed waits last, the clock never goes back".to_owned())
}

/// Floating point state is a thread's own, also across preemption.
pub(crate) fn float() -> Line {
    let series =
        |shift: f64| (0..200_000).fold(shift, |sum, n| sum + 1.0 / f64::from(2 * n + 1) * if n % 2 == 0 { 4.0 } else { -4.0 });
    let alone: Vec<f64> = (0..4).map(|n| series(f64::from(n))).collect();
    let handles: Vec<_> = (0..4).map(|n| thread::spawn(move || series(f64::from(n)))).collect();
    for (handle, wanted) in handles.into_iter().zip(&alone) {
        same("series", handle.join().map_err(|_| "a thread panicked")?, *wanted)?;
    }
    Ok(format!("pi is near {:.4}", alone[0]))
}

/// A panic unwinds to where it is caught, and ends only its thread.
pub(crate) fn panics() -> Line {
    if cfg!(panic = "abort") {
        return Ok("not checked, this program was built to abort".to_owned());
    }
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let caught = panic::catch_unwind(|| panic!("caught {}", std::hint::black_box(1)));
    let joined = thread::spawn(|| panic!("caught {}", std::hint::black_box(2))).join();
    panic::set_hook(hook);
    let text = |payload: Box<dyn std::any::Any + Send>| payload.downcast_ref::<String>().cloned();
    let first = caught.map_or_else(text, |()| None);
    let second = joined.map_or_else(text, |()| None);
    same("payloads", (first.as_deref(), second.as_deref()), (Some("caught 1"), Some("caught 2")))?;
    Ok("one caught in place, one by join".to_owned())
}
