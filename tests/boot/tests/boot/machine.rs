//! What the machine is like is read from the device tree: memory, harts, command line, clock.

use boot_tests::{guest, on_linux, shell};

/// MemTotal in MiB on a machine with this memory.
fn mem_total_mib(size: &str) -> u64 {
    let outcome = shell("awk '/^MemTotal:/ { print $2 }' /proc/meminfo").mem(size).run().expect("boots");
    assert_eq!(outcome.code(), 0, "{size}: {:?}", outcome.trouble);
    let kib: u64 = String::from_utf8_lossy(&outcome.stdout).trim().parse().expect("a number");
    kib / 1024
}

#[test]
fn memory_from_64_mib_to_8_gib() {
    // The firmware, the kernel and its frame table take a few per cent; Debian's Linux more.
    let smallest = if on_linux() { ("256M", 160..=256) } else { ("64M", 54..=64) };
    for (size, range) in [smallest, ("512M", 430..=512), ("8G", 7800..=8192)] {
        let total = mem_total_mib(size);
        assert!(range.contains(&total), "{size}: MemTotal is {total} MiB");
    }
}

#[test]
fn every_hart_is_there() {
    for harts in [1_u32, 3, 8] {
        let outcome = shell("nproc; grep -c ^processor /proc/cpuinfo").smp(harts).run().expect("boots");
        assert_eq!(String::from_utf8_lossy(&outcome.stdout), format!("{harts}\n{harts}\n"));
    }
}

#[test]
fn the_command_line_is_passed_on() {
    let outcome = shell("cat /proc/cmdline").append("rvos.nonsense=17").append("quiet").run().expect("boots");
    assert!(String::from_utf8_lossy(&outcome.stdout).contains("rvos.nonsense=17 quiet"));
}

#[test]
fn the_clock_runs() {
    let outcome = shell("a=$(date +%s); sleep 2; b=$(date +%s); echo $((b - a)); [ $a -gt 1700000000 ]").run();
    let outcome = outcome.expect("boots");
    let seconds: u32 = String::from_utf8_lossy(&outcome.stdout).trim().parse().expect("a number");
    assert!((2..=4).contains(&seconds), "two seconds took {seconds}");
    assert_eq!(outcome.code(), 0, "the date is before 2023");
}

/// Two runs in instruction time are the same to the last instruction, as their clocks show.
#[test]
fn counted_time_is_exact() {
    let run = || guest().icount(true).args(["sh", "-c", "cat /proc/uptime; date +%s"]).run().expect("boots");
    let (first, second) = (run(), run());
    assert_eq!(first.code(), 0, "{:?}", first.trouble);
    assert_eq!(first.stdout, second.stdout);
}

#[test]
fn the_system_names_itself() {
    let outcome = shell("uname -s -m; uname -r").run().expect("boots");
    let text = String::from_utf8_lossy(&outcome.stdout).into_owned();
    assert!(text.starts_with("Linux riscv64\n"), "{text}");
    assert!(on_linux() || text.ends_with("6.12.0-rvos\n"), "{text}");
}
