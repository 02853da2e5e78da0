// The program of two instructions that fork_exec, vfork_exec and posix_spawn start, as a whole ELF file in the
// benchmark's read-only data; the benchmark writes it into its scratch directory. (elf(5))
    .section .rodata
    .option norvc
    .balign 8
    .globl tiny_start, tiny_end
    .set base, 0x10000
tiny_start:
    .byte 0x7f, 'E', 'L', 'F', 2, 1, 1, 0
    .8byte 0
    .2byte 2, 243                   // ET_EXEC, EM_RISCV
    .4byte 1
    .8byte base + (code - tiny_start)
    .8byte header - tiny_start      // program headers
    .8byte 0
    .4byte 0                        // flags: no float ABI
    .2byte 64, 56, 1, 0, 0, 0
header:
    .4byte 1, 5                     // PT_LOAD, readable and executable
    .8byte 0, base, base
    .8byte tiny_end - tiny_start, tiny_end - tiny_start
    .8byte 4096
code:
    li a7, 94                       // exit_group; a0 is 0 at the start
    ecall
tiny_end:

    .section .note.GNU-stack, "", @progbits
