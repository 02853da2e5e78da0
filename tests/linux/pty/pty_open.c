// pts(4), ioctl_tty(2): a master makes a slave with a number and a name; lock, peer, other instances.
// calls: openat ioctl mount
#include "pty.h"
#include <sched.h>
#include <sys/mount.h>

static void check_pair(void) {
    int locked = -1, master = OK(open("/dev/ptmx", O_RDWR | O_NOCTTY)), n = pt_number(master);
    unsigned device = 0;
    char path[64], link[64] = "", line[32];
    OK(ioctl(master, TIOCGPTLCK, &locked));
    CHECK_EQ(locked, 1);
    CHECK_ERRNO(open(pt_name(master), O_RDWR | O_NOCTTY), EIO);
    CHECK_ERRNO(ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY), EIO);
    locked = 0;
    OK(ioctl(master, TIOCSPTLCK, &locked));
    OK(ioctl(master, TIOCGPTLCK, &locked));
    CHECK_EQ(locked, 0);
    CHECK_EQ(isatty(master), 1);
    int slave = pt_slave(master, 0), peer = OK(ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
    CHECK_EQ(isatty(slave), 1);
    CHECK_EQ(fcntl(peer, F_GETFD), FD_CLOEXEC);
    CHECK_STR(ttyname(slave), pt_name(master));
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", i ? peer : slave);
        memset(link, 0, sizeof link);
        OK(readlink(path, link, sizeof link - 1));
        CHECK_STR(link, pt_name(master));
    }
    struct stat s;
    OK(fstat(peer, &s));
    CHECK(S_ISCHR(s.st_mode));
    CHECK_EQ(s.st_rdev, makedev(136, n));
    CHECK_EQ(s.st_uid, geteuid());
    CHECK_EQ(s.st_ino, n + 3);
    OK(ioctl(slave, TIOCGDEV, &device));
    CHECK_EQ(device, (unsigned)s.st_rdev);
    OK(ioctl(master, TIOCGDEV, &device));
    CHECK_EQ(device, (unsigned)s.st_rdev);
    CHECK_ERRNO(ioctl(slave, TIOCGPTN, &n), ENOTTY);
    CHECK_ERRNO(ioctl(slave, TIOCSPTLCK, &locked), ENOTTY);
    CHECK_ERRNO(ioctl(slave, TIOCGPTPEER, O_RDWR), EIO);
    CHECK_ERRNO(ioctl(master, TIOCGPTN, h_bad), EFAULT);
    CHECK_ERRNO(ioctl(master, TIOCSPTLCK, h_bad), EFAULT);
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", master);
    snprintf(line, sizeof line, "tty-index:\t%d\n", n);
    CHECK(strstr(h_read_file(path), line) != NULL);
    pt_put(slave, "out\n");
    pt_get(master, "out\r\n");
    pt_put(master, "in\n");
    pt_get(peer, "in\n");
    pt_get(master, "in\r\n");
    int other = pt_open(0);
    CHECK(pt_number(other) != n);
    OK(close(other));
    OK(close(master));
    snprintf(path, sizeof path, "/dev/pts/%d", n);
    CHECK_ERRNO(open(path, O_RDWR | O_NOCTTY), ENOENT);
    OK(close(slave));
    OK(close(peer));
}

// The directory lists what there is, and changes only by masters.
static void check_directory(void) {
    int master = pt_open(0), found = 0;
    struct statfs f;
    OK(statfs("/dev/pts", &f));
    CHECK_EQ(f.f_type, 0x1cd1);
    char name[16];
    snprintf(name, sizeof name, "%d", pt_number(master));
    DIR *dir = opendir("/dev/pts");
    CHECK(dir != NULL);
    for (struct dirent *e; (e = readdir(dir));) found += !strcmp(e->d_name, name) || !strcmp(e->d_name, "ptmx");
    OK(closedir(dir));
    CHECK_EQ(found, 2);
    CHECK_ERRNO(unlink(pt_name(master)), EPERM);
    CHECK_ERRNO(mkdir("/dev/pts/new", 0700), EPERM);
    CHECK_ERRNO(rename(pt_name(master), "/dev/pts/new"), EPERM);
    OK(chmod(pt_name(master), 0612));
    struct stat s;
    OK(stat(pt_name(master), &s));
    CHECK_EQ(s.st_mode & 07777, 0612);
    OK(close(master));
}

// Each mount is an instance of its own, and a device 5:2 belongs to what is mounted beside it.
static void check_instances(void) {
    OK(unshare(CLONE_NEWNS));
    OK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
    OK(mount("tmpfs", h_dir, "tmpfs", 0, NULL));
    OK(chdir(h_dir));
    OK(mknod("ptmx", S_IFCHR | 0666, makedev(5, 2)));
    CHECK_ERRNO(open("ptmx", O_RDWR | O_NOCTTY), ENOENT);
    OK(mkdir("pts", 0755));
    CHECK_ERRNO(open("ptmx", O_RDWR | O_NOCTTY), ENODEV);
    CHECK_ERRNO(mount("devpts", "pts", "devpts", 0, "nonsense=1"), EINVAL);
    OK(mount("devpts", "pts", "devpts", 0, "mode=604,ptmxmode=640,gid=7,max=2"));
    struct stat s;
    OK(stat("pts/ptmx", &s));
    CHECK_EQ(s.st_mode, S_IFCHR | 0640);
    CHECK_EQ(s.st_rdev, makedev(5, 2));
    int a = OK(open("pts/ptmx", O_RDWR | O_NOCTTY)), b = OK(open("ptmx", O_RDWR | O_NOCTTY));
    CHECK_EQ(pt_number(a), 0);
    CHECK_EQ(pt_number(b), 1);
    CHECK_ERRNO(open("ptmx", O_RDWR | O_NOCTTY), ENOSPC);
    OK(stat("pts/1", &s));
    CHECK_EQ(s.st_mode, S_IFCHR | 0604);
    CHECK_EQ(s.st_gid, 7);
    CHECK_EQ(s.st_rdev, makedev(136, 1));
    OK(close(a));
    CHECK_ERRNO(stat("pts/0", &s), ENOENT);
    int locked = 0;
    OK(ioctl(b, TIOCSPTLCK, &locked));
    int slave = OK(open("pts/1", O_RDWR | O_NOCTTY));
    CHECK_EQ(isatty(slave), 1);
    OK(umount2("pts", MNT_DETACH));
    pt_put(slave, "x");
    pt_get(b, "x");
    CHECK_ERRNO(ioctl(b, TIOCGPTPEER, O_RDWR | O_NOCTTY), ENODEV);
    OK(close(b));
    OK(close(slave));
    OK(chdir("/"));
    OK(umount2(h_dir, MNT_DETACH));
}

int main(void) {
    h_scratch();
    check_pair();
    check_directory();
    IN_CHILD(check_instances());
    return 0;
}
