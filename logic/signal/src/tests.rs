//! Pending queues against a naive list, and the tables of signal(7) case by case.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

extern crate std;

use crate::*;
use proptest::prelude::*;
use std::vec::Vec;

fn sig(n: u32) -> Signal {
    Signal::new(n).unwrap()
}

fn post(pending: &mut Pending, info: SigInfo) -> Result<Posted, PostError> {
    loop {
        match pending.post(info) {
            Err(PostError::NeedsSupply) => pending.add_supply(Supply::try_new().unwrap()).unwrap(),
            other => return other,
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Post(u32),
    Bare(u32),
    Take(u64),
    Discard(u64),
    Hold,
    PostHeld(u32),
    Shrink,
}

fn steps() -> impl Strategy<Value = Step> {
    let number = prop_oneof![1u32..=64, 30u32..=36];
    let mask = prop_oneof![Just(u64::MAX), any::<u64>(), Just(0x3 << 31)];
    prop_oneof![
        6 => number.clone().prop_map(Step::Post),
        1 => number.clone().prop_map(Step::Bare),
        4 => mask.clone().prop_map(Step::Take),
        1 => mask.prop_map(Step::Discard),
        1 => Just(Step::Hold),
        1 => number.prop_map(Step::PostHeld),
        1 => Just(Step::Shrink),
    ]
}

/// One list in order of sending, searched from the front: how Linux does it.
#[derive(Default)]
struct Naive {
    list: Vec<(SigInfo, bool)>,
    bare: SigSet,
    holds: u32,
}

impl Naive {
    fn set(&self) -> SigSet {
        self.list.iter().fold(self.bare, |mut set, (info, _)| {
            set.insert(info.signal);
            set
        })
    }

    fn pick(&self, wanted: u64) -> Option<Signal> {
        let hits: Vec<u32> = (1..=64).filter(|n| wanted >> (n - 1) & 1 == 1 && self.set().contains(sig(*n))).collect();
        let fault = hits.iter().find(|n| [4, 5, 7, 8, 11, 31].contains(*n));
        fault.or(hits.first()).map(|n| sig(*n))
    }

    fn take(&mut self, wanted: u64) -> Option<Taken> {
        let signal = self.pick(wanted)?;
        if let Some(at) = self.list.iter().position(|(i, _)| i.signal == signal) {
            let (info, held) = self.list.remove(at);
            self.holds += u32::from(held);
            if !self.list.iter().any(|(i, _)| i.signal == signal) {
                self.bare.remove(signal);
            }
            return Some(Taken { info, freed: u32::from(!held) });
        }
        self.bare.remove(signal);
        Some(Taken { info: SigInfo::plain(signal, 0), freed: 0 })
    }

    fn discard(&mut self, set: u64) -> u32 {
        let set = SigSet(set);
        let freed = self.list.iter().filter(|(i, held)| set.contains(i.signal) && !held).count();
        self.holds += self.list.iter().filter(|(i, held)| set.contains(i.signal) && *held).count() as u32;
        self.list.retain(|(i, _)| !set.contains(i.signal));
        self.bare = self.bare.without(set);
        freed as u32
    }
}

fn run(pending: &mut Pending, naive: &mut Naive, step: &Step, stamp: u64) {
    match *step {
        Step::Post(n) => {
            let info = SigInfo::with_value(sig(n), code::SI_QUEUE, 7, 8, stamp);
            let collapses = n < 32 && naive.set().contains(sig(n));
            let expect = if collapses { Posted::Collapsed } else { Posted::Queued };
            assert_eq!(post(pending, info), Ok(expect));
            if !collapses {
                naive.list.push((info, false));
            }
        }
        Step::Bare(n) => {
            let collapses = n < 32 && naive.set().contains(sig(n));
            let expect = if collapses { Posted::Collapsed } else { Posted::Bare };
            assert_eq!(pending.post_bare(sig(n)), expect);
            if !naive.set().contains(sig(n)) {
                naive.bare.insert(sig(n));
            }
        }
        Step::Take(wanted) => assert_eq!(pending.take(SigSet(wanted)), naive.take(wanted)),
        Step::Discard(set) => assert_eq!(pending.discard(SigSet(set)), naive.discard(set)),
        Step::Hold => {
            while pending.hold() == Err(PostError::NeedsSupply) {
                pending.add_supply(Supply::try_new().unwrap()).unwrap();
            }
            naive.holds += 1;
        }
        Step::PostHeld(n) => {
            if naive.holds == 0 {
                return;
            }
            let info = SigInfo::from_timer(sig(n), 3, 0, stamp);
            let collapses = n < 32 && naive.set().contains(sig(n));
            let expect = if collapses { Posted::Collapsed } else { Posted::Queued };
            assert_eq!(pending.post_held(info), expect);
            if !collapses {
                naive.list.push((info, true));
                naive.holds -= 1;
            }
        }
        Step::Shrink => {
            let storage = pending.shrink();
            assert!(storage.is_none() || naive.list.is_empty() && naive.holds == 0);
        }
    }
    assert_eq!(pending.set(), naive.set());
}

proptest! {
    #[test]
    fn pending_model(steps in proptest::collection::vec(steps(), 1..200)) {
        let (mut pending, mut naive) = (Pending::new(), Naive::default());
        for (stamp, step) in steps.iter().enumerate() {
            run(&mut pending, &mut naive, step, stamp as u64);
        }
        while let Some(expect) = naive.take(u64::MAX) {
            prop_assert_eq!(pending.take(SigSet::ALL), Some(expect));
        }
        prop_assert_eq!(pending.take(SigSet::ALL), None);
    }

    #[test]
    fn info_round_trip(n in 1u32..=64, errno: i32, code: i32, bytes in proptest::array::uniform32(any::<u8>())) {
        let mut user = [0u8; SigInfo::BYTES];
        user[..4].copy_from_slice(&n.to_le_bytes());
        user[4..8].copy_from_slice(&errno.to_le_bytes());
        user[8..12].copy_from_slice(&code.to_le_bytes());
        user[16..].copy_from_slice(&bytes);
        prop_assert_eq!(SigInfo::from_user(sig(n), &user).to_bytes(), user);
    }

    #[test]
    fn context_round_trip(mask: u64, base: u64, flags: u32, size_bytes: u64, padding: u32) {
        let stack = AltStack { base, flags, size_bytes };
        let mut context = frame::context(SigSet(mask), &stack);
        context[3] |= u64::from(padding) << 32;
        prop_assert_eq!(frame::parse_context(&context), frame::Restored { mask: SigSet(mask).as_mask(), stack });
    }

    #[test]
    fn altstack_frame_fits(base in 0x1000u64..0x10000, size in 2048u64..0x4000, sp in 0u64..0x20000, on_stack: bool) {
        let stack = AltStack { base, flags: 0, size_bytes: size };
        let flags = if on_stack { SaFlags::ONSTACK } else { SaFlags::empty() };
        match stack.place_frame(flags, sp) {
            FrameSpot::At(at) => {
                prop_assert_eq!(at % 16, 0);
                let inside = sp > base && sp <= base + size;
                if inside || on_stack {
                    prop_assert!(at + 16 > base && at.wrapping_add(1088) <= base + size);
                } else {
                    prop_assert!(sp.wrapping_sub(at) >= 1088 && sp.wrapping_sub(at) < 1104);
                }
            }
            FrameSpot::Overflow => prop_assert!(sp > base && sp - base <= 1088),
        }
    }
}

/// Offsets as the C headers of riscv64 have them.
#[test]
fn frame_layout() {
    let mut out = [0; frame::FRAME_BYTES];
    let info = SigInfo::from_child(ChildCode::Exited, 0x11, 0x22, 0x33, 0x44, 0x55);
    let stack = AltStack { base: 0x66, flags: 2, size_bytes: 0x77 };
    let context = frame::context(SigSet(0xCC), &stack);
    out[..SigInfo::BYTES].copy_from_slice(&info.to_bytes());
    for (i, word) in context.iter().enumerate() {
        let at = frame::UCONTEXT_OFFSET + 8 * i;
        out[at..at + 8].copy_from_slice(&word.to_le_bytes());
    }
    let expect = [
        (0, 17),
        (8, 1),
        (16, 0x11),
        (20, 0x22),
        (24, 0x33),
        (32, 0x44),
        (40, 0x55),
        (144, 0x66),
        (152, 2),
        (160, 0x77),
        (168, 0xCC),
    ];
    for (at, byte) in expect {
        assert_eq!(out[at], byte, "at {at}");
        out[at] = 0;
    }
    assert!(out.iter().all(|b| *b == 0));
    assert_eq!((frame::REGS_OFFSET, frame::FP_OFFSET, frame::FCSR_OFFSET, frame::END_OFFSET), (304, 560, 816, 1072));
}

#[test]
fn bad_frames_are_refused() {
    assert_eq!(frame::check_end(&frame::END), Ok(()));
    assert_eq!(frame::check_end(&[7, 0, 1, 0]), Err(frame::BadFrame::Extension));
    assert_eq!(frame::check_end(&[0, 0, 0, 1]), Err(frame::BadFrame::Extension));
    assert_eq!(frame::check_end(&[0, 1, 1, 0]), Err(frame::BadFrame::Reserved));
}

fn at(handler: u64) -> Situation {
    let action = Action { handler, ..Action::DEFAULT };
    Situation { action, protection: Protection::None, tracing: Tracing::None }
}

#[test]
fn defaults_as_signal_7_lists_them() {
    let core = [3, 4, 5, 6, 7, 8, 11, 24, 25, 31];
    let (stop, ignore) = ([19, 20, 21, 22], [17, 23, 28]);
    for n in 1..=64 {
        let expect = match n {
            18 => Delivery::Ignore,
            n if core.contains(&n) => Delivery::Core,
            n if stop.contains(&n) => Delivery::Stop,
            n if ignore.contains(&n) => Delivery::Ignore,
            _ => Delivery::Terminate,
        };
        assert_eq!(decide(sig(n), &at(0)), expect, "signal {n}");
        let init = Situation { protection: Protection::Init, ..at(0) };
        let on_init = match n {
            9 => Delivery::Terminate,
            19 => Delivery::Stop,
            _ => Delivery::Ignore,
        };
        assert_eq!(decide(sig(n), &init), on_init);
        assert!(!generate(sig(n), Origin::Inside, false, &init).queue);
        assert_eq!(generate(sig(n), Origin::Outside, false, &init).queue, n == 9 || n == 19);
        assert_eq!(generate(sig(n), Origin::Inside, true, &at(1)).queue, n != 9 && n != 19);
        assert_eq!(decide(sig(n), &at(1)), Delivery::Ignore);
        assert!(matches!(decide(sig(n), &at(0x1000)), Delivery::Handler(_)));
    }
}

#[test]
fn stop_and_continue_discard_each_other() {
    let g = generate(Signal::CONT, Origin::Inside, false, &at(1));
    assert!(g.resumes && !g.queue);
    assert_eq!(g.discard, SigSet::STOPPING);
    for s in [Signal::STOP, Signal::TSTP, Signal::TTIN, Signal::TTOU] {
        assert_eq!(generate(s, Origin::Inside, false, &at(0)).discard, SigSet::CONTINUING);
    }
    assert_eq!(generate(Signal::TERM, Origin::Inside, false, &at(0)).discard, SigSet::EMPTY);
}

#[test]
fn tracer_sees_all_but_kill() {
    let traced = Situation { tracing: Tracing::Traced, ..at(1) };
    assert!(generate(Signal::CHLD, Origin::Inside, false, &traced).queue);
    assert_eq!(decide(Signal::CHLD, &traced), Delivery::Trace);
    assert_eq!(decide(Signal::KILL, &Situation { tracing: Tracing::Traced, ..at(0) }), Delivery::Terminate);
}

#[test]
fn restart_table() {
    use AfterCall::{Again, Interrupted, RestartSyscall};
    let (none, restart) = (Some(SaFlags::empty()), Some(SaFlags::RESTART));
    let rows = [
        (Restart::IfAllowed, Again, Interrupted, Again),
        (Restart::Always, Again, Again, Again),
        (Restart::IfNoHandler, Again, Interrupted, Interrupted),
        (Restart::Block, RestartSyscall, Interrupted, Interrupted),
    ];
    for (kind, without, plain, with) in rows {
        assert_eq!((after_call(kind, None), after_call(kind, none), after_call(kind, restart)), (without, plain, with),);
    }
}

#[test]
fn sigaction_rules() {
    let mut actions = Actions::new();
    let handler = Action::from_user([0x4000, 0x8000_0400 | 0x0400_0000, u64::MAX]);
    assert_eq!(handler.flags, SaFlags::RESETHAND);
    assert!(!handler.mask.contains(Signal::KILL) && !handler.mask.contains(Signal::STOP));
    assert_eq!(actions.set(Signal::KILL, handler), Err(ActionError::KernelOnly));
    assert_eq!(actions.set(Signal::USR1, handler).unwrap().discard, SigSet::EMPTY);
    actions.enter_handler(Signal::USR1);
    assert_eq!(actions.get(Signal::USR1), Action { handler: 0, ..handler });
    let ignore = Action { handler: 1, ..Action::DEFAULT };
    assert_eq!(actions.set(Signal::USR1, ignore).unwrap().discard, SigSet::of(&[Signal::USR1]));
    assert_eq!(actions.set(Signal::CHLD, Action::DEFAULT).unwrap().discard, SigSet::of(&[Signal::CHLD]));
    actions.set(Signal::USR2, handler).unwrap();
    let mut copy = Actions::new();
    copy.copy_from(&actions);
    assert_eq!(copy.get(Signal::USR2), actions.get(Signal::USR2));
    actions.on_exec();
    assert_eq!((actions.get(Signal::USR1), actions.get(Signal::USR2)), (ignore, Action::DEFAULT));
    let mask = Action::DEFAULT.mask_in_handler(Signal::USR1, SigSet::EMPTY);
    assert_eq!(mask, SigSet::of(&[Signal::USR1]));
    let nodefer = Action { flags: SaFlags::NODEFER, ..Action::DEFAULT };
    assert_eq!(nodefer.mask_in_handler(Signal::USR1, SigSet::EMPTY), SigSet::EMPTY);
}

#[test]
fn forced_faults() {
    let init = Situation { protection: Protection::Init, ..at(0) };
    assert_eq!(force(Signal::SEGV, SigSet::EMPTY, &init), Forced { reset: false, unprotect: true });
    assert_eq!(force(Signal::SEGV, SigSet::ALL, &at(9)), Forced { reset: true, unprotect: true });
    assert_eq!(force(Signal::SEGV, SigSet::EMPTY, &at(9)), Forced { reset: false, unprotect: false });
    assert!(force(Signal::SEGV, SigSet::EMPTY, &at(1)).reset);
}

#[test]
fn who_takes_it() {
    let idle = Target { blocks: false, exiting: false, stopped: false, responsive: true };
    assert!(wants_signal(Signal::TERM, &idle));
    assert!(!wants_signal(Signal::TERM, &Target { stopped: true, ..idle }));
    assert!(wants_signal(Signal::KILL, &Target { stopped: true, blocks: true, ..idle }));
    assert!(!wants_signal(Signal::KILL, &Target { exiting: true, ..idle }));
    assert!(is_fatal_at_once(Signal::TERM, false, &at(0)));
    assert!(!is_fatal_at_once(Signal::SEGV, false, &at(0)));
    assert!(!is_fatal_at_once(Signal::TERM, true, &at(0)));
}

#[test]
fn kill_goes_first_then_the_thread() {
    let (mut thread, mut process) = (Pending::new(), Pending::new());
    for s in [Signal::SEGV, Signal::HUP] {
        post(&mut thread, SigInfo::plain(s, 0)).unwrap();
    }
    for s in [Signal::KILL, Signal::HUP] {
        post(&mut process, SigInfo::plain(s, 1)).unwrap();
    }
    let mut order = Vec::new();
    while let Some(taken) = dequeue(&mut thread, &mut process, SigSet::EMPTY) {
        order.push((taken.info.signal, taken.info.code));
    }
    assert_eq!(order, [(Signal::KILL, 1), (Signal::SEGV, 0), (Signal::HUP, 0), (Signal::HUP, 1)]);
}

#[test]
fn queue_has_a_limit() {
    let mut pending = Pending::new();
    for i in 0..MAX_QUEUED as u64 {
        post(&mut pending, SigInfo::with_value(Signal::RTMIN, -1, 0, 0, i)).unwrap();
    }
    assert_eq!(post(&mut pending, SigInfo::plain(Signal::HUP, 0)), Err(PostError::Full));
    assert_eq!(pending.post_bare(Signal::HUP), Posted::Bare);
    assert_eq!(pending.discard(SigSet::ALL), MAX_QUEUED as u32);
    assert!(pending.shrink().is_some());
}

#[test]
fn job_control() {
    let mut job = JobState::new();
    job.begin_stop(Signal::TSTP, 2);
    assert_eq!(job.thread_settled(), None);
    assert_eq!(job.thread_settled(), Some(JobReport::Stopped(Signal::TSTP)));
    assert!(job.is_stopped());
    assert_eq!(job.take_report(), Some(JobReport::Stopped(Signal::TSTP)));
    assert_eq!(job.resume(), Continued::WasStopped(JobReport::Continued));
    assert_eq!(job.report(), Some(JobReport::Continued));
    job.begin_stop(Signal::STOP, 1);
    assert_eq!(job.report(), None);
    assert_eq!(job.resume(), Continued::WasStopping(JobReport::Stopped(Signal::STOP)));
    assert_eq!(job.resume(), Continued::WasRunning);
}

#[test]
fn altstack_rules() {
    let mut stack = AltStack::DISABLED;
    let new = AltStack { base: 0x1000, flags: 0, size_bytes: 0x2000 };
    assert_eq!(stack.set(AltStack { size_bytes: 2047, ..new }, 0), Err(AltStackError::TooSmall));
    assert_eq!(stack.set(AltStack { flags: 4, ..new }, 0), Err(AltStackError::BadFlags));
    stack.set(new, 0x9000).unwrap();
    assert_eq!(stack.report(0x1800).flags, 1);
    assert_eq!(stack.report(0x9000).flags, 0);
    assert_eq!(stack.set(AltStack::DISABLED, 0x1800), Err(AltStackError::InUse));
    stack.set(AltStack { flags: 1 << 31, ..new }, 0).unwrap();
    assert!(!stack.is_on(0x1800));
    stack.enter_handler();
    assert_eq!(stack, AltStack::DISABLED);
}

#[test]
fn signalfd_layouts() {
    let word = |b: &[u8; 128], at: usize| u32::from_le_bytes([b[at], b[at + 1], b[at + 2], b[at + 3]]);
    let killed = SigInfo::from_sender(Signal::USR1, code::SI_USER, 7, 8).to_signalfd();
    assert_eq!((word(&killed, 0), word(&killed, 12), word(&killed, 16)), (10, 7, 8));
    let queued = SigInfo::with_value(Signal::USR1, code::SI_QUEUE, 7, 8, 0x1_0000_0002).to_signalfd();
    assert_eq!((word(&queued, 44), word(&queued, 48), word(&queued, 52)), (2, 2, 1));
    let timer = SigInfo::from_timer(Signal::ALRM, 3, 4, 5).to_signalfd();
    assert_eq!((word(&timer, 12), word(&timer, 24), word(&timer, 32), word(&timer, 44)), (0, 3, 4, 5));
    let child = SigInfo::from_child(crate::ChildCode::Exited, 7, 8, 9, 10, 11).to_signalfd();
    assert_eq!((word(&child, 8), word(&child, 12), word(&child, 40)), (1, 7, 9));
    assert_eq!((word(&child, 56), word(&child, 64)), (10, 11));
    let fault = SigInfo::from_fault(Signal::SEGV, code::SEGV_MAPERR, 0x1234).to_signalfd();
    assert_eq!((word(&fault, 12), word(&fault, 72)), (0, 0x1234));
    let poll = SigInfo::from_poll(Signal::USR1, 1, 6, 4).to_signalfd();
    assert_eq!((word(&poll, 28), word(&poll, 20)), (6, 4));
    let filter = SigInfo::from_seccomp(0x5678, 99, 0xf3, 1).to_signalfd();
    assert_eq!((word(&filter, 4), word(&filter, 84), word(&filter, 88), word(&filter, 96)), (1, 99, 0x5678, 0xf3));
}
