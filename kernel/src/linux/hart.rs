//! What depends on harts: membarrier(2), riscv_hwprobe(2), riscv_flush_icache(2), rseq(2), getcpu(2).

use super::{Call, CallResult};
use crate::clock;
use crate::task::attrs::watch;
use crate::task::{Thread, rseq as sequences, sched};
use abi::{Errno, HwprobePair};
use core::sync::atomic::Ordering::Relaxed;
use mem::user;

mod membarrier_cmd {
    pub(super) const QUERY: u32 = 0;
    pub(super) const GLOBAL: u32 = 1;
    pub(super) const GLOBAL_EXPEDITED: u32 = 1 << 1;
    pub(super) const REGISTER_GLOBAL_EXPEDITED: u32 = 1 << 2;
    pub(super) const PRIVATE_EXPEDITED: u32 = 1 << 3;
    pub(super) const REGISTER_PRIVATE_EXPEDITED: u32 = 1 << 4;
    pub(super) const SYNC_CORE: u32 = 1 << 5;
    pub(super) const REGISTER_SYNC_CORE: u32 = 1 << 6;
    pub(super) const RSEQ: u32 = 1 << 7;
    pub(super) const REGISTER_RSEQ: u32 = 1 << 8;
    pub(super) const GET_REGISTRATIONS: u32 = 1 << 9;
    pub(super) const ALL: u32 = (1 << 10) - 1;
}

/// membarrier(2). The barrier itself is a trap into the firmware on every hart concerned, which fetches instructions anew as
/// well: more than any of the commands asks for.
pub(super) fn membarrier(c: &mut Call<'_>) -> CallResult {
    use membarrier_cmd::{
        ALL, GET_REGISTRATIONS, GLOBAL, GLOBAL_EXPEDITED, PRIVATE_EXPEDITED, QUERY, REGISTER_GLOBAL_EXPEDITED,
        REGISTER_PRIVATE_EXPEDITED, REGISTER_RSEQ, REGISTER_SYNC_CORE, RSEQ, SYNC_CORE,
    };
    const FLAG_CPU: u32 = 1;
    let (cmd, flags) = (c.uint(0), c.uint(1));
    if flags != 0 && !(cmd == RSEQ && flags == FLAG_CPU) {
        return Err(Errno::EINVAL.into());
    }
    let registered = &c.me.process().attrs.membarrier;
    let needs = |register: u32| if registered.load(Relaxed) & register != 0 { Ok(()) } else { Err(Errno::EPERM) };
    match cmd {
        QUERY => return Ok(ALL as usize),
        GLOBAL | GLOBAL_EXPEDITED => mem::fence_i_everywhere(),
        REGISTER_GLOBAL_EXPEDITED | REGISTER_PRIVATE_EXPEDITED | REGISTER_SYNC_CORE | REGISTER_RSEQ => {
            registered.fetch_or(cmd, Relaxed);
        }
        PRIVATE_EXPEDITED => {
            needs(REGISTER_PRIVATE_EXPEDITED)?;
            fence_own(c);
        }
        SYNC_CORE => {
            needs(REGISTER_SYNC_CORE)?;
            fence_own(c);
        }
        RSEQ => {
            needs(REGISTER_RSEQ)?;
            let only = if flags == FLAG_CPU { Some(c.int(2)) } else { None };
            fence_own(c);
            restart_sequences(c.me, only);
        }
        GET_REGISTRATIONS => return Ok(registered.load(Relaxed) as usize),
        _ => return Err(Errno::EINVAL.into()),
    }
    Ok(0)
}

/// A full barrier on every hart that runs the caller's memory. One that comes to it later passes the scheduler's locks.
fn fence_own(c: &Call<'_>) {
    if let Some(space) = c.me.space() {
        space.handle().code_changed();
    }
}

/// Threads of the process that run, on this hart if one is given, leave their restartable sequences.
fn restart_sequences(me: &Thread, hart: Option<i32>) {
    me.process().each_thread(|t| {
        let core = mem::Threaded::task(&**t).core();
        let meant = hart.is_none_or(|h| h == core.hart_index() as i32);
        if meant && t.attrs.watch.load(Relaxed) & watch::RSEQ != 0 {
            t.raise(arch::flag::WORK);
            sched::interrupt(t);
        }
    });
}

/// riscv_flush_icache(2). Threads move between harts, so every hart forgets what it fetched.
pub(super) fn riscv_flush_icache(c: &mut Call<'_>) -> CallResult {
    const LOCAL: usize = 1;
    if c.arg(2) & !LOCAL != 0 {
        return Err(Errno::EINVAL.into());
    }
    mem::fence_i_everywhere();
    Ok(0)
}

/// rseq(2).
pub(super) fn rseq(c: &mut Call<'_>) -> CallResult {
    const UNREGISTER: u32 = 1;
    let (addr, bytes, flags, signature) = (c.arg(0), c.uint(1), c.uint(2), c.uint(3));
    match flags {
        0 => sequences::register(c.me, addr, bytes, signature)?,
        UNREGISTER => sequences::unregister(c.me, addr, bytes, signature)?,
        _ => return Err(Errno::EINVAL.into()),
    }
    Ok(0)
}

/// getcpu(2). The third argument has had no meaning since Linux 2.6.24.
pub(super) fn getcpu(c: &mut Call<'_>) -> CallResult {
    let hart = arch::core(|core| core.hart_index() as u32);
    if c.arg(0) != 0 {
        user::write(c.arg(0), &hart)?;
    }
    if c.arg(1) != 0 {
        user::write(c.arg(1), &0u32)?;
    }
    Ok(0)
}

/// What riscv_hwprobe(2) answers (Linux's Documentation/arch/riscv/hwprobe.rst); `None` for a key of no meaning here.
fn hwprobe_value(key: i64) -> Option<u64> {
    const BASE_IMA: u64 = 1;
    const IMA_FD: u64 = 1;
    const IMA_C: u64 = 2;
    const MISALIGNED_FAST: u64 = 3;
    let [vendor, architecture, implementation] = arch::sbi::machine_ids();
    Some(match key {
        0 => vendor,
        1 => architecture,
        2 => implementation,
        3 => BASE_IMA,
        4 => IMA_FD | IMA_C,
        5 | 9 => MISALIGNED_FAST,
        // No Zicboz, so no size of its blocks.
        6 => 0,
        7 => (arch::USER_TOP - 1) as u64,
        8 => clock::timebase_hz(),
        _ => return None,
    })
}

/// Keys whose values are sets of bits: the question is whether all of them are there.
fn is_bit_set(key: i64) -> bool {
    matches!(key, 3..=5)
}

/// riscv_hwprobe(2). All harts are alike.
pub(super) fn riscv_hwprobe(c: &mut Call<'_>) -> CallResult {
    const WHICH_CPUS: u32 = 1;
    let (pairs, count, set_bytes, set_at) = (c.arg(0), c.arg(1), c.arg(2), c.arg(3));
    let which = match c.uint(4) {
        0 => false,
        WHICH_CPUS => true,
        _ => return Err(Errno::EINVAL.into()),
    };
    if which && (set_bytes == 0 || set_at == 0) {
        return Err(Errno::EINVAL.into());
    }
    let mut harts = match (set_bytes, set_at) {
        (0, 0) => u64::MAX,
        (n, at) => super::sched::read_set(at, n)?,
    };
    if which && harts == 0 {
        harts = u64::MAX;
    }
    harts &= sched::online();
    if harts == 0 && !which {
        return Err(Errno::EINVAL.into());
    }
    for i in 0..count {
        let at = pairs.wrapping_add(i.wrapping_mul(16));
        let asked: HwprobePair = user::read(at)?;
        let answer = hwprobe_value(asked.key);
        let matches = match answer {
            Some(v) if is_bit_set(asked.key) => v & asked.value == asked.value,
            Some(v) => v == asked.value,
            None => false,
        };
        if which && !matches {
            harts = 0;
        }
        match answer {
            Some(value) if !which => user::write(at, &HwprobePair { key: asked.key, value })?,
            None => user::write(at, &HwprobePair { key: -1, value: 0 })?,
            Some(_) => {}
        }
    }
    if which {
        super::sched::write_set(set_at, set_bytes, harts)?;
    }
    Ok(0)
}
