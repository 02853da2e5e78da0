//! The machine: the whole interface between rvOS and RISC-V hardware.
//!
//! Everything here is one page to read: boot entry, traps, context switch, user copies, CSRs, SBI and MMIO.
//! Higher layers (`sync`, `mem`, the kernel) see only what this file exports. Key types: [`TrapFrame`] (the
//! registers of an interrupted context), [`ThreadCore`] (what the assembly needs of a thread; `tp` points to
//! it), [`HartBlock`] (what it needs of a hart).
#![no_std]

mod riscv64;

pub use logic_trapframe::{SSTATUS_FS_CLEAN, SSTATUS_FS_DIRTY, SSTATUS_FS_INITIAL, SSTATUS_FS_MASK, TrapFrame};
pub use riscv64::boot::{
    BootInfo, boot_memory, kernel_image, secondary_entry_phys, set_kernel_main, set_kernel_satp, symbol_table,
};
pub use riscv64::csr::{
    counter_cycles, fs_live, interrupts_on, kept_asid, set_fs_live, set_timer_stimecmp, sfence_all, sfence_asid, sfence_page,
    sum_clear, time_now, time_now_in_order, write_satp,
};
pub use riscv64::fpu::{FpState, fp_restore, fp_save};
pub use riscv64::hart::{HartBlock, MAX_HARTS, OBJECT_KINDS, ThreadCore, core, flag, hart_block, pending};
pub use riscv64::irq::{IrqOff, fence_i, irq_disable, irq_enable, irq_off, wait_for_interrupt};
pub use riscv64::layout::{DIRECT_BASE, FRAME_BYTES, KERNEL_OFFSET, KERNEL_STACK_BYTES, STACK_SLOT_BYTES, STACKS_BASE, USER_TOP};
pub use riscv64::mmio::Mmio;
pub use riscv64::page::{PageWords, copy_page, zero_page};
pub use riscv64::sbi;
pub use riscv64::switch::{Context, start_context, switch_context, switched_from};
pub use riscv64::trap::{Cause, Handlers, backtrace, enter_user, set_handlers, stack_top_frame, trap_init_hart};
pub use riscv64::usercopy::{
    copy_from_user_raw, copy_to_user_raw, is_user_copy, read_user_raw, user_cmpxchg_u32, user_copy_fixup, user_load_u32,
    user_store_u32, zero_user_raw,
};
pub use riscv64::vdso::{
    SECOND_RECIPROCAL as VDSO_SECOND_RECIPROCAL, VDSO_CODE_OFFSET, VDSO_SIGNAL_BYTES, VDSO_SIGRETURN_OFFSET, clock as vdso_clock,
    vdso_code, vdso_functions,
};
