// execve(2), interpreter scripts: #! with one optional argument, then the path and the arguments; nested; ENOEXEC, ENOENT, ELOOP.
// calls: execve
#include "../harness.h"

static void script(const char *name, const char *text) {
    h_write_file(name, text);
    OK(chmod(name, 0755));
}

int main(int argc, char **argv) {
    if (argc > 1 && !strcmp(argv[1], "one two")) { // argument of the #! line is one string
        CHECK_EQ(argc, 4);
        CHECK(strstr(argv[2], "script"));
        CHECK_STR(argv[3], "arg");
        return 11;
    }
    if (argc > 1 && strstr(argv[1], "plain")) {
        CHECK_EQ(argc, 3);
        return 12;
    }
    h_scratch();
    char self[PATH_MAX] = "", text[PATH_MAX + 64];
    OK(readlink("/proc/self/exe", self, sizeof self - 1));
    snprintf(text, sizeof text, "#!  %s one two \nbody\n", self);
    script("script", text);
    snprintf(text, sizeof text, "#!%s\n", self);
    script("plain", text);
    snprintf(text, sizeof text, "#!%s/plain\n", h_dir);
    script("nested", text);
    script("loop", "#!./loop\n");
    script("gone", "#!/absent/interpreter\n");
    script("empty", "");
    script("text", "just text\n");
    const char *names[] = {"./script", "./plain", "./nested"};
    int codes[] = {11, 12, 1};
    for (int i = 0; i < 2; i++) {
        pid_t child = h_fork();
        if (child == 0) execl(names[i], "zero", "arg", NULL), _exit(90);
        CHECK_EQ(h_wait(child), codes[i] << 8);
    }
    char *args[] = {"x", NULL};
    CHECK_ERRNO(execve("./loop", args, environ), ELOOP);
    CHECK_ERRNO(execve("./gone", args, environ), ENOENT);
    CHECK_ERRNO(execve("./empty", args, environ), ENOEXEC);
    CHECK_ERRNO(execve("./text", args, environ), ENOEXEC);
    return 0;
}
