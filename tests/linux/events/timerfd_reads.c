// timerfd_create(2): once, periodic with expiries counted, absolute, disarmed; blocking, O_NONBLOCK, poll; gettime, fdinfo; EINVAL, EAGAIN, EBADF, EFAULT.
// calls: timerfd_create timerfd_settime timerfd_gettime
#include "../harness.h"
#include <sys/timerfd.h>

#define MS 1000000L

static int readable(int fd) {
    struct pollfd p = {fd, POLLIN | POLLRDNORM | POLLOUT, 0};
    OK(poll(&p, 1, 0));
    return p.revents;
}

static void errors(int fd) {
    struct itimerspec set = {.it_value = {0, MS}};
    uint64_t n;
    CHECK_ERRNO(timerfd_create(CLOCK_MONOTONIC, 1), EINVAL);
    CHECK_ERRNO(timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0), EINVAL);
    CHECK_ERRNO(timerfd_create(CLOCK_MONOTONIC_RAW, 0), EINVAL);
    CHECK_ERRNO(timerfd_settime(fd, 4, &set, NULL), EINVAL);
    set.it_value.tv_nsec = 1000000000;
    CHECK_ERRNO(timerfd_settime(fd, 0, &set, NULL), EINVAL);
    set.it_value = (struct timespec){-1, 0};
    CHECK_ERRNO(timerfd_settime(fd, 0, &set, NULL), EINVAL);
    set.it_value = (struct timespec){0, MS};
    set.it_interval.tv_nsec = -1;
    CHECK_ERRNO(timerfd_settime(fd, 0, &set, NULL), EINVAL);
    CHECK_ERRNO(timerfd_settime(fd, 0, h_bad, NULL), EFAULT);
    CHECK_ERRNO(timerfd_settime(-1, 0, h_bad, NULL), EFAULT);
    CHECK_ERRNO(timerfd_gettime(fd, h_bad), EFAULT);
    CHECK_ERRNO(timerfd_gettime(-1, &set), EBADF);
    CHECK_ERRNO(timerfd_gettime(0, &set), EINVAL);
    CHECK_ERRNO(write(fd, &n, 8), EINVAL);
    CHECK_ERRNO(read(fd, &n, 7), EINVAL);
    CHECK_ERRNO(pread(fd, &n, 8, 0), ESPIPE);
    CHECK_EQ(lseek(fd, 5, SEEK_SET), 0);
}

int main(void) {
    uint64_t n = 77, room[8];
    struct itimerspec set = {.it_value = {0, 20 * MS}}, now, old;
    int fd = OK(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    CHECK_EQ(fcntl(fd, F_GETFL), O_RDWR | O_NONBLOCK);
    OK(dup2(OK(open("/dev/null", O_RDONLY)), 0));
    errors(fd);
    CHECK_ERRNO(read(fd, &n, 8), EAGAIN);
    CHECK_EQ(readable(fd), 0);
    OK(timerfd_gettime(fd, &now));
    CHECK_EQ(now.it_value.tv_sec | now.it_value.tv_nsec | now.it_interval.tv_sec | now.it_interval.tv_nsec, 0);

    // Once.
    int64_t start = h_now_ns(CLOCK_MONOTONIC);
    OK(timerfd_settime(fd, 0, &set, NULL));
    OK(timerfd_gettime(fd, &now));
    CHECK(now.it_value.tv_nsec > 0 && now.it_value.tv_nsec <= 20 * MS && now.it_interval.tv_nsec == 0);
    struct pollfd wait = {fd, POLLIN, 0};
    CHECK_EQ(poll(&wait, 1, -1), 1);
    CHECK(h_now_ns(CLOCK_MONOTONIC) - start >= 20 * MS);
    CHECK_EQ(readable(fd), POLLIN);
    CHECK_ERRNO(read(fd, h_bad, 8), EFAULT);
    if (readable(fd)) { // a read that failed lost nothing, where it can be told
        CHECK_EQ(read(fd, room, 64), 8);
        CHECK_EQ(room[0], 1);
    }
    CHECK_ERRNO(read(fd, &n, 8), EAGAIN);
    OK(timerfd_gettime(fd, &now));
    CHECK_EQ(now.it_value.tv_sec | now.it_value.tv_nsec, 0);

    // Periodic: what nobody reads is counted; a blocking read.
    OK(fcntl(fd, F_SETFL, 0));
    set.it_value.tv_nsec = 1 * MS, set.it_interval.tv_nsec = 2 * MS;
    OK(timerfd_settime(fd, 0, &set, NULL));
    start = h_now_ns(CLOCK_MONOTONIC);
    CHECK_EQ(read(fd, &n, 8), 8);
    CHECK(n >= 1);
    uint64_t total = n;
    h_sleep_ms(21);
    CHECK_EQ(read(fd, &n, 8), 8);
    CHECK(n >= 10);
    total += n;
    int64_t passed = h_now_ns(CLOCK_MONOTONIC) - start;
    CHECK((int64_t)total <= 1 + passed / (2 * MS) + 1);
    OK(timerfd_gettime(fd, &now));
    CHECK(now.it_value.tv_nsec > 0 && now.it_value.tv_nsec <= 2 * MS);
    CHECK_EQ(now.it_interval.tv_nsec, 2 * MS);

    // A new setting forgets what expired, and tells the old one.
    h_sleep_ms(5);
    CHECK_EQ(readable(fd), POLLIN);
    set.it_value.tv_sec = 1000, set.it_interval.tv_nsec = 0;
    OK(timerfd_settime(fd, 0, &set, &old));
    CHECK_EQ(old.it_interval.tv_nsec, 2 * MS);
    CHECK_EQ(readable(fd), 0);
    set = (struct itimerspec){0};
    OK(timerfd_settime(fd, 0, &set, &old));
    CHECK(old.it_value.tv_sec == 1000 || old.it_value.tv_sec == 999);

    // A point in time, already past; a fork shares the timer.
    OK(clock_gettime(CLOCK_MONOTONIC, &set.it_value));
    OK(timerfd_settime(fd, TFD_TIMER_ABSTIME, &set, NULL));
    IN_CHILD({
        CHECK_EQ(read(fd, &n, 8), 8);
        CHECK_EQ(n, 1);
    });
    OK(fcntl(fd, F_SETFL, O_NONBLOCK));
    CHECK_ERRNO(read(fd, &n, 8), EAGAIN);

    char path[64], *info, link[64];
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    set = (struct itimerspec){.it_value = {1000, 0}, .it_interval = {3, 4}};
    OK(timerfd_settime(fd, 0, &set, NULL));
    info = h_read_file(path);
    CHECK(strstr(info, "clockid: 1\nticks: 0\nsettime flags: 00\nit_value: (999, ") && strstr(info, "it_interval: (3, 4)\n"));
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    CHECK_EQ(readlink(path, link, sizeof link), 20);
    CHECK(!memcmp(link, "anon_inode:[timerfd]", 20));
    OK(close(fd));

    // Many at once: each expires, in any order of setting.
    int many[20];
    for (int i = 0; i < 20; i++) {
        many[i] = OK(timerfd_create(i % 2 ? CLOCK_BOOTTIME : CLOCK_REALTIME, 0));
        set = (struct itimerspec){.it_value = {0, (20 - i) * MS}};
        OK(timerfd_settime(many[i], 0, &set, NULL));
    }
    for (int i = 0; i < 20; i++) {
        CHECK_EQ(read(many[i], &n, 8), 8);
        CHECK_EQ(n, 1);
    }
    return 0;
}
