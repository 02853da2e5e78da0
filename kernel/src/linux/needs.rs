//! The rights that calls ask of their descriptor arguments, from the table of calls: [`of`].

use abi::{FIRST_NATIVE_CALL, LINUX_CALLS, NATIVE_CALLS, Rights, rights_by_argument};

#[allow(clippy::indexing_slicing, reason = "as below")]
/// One above the highest number of Linux.
pub(super) const LINUX: usize = LINUX_CALLS[LINUX_CALLS.len() - 1].number + 1;
/// From here on native calls take no descriptors.
const NATIVE: usize = 0x60;

/// By number: 16 bits for each descriptor argument, at the place of the argument's number modulo 4.
#[allow(clippy::indexing_slicing, reason = "made when compiled: what is out of bounds is an error of the build")]
static TABLE: [u64; LINUX + NATIVE] = {
    assert!(Rights::all().bits() <= 0xffff);
    let mut table = [0; LINUX + NATIVE];
    let mut i = 0;
    while i < LINUX_CALLS.len() {
        table[LINUX_CALLS[i].number] = rights_by_argument(&LINUX_CALLS[i]);
        i += 1;
    }
    i = 0;
    while i < NATIVE_CALLS.len() {
        let (at, needs) = (NATIVE_CALLS[i].number - FIRST_NATIVE_CALL, rights_by_argument(&NATIVE_CALLS[i]));
        if at < NATIVE {
            table[LINUX + at] = needs;
        } else {
            assert!(needs == 0, "the table is too short");
        }
        i += 1;
    }
    table
};

/// The rights that the call asks of its descriptor argument `n`.
#[inline(always)]
#[allow(clippy::indexing_slicing, reason = "behind a comparison, and mostly done when compiled")]
pub(super) const fn of(call: usize, n: usize) -> Rights {
    let at = if call < FIRST_NATIVE_CALL { call } else { call.wrapping_sub(FIRST_NATIVE_CALL - LINUX) };
    let needs = if at < TABLE.len() { TABLE[at] } else { 0 };
    Rights::from_bits_retain(needs.wrapping_shr((n as u32 % 4).wrapping_mul(16)) as u32 & 0xffff)
}
