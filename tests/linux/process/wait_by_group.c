// wait4(2): a pid below -1 waits for children of that process group only.
// calls: wait4 setpgid
#include "../harness.h"

int main(void) {
    pid_t a = h_fork();
    if (a == 0) h_sleep_ms(30), _exit(1);
    pid_t b = h_fork();
    if (b == 0) _exit(2);
    OK(setpgid(a, a));
    int status;
    CHECK_EQ(wait4(-a, &status, 0, NULL), a); // though b ended earlier
    CHECK_EQ(status, 1 << 8);
    CHECK_ERRNO(wait4(-a, &status, 0, NULL), ECHILD);
    CHECK_EQ(wait4(-getpgrp(), &status, 0, NULL), b);
    CHECK_EQ(status, 2 << 8);
    return 0;
}
