// execve(2), elf(5): a program whose headers are damaged is refused with an error, or runs and ends somehow.
// calls: execve
// timeout: 120
#include "fuzz.h"
#include <elf.h>
#include <sys/wait.h>

// exit(7), with two segments, a stack header and an interpreter that is left out at first.
static struct {
    Elf64_Ehdr head;
    Elf64_Phdr rows[4];
    uint32_t code[4];
    char interpreter[16];
} image;

static void compose(void) {
    memset(&image, 0, sizeof image);
    memcpy(image.head.e_ident, ELFMAG "\2\1\1", 7);
    image.head.e_type = ET_EXEC;
    image.head.e_machine = EM_RISCV;
    image.head.e_version = 1;
    image.head.e_entry = 0x10000 + offsetof(__typeof__(image), code);
    image.head.e_phoff = offsetof(__typeof__(image), rows);
    image.head.e_ehsize = sizeof image.head;
    image.head.e_phentsize = sizeof *image.rows;
    image.head.e_phnum = 3;
    image.rows[0] = (Elf64_Phdr){PT_LOAD, PF_R | PF_X, 0, 0x10000, 0x10000, sizeof image, sizeof image, PAGE};
    image.rows[1] = (Elf64_Phdr){PT_LOAD, PF_R | PF_W, 0, 0x20000, 0x20000, 100, 3 * PAGE, PAGE};
    image.rows[2] = (Elf64_Phdr){PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0, 0, 16};
    image.rows[3] = (Elf64_Phdr){PT_INTERP, PF_R, offsetof(__typeof__(image), interpreter), 0, 0, 16, 16, 1};
    static const uint32_t code[] = {0x00700513, 0x05d00893, 0x00000073, 0x00000000}; // li a0, 7; li a7, 93; ecall
    memcpy(image.code, code, sizeof code);
    strcpy(image.interpreter, "/no/such/file");
}

int main(int argc, char **argv) {
    fuzz_begin(argc, argv);
    h_scratch();
    int ran = 0, refused = 0;
    for (int n = 0, end = fuzz_amount(500); n < end; n++) {
        compose();
        if (fuzz_below(8) == 0) image.head.e_type = ET_DYN;
        if (fuzz_below(8) == 0) image.head.e_phnum = 4;
        if (n) fuzz_damage(&image, fuzz_below(2) ? sizeof image.head : offsetof(__typeof__(image), code));
        size_t size = fuzz_below(8) ? sizeof image : fuzz_below(sizeof image);
        if (!n) size = sizeof image;
        int fd = OK(open("program", O_WRONLY | O_CREAT | O_TRUNC, 0755));
        CHECK_EQ(write(fd, &image, size), size);
        OK(close(fd));
        pid_t child = h_fork();
        if (child == 0) {
            static char *words[] = {"program", NULL};
            execve("program", words, words + 1);
            _exit(100);
        }
        int status = fuzz_end(child, 500);
        if (!n) CHECK_EQ(WEXITSTATUS(status), 7);
        ran += WIFEXITED(status) && WEXITSTATUS(status) == 7;
        refused += WIFEXITED(status) && WEXITSTATUS(status) == 100;
    }
    CHECK(ran > 10 && refused > 10);
    return 0;
}
