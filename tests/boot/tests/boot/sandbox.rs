//! `sandbox`: programs that try to eat the machine get no more than they were given, and a neighbour goes on; each option; each way
//! of ending; and what the README shows.

use boot_tests::{on_linux, shell};

const SCRIPT: &str = r#"
mkdir -p /data /out && echo kept > /data/file
( i=0; while [ $i -lt 200 ]; do i=$((i + 1)); /bin/true || exit 1; done; echo "neighbour $i" ) &
sandbox --mem 16M --ro /bin -- sh -c 'x=0123456789abcdef; while true; do x=$x$x; done'; echo "memory $?"
sandbox --pids 8 --ro /bin -- sh -c 'i=0; while [ $i -lt 20 ]; do i=$((i + 1)); sleep 100 & done'; echo "forks $?"
sandbox --mem 16M --rw /out --ro /bin -- sh -c 'cat /dev/zero > /tmp/fill'; echo "files $?"
sandbox --ro /data --ro /bin --no-net -- sh -c 'echo $$; echo x > /data/file; mount -t tmpfs x /tmp; mknod /tmp/m c 1 1; kill -9 2 || ls /etc'
cat /data/file
wait
ls -d /sys/fs/cgroup/sandbox-* 2> /dev/null; ls /tmp; echo end
"#;

#[test]
fn what_eats_the_machine_is_held() {
    if on_linux() {
        return;
    }
    let outcome = shell(SCRIPT).run().expect("the guest runs");
    let text = String::from_utf8_lossy(&outcome.stdout).into_owned();
    let told = String::from_utf8_lossy(&outcome.stderr).into_owned();
    for line in ["neighbour 200", "memory 137", "kept", "1"] {
        assert!(text.lines().any(|l| l == line), "no line {line:?} in\n{text}\n{told}");
    }
    assert!(!text.contains("forks 0") && text.trim_end().ends_with("end"), "{text}\n{told}");
    assert!(told.contains("memory limit met, 1 killed") && told.contains("process limit met"), "{told}");
    assert!(told.contains("Read-only file system") && told.contains("mount: permission denied"), "{told}");
}

/// Each option, and each way in which a program ends.
const OPTIONS: &str = r#"
mkdir -p /data /out; echo kept > /data/file
run() { echo "-- $1"; shift; sandbox "$@" 2>&1; echo "= $?"; }
run files --rw /out --ro /data:/shown --ro /bin -- sh -c 'echo new > /out/made; cat /shown/file; echo x > /shown/file; ls /data /etc'
cat /out/made
run inside --ro /bin -- sh -c 'cat /proc/self/cgroup; cat /proc/rvos/counters; echo drain > /proc/rvos/control; cat /proc/rvos/blocked'
run cpu --cpu 20% --ro /bin -- sh -c 'i=0; while [ $i -lt 60000 ]; do i=$((i + 1)); done'
run fds --fds 24 --ro /bin -- sh -c 'i=0; f() { [ $1 = 0 ] || f $(($1 - 1)) < /dev/null; }; f 40'
run memory --mem 8M --ro /bin -- tail /dev/zero
run pids --pids 4 --ro /bin -- sh -c 'while true; do sleep 100 & done'
run net --no-net --ro /bin -- nc 10.0.2.2 80
run status --ro /bin -- sh -c 'exit 3'
( while ! pidof sleep > /dev/null; do usleep 20000; done; kill -KILL $(pidof sleep) ) &
run signal --ro /bin -- sleep 1000
run nothing -- no-such-program
run usage --mem
echo end
"#;

#[test]
fn each_option_holds_and_each_end_is_told() {
    if on_linux() {
        return;
    }
    let outcome = shell(OPTIONS).run().expect("the guest runs");
    let text = String::from_utf8_lossy(&outcome.stdout).replace('\r', "");
    let part = |name: &str| {
        let rest = text.split_once(&format!("-- {name}\n")).unwrap_or_else(|| panic!("no part {name}: {text}")).1;
        rest.split("\n-- ").next().unwrap_or_default().to_owned() + "\n"
    };
    let has = |name: &str, wanted: &[&str]| {
        let part = part(name);
        for want in wanted {
            assert!(part.contains(want), "{name}: no {want:?} in\n{part}");
        }
    };
    has(
        "files",
        &["kept\n", "can't create /shown/file: Read-only file system", "ls: /data: No such file", "ls: /etc: No", "new\n"],
    );
    has(
        "inside",
        &["0::/\n", "cat: read error: Operation not permitted", "write error: Operation not permitted", "pid tid name"],
    );
    assert!(!part("inside").contains("frames"), "{text}");
    has("cpu", &["exit status 0; held back in "]);
    has("fds", &["; descriptor limit met "]);
    has("memory", &["ended by SIGKILL; memory limit met, 1 killed, memory ", " KiB of 8M", "= 137\n"]);
    has("pids", &["can't fork", "; process limit met 1 times, ", "processes 4 of 4"]);
    has("net", &["Network is down"]);
    has("status", &["sandbox: exit status 3; memory ", "= 3\n"]);
    has("signal", &["sandbox: ended by SIGKILL; memory ", "= 137\n"]);
    has("nothing", &["sandbox: no-such-program is not in PATH\n= 125\n"]);
    has("usage", &["--mem needs a value\nusage: sandbox ", "= 125\n", "end"]);
}

/// Figures differ from run to run.
fn without_digits(line: &str) -> String {
    let mut out = String::new();
    for c in line.chars() {
        match c {
            '0'..='9' if out.ends_with('#') => {}
            '0'..='9' => out.push('#'),
            c => out.push(c),
        }
    }
    out
}

#[test]
fn what_the_readme_shows() {
    if on_linux() {
        return;
    }
    let tree = xtask::paths::tree();
    let readme = std::fs::read_to_string(tree.join("README.md")).expect("the README");
    let block = readme.split_once("## Holding a program in").expect("its part on sandbox").1;
    let block = block.split("```").nth(1).expect("a block of commands");
    let mut commands = 0;
    for shown in block.trim().split("$ ./x ").filter(|s| !s.is_empty()) {
        let (line, wanted) = shown.split_once('\n').expect("what it prints");
        // As it stands there, but for the door: `./x` builds what runs this.
        let program = tree.join("target/debug/xtask");
        let typed = format!("{} {line}", program.display());
        let outcome = std::process::Command::new("sh").args(["-c", &typed]).current_dir(&tree).output().expect("a shell");
        let told = [outcome.stdout, outcome.stderr].map(|b| String::from_utf8_lossy(&b).replace('\r', "")).concat();
        let lines: Vec<String> = told.lines().map(without_digits).collect();
        for want in wanted.lines() {
            assert!(lines.contains(&without_digits(want)), "{line}: no {want:?} in\n{told}");
        }
        commands += 1;
    }
    assert_eq!(commands, 3, "{block}");
}
