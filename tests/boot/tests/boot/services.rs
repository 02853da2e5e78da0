//! Services that process 1 looks after: started when somebody connects, and again after they ended; and services that misbehave.

use boot_tests::guest;
use xtask::guest::Outcome;

const SCRIPT: &str = "ls /svc; calc 1 2 39; killall math; calc 20 22; calc x 2>/dev/null || echo refused; \
    dmesg | grep -o 'service math ended'";

/// The manifest's entry for the service that is always there.
const MATH: &str = "[math]\nprogram = \"/lib/rvos/math\"\n";

fn with(manifest: &str, script: &str) -> Outcome {
    let guest = guest().smp(4).add_bytes(format!("{manifest}{MATH}"), "/etc/rvos/services.toml", 0o644);
    guest.args(["sh", "-c", script]).run().expect("boots")
}

fn stdout(outcome: &Outcome) -> String {
    String::from_utf8_lossy(&outcome.stdout).into_owned()
}

#[test]
fn a_service_comes_when_it_is_called_and_comes_back() {
    let outcome = guest().smp(4).args(["sh", "-c", SCRIPT]).run().expect("boots");
    assert_eq!(stdout(&outcome), "math\n42\n42\nrefused\nservice math ended\n", "{:?}", outcome.trouble);
}

/// One that ends at once, for whom a connection waits, is started again after rests that double. Meanwhile others work.
#[test]
fn a_service_that_crashes_rests() {
    let outcome = with(
        "[crash]\nprogram = \"/bin/false\"\n",
        "exec 3<>/svc/crash; sleep 3; calc 20 22; dmesg | grep -o 'service crash ended.*'",
    );
    let text = stdout(&outcome);
    let lines: Vec<&str> = text.lines().collect();
    let rests = [100, 200, 400, 800, 1600, 3200].map(|ms| format!("service crash ended, rests for {ms} ms"));
    let (first, seen) = lines.split_first().expect("something is printed");
    assert_eq!(*first, "42", "{text}");
    assert!(seen.len() >= 3 && seen.len() <= rests.len() && seen.iter().zip(&rests).all(|(seen, rest)| seen == rest), "{text}");
}

/// One that never accepts keeps its clients waiting, and nobody else; one that goes away into the background is ended
/// with all that it left; one that takes all memory is ended inside its budget; one whose program is not there is said.
#[test]
fn services_that_misbehave_harm_nobody() {
    let outcome = with(
        "[stuck]\nprogram = \"/bin/sleep\"\narguments = [\"1000\"]\n\
         [away]\nprogram = \"/bin/sh\"\narguments = [\"-c\", \"sleep 1000 & echo $! >>/tmp/away; exit 0\"]\n\
         [eater]\nprogram = \"/bin/tail\"\narguments = [\"/dev/zero\"]\nmemory = \"8M\"\n\
         [nobody]\nprogram = \"/bin/no-such\"\n",
        "exec 3<>/svc/stuck; exec 4<>/svc/away; exec 5<>/svc/eater; exec 6<>/svc/nobody; \
         said() { until dmesg | grep -q \"$1\"; do sleep 0.1; done; echo \"$1\"; }; \
         timeout 1 cat <&3; echo $?; \
         said 'service away ended'; exec 4>&-; said 'service eater ended'; exec 5>&-; said 'no-such: No such file'; exec 6>&-; \
         sleep 1; for pid in $(cat /tmp/away); do [ -e /proc/$pid ] && echo $pid is left; done; calc 20 22; pidof sleep | wc -w",
    );
    let wanted = "143\nservice away ended\nservice eater ended\nno-such: No such file\n42\n1\n";
    assert_eq!(stdout(&outcome), wanted, "{:?} {}", outcome.trouble, String::from_utf8_lossy(&outcome.stderr));
}

/// What is needed comes up first, and goes last; services stay for clients that do something on their way out.
#[test]
fn services_start_and_stop_in_order() {
    const STOPS: &str = "trap \\\"echo $0 stops >/dev/console; exit\\\" TERM; while :; do sleep 1000 & wait; done";
    let service = |name: &str, more: &str| {
        format!("[{name}]\nprogram = \"/bin/sh\"\narguments = [\"-c\", \"{STOPS}\", \"{name}\"]\n{more}")
    };
    let manifest =
        [service("front", "needs = [\"middle\", \"back\"]\n"), service("back", ""), service("middle", "needs = [\"back\"]\n")];
    let outcome = with(
        &manifest.concat(),
        "exec 3<>/svc/front; until dmesg | grep -q 'service front started'; do sleep 0.1; done; \
         dmesg | grep -o 'service .* started'; \
         sh -c 'trap \"calc 20 22 >/dev/console; exit\" TERM; echo ready; while :; do sleep 1000 & wait; done' & sleep 1",
    );
    assert_eq!(
        stdout(&outcome),
        "service back started\nservice middle started\nservice front started\nready\n",
        "{:?}",
        outcome.trouble
    );
    let console = String::from_utf8_lossy(&outcome.console).into_owned();
    let places: Vec<Option<usize>> =
        ["42", "front stops", "middle stops", "back stops"].iter().map(|l| console.find(l)).collect();
    assert!(places.is_sorted() && places[0].is_some(), "{console}");
}

/// A manifest that cannot be read is said with its line, and the machine works without services.
#[test]
fn a_wrong_manifest_is_said() {
    let outcome = with("[a]\nprogram = \"/a\"\nneeds = [\"nobody\"]\n", "ls /svc; dmesg | grep -o 'services.toml: .*'");
    assert_eq!(stdout(&outcome), "services.toml: line 3: service a needs nobody, which is not in the manifest\n");
}
