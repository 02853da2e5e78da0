// What inotify tests share: a line for each event, compared as one text.
#pragma once
#include "../harness.h"
#include <sys/inotify.h>

static H_UNUSED const char *w_name(uint32_t bit) {
    switch (bit) {
    case IN_ACCESS: return "ACCESS";
    case IN_MODIFY: return "MODIFY";
    case IN_ATTRIB: return "ATTRIB";
    case IN_CLOSE_WRITE: return "CLOSE_WRITE";
    case IN_CLOSE_NOWRITE: return "CLOSE_NOWRITE";
    case IN_OPEN: return "OPEN";
    case IN_MOVED_FROM: return "MOVED_FROM";
    case IN_MOVED_TO: return "MOVED_TO";
    case IN_CREATE: return "CREATE";
    case IN_DELETE: return "DELETE";
    case IN_DELETE_SELF: return "DELETE_SELF";
    case IN_MOVE_SELF: return "MOVE_SELF";
    case IN_UNMOUNT: return "UNMOUNT";
    case IN_Q_OVERFLOW: return "Q_OVERFLOW";
    case IN_IGNORED: return "IGNORED";
    case IN_ISDIR: return "ISDIR";
    }
    return "?";
}

static uint32_t w_cookie; // of the last event

// Everything that is queued, as "wd:EVENT name " one after the other.
static H_UNUSED char *w_events(int fd) {
    static char text[65536], room[8192] __attribute__((aligned(8)));
    size_t used = 0;
    text[0] = 0;
    for (;;) {
        ssize_t n = read(fd, room, sizeof room);
        if (n < 0) {
            CHECK_EQ(errno, EAGAIN);
            break;
        }
        for (char *at = room; at < room + n;) {
            struct inotify_event *e = (struct inotify_event *)at;
            CHECK(e->len % sizeof *e == 0);
            used += snprintf(text + used, sizeof text - used, "%d:", e->wd);
            for (uint32_t bits = e->mask; bits; bits &= bits - 1)
                used += snprintf(text + used, sizeof text - used, "%s%s", bits == e->mask ? "" : "|", w_name(bits & -bits));
            used += snprintf(text + used, sizeof text - used, "%s%s ", e->len ? " " : "", e->len ? e->name : "");
            w_cookie = e->cookie;
            at += sizeof *e + e->len;
        }
    }
    return text;
}

#define W_CHECK(fd, want) CHECK_STR(w_events(fd), want)
