// getrandom(2), random(4): bytes that differ each time, of any length, also from the devices; flags; EINVAL, EFAULT.
// calls: getrandom
#include "../harness.h"
#include <sys/random.h>

static void differ(const unsigned char *a, const unsigned char *b, int n) {
    int bits = 0;
    for (int i = 0; i < n; i++) bits += __builtin_popcount(a[i] ^ b[i]);
    CHECK(bits > n * 3 && bits < n * 5);
}

int main(void) {
    static unsigned char a[4096], b[4096];
    CHECK_EQ(getrandom(a, sizeof a, 0), sizeof a);
    CHECK_EQ(getrandom(b, sizeof b, GRND_NONBLOCK), sizeof b);
    differ(a, b, sizeof a);
    CHECK_EQ(getrandom(a, 7, GRND_RANDOM), 7);
    CHECK_EQ(getrandom(a, 0, 0), 0);
    CHECK_EQ(read(OK(open("/dev/urandom", O_RDONLY)), a, sizeof a), sizeof a);
    CHECK_EQ(read(OK(open("/dev/random", O_RDONLY)), b, sizeof b), sizeof b);
    differ(a, b, sizeof a);
    IN_CHILD(CHECK_EQ(getrandom(a, 256, 0), 256); CHECK_EQ(getrandom(b, 256, 0), 256); differ(a, b, 256));
    CHECK_ERRNO(getrandom(a, 8, 0x80), EINVAL);
    CHECK_ERRNO(getrandom(a, 8, GRND_RANDOM | GRND_INSECURE), EINVAL);
    CHECK_ERRNO(getrandom(h_bad, 8, 0), EFAULT);
    return 0;
}
