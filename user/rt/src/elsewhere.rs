//! In the place of the trap instruction on machines that rvOS does not run on: tests on the host link this.

use abi::Errno;

/// Says that there is no such call.
///
/// # Safety
/// None is needed.
pub(crate) unsafe fn call(_number: usize, _words: &[usize]) -> Result<usize, Errno> {
    Err(Errno::ENOSYS)
}
