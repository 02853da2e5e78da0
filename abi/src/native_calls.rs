//! The table of the native calls, in the form of `linux_calls.rs`: the range from 0x1000 up.
//!
//! Both calls here exist in kernels of the checked profile alone, for tests of the tests: elsewhere they answer ENOSYS.

/// Calls `callback!` (a name or a path of a macro) once with all rows of the native table.
#[macro_export]
macro_rules! for_each_native_call {
    ($($callback:tt)+) => {
        $($callback)+! {
            0x1ff0 debug_mutate(number: Uint, mode: Int) -> Zero {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [EINVAL],
                doc: "From the caller's next execve on, inherited by fork: call `number` answers ENOSYS (mode 1) or 0 without acting (mode 2); mode 0 clears.",
            }
            0x1ff1 debug_fail_alloc(nth: Uint) -> Count {
                state: live, authority: Own, rights: [], blocks: no,
                errors: [],
                doc: "The nth kernel allocation for the calling thread (from 1, counted from its next call on) fails; 0 switches off. Returns how many were seen since the last such call.",
            }
        }
    };
}
