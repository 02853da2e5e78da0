//! Restartable sequences (rseq(2)): a word of user memory always holds the hart's number, and a thread that is interrupted
//! inside a marked sequence goes on at its abort handler.
//!
//! Whenever a registered thread comes to a hart, the scheduler raises `flag::WORK`; [`on_the_way_out`] then does both.
//! A signal handler interrupts a sequence as well.

use super::thread::Thread;
use abi::{Errno, RseqAbi, RseqCs};
use arch::TrapFrame;
use core::mem::offset_of;
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};
use mem::user;

/// Size of the original area (ORIG_RSEQ_SIZE); also its alignment.
const ORIGINAL_BYTES: u32 = 32;
/// `cpu_id` while nothing is registered.
const UNINITIALIZED: u32 = u32::MAX;

/// A thread's registration.
pub(crate) struct Area {
    addr: AtomicUsize,
    bytes: AtomicU32,
    signature: AtomicU32,
}

impl Area {
    /// No registration.
    pub(crate) const fn new() -> Self {
        Area { addr: AtomicUsize::new(0), bytes: AtomicU32::new(0), signature: AtomicU32::new(0) }
    }
    /// Whether there is a registration.
    pub(crate) fn is_registered(&self) -> bool {
        self.addr.load(Relaxed) != 0
    }
    /// The same registration as another's.
    pub(crate) fn copy_from(&self, from: &Area) {
        self.bytes.store(from.bytes.load(Relaxed), Relaxed);
        self.signature.store(from.signature.load(Relaxed), Relaxed);
        self.addr.store(from.addr.load(Relaxed), Relaxed);
    }
    fn set(&self, addr: usize, bytes: u32, signature: u32) {
        self.bytes.store(bytes, Relaxed);
        self.signature.store(signature, Relaxed);
        self.addr.store(addr, Relaxed);
    }
}

/// Registers the calling thread's area.
pub(crate) fn register(me: &Thread, addr: usize, bytes: u32, signature: u32) -> Result<(), Errno> {
    let area = &me.attrs.rseq;
    if area.is_registered() {
        if area.addr.load(Relaxed) != addr || area.bytes.load(Relaxed) != bytes {
            return Err(Errno::EINVAL);
        }
        return Err(if area.signature.load(Relaxed) == signature { Errno::EBUSY } else { Errno::EPERM });
    }
    let aligned = addr.is_multiple_of(ORIGINAL_BYTES as usize);
    if bytes < ORIGINAL_BYTES || !aligned {
        return Err(Errno::EINVAL);
    }
    if addr == 0 || !user::in_user_space(addr, bytes as usize) {
        return Err(Errno::EFAULT);
    }
    area.set(addr, bytes, signature);
    me.attrs.watch.fetch_or(super::attrs::watch::RSEQ, Relaxed);
    me.raise(arch::flag::WORK);
    Ok(())
}

/// Ends the calling thread's registration.
pub(crate) fn unregister(me: &Thread, addr: usize, bytes: u32, signature: u32) -> Result<(), Errno> {
    let area = &me.attrs.rseq;
    if !area.is_registered() || area.addr.load(Relaxed) != addr || area.bytes.load(Relaxed) != bytes {
        return Err(Errno::EINVAL);
    }
    if area.signature.load(Relaxed) != signature {
        return Err(Errno::EPERM);
    }
    write_ids(addr, 0, UNINITIALIZED).map_err(|user::Fault| Errno::EFAULT)?;
    forget(me);
    Ok(())
}

/// Forgets the registration (exec).
pub(crate) fn forget(me: &Thread) {
    me.attrs.rseq.set(0, 0, 0);
    me.attrs.watch.fetch_and(!super::attrs::watch::RSEQ, Relaxed);
}

/// `cpu_id_start`, `cpu_id`; node 0. The hart's number also serves as `mm_cid`: no two threads run on one hart at once.
fn write_ids(addr: usize, start: u32, cpu: u32) -> Result<(), user::Fault> {
    user::write(addr, &[start, cpu])?;
    user::write(addr.wrapping_add(offset_of!(RseqAbi, node_id)), &[0, start])
}

/// The thread came to a hart, or a signal handler is about to run. An area that is not what it should be is a fault.
pub(crate) fn on_the_way_out(me: &Thread, frame: &mut TrapFrame) -> Result<(), user::Fault> {
    let addr = me.attrs.rseq.addr.load(Relaxed);
    if addr == 0 {
        return Ok(());
    }
    abort_sequence(me, addr, frame)?;
    let hart = me_hart();
    write_ids(addr, hart, hart)
}

/// The hart at this moment; should the thread move, it comes by here again.
fn me_hart() -> u32 {
    arch::core(|c| c.hart_index() as u32)
}

fn abort_sequence(me: &Thread, addr: usize, frame: &mut TrapFrame) -> Result<(), user::Fault> {
    let pointer_at = addr.wrapping_add(offset_of!(RseqAbi, rseq_cs));
    let cs_at: u64 = user::read(pointer_at)?;
    if cs_at == 0 {
        return Ok(());
    }
    let cs: RseqCs = user::read(cs_at as usize)?;
    let pc = frame.pc() as u64;
    let end = cs.start_ip.checked_add(cs.post_commit_offset).ok_or(user::Fault)?;
    let inside = |ip: u64| (cs.start_ip..end).contains(&ip);
    let low = |ip: u64| ip < arch::USER_TOP as u64;
    if !low(cs.start_ip) || !low(end) || !low(cs.abort_ip) || cs.version != 0 || inside(cs.abort_ip) {
        return Err(user::Fault);
    }
    let signature: u32 = user::read((cs.abort_ip as usize).wrapping_sub(4))?;
    if signature != me.attrs.rseq.signature.load(Relaxed) {
        return Err(user::Fault);
    }
    if inside(pc) {
        let flags: u32 = user::read(addr.wrapping_add(offset_of!(RseqAbi, flags)))?;
        // The flags that once forbade restarts are refused (Linux 6.1).
        if flags != 0 || cs.flags != 0 {
            return Err(user::Fault);
        }
    }
    user::write(pointer_at, &0u64)?;
    if inside(pc) {
        frame.set_pc(cs.abort_ip as usize);
    }
    Ok(())
}
