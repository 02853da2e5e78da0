// lseek(2), SEEK_DATA and SEEK_HOLE: data is found at or before where it lies, a hole at the end at the latest, ENXIO beyond.
// calls: lseek pwrite64
#include "../harness.h"

int main(void) {
    h_scratch();
    int fd = OK(open("file", O_RDWR | O_CREAT, 0600));
    const off_t data = 64 * PAGE;
    CHECK_EQ(pwrite(fd, "data", 4, data), 4);
    off_t found = OK(lseek(fd, 0, SEEK_DATA));
    CHECK(found <= data); // a file system may report no holes
    CHECK_EQ(lseek(fd, data, SEEK_DATA), data);
    off_t hole = OK(lseek(fd, data, SEEK_HOLE));
    CHECK(hole == data + 4 || hole == data + (off_t)PAGE);
    CHECK_ERRNO(lseek(fd, data + 4, SEEK_DATA), ENXIO);
    CHECK_ERRNO(lseek(fd, data + 4, SEEK_HOLE), ENXIO);
    CHECK_ERRNO(lseek(fd, -1, SEEK_DATA), ENXIO);
    if (found == data) CHECK_EQ(lseek(fd, 0, SEEK_HOLE), 0);
    return 0;
}
