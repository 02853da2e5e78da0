//! The trap instruction, and what the register says when it comes back.

use abi::Errno;
use core::arch::asm;

/// Makes a call.
///
/// # Safety
/// What the call takes for an address is one of memory that the kernel may use so.
pub(crate) unsafe fn call(number: usize, words: &[usize]) -> Result<usize, Errno> {
    let word = |n: usize| words.get(n).copied().unwrap_or(0);
    let mut result = word(0);
    // SAFETY: the kernel changes a0 and the memory that the caller vouches for.
    unsafe {
        asm!("ecall", in("a7") number, inlateout("a0") result, in("a1") word(1), in("a2") word(2),
            in("a3") word(3), in("a4") word(4), in("a5") word(5), options(nostack));
    }
    Errno::from_return(result)
}
