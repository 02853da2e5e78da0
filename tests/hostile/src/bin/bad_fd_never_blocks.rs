//! F3: every call that can block, with -1, a closed and wrong-kind descriptors, comes back at once; EBADF where there is no descriptor.
//!
//! The wrong kinds are those on which nobody ever has to wait: a directory, an O_PATH handle, the null device, memory, the ends of broken pipes.
//! Prints calls × values; exits 1 if a call blocked, crashed, or accepted a descriptor that is not there.

use abi::{ArgKind, Blocks, Call, Null};
use hostile::{Prepared, System, World, child, chosen_calls, show};
use std::process::ExitCode;
use std::time::Duration;

const EBADF: isize = -9;
const ENOSYS: isize = -38;
/// A number that no test opens.
const CLOSED: usize = 650;

fn main() -> ExitCode {
    let system = System::current();
    let world = World::new();
    let calls: Vec<_> = chosen_calls(system)
        .into_iter()
        .filter(|call| call.blocks == Blocks::Yes && descriptors(call).next().is_some())
        .collect();
    let (mut values, mut wrong) = (0, 0);
    for call in &calls {
        let outcome = child::run(Duration::from_secs(5), |report| try_call(&world, call, report));
        values += outcome.values;
        wrong += outcome.failures.len();
        for failure in outcome.failures {
            println!("{}: {failure}", call.name);
        }
    }
    world.remove();
    println!("bad_fd_never_blocks: {} calls × {values} values, {wrong} wrong", calls.len());
    if wrong == 0 && values > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn descriptors(call: &'static Call) -> impl Iterator<Item = (usize, &'static abi::Arg)> {
    call.args.iter().enumerate().filter(|(_, arg)| arg.kind.is_descriptor())
}

fn try_call(world: &World, call: &'static Call, report: &mut child::Report) {
    let mut prepared = Prepared::new(world, call);
    if matches!(call.name, "fcntl") {
        lock_and_wait(&mut prepared);
    }
    prepared.wait_for_ever();
    let first_free = world.next_free();
    for (index, arg) in descriptors(call) {
        let absent = [usize::MAX, CLOSED, i32::MAX as usize, 1 << 40 | CLOSED];
        let wrong_kind = [world.dir, world.path, world.null, world.file, world.ended_read, world.ended_write, world.epoll]
            .map(|fd| fd as isize as usize);
        for (nth, value) in absent.into_iter().chain(wrong_kind).enumerate() {
            world.reset();
            prepared.refill();
            let what = format!("{} = {:#x}", arg.name, value);
            report.about_to(&what, nth < absent.len());
            let result = prepared.make(&prepared.with(index, value), first_free);
            let optional = value == usize::MAX && arg.kind == ArgKind::Fd(Null::Allowed);
            if nth < absent.len() && !optional && !refused(call, result) {
                report.failure(&format!("{what}: gave {}", show(result)));
            }
        }
    }
}

/// F_SETLKW of a whole file.
fn lock_and_wait(prepared: &mut Prepared) {
    static LOCK: [u64; 4] = [1, 0, 0, 0]; // F_WRLCK, SEEK_SET, from 0 to the end
    prepared.args[1] = libc::F_SETLKW as usize;
    prepared.args[2] = LOCK.as_ptr() as usize;
}

/// EBADF, or ENOSYS of a call that this kernel does not have.
fn refused(call: &Call, result: isize) -> bool {
    let path_first = call.args.iter().any(|arg| arg.kind == ArgKind::Dirfd);
    // finit_module(2) and their like check the caller's powers first; nothing that needs none may.
    result == EBADF || result == ENOSYS || (path_first && result == -20)
}
