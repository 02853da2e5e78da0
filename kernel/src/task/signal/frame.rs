//! Handler frames on the user stack.

use crate::task::Thread;
use arch::{FpState, TrapFrame};
use logic_signal::frame::{
    Context, END, END_OFFSET, End, FCSR_OFFSET, FP_OFFSET, REGS_OFFSET, UCONTEXT_OFFSET, check_end, context, parse_context,
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
    user::write(at, &info.to_bytes())?;
    user::zero(at + SigInfo::BYTES, SigInfo::USER_BYTES - SigInfo::BYTES)?;
    user::write(at + UCONTEXT_OFFSET, &context(mask, &stack))?;
    user::write(at + REGS_OFFSET, &frame.regs)?;
    if me.task().uses_fp() {
        let fp = me.task().fp_state();
        user::write(at + FP_OFFSET, &fp.f)?;
        user::write(at + FCSR_OFFSET, &fp.fcsr)?;
    } else {
        user::zero(at + FP_OFFSET, size_of::<[u64; 32]>() + size_of::<u32>())?;
    }
    user::write(at + END_OFFSET, &END)?;
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
    let context: Context = user::read(at.wrapping_add(UCONTEXT_OFFSET))?;
    let end: End = user::read(at.wrapping_add(END_OFFSET))?;
    check_end(&end).map_err(|_| user::Fault)?;
    if me.task().uses_fp() {
        let mut fp = FpState::ZERO;
        user::read_into(&mut fp.f, at.wrapping_add(FP_OFFSET))?;
        fp.fcsr = user::read(at.wrapping_add(FCSR_OFFSET))?;
        me.task().set_fp_state(&fp);
    }
    // Point of no return: the frame was there to its end, so what fails here fails because another thread unmaps it.
    user::read_into(&mut frame.regs, at.wrapping_add(REGS_OFFSET))?;
    let restored = parse_context(&context);
    let sp = frame.sp() as u64;
    let _ = me.signals.lock().altstack.set(restored.stack, sp);
    me.set_blocked(restored.mask);
    Ok(())
}
