// 10,000 channels, each queued in the next: closing the last releases all of them, one after the other (F35).
// calls: chan_create chan_send chan_recv
// timeout: 120
// only: rvos
// budget: channels:max memory:max fds:max
#include "../channel.h"

#define LINKS 10000

// Builds the chain and gives its only end that is still open.
static int chain(void) {
    int e[2], inner;
    ch_pair(e);
    OK(close(e[1]));
    inner = e[0];
    for (int i = 0; i < LINKS; i++) {
        ch_pair(e);
        OK(ch_send(e[0], "", 0, &inner, 1, 0));
        OK(close(e[0]));
        inner = e[1];
    }
    return inner;
}

int main(void) {
    int outer = chain();
    // The chain can be walked from outside.
    for (int i = 0; i < 10; i++) {
        int inner;
        OK(ch_recv(outer, NULL, 0, &inner, 1, 0, NULL));
        CHECK_ERRNO(ch_recv(outer, NULL, 0, &inner, 1, 0, NULL), EPIPE);
        OK(close(outer));
        outer = inner;
    }
    OK(close(outer));
    // And when the process goes that holds it.
    IN_CHILD(chain());
    return 0;
}
