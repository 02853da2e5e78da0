// proc_sys_vm(5), overcommit: a process that writes to more memory than there is gets killed, alone or with others like it; a program
// beside it goes on.
// calls: mmap
// timeout: 300
// budget: none
#include "hog.h"

int main(void) {
    struct beside *beside = beside_start(1);
    check_end(hog(MAP_PRIVATE));
    beside_goes_on(beside);
    pid_t hogs[4];
    for (int i = 0; i < 4; i++) hogs[i] = hog(MAP_PRIVATE);
    // One or several end; those that are left get the room, and end as well.
    for (int i = 0; i < 4; i++) check_end(hogs[i]);
    beside_goes_on(beside);
    beside_finish(beside);
    return 0;
}
