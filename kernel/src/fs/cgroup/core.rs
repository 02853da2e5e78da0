//! The files of cgroups themselves.

use super::knobs::{CONTROLLERS, MEMORY, PROCS, PROCS_MODE, controllers};
use super::{Opener, each_child, is_root};
use crate::budget::{self, Budget};
use crate::fs::inode::{Attrs, S_IFREG};
use crate::fs::proc::{Made, Text, number};
use crate::task::{Process, ids, with_current};
use ::core::fmt::Write;
use ::core::sync::atomic::Ordering;
use abi::Errno;
use mem::Ref;

fn names(t: &mut Text, of: u32) -> Made {
    let mut before = "";
    for (bit, name) in CONTROLLERS {
        if of & bit != 0 {
            write!(t, "{before}{name}")?;
            before = " ";
        }
    }
    if of != 0 {
        writeln!(t)?;
    }
    Ok(())
}

/// `cgroup.controllers`.
pub(super) fn show_controllers(t: &mut Text, budget: &Budget) -> Made {
    names(t, controllers(budget))
}

/// `cgroup.subtree_control`.
pub(super) fn show_subtree(t: &mut Text, budget: &Budget) -> Made {
    names(t, budget.subtree_control.load(Ordering::Relaxed))
}

/// Words like `+pids -cpu`.
pub(super) fn set_subtree(budget: &Budget, text: &[u8], _: &Opener) -> Result<(), Errno> {
    let (mut on, mut off) = (0u32, 0u32);
    for word in text.split(|b| *b == b' ').filter(|w| !w.is_empty()) {
        let (sign, name) = word.split_first().ok_or(Errno::EINVAL)?;
        let (bit, _) = CONTROLLERS.iter().find(|(_, n)| n.as_bytes() == name).ok_or(Errno::EINVAL)?;
        match sign {
            b'+' => (on, off) = (on | bit, off & !bit),
            b'-' => (on, off) = (on & !bit, off | bit),
            _ => return Err(Errno::EINVAL),
        }
    }
    let now = budget.subtree_control.load(Ordering::Relaxed);
    let (on, off) = (on & !now, off & now);
    if on & !controllers(budget) != 0 {
        return Err(Errno::ENOENT);
    }
    let mut below = 0;
    each_child(budget, 0, |child| {
        below |= child.subtree_control.load(Ordering::Relaxed);
        true
    });
    if off & below != 0 {
        return Err(Errno::EBUSY);
    }
    // Processes are in the leaves; controllers that can weigh threads against cgroups do not mind.
    if on & MEMORY != 0 && !is_root(budget) && budget.live() != 0 {
        return Err(Errno::EBUSY);
    }
    budget.subtree_control.store((now | on) & !off, Ordering::Relaxed);
    Ok(())
}

/// `cgroup.procs`. Who does not exist for the reader is 0, as on Linux.
pub(super) fn procs(t: &mut Text, budget: &Budget) -> Made {
    let mut made = Ok(());
    budget::each_member(budget, |p| {
        let here = ::core::ptr::eq(&*p.budget(), budget) && p.state.lock().exit.is_none();
        if here && made.is_ok() {
            made = writeln!(t, "{}", ids::seen_by_caller(p.pid()));
        }
    });
    Ok(made?)
}

impl Opener {
    /// Whether it may write to a cgroup's `cgroup.procs`.
    fn may_move_inside(&self, budget: &Budget) -> bool {
        let (mode, (uid, gid)) = budget.file_attrs(PROCS, PROCS_MODE);
        let attrs = Attrs { mode: S_IFREG | mode, uid, gid, nlink: 1, atime_ns: 0, mtime_ns: 0, ctime_ns: 0, btime_ns: 0 };
        self.cred.may(&attrs, 2)
    }
}

/// Moves a process here.
pub(super) fn attach(budget: &Budget, text: &[u8], opener: &Opener) -> Result<(), Errno> {
    let pid: i32 = number(text)?;
    let pid = u32::try_from(pid).map_err(|_| Errno::EINVAL)?;
    let process: Ref<Process> = match pid {
        0 => with_current(|me| me.process().clone()),
        _ => ids::process(pid).ok_or(Errno::ESRCH)?,
    };
    if process.state.lock().exit.is_some() {
        return Err(Errno::ESRCH);
    }
    // Who is not in the opener's tree is not to be moved, nor moved out of it (cgroup_namespaces(7)).
    let from = process.budget();
    if !from.is_within(&opener.root) || !budget.is_within(&opener.root) {
        return Err(Errno::ENOENT);
    }
    // Who moves a process must be trusted with all that both cgroups are in (cgroup-v2.rst, "Delegation Containment").
    let mut common: &Budget = &from;
    while !budget.is_within(common) || !is_root(common) && common.name().is_empty() {
        common = common.above(1);
    }
    if !opener.may_move_inside(common) {
        return Err(Errno::EACCES);
    }
    let inner = budget.subtree_control.load(Ordering::Relaxed) & MEMORY != 0;
    if inner && !is_root(budget) {
        return Err(Errno::EBUSY);
    }
    budget::move_process(&process, &budget.to_ref()).map_err(|_| Errno::EAGAIN)
}

/// `cgroup.stat`.
pub(super) fn stat(t: &mut Text, budget: &Budget) -> Made {
    let mut below = 0u64;
    budget.each_below(|b| below = below.saturating_add(u64::from(!::core::ptr::eq(b, budget) && b.is_kept())));
    Ok(writeln!(t, "nr_descendants {below}")?)
}

/// `cgroup.type`.
pub(super) fn kind(t: &mut Text, _: &Budget) -> Made {
    Ok(writeln!(t, "domain")?)
}

/// `cgroup.events`.
pub(super) fn events(t: &mut Text, budget: &Budget) -> Made {
    Ok(writeln!(t, "populated {}\nfrozen 0", u8::from(budget.is_populated()))?)
}

/// `cgroup.kill`.
pub(super) fn kill(budget: &Budget, text: &[u8], _: &Opener) -> Result<(), Errno> {
    if number::<i32>(text)? != 1 {
        return Err(Errno::ERANGE);
    }
    with_current(|me| budget::kill(me, budget));
    Ok(())
}
