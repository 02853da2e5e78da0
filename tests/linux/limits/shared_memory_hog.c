// proc_sys_vm(5), overcommit: the same with shared memory. Linux may kill the wrong process, as the victim's shared memory is free late.
// calls: mmap
// timeout: 300
// only: rvos
// budget: none
#include "hog.h"

int main(void) {
    struct beside *beside = beside_start(1);
    check_end(hog(MAP_SHARED));
    beside_goes_on(beside);
    pid_t hogs[4];
    for (int i = 0; i < 4; i++) hogs[i] = hog(i % 2 ? MAP_SHARED : MAP_PRIVATE);
    for (int i = 0; i < 4; i++) check_end(hogs[i]);
    beside_goes_on(beside);
    beside_finish(beside);
    return 0;
}
