// execve(2): EACCES without x bit, for a directory and without search permission; ENOENT, ENOTDIR, ENOEXEC for a damaged ELF file.
// calls: execve
#include "../harness.h"

int main(void) {
    h_scratch();
    OK(chmod(h_dir, 0755));
    char *args[] = {"x", NULL};
    h_write_file("file", "#!/bin/sh\n");
    CHECK_ERRNO(execve("file", args, environ), EACCES);
    CHECK_ERRNO(execve(".", args, environ), EACCES);
    CHECK_ERRNO(execve("absent", args, environ), ENOENT);
    CHECK_ERRNO(execve("", args, environ), ENOENT);
    CHECK_ERRNO(execve("file/x", args, environ), ENOTDIR);
    h_write_file("elf", "\177ELF\2\1\1");
    OK(chmod("elf", 0755));
    CHECK_ERRNO(execve("elf", args, environ), ENOEXEC);
    OK(mkdir("closed", 0700));
    h_write_file("closed/file", "");
    OK(chmod("closed/file", 0755));
    OK(mkfifo("fifo", 0755));
    CHECK_ERRNO(execve("fifo", args, environ), EACCES);
    IN_CHILD({
        h_drop_to(1000);
        CHECK_ERRNO(execve("closed/file", args, environ), EACCES);
        CHECK_ERRNO(execve("elf", args, environ), ENOEXEC);
    });
    return 0;
}
