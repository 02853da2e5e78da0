//! The kernel's half of the Sv39 address space (privileged specification 4.4).
//!
//! | from | what |
//! |---|---|
//! | `0x0000_0000_0000_0000` | user, up to [`USER_TOP`] |
//! | [`DIRECT_BASE`] | all physical memory, read-write, never executable |
//! | [`STACKS_BASE`] | kernel stacks, one [`STACK_SLOT_BYTES`] slot each, lower half unmapped |
//! | [`KERNEL_OFFSET`] + 0x8020_0000 | the kernel image |

/// First address behind user space: the end of the lower half of Sv39.
pub const USER_TOP: usize = 1 << 38;
/// Virtual address of physical address 0 in the direct map.
pub const DIRECT_BASE: usize = 0xffff_ffc0_0000_0000;
/// Where kernel stacks begin.
pub const STACKS_BASE: usize = 0xffff_fff0_0000_0000;
/// Kernel image: virtual address minus physical address.
pub const KERNEL_OFFSET: usize = 0xffff_ffff_0000_0000;
/// Size of a frame (a base page).
pub const FRAME_BYTES: usize = 4096;
/// Size of a kernel stack. The trap entry finds an overflow by this bit of `sp`, so stacks are placed at
/// odd multiples of this size.
pub const KERNEL_STACK_BYTES: usize = 16 * 1024;
/// Distance from one kernel stack to the next: the stack and as much unmapped guard below it.
pub const STACK_SLOT_BYTES: usize = 2 * KERNEL_STACK_BYTES;
