// personality(2): 0xffffffff asks without changing; a set value is inherited; ADDR_NO_RANDOMIZE makes exec repeatable.
// calls: personality
#include "../harness.h"
#include <sys/personality.h>

int main(int argc, char **argv) {
    if (argc > 1) {
        CHECK_EQ(personality(0xffffffff), ADDR_NO_RANDOMIZE);
        char line[32];
        int n = snprintf(line, sizeof line, "%p", (void *)&argc);
        CHECK_EQ(write(atoi(argv[1]), line, n), n);
        return 0;
    }
    CHECK_EQ(personality(0xffffffff), 0);
    CHECK_EQ(personality(ADDR_NO_RANDOMIZE), 0);
    CHECK_EQ(personality(0xffffffff), ADDR_NO_RANDOMIZE);
    char seen[2][32] = {"", ""}, number[12];
    int ends[2];
    OK(pipe(ends));
    snprintf(number, sizeof number, "%d", ends[1]);
    for (int i = 0; i < 2; i++) {
        IN_CHILD(execl("/proc/self/exe", "self", number, NULL); FAIL("exec"));
        OK(read(ends[0], seen[i], 31));
    }
    CHECK_STR(seen[0], seen[1]);
    CHECK_ERRNO(execl("/absent", "x", NULL), ENOENT);
    return 0;
}
