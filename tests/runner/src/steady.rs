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
    touch_own_pages();
}

/// Writes to every page that may be written, so that none is made later (data that no path has used yet).
fn touch_own_pages() {
    let text = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    for range in text.lines().filter_map(writable) {
        for page in range.step_by(PAGE) {
            let byte = std::ptr::with_exposed_provenance_mut::<u8>(page);
            // SAFETY: the page is mapped and writable, and gets the byte back that it had; there is one thread.
            unsafe { byte.write_volatile(byte.read_volatile()) };
        }
    }
}

const PAGE: usize = 4096;

/// The addresses of a line of `/proc/PID/maps` (proc_pid_maps(5)) that describes private writable memory.
fn writable(line: &str) -> Option<std::ops::Range<usize>> {
    let (range, rest) = line.split_once(' ')?;
    let (start, end) = range.split_once('-')?;
    let parse = |text| usize::from_str_radix(text, 16).ok();
    rest.starts_with("rw-p").then_some(parse(start)?..parse(end)?)
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

#[cfg(test)]
mod tests {
    #[test]
    fn lines_of_maps() {
        let line = "00012000-00014000 rw-p 00002000 00:01 7    /bin/x";
        assert_eq!(super::writable(line), Some(0x12000..0x14000));
        assert_eq!(super::writable(&line.replace("rw-p", "r-xp")), None);
    }
}
