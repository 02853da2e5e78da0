//! The fallible box.

use alloc::boxed::Box;
use core::alloc::Layout;

/// Memory was refused: the budget is full or the machine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoMemory;

/// A `Box` that may be refused; the value is lost then.
#[inline]
pub fn try_box<T>(value: T) -> Result<Box<T>, NoMemory> {
    let layout = Layout::new::<T>();
    if layout.size() == 0 {
        return Err(NoMemory);
    }
    // SAFETY: the layout is not empty.
    let p = crate::tags::tagged::<T, _>(|| unsafe { alloc::alloc::alloc(layout) }).cast::<T>();
    if p.is_null() {
        return Err(NoMemory);
    }
    // SAFETY: `p` is fresh memory of T's layout from the global allocator, which is what `Box` frees.
    unsafe {
        p.write(value);
        Ok(Box::from_raw(p))
    }
}
