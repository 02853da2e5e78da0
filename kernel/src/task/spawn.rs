//! A program in a new process, in one step: what the native call `spawn` does once its arguments are read.
//!
//! Everything that can fail happens before the process is known to anybody; execve(2) and clone(2) use the same builders
//! (`exec::prepare`, `clone::new_thread`, `clone::enter`).

use super::clone::{self, Beginning, Family, JobGroup, Kinship, Parent};
use super::exec::{self, As};
use super::process::Process;
use super::signal::{ProcessSignals, SIGCHLD};
use super::thread::{Refs, Thread};
use super::{ids, limits, oom, sched, users};
use crate::budget::{Budget, Standing};
use crate::events::pidfd;
use crate::fs::table::Slot;
use crate::linux::Stop;
use abi::{Errno, Rights};
use arch::TrapFrame;
use core::sync::atomic::Ordering;
use logic_pidscope::Entered;
use logic_signal::{SigSet, Signal};
use mem::{NoMemory, Ref};

/// What is to run, and where.
pub(crate) struct Plan {
    /// Program, arguments, environment.
    pub(crate) program: exec::Request,
    /// Descriptors, paths, World; and who it is before the program's set-id bits.
    pub(crate) refs: Refs,
    /// Who pays.
    pub(crate) budget: Ref<Budget>,
    /// Blocked signals; `None`: the caller's.
    pub(crate) mask: Option<SigSet>,
    /// Signals that are not ignored any more.
    pub(crate) defaults: SigSet,
    /// Process group and session.
    pub(crate) group: JobGroup,
    /// Set-id bits have no effect, there and in all that it executes.
    pub(crate) no_new_privs: bool,
}

/// A number that is given back unless a process takes it.
struct Reserved(Entered);

impl Drop for Reserved {
    fn drop(&mut self) {
        ids::release(self.0.root);
    }
}

/// Starts it; gives the caller's descriptor for the process.
pub(crate) fn spawn(me: &Thread, plan: Plan) -> Result<i32, Stop> {
    let budget = plan.budget.clone();
    let counted = users::admit_user(me, plan.refs.cred.uid.real)?;
    if !oom::has_room_for_a_thread(&budget) {
        return Err(Errno::ENOMEM.into());
    }
    let (child, fd) = budget.pay(|| build(me, plan, counted))?;
    sched::start(&child);
    Ok(fd)
}

#[inline(never)]
fn build(me: &Thread, plan: Plan, counted: users::Counted) -> Result<(Ref<Thread>, i32), Stop> {
    let Plan { program, mut refs, budget, mask, defaults, group, no_new_privs } = plan;
    let prepared = {
        let (fs, cred) = (refs.fs.clone(), refs.cred.clone());
        exec::prepare(&As { me, fs: &fs, cred: &cred, no_new_privs }, program)?
    };
    refs.cred = prepared.cred;
    let scope = refs.world.children.clone();
    let numbers = Reserved(ids::reserve(&scope)?.ok_or(Errno::ENOMEM)?);
    let process = {
        let standing = Standing::new(&budget).map_err(|_| Errno::EDQUOT)?;
        let signals = signals(me, defaults)?;
        let limits = me.process().limits.copy();
        Process::try_new(scope, numbers.0, signals, limits, prepared.name, standing)?
    };
    process.mutations.inherit(&me.process().mutations);
    process.mutations.on_exec();
    process.tracer.inherit(&me.process().tracer);
    process.oom_score_adj.store(me.process().oom_score_adj.load(Ordering::Relaxed), Ordering::Relaxed);
    super::posix_timers::limit_changed(&process);
    let start = TrapFrame::new_user(prepared.start.0 as usize, prepared.start.1 as usize);
    let beginning = Beginning { numbers: numbers.0, refs, counted, space: prepared.space, start };
    let child = clone::new_thread(me, &process, beginning, |_| {})?;
    child.attrs.inherit(me, true);
    *child.attrs.name.lock() = prepared.name;
    child.attrs.no_new_privs.store(u32::from(no_new_privs), Ordering::Relaxed);
    child.inherit_signal_mask(me);
    {
        let mut s = child.signals.lock();
        s.altstack = logic_signal::AltStack::DISABLED;
        if let Some(mask) = mask {
            s.blocked = mask.as_mask();
        }
    }
    process.state.lock().has_execed = true;
    let file = pidfd::open(pidfd::life_of_process(&process)?, 0)?;
    let slot = Slot { file, rights: Rights::all(), cloexec: true };
    let fd = me.files().insert(slot, 0, me.process().limit(limits::NOFILE))?;
    let family = Family { parent: Parent::Caller(SIGCHLD), vfork: None, exe: Some(prepared.executable), group };
    if let Err(e) = clone::enter(me, &process, &child, Kinship::Process(family)) {
        drop(me.files().remove(fd));
        return Err(e.into());
    }
    // Point of no return.
    core::mem::forget(numbers);
    Ok((child, fd))
}

/// What is ignored stays ignored, but for `defaults`; handlers go.
#[inline(never)]
fn signals(me: &Thread, defaults: SigSet) -> Result<ProcessSignals, NoMemory> {
    let signals = ProcessSignals::inherit(&me.process().signals, false)?;
    let table = signals.actions();
    let mut actions = table.lock();
    actions.on_exec();
    for signal in defaults.iter().filter(|s| *s != Signal::KILL && *s != Signal::STOP) {
        actions.reset(signal);
    }
    drop(actions);
    Ok(signals)
}
