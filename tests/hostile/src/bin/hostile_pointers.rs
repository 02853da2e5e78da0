//! F12: every pointer argument of every call with null, kernel, unmapped, protected, wrapping, straddling and unaligned values.
//!
//! What must hold: a struct of fixed size is EFAULT and nothing changes; bytes give the exact count that was reachable, EFAULT only if that is none;
//! unaligned addresses work. A call that fails with good arguments too may keep that error. Prints calls × values; exits 1 if anything was wrong.

use abi::{ArgKind, Blocks, Call, Null, Ret};
use hostile::{Arena, Danger, Hostile, Prepared, System, World, child, chosen_calls, danger, ignores_pointer, raw_call, show};
use std::process::ExitCode;
use std::time::Duration;

const EFAULT: isize = -14;
const ENOSYS: isize = -38;

fn main() -> ExitCode {
    let system = System::current();
    let verbose = std::env::args().any(|a| a == "-v");
    let world = World::new();
    let calls: Vec<_> =
        chosen_calls(system).into_iter().filter(|call| call.args.iter().any(|arg| arg.kind.is_pointer())).collect();
    let (mut values, mut strict, mut wrong) = (0, 0, 0);
    for call in &calls {
        let outcome = child::run(Duration::from_secs(15), |report| try_call(system, &world, call, report));
        values += outcome.values;
        strict += outcome.strict;
        wrong += outcome.failures.len();
        if verbose {
            println!("{}: {} values, {} strict", call.name, outcome.values, outcome.strict);
        }
        for failure in outcome.failures {
            println!("{}: {failure}", call.name);
        }
    }
    world.remove();
    println!(
        "hostile_pointers: {} calls × {values} values ({strict} of them where good arguments succeed), {wrong} wrong",
        calls.len()
    );
    if wrong == 0 && values > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One call: what good arguments give, then each pointer with each value.
fn try_call(system: System, world: &World, call: &'static Call, report: &mut child::Report) {
    let prepared = Prepared::new(world, call);
    world.reset();
    let first_free = world.next_free();
    let with_good_arguments = danger(call.name) == Danger::None;
    let good = if with_good_arguments {
        report.about_to("good arguments", false);
        Some(prepared.make(&prepared.args, first_free))
    } else {
        None
    };
    if good == Some(ENOSYS) && system == System::Linux {
        return; // not in this kernel
    }
    for pointer in &prepared.pointers {
        for how in Hostile::ALL {
            let harmless = matches!(how, Hostile::Unaligned) || (how == Hostile::ReadOnly && !pointer.is_written());
            if (harmless && !with_good_arguments) || !applies(system, call, pointer.kind, how) {
                continue;
            }
            world.reset();
            prepared.refill();
            let value = pointer.arena.hostile(how, pointer.size, &pointer.bytes);
            let name = call.args[pointer.index].name;
            let what = format!("{name} = {how:?}");
            report.about_to(&what, good.is_some_and(|g| g >= 0));
            let before = (how == Hostile::Straddling).then(|| pointer.arena.tail(Arena::reachable(pointer.size)));
            let result = prepared.make(&prepared.with(pointer.index, value), first_free);
            if !harmless && result == EFAULT && world.next_free() != first_free {
                report.failure(&format!("{what}: EFAULT, but a descriptor was left behind"));
                // The next trial must start from the same numbers.
                let _ = raw_call(abi::nr::close, &[first_free.unsigned_abs() as usize, 0, 0, 0, 0, 0]);
            }
            let changed = system == System::Rvos && result == EFAULT && before.is_some_and(|b| b != pointer.arena.tail(b.len()));
            if changed && !matches!(pointer.kind, ArgKind::Bytes { .. }) {
                report.failure(&format!("{what}: EFAULT, but the reachable part was written"));
            }
            let trial = Trial { system, call, kind: pointer.kind, name, size: pointer.size, how, good, result };
            if let Some(complaint) = trial.complaint() {
                report.failure(&format!("{what}: {complaint} (good arguments: {})", good.map_or("not tried".to_owned(), show)));
            }
        }
    }
}

/// Whether this value says anything about this argument.
fn applies(system: System, call: &Call, kind: ArgKind, how: Hostile) -> bool {
    match how {
        Hostile::Null => kind.null() != Some(Null::Allowed),
        // One byte cannot straddle; a string straddles by lacking its end, which the last-page value covers.
        Hostile::Straddling => match kind {
            ArgKind::Page(_) | ArgKind::PageVec { .. } => false,
            // Linux loops for ever in writes to tmpfs from a buffer that is mapped in part.
            ArgKind::Bytes { .. } => system == System::Rvos || call.name != "pwrite64",
            _ => true,
        },
        Hostile::Unaligned => !matches!(kind, ArgKind::Futex(_)),
        _ => true,
    }
}

struct Trial {
    system: System,
    call: &'static Call,
    kind: ArgKind,
    name: &'static str,
    size: usize,
    how: Hostile,
    good: Option<isize>,
    result: isize,
}

impl Trial {
    /// What is wrong with the result, if anything.
    fn complaint(&self) -> Option<String> {
        let got = || Some(format!("gave {}", show(self.result)));
        let same_error = self.good.is_some_and(|good| good < 0 && self.result == good);
        if same_error || ignores_pointer(self.call.name, self.name) {
            return None;
        }
        let written = matches!(self.how, Hostile::ReadOnly) && self.reads_only();
        if written || self.how == Hostile::Unaligned {
            return match self.good {
                Some(good) if good >= 0 && self.result < 0 => got(),
                _ => None,
            };
        }
        if let ArgKind::Bytes { .. } = self.kind
            && self.how == Hostile::Straddling
        {
            return self.partial_complaint();
        }
        if self.result == EFAULT {
            return None;
        }
        if self.accepted_elsewhere() { None } else { got() }
    }

    fn reads_only(&self) -> bool {
        use abi::Direction::In;
        match self.kind {
            ArgKind::Bytes { direction, .. }
            | ArgKind::Struct { direction, .. }
            | ArgKind::SizedStruct { direction, .. }
            | ArgKind::Array { direction, .. } => direction == In,
            ArgKind::BitSet { .. } | ArgKind::PageVec { .. } => false,
            _ => true,
        }
    }

    /// A buffer of which the first half is there.
    fn partial_complaint(&self) -> Option<String> {
        let reachable = Arena::reachable(self.size) as isize;
        let exact = matches!(self.call.name, "read" | "write" | "pread64" | "pwrite64" | "getrandom" | "sendto" | "recvfrom");
        if self.system == System::Rvos && exact && self.good.is_some_and(|g| g >= 0) {
            return (self.result != reachable)
                .then(|| format!("gave {}, want the {reachable} bytes that can be reached", show(self.result)));
        }
        let fits = self.result == EFAULT || (0..=reachable).contains(&self.result);
        (!fits).then(|| format!("gave {}", show(self.result)))
    }

    /// Other answers that are right for one call, or that Linux gives.
    fn accepted_elsewhere(&self) -> bool {
        // A futex word must be aligned before it must be mapped; a blocking call may be interrupted by nothing here.
        let einval = self.result == -22;
        match (self.call.name, self.name) {
            ("futex", _) => einval,
            // There was nothing to store.
            _ if matches!(self.call.ret, Ret::Size | Ret::Count) && self.good == Some(0) && self.result == 0 => true,
            // NULL is refused as an argument, not as an address (sched_setparam(2)).
            (name, _) if name.starts_with("sched_") && self.how == Hostile::Null => einval,
            // What is left of a time-out, and the size that would be right, are stored where that is possible.
            ("pselect6" | "ppoll", "timeout") | ("sched_setattr", "attr") | ("capget" | "capset", "header")
                if self.how == Hostile::ReadOnly =>
            {
                true
            }
            // Only the first 48 bytes mean anything (sigaction(2)).
            ("rt_sigqueueinfo" | "rt_tgsigqueueinfo" | "pidfd_send_signal", "info") if self.how == Hostile::Straddling => true,
            // A half of the string may be a whole name by itself.
            _ if matches!(self.kind, ArgKind::Path(_)) && self.how == Hostile::Straddling => false,
            // The size word before the rest decides (openat2(2), clone3(2), sched_setattr(2)).
            _ if matches!(self.kind, ArgKind::SizedStruct { .. }) => einval,
            _ => self.system == System::Linux && (self.good.is_none() || self.call.blocks == Blocks::Yes) && einval,
        }
    }
}
