//! Whole pages: clear and copy, unrolled because nearly every fault passes here.

use core::arch::asm;

/// One page of memory, by 64-bit words.
pub type PageWords = [u64; 512];

/// Clears a page.
pub fn zero_page(page: &mut PageWords) {
    // SAFETY: writes exactly the 4096 bytes of `page`.
    unsafe {
        asm!(
            "add {end}, {p}, {n}",
            "1:",
            "sd zero, 0({p})",
            "sd zero, 8({p})",
            "sd zero, 16({p})",
            "sd zero, 24({p})",
            "sd zero, 32({p})",
            "sd zero, 40({p})",
            "sd zero, 48({p})",
            "sd zero, 56({p})",
            "sd zero, 64({p})",
            "sd zero, 72({p})",
            "sd zero, 80({p})",
            "sd zero, 88({p})",
            "sd zero, 96({p})",
            "sd zero, 104({p})",
            "sd zero, 112({p})",
            "sd zero, 120({p})",
            "addi {p}, {p}, 128",
            "bne {p}, {end}, 1b",
            p = inout(reg) page.as_mut_ptr() => _,
            n = in(reg) 4096usize,
            end = out(reg) _,
            options(nostack)
        );
    }
}

/// Copies a page.
pub fn copy_page(to: &mut PageWords, from: &PageWords) {
    // SAFETY: reads and writes exactly the 4096 bytes of each.
    unsafe {
        asm!(
            "add {end}, {f}, {n}",
            "1:",
            "ld {a}, 0({f})",
            "ld {b}, 8({f})",
            "ld {c}, 16({f})",
            "ld {d}, 24({f})",
            "sd {a}, 0({t})",
            "sd {b}, 8({t})",
            "sd {c}, 16({t})",
            "sd {d}, 24({t})",
            "ld {a}, 32({f})",
            "ld {b}, 40({f})",
            "ld {c}, 48({f})",
            "ld {d}, 56({f})",
            "sd {a}, 32({t})",
            "sd {b}, 40({t})",
            "sd {c}, 48({t})",
            "sd {d}, 56({t})",
            "addi {f}, {f}, 64",
            "addi {t}, {t}, 64",
            "bne {f}, {end}, 1b",
            f = inout(reg) from.as_ptr() => _,
            t = inout(reg) to.as_mut_ptr() => _,
            n = in(reg) 4096usize,
            end = out(reg) _,
            a = out(reg) _, b = out(reg) _, c = out(reg) _, d = out(reg) _,
            options(nostack)
        );
    }
}
