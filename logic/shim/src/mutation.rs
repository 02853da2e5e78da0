//! [`mutations!`](crate::mutations): steps that a model may leave out, to show that they are needed.

/// Declares the numbered steps of a protocol as an enum of the crate, with `left_out(step)` for the code and `leave_out(step)` for the
/// models. Only the models' build (`--cfg loom`, tests) knows the switch; in every other build `left_out` is the constant `false`
/// and the compiler drops the branch. The crate's tests have `std`.
#[macro_export]
macro_rules! mutations {
    ($(#[$meta:meta])* $visibility:vis enum $Step:ident { $($steps:tt)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[cfg_attr(not(all(test, loom)), allow(dead_code, reason = "named at each step, switched by the models only"))]
        $visibility enum $Step {
            $($steps)*
        }

        #[cfg(all(test, loom))]
        std::thread_local! {
            // loom runs the threads of a model as coroutines of the test's own thread, so this is per test.
            static LEFT_OUT: core::cell::Cell<Option<$Step>> = const { core::cell::Cell::new(None) };
        }

        /// Whether the running model leaves `step` out.
        #[cfg(all(test, loom))]
        $visibility fn left_out(step: $Step) -> bool {
            LEFT_OUT.get() == Some(step)
        }

        /// Whether the running model leaves `step` out: no, this is not a model.
        #[cfg(not(all(test, loom)))]
        #[inline(always)]
        $visibility const fn left_out(_step: $Step) -> bool {
            false
        }

        /// Leaves `step` out from here on in this test.
        #[cfg(all(test, loom))]
        $visibility fn leave_out(step: Option<$Step>) {
            LEFT_OUT.set(step);
        }
    };
}
