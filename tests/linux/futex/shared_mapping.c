// futex(2): a futex in a shared mapping is the same one for every process and address; a private one belongs to the process.
// calls: futex
#include "../harness.h"
#include <linux/futex.h>

int main(void) {
    h_scratch();
    int fd = OK(open("file", O_RDWR | O_CREAT, 0600));
    OK(ftruncate(fd, 2 * PAGE));
    int *a = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK(a != MAP_FAILED);
    int *word = a + PAGE / 4 + 3;
    pid_t child = h_fork();
    if (child == 0) {
        // Mapped anew, elsewhere and at another offset.
        int *own = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, OK(open("file", O_RDWR)), PAGE);
        CHECK(own != MAP_FAILED);
        CHECK(own + 3 != word);
        OK(syscall(SYS_futex, own + 3, FUTEX_WAIT, 0, NULL, NULL, 0));
        _exit(0);
    }
    h_until_asleep(child, 0);
    CHECK_EQ(syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0), 0);
    CHECK_EQ(syscall(SYS_futex, a + 3, FUTEX_WAKE, 9, NULL, NULL, 0), 0);
    int woken = 0;
    for (int i = 0; i < 2000 && woken == 0; i++) {
        woken = OK(syscall(SYS_futex, word, FUTEX_WAKE, 9, NULL, NULL, 0));
        if (!woken) h_sleep_ms(1);
    }
    CHECK_EQ(woken, 1);
    h_join(child);
    CHECK_ERRNO(syscall(SYS_futex, word, FUTEX_WAIT, 7, NULL, NULL, 0), EAGAIN);
    return 0;
}
