//! Structs of the calls that wait for several things: poll, epoll, futex_waitv.

use super::plain_structs;

plain_structs! {
    /// pollfd of poll(2).
    #[derive(Default)]
    Pollfd: 8 {
        /// The descriptor; a negative one is skipped.
        fd: i32,
        /// Events asked for.
        events: u16,
        /// Events found.
        revents: u16,
    }

    /// epoll_event(3type): 16 bytes on riscv64, where it is not packed.
    #[derive(Default)]
    EpollEvent: 16 {
        /// Events and modes.
        events: u32,
        /// Zero.
        _pad: u32,
        /// The caller's value.
        data: u64,
    }

    /// futex_waitv (kernel documentation, userspace-api/futex2).
    #[derive(Default)]
    FutexWaitv: 24 {
        /// The value expected.
        val: u64,
        /// The word's address.
        uaddr: u64,
        /// Size and scope of the word.
        flags: u32,
        /// Zero.
        _reserved: u32,
    }
}
