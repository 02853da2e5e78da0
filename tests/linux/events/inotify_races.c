// inotify(7): watches added, ended and closed while other threads make, rename, remove and use the files; each event that comes is well formed.
// calls: inotify_init1 inotify_add_watch inotify_rm_watch
// timeout: 60
#include "watch.h"

enum { ROUNDS = 300, NAMES = 4 };
static _Atomic int working, shared;

static void *change(void *arg) {
    char from[16], to[16];
    for (int i = 0; i < ROUNDS; i++) {
        snprintf(from, sizeof from, "d/%d", i % NAMES);
        snprintf(to, sizeof to, "d/%d", (i + 1) % NAMES);
        int f = open(from, O_RDWR | O_CREAT, 0600);
        if (f >= 0) {
            if (write(f, "x", 1) != 1) FAIL("write: errno %d", errno);
            close(f);
        }
        if (i % 3 == 0) rename(from, to);
        if (i % 5 == 0) unlink(to);
        if (i % 7 == 0) chmod(from, 0644);
    }
    working--;
    return arg;
}

static void *watch(void *arg) {
    char name[16];
    while (working > 0) {
        for (int i = 0; i < NAMES; i++) {
            snprintf(name, sizeof name, "d/%d", i);
            int wd = inotify_add_watch(shared, name, IN_ALL_EVENTS | (i % 2 ? IN_ONESHOT : 0));
            CHECK(wd > 0 || errno == ENOENT);
            if (wd > 0 && i == 2) CHECK(inotify_rm_watch(shared, wd) == 0 || errno == EINVAL);
        }
        int own = OK(inotify_init1(IN_NONBLOCK));
        OK(inotify_add_watch(own, "d", IN_ALL_EVENTS));
        CHECK(inotify_add_watch(own, "d/0", IN_ALL_EVENTS) > 0 || errno == ENOENT);
        w_cookie = 0;
        OK(close(own));
    }
    return arg;
}

int main(void) {
    h_scratch();
    OK(mkdir("d", 0700));
    shared = OK(inotify_init1(IN_NONBLOCK));
    OK(inotify_add_watch(shared, "d", IN_ALL_EVENTS));
    pthread_t threads[5];
    working = 3;
    for (int i = 0; i < 5; i++) CHECK_EQ(pthread_create(&threads[i], NULL, i < 3 ? change : watch, NULL), 0);
    while (working > 0) {
        static char room[1 << 14] __attribute__((aligned(8)));
        ssize_t n = read(shared, room, sizeof room);
        for (char *at = room; n > 0 && at < room + n;) {
            struct inotify_event *e = (void *)at;
            CHECK(e->wd > 0 || e->mask & IN_Q_OVERFLOW);
            CHECK(e->len <= 256);
            at += sizeof *e + e->len;
            CHECK(at <= room + n);
        }
    }
    for (int i = 0; i < 5; i++) CHECK_EQ(pthread_join(threads[i], NULL), 0);
    int wd = OK(inotify_add_watch(shared, "d", IN_CREATE));
    OK(inotify_rm_watch(shared, wd));
    CHECK_ERRNO(inotify_rm_watch(shared, wd), EINVAL);
    OK(close(shared));
    return 0;
}
