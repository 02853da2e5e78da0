//! `sandbox`: programs that try to eat the machine get no more than they were given, and a neighbour goes on.

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
