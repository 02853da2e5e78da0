// Creating a channel makes both descriptors or none, with the limit of descriptors at every value (F9).
// calls: chan_create
// only: rvos
#include "../channel.h"

static int open_below(int limit) {
    int count = 0;
    for (int fd = 0; fd < limit; fd++) count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

int main(void) {
    struct rlimit old;
    OK(getrlimit(RLIMIT_NOFILE, &old));
    int before = open_below(128), ends[2];
    for (int limit = 0; limit < 40; limit++) {
        struct rlimit now = {limit, old.rlim_max};
        OK(setrlimit(RLIMIT_NOFILE, &now));
        int free_numbers = limit - open_below(limit);
        ends[0] = ends[1] = -7;
        if (free_numbers < 2) {
            CHECK_ERRNO(rvos_chan_create(ends, NULL, 0), EMFILE);
            CHECK(ends[0] == -7 && ends[1] == -7);
        } else {
            OK(rvos_chan_create(ends, NULL, 0));
            CHECK(ends[0] != ends[1]);
            OK(close(ends[0]));
            OK(close(ends[1]));
        }
        CHECK_EQ(open_below(128), before);
    }
    OK(setrlimit(RLIMIT_NOFILE, &old));
    CHECK_ERRNO(rvos_chan_create(h_bad, NULL, 0), EFAULT);
    CHECK_EQ(open_below(128), before);
    return 0;
}
