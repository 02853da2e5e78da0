// process_vm_readv(2): reads and writes another process's memory; EFAULT for what is not there, ESRCH, EPERM, EINVAL.
// calls: process_vm_readv process_vm_writev
#include "../harness.h"

int main(void) {
    static char remote[64] = "in the child";
    int ready[2], go[2];
    OK(pipe(ready));
    OK(pipe(go));
    pid_t child = h_fork();
    if (child == 0) {
        strcpy(remote, "changed there");
        h_signal(ready[1]);
        h_await(go[0]);
        CHECK_STR(remote, "CHANGED there");
        _exit(0);
    }
    h_await(ready[0]);
    char local[64] = "";
    struct iovec here = {local, 13}, there = {remote, 13};
    CHECK_EQ(process_vm_readv(child, &here, 1, &there, 1, 0), 13);
    CHECK_STR(local, "changed there");
    CHECK_STR(remote, "in the child");
    struct iovec text = {"CHANGED", 7};
    CHECK_EQ(process_vm_writev(child, &text, 1, &there, 1, 0), 7);
    h_signal(go[1]);
    siginfo_t info;
    OK(waitid(P_PID, child, &info, WEXITED | WNOWAIT));
    h_join(child);
    there.iov_base = h_bad;
    CHECK_ERRNO(process_vm_readv(getpid(), &here, 1, &there, 1, 0), EFAULT);
    CHECK_ERRNO(process_vm_readv(1 << 30, &here, 1, &there, 1, 0), ESRCH);
    CHECK_ERRNO(process_vm_readv(getpid(), &here, 1, &there, 1, 1), EINVAL);
    IN_CHILD({
        h_drop_to(1000);
        there.iov_base = remote;
        CHECK_ERRNO(process_vm_readv(getppid(), &here, 1, &there, 1, 0), EPERM);
    });
    return 0;
}
