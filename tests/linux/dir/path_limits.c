// path_resolution(7): a name has up to 255 bytes, a path up to 4095; longer is ENAMETOOLONG; an empty path is ENOENT.
// calls: openat newfstatat
#include "../harness.h"

int main(void) {
    h_scratch();
    char name[258];
    memset(name, 'n', sizeof name);
    name[255] = 0;
    h_write_file(name, "long");
    CHECK_STR(h_read_file(name), "long");
    name[255] = 'n', name[256] = 0;
    CHECK_ERRNO(open(name, O_RDONLY), ENAMETOOLONG);
    CHECK_ERRNO(open(name, O_RDWR | O_CREAT, 0600), ENAMETOOLONG);
    CHECK_ERRNO(mkdir(name, 0700), ENAMETOOLONG);
    static char path[5000];
    memset(path, '/', sizeof path);
    path[4096 - 3] = '.', path[4095] = 0;
    struct stat st;
    OK(stat(path, &st));
    path[4095] = '/', path[4096] = 0;
    CHECK_ERRNO(stat(path, &st), ENAMETOOLONG);
    CHECK_ERRNO(open("", O_RDONLY), ENOENT);
    CHECK_ERRNO(stat("", &st), ENOENT);
    CHECK_ERRNO(open(h_bad, O_RDONLY), EFAULT);
    // A name that ends exactly at the end of mapped memory is fine, an unterminated one there is EFAULT.
    char *pages = h_pages(2);
    OK(munmap(pages + PAGE, PAGE));
    strcpy(pages + PAGE - 2, ".");
    OK(stat(pages + PAGE - 2, &st));
    pages[PAGE - 1] = '.';
    CHECK_ERRNO(stat(pages + PAGE - 2, &st), EFAULT);
    return 0;
}
