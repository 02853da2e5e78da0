//! Structs of the clock and timer calls. On riscv64 every time is 64 bits wide.

use super::plain_structs;

plain_structs! {
    /// timespec(3type): seconds and nanoseconds. Valid when `tv_nsec` is 0 to 999,999,999.
    #[derive(Default)]
    Timespec: 16 {
        /// Seconds.
        tv_sec: i64,
        /// Nanoseconds.
        tv_nsec: i64,
    }

    /// timeval(3type): seconds and microseconds.
    #[derive(Default)]
    Timeval: 16 {
        /// Seconds.
        tv_sec: i64,
        /// Microseconds.
        tv_usec: i64,
    }

    /// itimerspec(3type), of timer_settime(2) and timerfd_settime(2).
    #[derive(Default)]
    Itimerspec: 32 {
        /// The period; zero for once.
        it_interval: Timespec,
        /// The first expiration; zero disarms.
        it_value: Timespec,
    }

    /// itimerval of setitimer(2).
    #[derive(Default)]
    Itimerval: 32 {
        /// The period; zero for once.
        it_interval: Timeval,
        /// The first expiration; zero disarms.
        it_value: Timeval,
    }

    /// timezone of gettimeofday(2).
    #[derive(Default)]
    Timezone: 8 {
        /// Minutes west of Greenwich.
        tz_minuteswest: i32,
        /// Kind of daylight saving, always 0.
        tz_dsttime: i32,
    }

    /// tms of times(2), in ticks of 10 ms (`USER_HZ` 100).
    #[derive(Default)]
    Tms: 32 {
        /// The caller in user mode.
        tms_utime: i64,
        /// The caller in the kernel.
        tms_stime: i64,
        /// Children waited for, in user mode.
        tms_cutime: i64,
        /// Children waited for, in the kernel.
        tms_cstime: i64,
    }

    /// timex of adjtimex(2).
    #[derive(Default)]
    Timex: 208 {
        /// What to set.
        modes: u32,
        /// Zero.
        _pad0: u32,
        /// Time offset, µs or ns.
        offset: i64,
        /// Frequency offset, 2^-16 ppm.
        freq: i64,
        /// Maximum error, µs.
        maxerror: i64,
        /// Estimated error, µs.
        esterror: i64,
        /// Status bits.
        status: i32,
        /// Zero.
        _pad1: u32,
        /// Time constant of the phase-locked loop.
        constant: i64,
        /// Clock precision, µs.
        precision: i64,
        /// Frequency tolerance, 2^-16 ppm.
        tolerance: i64,
        /// The time.
        time: Timeval,
        /// Microseconds per tick.
        tick: i64,
        /// Pulse-per-second frequency.
        ppsfreq: i64,
        /// Pulse-per-second jitter.
        jitter: i64,
        /// Interval duration, s (a power of two).
        shift: i32,
        /// Zero.
        _pad2: u32,
        /// Pulse-per-second stability.
        stabil: i64,
        /// Jitter limit exceeded.
        jitcnt: i64,
        /// Calibration intervals.
        calcnt: i64,
        /// Calibration errors.
        errcnt: i64,
        /// Stability limit exceeded.
        stbcnt: i64,
        /// Offset to atomic time, s.
        tai: i32,
        /// Zero.
        _pad3: [i32; 11],
    }
}
