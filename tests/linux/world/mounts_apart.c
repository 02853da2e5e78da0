// mount_namespaces(7): mounts of one's own begin as a copy; what is mounted there shows nowhere else, and goes with it. setns(2)
// enters them at their root. A bind can be read-only while its source is not; MS_REC brings what is below.
// calls: unshare setns mount umount2
#include "../harness.h"
#include <sys/mount.h>

int main(void) {
    h_scratch();
    OK(mkdir("a", 0755));
    OK(mkdir("b", 0755));
    h_write_file("a/file", "one");
    int outer = OK(open("/proc/self/ns/mnt", O_RDONLY));
    int pipes[2], back[2];
    OK(pipe(pipes));
    OK(pipe(back));
    pid_t pid = h_fork();
    if (pid == 0) {
        OK(unshare(CLONE_NEWNS));
        OK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
        struct stat here, there;
        OK(stat(".", &here));
        OK(stat(h_dir, &there)); // root and current directory are the same places
        CHECK_EQ(here.st_ino, there.st_ino);
        OK(mount("none", "a", "tmpfs", 0, NULL));
        h_write_file("a/inner", "two");
        OK(mkdir("a/below", 0755));
        OK(mount("none", "a/below", "tmpfs", 0, NULL));
        h_write_file("a/below/deep", "three");
        // A bind has what is mounted below only with MS_REC.
        OK(mount("a", "b", NULL, MS_BIND, NULL));
        CHECK_STR(h_read_file("b/inner"), "two");
        CHECK_ERRNO(access("b/below/deep", F_OK), ENOENT);
        OK(umount2("b", 0));
        OK(mount("a", "b", NULL, MS_BIND | MS_REC, NULL));
        CHECK_STR(h_read_file("b/below/deep"), "three");
        // The one view is read-only, the other is not.
        OK(mount("none", "b", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
        CHECK_ERRNO(open("b/inner", O_WRONLY), EROFS);
        CHECK_ERRNO(mkdir("b/new", 0755), EROFS);
        CHECK_ERRNO(unlink("b/inner"), EROFS);
        h_write_file("a/inner", "four");
        CHECK_STR(h_read_file("b/inner"), "four");
        CHECK_ERRNO(umount2("b", 0), EBUSY); // something is mounted on it
        OK(umount2("b/below", 0));
        OK(umount2("b", 0));
        h_signal(pipes[1]);
        h_await(back[0]);
        CHECK_EQ(chdir("/"), 0);
        OK(setns(outer, CLONE_NEWNS));
        CHECK_ERRNO(access("a/inner", F_OK), ENOENT);
        char path[PATH_MAX + 16];
        snprintf(path, sizeof path, "%s/a/file", h_dir);
        CHECK_STR(h_read_file(path), "one");
        _exit(0);
    }
    h_await(pipes[0]);
    CHECK_ERRNO(access("a/inner", F_OK), ENOENT);
    CHECK_STR(h_read_file("a/file"), "one");
    char path[PATH_MAX + 16];
    snprintf(path, sizeof path, "/proc/%d/ns/mnt", pid);
    int inner = OK(open(path, O_RDONLY));
    IN_CHILD({
        OK(setns(inner, 0));
        snprintf(path, sizeof path, "%s/a/inner", h_dir);
        CHECK_STR(h_read_file(path), "four");
        CHECK_STR(getcwd(path, sizeof path), "/");
    });
    // Threads that share the current directory would be moved along.
    snprintf(path, sizeof path, "/proc/%d/mounts", pid);
    CHECK(strstr(h_read_file(path), "/a/below "));
    CHECK(!strstr(h_read_file("/proc/self/mounts"), "/a/below "));
    h_signal(back[1]);
    h_join(pid);
    OK(close(inner));
    OK(rmdir("b"));
    return 0;
}
