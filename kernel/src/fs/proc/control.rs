//! `/proc/rvos/control`: `drain` empties the kernel's caches, `exit N` ends the machine with status N.

use super::rvos::each_process;
use super::text::number;
use crate::clock;
use crate::task::wait::{Ended, Interrupt, Watch, sleep_until};
use crate::task::{Process, exit, futex, moving, with_current};
use crate::world::need;
use abi::{Authority, Errno, Grant};

/// Obeys a command.
pub(super) fn write(data: &[u8]) -> Result<usize, Errno> {
    let mut words = data.trim_ascii().split(|b| *b == b' ');
    match (words.next(), words.next(), words.next()) {
        (Some(b"drain"), None, None) => drain(),
        (Some(b"exit"), Some(status), None) => {
            with_current(|me| need(me, Authority::World(Grant::Power)))?;
            crate::boot::power::finish(number(status)?)
        }
        _ => return Err(Errno::EINVAL),
    }
    Ok(data.len())
}

/// Gives back everything that is kept for later use alone, so that counters show what is in use.
fn drain() {
    with_current(exit::settle);
    wait_for_quiet();
    each_process(|p| {
        let shared = p.signals.shared.lock().pending.shrink();
        drop(shared);
    });
    each_process(|p| {
        p.each_thread(|t| drop(t.signals.lock().pending.shrink()));
        forget_observers(p);
        trim_files(p);
    });
    futex::trim();
    crate::linux::time::trim();
    mem::drain_stacks();
    crate::budget::drain_heaps();
}

/// Looks at whether everyone else sleeps, and the time between two looks.
const LOOKS: u32 = 200;
const LOOK_EVERY_NS: u64 = 1_000_000;

/// Who still works on what happened before holds memory that is gone a moment later, and is not registered where it will
/// wait. On a system that is never quiet this gives up.
fn wait_for_quiet() {
    for _ in 0..LOOKS {
        if moving::busy() <= 1 {
            return;
        }
        let until = clock::monotonic_ns().saturating_add(LOOK_EVERY_NS);
        let slept = with_current(|me| sleep_until(me, Some(until), Interrupt::AnySignal, || Ok(None::<()>)));
        if slept == Err(Ended::Signal) {
            return;
        }
    }
}

/// Lists of those who wait keep room for the next.
fn forget_observers(object: &dyn Watch) {
    let mut room = None;
    object.with_observers(&mut |list| room = list.shrink());
    drop(room);
}

fn trim_files(p: &Process) {
    let first = p.state.lock().first_thread();
    let Some(refs) = first.and_then(|t| t.refs()) else { return };
    let mut from = 0;
    while let Some(fd) = refs.files.next_used(from) {
        from = (fd as usize).saturating_add(1);
        let file = refs.files.get(fd, abi::Rights::NONE).ok();
        if let Some(object) = file.as_ref().and_then(|f| f.file.watch()) {
            forget_observers(object);
        }
    }
}
