//! Contract tests at a size that takes minutes: as many files, and as deep, as programs ever make.

use boot_tests::guest;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use xtask::{builds, paths};

/// Wall time for a million files, with a loaded host in mind.
const LIMIT: Duration = Duration::from_mins(30);

/// A contract test, compiled as `./x test` does.
fn test(name: &str) -> PathBuf {
    let program = paths::scratch().expect("scratch").join(format!("boot-test-{name}"));
    let source = paths::tree().join(format!("tests/linux/dir/{name}.c"));
    let mut gcc = Command::new("riscv64-linux-gnu-gcc");
    gcc.args(["-static", "-O1", "-s", "-Wall", "-pthread", "-std=gnu11"]).arg(source).arg("-o").arg(&program);
    assert!(gcc.status().expect("the cross compiler starts").success(), "{name} compiles");
    program
}

/// The runner compares every counter of the kernel before and after.
#[test]
#[ignore = "takes minutes: ./x test --full"]
fn a_million_files() {
    let built = builds::packages(&["test-runner"]).expect("builds");
    let runner = built.into_iter().find(|(name, _)| name == "test-runner").expect("the runner is built").1;
    let outcome = guest()
        .mem("2G")
        .timeout(LIMIT)
        .add(runner, "/bin/test-runner")
        .add(test("many_files"), "/tests/linux/many_files")
        .add_bytes("many_files arg=1000000 timeout_s=1500\n", "/tests/list", 0o644)
        .args(["test-runner", "--list", "/tests/list"])
        .run()
        .expect("boots");
    let text = String::from_utf8_lossy(&outcome.stdout);
    assert!(text.contains("1 passed, 0 failed"), "{text}");
}
