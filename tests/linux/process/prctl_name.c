// prctl(2), PR_SET_NAME: up to 15 bytes, cut; shown by proc(5) comm and stat; inherited by fork, replaced by exec.
// calls: prctl
#include "../harness.h"

int main(int argc, char **argv) {
    char name[17] = "";
    if (argc > 1) {
        OK(prctl(PR_GET_NAME, name));
        CHECK_STR(name, argv[1]);
        return 0;
    }
    OK(prctl(PR_SET_NAME, "a-name-that-is-too-long"));
    OK(prctl(PR_GET_NAME, name));
    CHECK_STR(name, "a-name-that-is-");
    CHECK_STR(h_read_file("/proc/self/comm"), "a-name-that-is-\n");
    CHECK(strstr(h_read_file("/proc/self/stat"), " (a-name-that-is-) "));
    IN_CHILD({
        OK(prctl(PR_GET_NAME, name));
        CHECK_STR(name, "a-name-that-is-");
    });
    OK(prctl(PR_SET_NAME, "short"));
    OK(prctl(PR_GET_NAME, name));
    CHECK_STR(name, "short");
    h_scratch();
    OK(symlink("/proc/self/exe", "link"));
    IN_CHILD(execl("./link", "argv0", "link", NULL); FAIL("exec"));
    CHECK_ERRNO(prctl(PR_SET_NAME, h_bad), EFAULT);
    CHECK_ERRNO(prctl(9999, 0, 0, 0, 0), EINVAL);
    return 0;
}
