//! Keeps the runner's own memory the same size, so that the kernel's counters
//! tell about the tests and not about the runner.

/// More than the runner's heap ever holds.
const HEAP_BYTES: usize = 1024 * 1024;

/// Deeper than the runner's stack ever gets.
const STACK_BYTES: usize = 128 * 1024;

/// Takes and touches all memory that the runner will need, for good.
pub(crate) fn memory() {
    keep_heap();
    let heap = std::hint::black_box(vec![1u8; HEAP_BYTES]);
    drop(heap);
    touch_stack();
}

/// Makes malloc give nothing back to the kernel and take nothing aside of its
/// heap (mallopt(3)).
#[cfg(target_env = "gnu")]
fn keep_heap() {
    // SAFETY: mallopt only sets parameters of the allocator, and no other
    // thread exists that could allocate at the same time.
    unsafe {
        libc::mallopt(libc::M_TRIM_THRESHOLD, i32::MAX);
        libc::mallopt(libc::M_MMAP_MAX, 0);
    }
}

#[cfg(not(target_env = "gnu"))]
fn keep_heap() {}

#[inline(never)]
fn touch_stack() {
    std::hint::black_box([1u8; STACK_BYTES]);
}
