//! Handler frames on the user stack.

use crate::task::Thread;
use arch::{FpState, TrapFrame};
use logic_signal::frame::{
    FP_BYTES, FP_OFFSET, FpRegs, HEAD_BYTES, REGS_BYTES, REGS_OFFSET, Regs, UCONTEXT_OFFSET, parse_fp, parse_head, parse_regs,
    write_fp, write_head, write_regs,
};
use logic_signal::{Action, FrameSpot, SigInfo, Signal};
use mem::{Threaded, user};

/// Puts a frame on the user stack and makes the thread go on in the handler.
pub(super) fn push(me: &Thread, frame: &mut TrapFrame, info: &SigInfo, action: &Action) -> Result<(), user::Fault> {
    let (mask, stack) = {
        let s = me.signals.lock();
        (s.saved.unwrap_or(s.blocked), s.altstack)
    };
    let FrameSpot::At(at) = stack.place_frame(action.flags, frame.sp() as u64) else { return Err(user::Fault) };
    let at = at as usize;
    let mut head = [0u8; HEAD_BYTES];
    write_head(&mut head, info, mask, &stack);
    user::copy_out(at, &head)?;
    let mut regs = [0u8; REGS_BYTES];
    write_regs(&mut regs, &Regs(frame.regs.map(|r| r as u64)));
    user::copy_out(at + REGS_OFFSET, &regs)?;
    let mut fp = [0u8; FP_BYTES];
    let state = me.task().uses_fp().then(|| me.task().fp_state());
    write_fp(&mut fp, state.map(|s| FpRegs { f: s.f, fcsr: s.fcsr }).as_ref());
    user::copy_out(at + FP_OFFSET, &fp)?;
    // Point of no return.
    {
        let mut s = me.signals.lock();
        let blocked = s.blocked;
        s.blocked = action.mask_in_handler(info.signal, blocked);
        s.saved = None;
        s.altstack.enter_handler();
    }
    let vdso = me.space().map_or(0, |s| s.lock().layout.vdso) as usize;
    frame.regs[1] = vdso + crate::mm::vdso::SIGRETURN_OFFSET;
    frame.set_sp(at);
    frame.set_pc(action.handler as usize);
    frame.set_arg(0, info.signal.number() as usize);
    frame.set_arg(1, at);
    frame.set_arg(2, at + UCONTEXT_OFFSET);
    Ok(())
}

/// rt_sigreturn(2): the registers, mask and stack of the frame at `sp`.
pub(crate) fn sigreturn(me: &Thread, frame: &mut TrapFrame) {
    if restore(me, frame).is_err() {
        super::deliver::raise(me, SigInfo::from_fault(Signal::SEGV, 1, frame.sp() as u64));
    }
}

fn restore(me: &Thread, frame: &mut TrapFrame) -> Result<(), user::Fault> {
    let at = frame.sp();
    let mut head = [0u8; HEAD_BYTES];
    user::copy_in(&mut head, at)?;
    let mut regs = [0u8; REGS_BYTES];
    user::copy_in(&mut regs, at.wrapping_add(REGS_OFFSET))?;
    let mut fp = [0u8; FP_BYTES];
    user::copy_in(&mut fp, at.wrapping_add(FP_OFFSET))?;
    let fp = parse_fp(&fp).map_err(|_| user::Fault)?;
    let restored = parse_head(&head);
    // Point of no return.
    frame.regs = parse_regs(&regs).0.map(|r| r as usize);
    if me.task().uses_fp() {
        me.task().set_fp_state(&FpState { f: fp.f, fcsr: fp.fcsr });
    }
    let sp = frame.sp() as u64;
    let _ = me.signals.lock().altstack.set(restored.stack, sp);
    me.set_blocked(restored.mask);
    Ok(())
}
