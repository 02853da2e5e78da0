//! The end of threads and processes, and waiting for children (exit(2), wait4(2)).

use super::process::{Process, TREE};
use super::sched::{self, Leave};
use super::signal;
use super::thread::Thread;
use super::wait::{self, Ended, Interrupt};
use super::{ids, with_current};
use abi::Errno;
use arch::flag;
use core::sync::atomic::Ordering;
use logic_waits::{Events, Mode};
use mem::{Ref, user};

/// Ends the running thread. `status` is the wait status if it is the last one of its process.
pub(crate) fn exit_thread(status: i32) -> ! {
    with_current(|me| {
        let process = me.process().clone();
        release_user_side(me);
        // Everything is released; now it may be seen.
        leave_process(me, &process, status);
    });
    sched::leave(Leave::Exit);
    panic!("a thread ran after its end");
}

/// Ends the running process with all its threads.
pub(crate) fn exit_group(status: i32) -> ! {
    with_current(|me| begin_group_exit(me.process(), status));
    let status = with_current(|me| me.process().state.lock().ending).unwrap_or(status);
    exit_thread(status)
}

/// Makes all threads of a process end with `status`, unless they are to end already.
pub(crate) fn begin_group_exit(process: &Process, status: i32) {
    {
        let mut s = process.state.lock();
        if s.ending.is_some() {
            return;
        }
        s.ending = Some(status);
    }
    process.each_thread(|t| {
        t.raise(flag::SIGNAL);
        t.wake();
        sched::interrupt(t);
    });
}

/// Gives back what the thread holds: memory words, descriptors, address space.
fn release_user_side(me: &Thread) {
    super::robust::release(me);
    super::pi::thread_ends(me);
    let clear = me.clear_tid.swap(0, Ordering::Relaxed);
    if clear != 0 && user::write(clear, &0u32).is_ok() {
        super::futex::wake_at(me, clear, 1);
    }
    drop(me.replace_refs(None));
    super::accounting::note_peak(me);
    drop(me.set_space(None));
    finish_vfork(me.process());
}

/// A vfork child no longer uses its parent's memory.
pub(crate) fn finish_vfork(process: &Process) {
    let vfork = process.state.lock().vfork.take();
    if let Some(v) = vfork {
        v.finish();
    }
}

fn leave_process(me: &Thread, process: &Ref<Process>, status: i32) {
    let tree = TREE.lock();
    let gone = {
        let mut s = process.state.lock();
        let at = s.threads.iter().position(|t| core::ptr::eq(&**t, me));
        super::accounting::thread_ended(process, me);
        at.map(|i| s.threads.remove(i))
    };
    ids::update(me.tid(), |n| n.thread = None);
    let last = signal::thread_ends(me, process);
    if last {
        super::users::keep_for_zombie(me, process);
    }
    let exe = if last { become_zombie(process, status) } else { None };
    drop(tree);
    let counted = me.counted.lock().take();
    drop((gone, exe, counted));
    if last {
        super::posix_timers::drop_all(process);
        crate::tty::process_ended(process);
        tell_parent(process);
    }
}

/// The last thread has gone. Children go to the nearest subreaper, or to process 1.
fn become_zombie(process: &Ref<Process>, status: i32) -> Option<crate::fs::mount::Location> {
    if process.pid() == 1 {
        panic!("process 1 ended with wait status {status:#x}");
    }
    let heir = heir(process);
    let (mut children, exe) = {
        let mut s = process.state.lock();
        s.exit = Some(s.ending.unwrap_or(status));
        (core::mem::take(&mut s.children), s.exe.take())
    };
    for (_, child) in children.iter() {
        send_death_signal(child);
        child.state.lock().parent.clone_from(&heir);
    }
    signal::orphan_groups(process, &children);
    for node in children.take_nodes() {
        let child = node.value.clone();
        let zombie = child.state.lock().exit.is_some();
        if let Some(h) = &heir {
            // Ids are never reused, so the key is free.
            let _ = h.state.lock().children.insert(node);
            if zombie {
                signal::notify_child(h);
            }
        }
    }
    exe
}

/// The child's parent ends: the signal that the child asked for (PR_SET_PDEATHSIG).
fn send_death_signal(child: &Process) {
    let number = child.attrs.death_signal.load(Ordering::Relaxed);
    if let Some(s) = logic_signal::Signal::new(number) {
        let info = logic_signal::SigInfo::plain(s, logic_signal::code::SI_USER);
        let _ = signal::send_to_process(child, info, signal::Sender::Kernel);
    }
}

fn heir(process: &Process) -> Option<Ref<Process>> {
    let mut at = process.state.lock().parent.clone();
    while let Some(p) = at {
        if p.pid() == 1 || p.state.lock().subreaper {
            return Some(p);
        }
        at = p.state.lock().parent.clone();
    }
    ids::process(1)
}

/// SIGCHLD, and whoever waits.
fn tell_parent(process: &Ref<Process>) {
    let (parent, signal) = {
        let s = process.state.lock();
        (s.parent.clone(), s.exit_signal)
    };
    let Some(parent) = parent else { return };
    if signal::child_ended(&parent, process, signal) {
        // The parent does not want to know: nobody waits for it.
        reap(&parent, process);
    }
    signal::notify_child(&parent);
}

/// Which children a wait is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// Any.
    Any,
    /// This one.
    Pid(u32),
    /// Those of a group.
    Group(u32),
}

/// What a wait found.
pub(crate) struct Found {
    /// The child.
    pub(crate) process: Ref<Process>,
    /// Its wait status.
    pub(crate) status: i32,
}

/// What a wait is for: WEXITED and its friends of waitid(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Children that ended.
    pub(crate) exited: bool,
    /// Children that stopped.
    pub(crate) stopped: bool,
    /// Children that go on.
    pub(crate) continued: bool,
    /// Leave the child as it is (WNOWAIT).
    pub(crate) keep: bool,
    /// Do not wait (WNOHANG).
    pub(crate) nohang: bool,
}

/// Waits for a child; `Ok(None)` when none is ready and `nohang` is set.
pub(crate) fn wait_child(me: &Thread, which: Which, wanted: Wanted) -> Result<Option<Found>, crate::linux::Stop> {
    let parent = me.process().clone();
    let attempt = || match look(&parent, which, wanted) {
        Ok(Some(f)) => Some(Ok(Some(f))),
        Ok(None) if wanted.nohang => Some(Ok(None)),
        Ok(None) => None,
        Err(e) => Some(Err(e)),
    };
    if let Some(r) = attempt() {
        return Ok(r?);
    }
    match wait::wait_at(me, &*parent, Events::IN, Mode::All, None, Interrupt::AnySignal, attempt) {
        Ok(r) => Ok(r?),
        Err(Ended::Signal) => Err(crate::linux::Stop::Restart(crate::linux::Restart::Sys)),
        Err(_) => Err(Errno::ENOMEM.into()),
    }
}

fn look(parent: &Ref<Process>, which: Which, wanted: Wanted) -> Result<Option<Found>, Errno> {
    let tree = TREE.lock();
    let mut any = false;
    let mut found = None;
    let mut seen = 0;
    while let Some(child) = parent.child_after(seen) {
        seen = child.id();
        let matches = match which {
            Which::Any => true,
            Which::Pid(p) => child.pid() == p,
            Which::Group(g) => child.state.lock().pgid == g,
        };
        if !matches {
            continue;
        }
        any = true;
        let exit = child.state.lock().exit;
        if let Some(status) = exit.filter(|_| wanted.exited) {
            found = Some(Found { process: child, status });
            break;
        }
        if let Some(status) = signal::job_status(&child, wanted) {
            found = Some(Found { process: child, status });
            drop(tree);
            return Ok(found);
        }
    }
    drop(tree);
    if let Some(f) = &found
        && !wanted.keep
    {
        reap(parent, &f.process);
    }
    if !any {
        return Err(Errno::ECHILD);
    }
    Ok(found)
}

/// Forgets a zombie.
fn reap(parent: &Ref<Process>, child: &Ref<Process>) {
    let tree = TREE.lock();
    let removed = parent.state.lock().children.remove(&child.id());
    let mut gone = None;
    let mut old_parent = None;
    if removed.is_some() {
        let (pgid, sid) = {
            let mut s = child.state.lock();
            old_parent = s.parent.take();
            (s.pgid, s.sid)
        };
        for (mine, of_child) in parent.children_ns.iter().zip(child.ended_ns.iter().zip(child.children_ns.iter())) {
            mine.fetch_add(
                of_child.0.load(Ordering::Relaxed).saturating_add(of_child.1.load(Ordering::Relaxed)),
                Ordering::Relaxed,
            );
        }
        parent.attrs.children.add(&child.attrs.ended);
        parent.attrs.children.add(&child.attrs.children);
        gone = ids::update(child.pid(), |n| n.process.take());
        ids::update(pgid, |n| n.group_members = n.group_members.saturating_sub(1));
        ids::update(sid, |n| n.session_members = n.session_members.saturating_sub(1));
    }
    drop(tree);
    let counted = child.counted.lock().take();
    drop((removed, gone, old_parent, counted));
}
