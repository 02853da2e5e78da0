//! Controlling terminals (POSIX.1 11.1.3, credentials(7)) and what a background process may do (11.1.4).
//!
//! A process's controlling terminal is a field of its state, inherited by fork(2). A terminal knows the one session that it
//! controls and that session's foreground group; both change under the lock of the process tree, and their numbers are held
//! so that no new group gets them.

use super::file::Via;
use super::{State, Tty};
use crate::fs::file::{Io, O_ACCMODE, O_WRONLY};
use crate::linux::{Restart, Stop};
use crate::task::process::{Process, TREE};
use crate::task::signal::{Sender, group_is_orphaned, send_to_group, send_to_process};
use crate::task::{Thread, ids};
use abi::Errno;
use logic_pidscope::ScopeId;
use logic_signal::{Disposition, SigInfo, Signal, code};
use logic_tty::{Access, Background, JobVerdict, TtySignal, check_background};
use mem::{Ref, user};

/// A process's controlling terminal.
pub(crate) fn of_process(process: &Process) -> Option<Ref<Tty>> {
    process.state.lock().terminal.clone().filter(|t| !t.is_dead())
}

impl Tty {
    /// Its foreground process group as `/proc/PID/stat` shows it: -1 for none.
    pub(crate) fn foreground_or_none(&self, scope: ScopeId) -> i32 {
        let foreground = self.state.lock().foreground;
        match foreground {
            0 => -1,
            pgid => ids::seen(scope, pgid) as i32,
        }
    }
}

/// Sends a signal of the keyboard.
pub(super) fn signal_foreground(tty: &Tty, signal: TtySignal) {
    let signal = match signal {
        TtySignal::Interrupt => Signal::INT,
        TtySignal::Quit => Signal::QUIT,
        TtySignal::Suspend => Signal::TSTP,
    };
    let foreground = tty.state.lock().foreground;
    if foreground != 0 {
        send_to_group(foreground, signal);
    }
}

/// What the caller is to the terminal.
struct Standing {
    /// It is its controlling terminal.
    controls: bool,
    pgid: u32,
    sid: u32,
}

fn standing(tty: &Ref<Tty>, process: &Process) -> Standing {
    let s = process.state.lock();
    Standing { controls: s.terminal.as_ref().is_some_and(|t| Ref::ptr_eq(t, tty)), pgid: s.pgid, sid: s.sid }
}

/// Whether the caller may do what only the foreground may; stops its group if not.
pub(super) fn check(tty: &Ref<Tty>, me: &Thread, access: Access) -> Result<(), Stop> {
    let at = standing(tty, me.process());
    let foreground = tty.state.lock().foreground;
    if !at.controls || foreground == 0 || foreground == at.pgid {
        return Ok(());
    }
    let signal = match access {
        Access::Read => Signal::TTIN,
        Access::Change => Signal::TTOU,
    };
    let action = me.process().signals.actions().lock().get(signal);
    let immune = me.blocked().contains(signal) || action.disposition() == Disposition::Ignore;
    let orphaned = !immune && group_is_orphaned(at.pgid);
    match check_background(access, Background { immune, orphaned }) {
        JobVerdict::Proceed => Ok(()),
        JobVerdict::IoError => Err(Errno::EIO.into()),
        JobVerdict::Signal => {
            send_to_group(at.pgid, signal);
            Err(Stop::Restart(Restart::Sys))
        }
    }
}

/// Opening a terminal: a session leader without one takes it, if no session has it.
pub(super) fn acquire_by_open(tty: &Ref<Tty>, process: &Process) {
    let tree = TREE.lock();
    let (sid, has_one) = {
        let s = process.state.lock();
        (s.sid, s.terminal.as_ref().is_some_and(|t| !t.is_dead()))
    };
    let mut old = None;
    if sid == process.pid() && !has_one && tty.state.lock().session == 0 {
        old = take(tty, process);
    }
    drop(tree);
    drop(old);
}

/// `TIOCSCTTY`. With `arg` 1 root takes it away from another session.
pub(super) fn acquire(tty: &Ref<Tty>, io: &Io<'_>, arg: usize) -> Result<(), Stop> {
    let process = io.me.process();
    let is_root = io.me.cred().is_root();
    let tree = TREE.lock();
    let (sid, has_one) = {
        let s = process.state.lock();
        (s.sid, s.terminal.as_ref().is_some_and(|t| !t.is_dead()))
    };
    let owner = tty.state.lock().session;
    let leads = sid == process.pid();
    if leads && owner == sid {
        return Ok(());
    }
    if !leads || has_one || owner != 0 && !(arg == 1 && is_root) || io.of.flags() & O_ACCMODE == O_WRONLY && !is_root {
        return Err(Errno::EPERM.into());
    }
    if owner != 0 {
        clear_session(tty, owner);
    }
    let old = take(tty, process);
    drop(tree);
    drop(old);
    Ok(())
}

/// Makes it the controlling terminal of the process, a session leader without one that lives. The tree is locked; what is
/// given is to be dropped without that.
fn take(tty: &Ref<Tty>, process: &Process) -> Option<Ref<Tty>> {
    let (old, pgid, sid) = {
        let s = process.state.lock();
        (s.terminal.clone(), s.pgid, s.sid)
    };
    if let Some(dead) = &old {
        clear_session(dead, sid);
    }
    process.state.lock().terminal = Some(tty.clone());
    replace(tty, sid, pgid);
    old
}

/// Sets session and foreground group; gives the old ones. The tree is locked.
fn replace(tty: &Tty, session: u32, foreground: u32) -> (u32, u32) {
    for number in [session, foreground] {
        ids::update(number, |n| n.terminals = n.terminals.saturating_add(1));
    }
    let old = {
        let mut s = tty.state.lock();
        let State { session: at_session, foreground: at_foreground, .. } = &mut *s;
        (core::mem::replace(at_session, session), core::mem::replace(at_foreground, foreground))
    };
    for number in [old.0, old.1] {
        ids::update(number, |n| n.terminals = n.terminals.saturating_sub(1));
    }
    old
}

/// Takes the terminal away from a session; gives its foreground group. The tree is locked.
fn clear_session(tty: &Ref<Tty>, session: u32) -> u32 {
    let (_, foreground) = replace(tty, 0, 0);
    let mut from = 0;
    while let Some((pid, p)) = ids::next_process(from) {
        from = pid.saturating_add(1);
        let gone = {
            let mut s = p.state.lock();
            if s.sid == session { s.terminal.take() } else { None }
        };
        drop(gone);
    }
    foreground
}

/// `TIOCNOTTY`. A session leader gives it up for its whole session.
pub(super) fn give_up(tty: &Ref<Tty>, me: &Thread) -> Result<(), Errno> {
    let process = me.process();
    let tree = TREE.lock();
    let at = standing(tty, process);
    if !at.controls {
        return Err(Errno::ENOTTY);
    }
    if at.sid != process.pid() {
        let gone = process.state.lock().terminal.take();
        drop(tree);
        drop(gone);
        return Ok(());
    }
    let foreground = clear_session(tty, at.sid);
    drop(tree);
    if foreground != 0 {
        send_to_group(foreground, Signal::HUP);
        send_to_group(foreground, Signal::CONT);
    }
    Ok(())
}

/// The process made a session of its own: it has no controlling terminal.
pub(crate) fn left_session(process: &Process) {
    let gone = process.state.lock().terminal.take();
    drop(gone);
}

/// The process has ended. If it led a session, its terminal is free, and hung up for those who still use it (as on Linux not a
/// pseudo-terminal).
pub(crate) fn process_ended(process: &Process) {
    let Some(tty) = process.state.lock().terminal.clone() else { return };
    let tree = TREE.lock();
    let at = standing(&tty, process);
    if !at.controls || at.sid != process.pid() {
        return;
    }
    let foreground = clear_session(&tty, at.sid);
    drop(tree);
    if tty.pty.is_none() {
        tty.hang_up();
    }
    if foreground != 0 {
        send_to_group(foreground, Signal::HUP);
        if tty.is_dead() {
            send_to_group(foreground, Signal::CONT);
        }
    }
}

/// `TIOCVHANGUP`: it is nobody's controlling terminal any more, which its session's leader is told.
pub(super) fn hang_up(tty: &Ref<Tty>) {
    let tree = TREE.lock();
    let session = tty.state.lock().session;
    if session != 0 {
        clear_session(tty, session);
    }
    drop(tree);
    tty.hang_up();
    tell_leader(session);
}

/// vhangup(2): the caller's controlling terminal, if it has one.
pub(crate) fn hang_up_of(process: &Process) {
    if let Some(tty) = of_process(process) {
        hang_up(&tty);
    }
}

/// The master is closed: tells the leader of the session. Its exit is what the foreground hears of, so that until then the
/// terminal has a session, though nobody sees it.
pub(super) fn master_closed(tty: &Tty) {
    let session = tty.state.lock().session;
    tell_leader(session);
}

/// The leader of a session has lost its terminal.
fn tell_leader(session: u32) {
    if session != 0
        && let Some(leader) = ids::process_in(ScopeId::ROOT, session)
    {
        for signal in [Signal::HUP, Signal::CONT] {
            let _ = send_to_process(&leader, SigInfo::plain(signal, code::SI_KERNEL), Sender::Kernel);
        }
    }
}

/// `TIOCGPGRP`; 0 when there is none.
pub(super) fn foreground(tty: &Ref<Tty>, me: &Thread, via: Via) -> Result<u32, Errno> {
    if via != Via::Master && !standing(tty, me.process()).controls {
        return Err(Errno::ENOTTY);
    }
    let foreground = tty.state.lock().foreground;
    Ok(ids::seen_by_caller(foreground))
}

/// `TIOCGSID`.
pub(super) fn session(tty: &Ref<Tty>, me: &Thread, via: Via) -> Result<u32, Errno> {
    let session = tty.state.lock().session;
    if via != Via::Master && !standing(tty, me.process()).controls || session == 0 {
        return Err(Errno::ENOTTY);
    }
    Ok(ids::seen_by_caller(session))
}

/// `TIOCSPGRP`: tcsetpgrp(3).
pub(super) fn set_foreground(tty: &Ref<Tty>, me: &Thread, arg: usize) -> Result<(), Stop> {
    check(tty, me, Access::Change).map_err(|e| if e == Stop::Errno(Errno::EIO) { Errno::ENOTTY.into() } else { e })?;
    let process = me.process();
    let at = standing(tty, process);
    if !at.controls || tty.state.lock().session != at.sid {
        return Err(Errno::ENOTTY.into());
    }
    let pgid = user::read::<i32>(arg)?;
    let pgid = u32::try_from(pgid).map_err(|_| Errno::EINVAL)?;
    let pgid = ids::root_of(pgid).ok_or(Errno::ESRCH)?;
    let tree = TREE.lock();
    if !ids::group_exists(pgid) {
        return Err(Errno::ESRCH.into());
    }
    if !crate::linux::process::group_in_session(pgid, at.sid) {
        return Err(Errno::EPERM.into());
    }
    replace(tty, at.sid, pgid);
    drop(tree);
    Ok(())
}
