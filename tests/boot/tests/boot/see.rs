//! The programs that show what happens: `trace`, `rvtop` and `chstat`.

use crate::timeline;
use boot_tests::guest;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use xtask::paths;

/// Without a library, so that its calls are these and no others.
const C_SOURCE: &str = r#"
static long call(long number, long a, long b, long c, long d) {
    register long a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c, a3 __asm__("a3") = d, a7 __asm__("a7") = number;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a3), "r"(a7) : "memory");
    return a0;
}

static int ends[2];
static char byte[4];

void _start(void) {
    call(59, (long)ends, 02000000, 0, 0);
    call(64, ends[1], (long)"hi\n", 3, 0);
    call(63, ends[0], (long)byte, 4, 0);
    call(56, -100, (long)"/no/such file", 0101, 0644);
    call(57, 99, 0, 0, 0);
    call(129, 0, 0, 0, 0);
    call(1000, 0, 0, 0, 0);
    call(0x1001, 0, 0, 0, 0);
    call(94, 7, 0, 0, 0);
}
"#;

const LINES: &str = r#"pipe2([3, 4], O_CLOEXEC) = 0
write(4, "hi\n", 3) = 3
read(3, "hi\n", 4) = 3
openat(AT_FDCWD, "/no/such file", O_WRONLY|O_CREAT, 0644) = -1 ENOENT (No such file or directory)
close(99) = -1 EBADF (Bad file descriptor)
kill(0, 0) = 0
call_0x3e8() = -1 ENOSYS (Function not implemented)
"#;

fn c_program() -> PathBuf {
    let dir = paths::scratch().expect("a scratch directory").join("boot-see");
    fs::create_dir_all(&dir).expect("its part for this test");
    let (source, program) = (dir.join("calls.c"), dir.join("calls"));
    fs::write(&source, C_SOURCE).expect("the source is written");
    let mut compiler = Command::new("riscv64-linux-gnu-gcc");
    compiler.args(["-static", "-nostdlib", "-O1", "-Wl,--no-relax", "-o"]).arg(&program).arg(&source);
    assert!(compiler.status().expect("the cross compiler starts").success());
    program
}

#[test]
fn the_calls_of_a_program_as_lines() {
    let script = "trace -o /tmp/lines calls; echo $?; cat /tmp/lines";
    let outcome = guest().add(c_program(), "/bin/calls").args(["sh", "-c", script]).run().expect("boots");
    let text = String::from_utf8_lossy(&outcome.stdout).replace('\r', "");
    let (status, lines) = text.split_once('\n').expect("a status");
    assert_eq!(status, "7", "{text}");
    let begin = lines.find("pipe2(").expect("the first call");
    assert!(lines[..begin].ends_with("= 0\n") && lines.starts_with("execve("), "{text}");
    let rest = lines[begin..].strip_prefix(LINES).unwrap_or_else(|| panic!("other lines: {text}"));
    let (native, end) = rest.split_once('\n').expect("a native call");
    assert!(native.contains(") = -1 E"), "{text}");
    assert_eq!(end, "exit_group(7) = ?\n+++ exited with 7 +++\n", "{text}");
}

#[test]
fn a_timeline_and_a_table() {
    let script = "trace record -o /tmp/t.json sh -c 'echo a | cat' && cat /tmp/t.json; sleep 9 | cat & rvtop -n 1; kill %1";
    let outcome = guest().args(["sh", "-c", script]).run().expect("boots");
    let text = String::from_utf8_lossy(&outcome.stdout).replace('\r', "");
    let json = text.split_once("{\"displayTimeUnit\"").expect("a timeline").1.split("\n]}").next().expect("its end");
    for part in
        ["\"name\":\"execve\"", "\"name\":\"page fault\"", "\"left\":\"sleeps\"", "\"name\":\"fork\"", "\"name\":\"hart 0\""]
    {
        assert!(json.contains(part), "no {part}: {text}");
    }
    let events = timeline::events(&format!("{{\"displayTimeUnit\"{json}\n]}}"));
    assert!(timeline::check_nesting(&events) > 20, "{text}");
    let cat = text.lines().find(|l| l.ends_with("  cat")).unwrap_or_else(|| panic!("no cat: {text}"));
    assert!(cat.contains("pipe_read"), "{text}");
    assert!(text.lines().any(|l| l.starts_with("  session ")), "{text}");
}

#[test]
fn ends_of_channels() {
    // Opening a service makes a channel: the shell has one end, the service the other, once it took it.
    let script = "calc 2 40; exec 5<> /svc/math; chstat -p $$; chstat -p 1000000; chstat -p x; chstat -z";
    let outcome = guest().args(["sh", "-c", script]).run().expect("boots");
    let text = String::from_utf8_lossy(&outcome.stdout).replace('\r', "");
    let told = String::from_utf8_lossy(&outcome.stderr).replace('\r', "");
    assert!(text.starts_with("42\nCHANNEL  HELD BY"), "{text}{told}");
    let lines: Vec<&str> = text.lines().filter(|l| !l.starts_with("CHANNEL  HELD BY")).skip(1).collect();
    let shells = |l: &&&str| l.contains(" sh(") && l.contains("):5 chstat(") && l.contains("  0/0  0/0  0      math(");
    assert!(lines.len() == 2 && lines.iter().filter(shells).count() == 1, "{text}{told}");
    assert!(told.contains("chstat: x is no number") && told.contains("usage: chstat"), "{told}");
}
