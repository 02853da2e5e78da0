// readahead(2): a file that can be read is fine; EBADF for one that cannot, EINVAL for a pipe.
// calls: readahead
#include "../harness.h"

int main(void) {
    h_scratch();
    h_write_file("file", "text");
    int ends[2];
    OK(readahead(OK(open("file", O_RDONLY)), 0, 4096));
    CHECK_ERRNO(readahead(OK(open("file", O_WRONLY)), 0, 4096), EBADF);
    CHECK_ERRNO(readahead(-1, 0, 4096), EBADF);
    OK(pipe(ends));
    CHECK_ERRNO(readahead(ends[0], 0, 4096), EINVAL);
    return 0;
}
