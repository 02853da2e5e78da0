// getdents64(2), seekdir(3): d_off is where reading goes on; offset 0 starts again and shows what was made since.
// calls: getdents64 lseek
#include "../harness.h"

int main(void) {
    h_scratch();
    char name[32], rest[64][32];
    for (int i = 0; i < 50; i++) {
        snprintf(name, sizeof name, "f%d", i);
        h_write_file(name, "");
    }
    DIR *d = opendir(".");
    CHECK(d);
    for (int i = 0; i < 20; i++) CHECK(readdir(d));
    long middle = telldir(d);
    int count = 0;
    struct dirent *e;
    while ((e = readdir(d))) strcpy(rest[count++], e->d_name);
    CHECK_EQ(count, 32);
    seekdir(d, middle);
    for (int i = 0; i < count; i++) {
        e = readdir(d);
        CHECK(e);
        CHECK_STR(e->d_name, rest[i]);
    }
    CHECK(!readdir(d));
    h_write_file("new", "");
    rewinddir(d);
    int found = 0, all = 0;
    while ((e = readdir(d))) all++, found += strcmp(e->d_name, "new") == 0;
    CHECK_EQ(found, 1);
    CHECK_EQ(all, 53);
    CHECK_ERRNO(lseek(dirfd(d), -1, SEEK_SET), EINVAL);
    closedir(d);
    return 0;
}
