// fork(2): private memory is copied on write, in both directions and over generations; untouched and read-only pages too.
// calls: clone wait4
#include "../harness.h"

#define PAGES 64

static void expect(char *a, int value) {
    for (int i = 0; i < PAGES; i++) CHECK_EQ(a[i * PAGE], (char)(value + i));
}

static void fill(char *a, int value) {
    for (int i = 0; i < PAGES; i++) a[i * PAGE] = value + i;
}

int main(void) {
    int go[2], done[2];
    char *a = h_pages(PAGES);
    fill(a, 10);
    OK(pipe(go));
    OK(pipe(done));
    pid_t child = h_fork();
    if (child == 0) {
        h_await(go[0]);
        expect(a, 10); // the parent's writes are not seen
        fill(a, 50);
        IN_CHILD(expect(a, 50); fill(a, 90); expect(a, 90));
        expect(a, 50);
        h_signal(done[1]);
        h_await(go[0]);
        expect(a, 50);
        _exit(0);
    }
    fill(a, 30);
    h_signal(go[1]);
    h_await(done[0]);
    expect(a, 30);
    OK(mprotect(a, PAGES * PAGE, PROT_READ));
    IN_CHILD({
        expect(a, 30);
        OK(mprotect(a, PAGES * PAGE, PROT_READ | PROT_WRITE));
        fill(a, 70);
        expect(a, 70);
    });
    expect(a, 30);
    h_signal(go[1]);
    h_join(child);
    // The kernel's writes copy too.
    OK(mprotect(a, PAGES * PAGE, PROT_READ | PROT_WRITE));
    IN_CHILD(CHECK_EQ(read(OK(open("/dev/zero", O_RDONLY)), a, PAGES * PAGE), PAGES * PAGE));
    expect(a, 30);
    CHECK_ERRNO(waitpid(child, NULL, 0), ECHILD);
    return 0;
}
