// inotify(7): max_queued_events (IN_Q_OVERFLOW, once), max_user_instances (EMFILE) and max_user_watches in /proc/sys/fs/inotify.
// calls: inotify_init1 inotify_add_watch
// timeout: 60
#include "watch.h"

static long setting(const char *name) {
    char path[64];
    snprintf(path, sizeof path, "/proc/sys/fs/inotify/%s", name);
    return atol(h_read_file(path));
}

int main(void) {
    long events = setting("max_queued_events"), instances = setting("max_user_instances");
    CHECK(events >= 1000 && events <= 100000);
    CHECK(instances >= 16 && instances <= 100000);
    CHECK(setting("max_user_watches") >= 1000);
    h_scratch();
    h_write_file("f", "f");
    int fd = OK(inotify_init1(IN_NONBLOCK));
    OK(inotify_add_watch(fd, "f", IN_OPEN | IN_CLOSE));
    for (long i = 0; i < events / 2 + 10; i++) OK(close(OK(open("f", O_RDONLY))));
    long n = 0, lost = 0;
    static char room[1 << 16] __attribute__((aligned(8)));
    for (;;) {
        ssize_t got = read(fd, room, sizeof room);
        if (got < 0) break;
        for (char *at = room; at < room + got; at += sizeof(struct inotify_event)) {
            struct inotify_event *e = (void *)at;
            CHECK_EQ(e->len, 0);
            if (e->mask & IN_Q_OVERFLOW) {
                CHECK_EQ(e->wd, -1);
                CHECK_EQ(n, events);
                lost++;
            } else {
                n++;
            }
        }
    }
    CHECK_EQ(n, events);
    CHECK_EQ(lost, 1);
    OK(close(OK(open("f", O_RDONLY))));
    W_CHECK(fd, "1:OPEN 1:CLOSE_NOWRITE ");

    IN_CHILD({
        struct rlimit many = {2048, 2048};
        setrlimit(RLIMIT_NOFILE, &many);
        if (geteuid() == 0) h_drop_to(4711);
        long made = 0;
        while (inotify_init1(0) >= 0) made++;
        CHECK_EQ(errno, EMFILE);
        CHECK(made <= instances && (made >= 1000 || made >= instances - 1));
    });
    return 0;
}
