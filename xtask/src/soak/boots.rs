//! `./x soak --boots N`: N machines one after another, which differ in memory and harts; each must do its work and power off.

use super::Args;
use anyhow::{Result, ensure};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use xtask::guest::{Ending, Guest, GuestBuilder, Outcome};

/// Wall time for one of them, on a busy host.
const LIMIT: Duration = Duration::from_secs(90);
/// One in so many has another number of harts than was asked for.
const OTHER_HARTS: u32 = 5;
/// One in so many does more than to come up and go down.
const AT_WORK: u32 = 10;
/// How often progress is printed.
const REPORT_EVERY: u32 = 10;

const MEMORIES: [&str; 5] = ["96M", "128M", "256M", "512M", "1G"];
const HARTS: [u32; 4] = [1, 2, 3, 8];
/// Four processes and their pipes, a sum of all, and a status of its own.
const WORK: &str = "seq 1 20000 | sort -rn | awk '{ s += $1 } END { print s }' | cat; exit 7";
const SUM: &[u8] = b"200010000\n";

/// One of the machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Machine {
    mem: &'static str,
    harts: u32,
    works: bool,
}

/// The `number`-th machine of a seed.
fn machine(seed: u64, number: u32, harts: u32) -> Machine {
    let chance = mix(seed.wrapping_add(u64::from(number)));
    let pick = |shift: u32, count: usize| usize::try_from(chance >> shift & 0xffff).unwrap_or(0) % count;
    let harts = if number % OTHER_HARTS == 3 { HARTS[pick(16, HARTS.len())] } else { harts };
    Machine { mem: MEMORIES[pick(0, MEMORIES.len())], harts, works: number % AT_WORK == 9 }
}

impl Machine {
    fn guest<'a>(self, args: &Args) -> GuestBuilder<'a> {
        let guest = Guest::builder().smp(self.harts).mem(self.mem).profile(args.profile).linux(args.linux).timeout(LIMIT);
        if self.works { guest.args(["sh", "-c", WORK]) } else { guest.args(["true"]) }
    }

    fn is_right(self, outcome: &Outcome) -> bool {
        let (status, output) = if self.works { (7, SUM) } else { (0, b"".as_slice()) };
        outcome.status == Ending::Exited(status) && outcome.stdout == output && outcome.stderr.is_empty()
    }
}

/// Boots them all, up to the first that goes wrong.
pub(super) fn run(args: &Args, seed: u64, count: u32) -> Result<ExitCode> {
    ensure!(count > 0, "--boots 0 tests nothing");
    println!("soak: seed {seed}, {count} boots, {} harts", args.smp);
    let start = Instant::now();
    let (mut slowest, mut worked) = (Duration::ZERO, 0_u32);
    for number in 0..count {
        let (machine, began) = (machine(seed, number, args.smp), Instant::now());
        let outcome = machine.guest(args).run()?;
        if !machine.is_right(&outcome) {
            println!("{}", String::from_utf8_lossy(&outcome.console));
            println!("{}{}", String::from_utf8_lossy(&outcome.stdout), String::from_utf8_lossy(&outcome.stderr));
            println!("soak: {}", outcome.trouble.as_deref().unwrap_or("a wrong result"));
            println!("soak: FAILED boot {} of {count}, {machine:?}, with {:?}, seed {seed}", number + 1, outcome.status);
            return Ok(ExitCode::FAILURE);
        }
        slowest = slowest.max(began.elapsed());
        worked += u32::from(machine.works);
        if (number + 1) % REPORT_EVERY == 0 {
            println!("soak: {} boots, {} s", number + 1, start.elapsed().as_secs());
        }
    }
    let (time, slowest) = (start.elapsed().as_secs(), slowest.as_millis());
    println!("soak: passed, {count} boots in {time} s, the slowest {slowest} ms, {worked} with a pipeline, seed {seed}");
    Ok(ExitCode::SUCCESS)
}

/// The finalizer of splitmix64: consecutive numbers give independent ones.
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::{HARTS, MEMORIES, machine};

    #[test]
    fn the_seed_decides_and_everything_comes_up() {
        let all: Vec<_> = (0..200).map(|n| machine(7, n, 4)).collect();
        assert_eq!(all, (0..200).map(|n| machine(7, n, 4)).collect::<Vec<_>>());
        assert!(MEMORIES.iter().all(|mem| all.iter().any(|m| m.mem == *mem)));
        assert!(HARTS.iter().all(|harts| all.iter().any(|m| m.harts == *harts)));
        assert_eq!(all.iter().filter(|m| m.works).count(), 20);
        assert_eq!(all.iter().filter(|m| m.harts == 4).count(), 160);
    }
}
