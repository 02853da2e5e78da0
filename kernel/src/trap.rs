//! The way into the kernel and out of it.
//!
//! An interrupt only leaves a mark in the hart's `pending` word, and with the thread that it finds there. Where preemption is on (at
//! once, or when the last guard goes) [`preempt_point`] does what the marks stand for and lets the scheduler choose.

use crate::interrupts::{Line, count};
use crate::see::events;
use crate::task::{accounting, sched, timers, with_current};
use crate::{linux, mm};
use arch::{Cause, Handlers, TrapFrame, flag, pending};
use core::sync::atomic::Ordering::Relaxed;
use logic_trace::{Event, Group};
use sync::{Hooks, preempt_off};

static HANDLERS: Handlers = Handlers { user: from_user, kernel: from_kernel, overflow: crate::panic::stack_overflow };
static HOOKS: Hooks = Hooks {
    preempt_point,
    preempt_was_off: crate::see::latency::preemption_was_off,
    wait: crate::task::parking::wait,
    wake: crate::task::parking::wake,
};

/// Registers the handlers; once, on the boot hart.
pub(crate) fn init() {
    arch::set_handlers(&HANDLERS);
    sync::set_hooks(&HOOKS);
}

/// A trap from user mode. Calls come first, and what is only for the others is apart: so they save no registers for it.
extern "C" fn from_user(frame: &mut TrapFrame) {
    with_current(accounting::enter);
    if frame.cause == Cause::SYSTEM_CALL {
        arch::irq_enable();
        frame.set_pc(frame.pc().wrapping_add(4));
        linux::dispatch(frame);
    } else {
        not_a_call(frame);
    }
    to_user(frame);
}

#[inline(never)]
fn not_a_call(frame: &mut TrapFrame) {
    match Cause::take(frame) {
        Cause::Software => {
            mem::serve_shootdowns();
            mark(pending::IPI);
        }
        Cause::Timer => mark(pending::TIMER),
        Cause::External => mark(pending::EXTERNAL),
        cause => {
            arch::irq_enable();
            user_exception(cause, frame);
        }
    }
}

fn user_exception(cause: Cause, frame: &mut TrapFrame) {
    use mem::Access;
    let access = match cause {
        Cause::FetchFault => Access::Execute,
        Cause::LoadFault => Access::Read,
        Cause::StoreFault => Access::Write,
        // Off until the first use.
        Cause::Illegal if frame.fs() == 0 => return with_current(start_fp),
        other => return crate::task::signal::raise_exception(other, frame),
    };
    if let Err(e) = mm::fault::user_fault(frame.tval, access) {
        crate::task::signal::raise_fault(e, frame);
    }
}

/// A floating-point instruction traps while the registers are off.
fn start_fp(me: &crate::task::Thread) {
    mem::Threaded::task(me).start_fp();
}

/// Does what is due before the thread goes on in user mode; returns with interrupts off.
#[inline]
pub(crate) fn to_user(frame: &mut TrapFrame) {
    loop {
        arch::irq_disable();
        let flags = arch::core(|c| c.flags.load(Relaxed));
        if flags == 0 {
            break;
        }
        do_what_is_due(frame, flags);
    }
    with_current(accounting::leave);
    // The registers are the thread's, and memory agrees with them or is older: what the switch left says which.
    frame.set_fs(arch::fs_live());
}

/// What stands between a thread and user mode. Apart, so that the way on which nothing is due saves no registers for it.
#[inline(never)]
fn do_what_is_due(frame: &mut TrapFrame, flags: u32) {
    arch::irq_enable();
    if flags & (flag::MARK | flag::RESCHED) != 0 {
        preempt_point();
    }
    if flags & (flag::SIGNAL | flag::WORK) != 0 {
        with_current(|me| crate::task::signal::on_the_way_out(me, frame));
    }
}

/// Leaves a mark at the hart, and with the thread that runs there: where preemption comes back on, its flags are all that is
/// looked at.
fn mark(bit: u32) {
    arch::core(|c| {
        c.hart_block().pending.fetch_or(bit, Relaxed);
        c.raise(flag::MARK);
    });
}

/// A thread has come to a hart, perhaps with marks that another one would have found.
#[inline(always)]
pub(crate) fn take_over_marks() {
    arch::core(|c| {
        if c.hart_block().pending.load(Relaxed) != 0 {
            c.raise(flag::MARK);
        }
    });
}

/// A trap from the kernel itself: an interrupt, or a user access that needs its page.
extern "C" fn from_kernel(frame: &mut TrapFrame) {
    match Cause::take(frame) {
        Cause::Software => {
            mem::serve_shootdowns();
            interrupted(pending::IPI);
        }
        Cause::Timer => interrupted(pending::TIMER),
        Cause::External => interrupted(pending::EXTERNAL),
        cause @ (Cause::LoadFault | Cause::StoreFault) if arch::is_user_copy(frame.pc()) => {
            let access = if cause == Cause::StoreFault { mem::Access::Write } else { mem::Access::Read };
            user_copy_fault(frame, access);
        }
        cause => panic!(
            "kernel trap {cause:?} at {:#x}, address {:#x}, ra {:#x}, sp {:#x}",
            frame.pc(),
            frame.tval,
            frame.regs[1],
            frame.regs[2]
        ),
    }
}

fn user_copy_fault(frame: &mut TrapFrame, access: mem::Access) {
    let may_fault = arch::core(|c| c.preempt.load(Relaxed) == 0 && c.mutexes.load(Relaxed) == 0);
    if may_fault && frame.interrupts_were_on() {
        // The copy runs with user access open; the handler must not.
        arch::sum_clear();
        arch::irq_enable();
        let ok = mm::fault::user_fault(frame.tval, access).is_ok();
        arch::irq_disable();
        if ok {
            return;
        }
    }
    frame.set_pc(arch::user_copy_fixup());
}

fn interrupted(bit: u32) {
    mark(bit);
    if arch::core(|c| c.preempt.load(Relaxed)) == 0 {
        arch::sum_clear();
        arch::irq_enable();
        preempt_point();
        arch::irq_disable();
    }
}

/// Handles what interrupts left behind, and gives the hart away if the scheduler wants it.
fn preempt_point() {
    if leave_is_due() {
        sched::leave(sched::Leave::Preempted);
    }
}

/// Handles what interrupts left behind; true if the thread is to give the hart away. Preemption is on.
pub(crate) fn leave_is_due() -> bool {
    if arch::core(|c| c.flags.load(Relaxed)) & flag::MARK != 0 {
        handle_marks();
    }
    arch::core(|c| c.flags.load(Relaxed)) & flag::RESCHED != 0
}

fn handle_marks() {
    if crate::panic::in_progress() {
        crate::panic::stop();
    }
    let guard = preempt_off();
    // First: an interrupt from here on leaves it anew.
    arch::core(|c| c.flags.fetch_and(!flag::MARK, Relaxed));
    loop {
        let marks = arch::core(|c| c.hart_block().pending.swap(0, Relaxed));
        if marks == 0 {
            break;
        }
        if events::on(Group::Interrupt) {
            events::put(Event::Interrupt, u64::from(marks), 0);
        }
        if marks & pending::TIMER != 0 {
            count(Line::Timer);
            timers::on_interrupt(&guard);
        }
        if marks & pending::IPI != 0 {
            count(Line::Ipi);
            sched::on_kick(&guard);
        }
        if marks & pending::EXTERNAL != 0 {
            count(Line::External);
            crate::boot::devices::on_external(&guard);
            Cause::unmask_external();
        }
    }
    guard.release_quietly();
}
