//! A kernel panic tells where, stops everything, and ends QEMU with a status that becomes 125.

use boot_tests::{on_linux, shell};
use xtask::guest::Ending;

/// `rvos.test=panic` makes the kernel panic in a system call once a program runs.
#[test]
fn a_panic_is_125_with_line_and_backtrace() {
    if on_linux() {
        return;
    }
    for harts in [1, 4] {
        let outcome = shell("while :; do :; done").smp(harts).append("rvos.test=panic").run().expect("boots");
        let console = String::from_utf8_lossy(&outcome.console).into_owned();
        assert_eq!(outcome.status, Ending::Stopped, "{console}");
        assert_eq!(outcome.code(), 125);
        assert_eq!(outcome.trouble.as_deref(), Some("the kernel panicked"));
        let line = console.lines().find(|l| l.contains("panic") && l.contains("kernel/src/"));
        let line = line.unwrap_or_else(|| panic!("no message with a source line:\n{console}"));
        let number = line.split(".rs:").nth(1).and_then(|rest| rest.split([':', ' ']).next());
        assert!(number.is_some_and(|n| n.parse::<u32>().is_ok()), "{line}");
        let frames = console.lines().filter(|l| l.contains("kernel::") || l.contains("arch::")).count();
        assert!(frames >= 3, "no backtrace with function names:\n{console}");
    }
}
