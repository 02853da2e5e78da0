//! Services that process 1 looks after: started when somebody connects, and again after they were killed.

use boot_tests::guest;

const SCRIPT: &str = "ls /svc; calc 1 2 39; killall math; calc 20 22; calc x 2>/dev/null || echo refused; \
    dmesg | grep -o 'service math ended'";

#[test]
fn a_service_comes_when_it_is_called_and_comes_back() {
    let outcome = guest().smp(4).args(["sh", "-c", SCRIPT]).run().expect("boots");
    assert_eq!(String::from_utf8_lossy(&outcome.stdout), "math\n42\n42\nrefused\nservice math ended\n", "{:?}", outcome.trouble);
}
