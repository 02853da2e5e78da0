// A message that a receiver has no room for, in its buffers or its table, stays queued (F15).
// calls: chan_create chan_recv chan_send chan_call
// only: rvos
#include "../channel.h"

int main(void) {
    int e[2], fds[8], got[8];
    char text[8];
    ch_pair(e);
    struct rvos_chan_info info;
    for (int i = 0; i < 8; i++) fds[i] = OK(open("/dev/null", O_RDWR));
    OK(ch_send(e[0], "first", 5, fds, 8, 0));
    OK(ch_send(e[0], "second", 6, NULL, 0, 0));
    CHECK_ERRNO(ch_recv(e[1], text, 4, got, 8, 0, &info), EMSGSIZE);
    CHECK(info.bytes_len == 5 && info.fds_len == 8);
    CHECK_ERRNO(ch_recv(e[1], text, 8, got, 7, 0, &info), EMSGSIZE);
    CHECK_ERRNO(ch_recv(e[1], text, 8, h_bad, 8, 0, NULL), EFAULT);
    CHECK_ERRNO(read(e[1], text, 8), EMSGSIZE);
    // Every limit that leaves fewer than eight numbers.
    struct rlimit old;
    OK(getrlimit(RLIMIT_NOFILE, &old));
    int used = h_open_fds();
    for (int room = 0; room < 8; room++) {
        struct rlimit now = {used + room, old.rlim_max};
        // All numbers below are in use but for those that the eight left free.
        int filler[64], count = 0;
        OK(setrlimit(RLIMIT_NOFILE, &now));
        while (count < 64 && (filler[count] = open("/dev/null", O_RDWR)) >= 0) count++;
        for (int i = 0; i < room && count > 0; i++) OK(close(filler[--count]));
        CHECK_ERRNO(ch_recv(e[1], text, 8, got, 8, 0, NULL), EMFILE);
        CHECK_EQ(h_open_fds(), used + count);
        while (count > 0) OK(close(filler[--count]));
        OK(setrlimit(RLIMIT_NOFILE, &old));
    }
    // A caller without room for the reply does not ask.
    struct rlimit now = {used, old.rlim_max};
    OK(setrlimit(RLIMIT_NOFILE, &now));
    int filler[64], count = 0;
    while (count < 64 && (filler[count] = open("/dev/null", O_RDWR)) >= 0) count++;
    struct rvos_chan_call args = {.part = ch_part("ask", 3, NULL, 0), .room = ch_room(text, 8, got, 2)};
    CHECK_ERRNO(rvos_chan_call(e[0], &args, sizeof args), EMFILE);
    while (count > 0) OK(close(filler[--count]));
    OK(setrlimit(RLIMIT_NOFILE, &old));
    CHECK_EQ(ch_recv(e[1], text, 8, got, 8, 0, &info), 5);
    CHECK(!memcmp(text, "first", 5) && info.fds_len == 8);
    for (int i = 0; i < 8; i++) OK(close(got[i]));
    CHECK_EQ(ch_recv(e[1], text, 8, NULL, 0, 0, NULL), 6);
    OK(close(e[0]));
    OK(close(e[1]));
    return 0;
}
