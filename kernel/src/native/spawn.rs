//! spawn: a program in a process of its own, with exactly what it is given.

use crate::budget::Budget;
use crate::fs::context::{Cred, FsContext, Ids, cap};
use crate::fs::file::Descriptor;
use crate::fs::inode::Body;
use crate::fs::mount::{Location, Mount};
use crate::fs::namespace::Namespace;
use crate::fs::table::{FdTable, Slot};
use crate::fs::walk::{Last, Reached, Resolve, Walker, path_of};
use crate::linux::path::read_path;
use crate::linux::{Call, CallResult};
use crate::mm::exec::Strings;
use crate::task::clone::{CLONE_NEWNS, JobGroup, NAMESPACES};
use crate::task::exec::Request;
use crate::task::spawn::{Plan, spawn as start};
use crate::task::thread::Refs;
use crate::task::{ids, limits};
use crate::world::{Grants, Narrow, Reach};
use abi::{Errno, Rights, SpawnArgs, SpawnFd, spawn_flags as flag};
use alloc::vec::Vec;
use logic_signal::SigSet;
use mem::{NoMemory, PAGE, Ref, user};

const NO_MEMORY: fn(NoMemory) -> Errno = |NoMemory| Errno::ENOMEM;

/// spawn(args, size).
pub(super) fn spawn(c: &mut Call<'_>) -> CallResult {
    let args = read_args(c)?;
    let budget = c.me.process().budget();
    let plan = budget.pay(|| plan(c, &args))?;
    Ok(start(c.me, plan)? as usize)
}

/// The arguments, of this size or another (clone3(2)): what is not known here must be zero.
fn read_args(c: &Call<'_>) -> Result<SpawnArgs, Errno> {
    const KNOWN: usize = size_of::<SpawnArgs>();
    let (at, size) = (c.arg(0), c.arg(1));
    if size < KNOWN {
        return Err(Errno::EINVAL);
    }
    if size > PAGE {
        return Err(Errno::E2BIG);
    }
    let args: SpawnArgs = user::read(at).map_err(|_| Errno::EFAULT)?;
    for more in KNOWN..size {
        if user::read::<u8>(at.wrapping_add(more)).map_err(|_| Errno::EFAULT)? != 0 {
            return Err(Errno::E2BIG);
        }
    }
    let known = args.flags & !flag::ALL == 0 && args.namespaces & !NAMESPACES == 0 && args.grants <= u64::from(u8::MAX);
    let group = args.flags & (flag::SET_GROUP | flag::NEW_SESSION);
    let program = (args.path == 0) != (args.program == -1);
    let root = args.flags & flag::NO_ROOT == 0 || args.root == -1 && args.cwd == -1 && args.path == 0;
    if !known || !program || !root || group == flag::SET_GROUP | flag::NEW_SESSION {
        return Err(Errno::EINVAL);
    }
    Ok(args)
}

#[inline(never)]
fn plan(c: &Call<'_>, args: &SpawnArgs) -> Result<Plan, Errno> {
    let budget = budget_of(c, args)?;
    let cred = identity(c, args)?;
    let fs = places(c, args)?;
    let world = c.me.world().narrowed(&narrow(args), &budget)?;
    let narrows = args.namespaces != 0 || args.root != -1 || args.flags & NARROWING != 0;
    let untrusted = narrows && !c.me.cred().capable(cap::SYS_ADMIN);
    let inherited = c.me.attrs.no_new_privs.load(core::sync::atomic::Ordering::Relaxed) != 0;
    let program = program(c, args, &fs, &cred)?;
    let files = descriptors(c, args, &budget)?;
    Ok(Plan {
        program,
        refs: Refs { files, fs, cred, world },
        budget,
        mask: (args.flags & flag::SET_MASK != 0).then_some(SigSet(args.signal_mask)),
        defaults: if args.flags & flag::SET_DEFAULTS != 0 { SigSet(args.signal_defaults) } else { SigSet::EMPTY },
        group: group(args)?,
        // A program with set-id bits trusts the names that it finds.
        no_new_privs: inherited || untrusted || args.flags & flag::NO_NEW_PRIVS != 0,
    })
}

const NARROWING: u64 = flag::NO_NET | flag::NO_UTS | flag::NO_IPC | flag::NO_ROOT;

fn narrow(args: &SpawnArgs) -> Narrow {
    let mut reach = Reach::all();
    for (bit, what) in [(flag::NO_NET, Reach::NET), (flag::NO_UTS, Reach::UTS), (flag::NO_IPC, Reach::IPC)] {
        if args.flags & bit != 0 {
            reach.remove(what);
        }
    }
    Narrow { grants: Grants::from_bits_truncate(args.grants as u8), reach, fresh: args.namespaces & !CLONE_NEWNS }
}

fn group(args: &SpawnArgs) -> Result<JobGroup, Errno> {
    Ok(match args.process_group {
        _ if args.flags & flag::NEW_SESSION != 0 => JobGroup::Session,
        _ if args.flags & flag::SET_GROUP == 0 => JobGroup::Callers,
        0 => JobGroup::Own,
        n => JobGroup::Other(u32::try_from(n).ok().and_then(ids::root_of).ok_or(Errno::EINVAL)?),
    })
}

/// Who pays: the caller's budget, one that the caller holds, or one below it whose directory of cgroup2 it holds and may change.
fn budget_of(c: &Call<'_>, args: &SpawnArgs) -> Result<Ref<Budget>, Errno> {
    let own = c.me.process().budget();
    if args.budget == -1 {
        return Ok(own);
    }
    let Slot { file, rights, .. } = slot(c, args.budget, Rights::NONE)?;
    if let Some(held) = file.file.as_budget() {
        // As for budget_join.
        return if rights.contains(Rights::WRITE) { Ok(held.budget().clone()) } else { Err(Errno::EACCES) };
    }
    if !rights.contains(Rights::MANAGE) {
        return Err(Errno::EACCES);
    }
    let inode = file.inode().ok_or(Errno::EBADF)?;
    let Body::Virtual(node) = &inode.body else { return Err(Errno::EBADF) };
    let budget = node.budget().ok_or(Errno::EBADF)?;
    if !c.me.cred().may(&inode.attrs.lock(), 2) {
        return Err(Errno::EACCES);
    }
    if budget.is_within(&own) { Ok(budget.clone()) } else { Err(Errno::EPERM) }
}

/// A descriptor of the caller with a right. EACCES: it lacks the right.
fn slot(c: &Call<'_>, fd: i32, needs: Rights) -> Result<Slot, Errno> {
    let slot = c.me.files().slot(fd, Rights::NONE)?;
    if slot.rights.contains(needs) { Ok(slot) } else { Err(Errno::EACCES) }
}

fn place(file: &Descriptor) -> Result<Location, Errno> {
    file.location.clone().ok_or(Errno::ENOTDIR)
}

/// Where a directory descriptor is. Paths from there are not held to its rights, so that it must have all of them but `without`.
fn directory(c: &Call<'_>, fd: i32, without: Rights) -> Result<Location, Errno> {
    let place = place(&slot(c, fd, Rights::all().difference(without))?.file)?;
    if place.inode().is_dir() { Ok(place) } else { Err(Errno::ENOTDIR) }
}

/// Root, current directory and mounts of the child.
#[inline(never)]
fn places(c: &Call<'_>, args: &SpawnArgs) -> Result<Ref<FsContext>, Errno> {
    let old = c.me.fs();
    let umask = old.umask();
    if args.flags & flag::NO_ROOT != 0 {
        let namespace = Namespace::empty().map_err(NO_MEMORY)?;
        let root = namespace.root().map(|m| Mount::root_location(&m)).ok_or(Errno::ENOMEM)?;
        return FsContext::try_new(namespace, root.clone(), Reached::freely(root), umask).map_err(NO_MEMORY);
    }
    // Below another root there is nothing to go up to.
    let up = if args.root == -1 { Rights::NONE } else { Rights::WALK_UP };
    let cwd = if args.cwd == -1 { None } else { Some(directory(c, args.cwd, up)?) };
    if args.root != -1 {
        let root = directory(c, args.root, Rights::WALK_UP)?;
        let wanted = cwd.unwrap_or_else(|| root.clone());
        let (namespace, cwd) = old.namespace.try_copy_below(&root, &wanted).map_err(NO_MEMORY)?;
        let root = namespace.root().map(|m| Mount::root_location(&m)).ok_or(Errno::ENOMEM)?;
        let cwd = cwd.ok_or(Errno::EINVAL)?;
        return FsContext::try_new(namespace, root, Reached::freely(cwd), umask).map_err(NO_MEMORY);
    }
    let (root, cwd) = (old.root(), cwd.map_or_else(|| old.cwd(), Reached::freely));
    if args.namespaces & CLONE_NEWNS == 0 {
        return FsContext::try_new(old.namespace.clone(), root, cwd, umask).map_err(NO_MEMORY);
    }
    let (namespace, [root, place]) = old.namespace.try_copy([root, cwd.place]).map_err(NO_MEMORY)?;
    FsContext::try_new(namespace, root, Reached { place, rights: cwd.rights }, umask).map_err(NO_MEMORY)
}

/// Who the child is: as setresuid(2), setresgid(2) and setgroups(2) allow.
#[inline(never)]
fn identity(c: &Call<'_>, args: &SpawnArgs) -> Result<Ref<Cred>, Errno> {
    const MOST_GROUPS: u32 = 65_536;
    let mine = c.me.cred();
    if args.flags & flag::SET_IDS == 0 {
        return Ok(mine);
    }
    let own = |ids: &Ids, id: u32| [ids.real, ids.effective, ids.saved].contains(&id);
    if !mine.capable(cap::SETUID) && !own(&mine.uid, args.uid)
        || !mine.capable(cap::SETGID) && (!own(&mine.gid, args.gid) || args.group_count != 0 || !mine.groups.is_empty())
    {
        return Err(Errno::EPERM);
    }
    if args.group_count > MOST_GROUPS || args.uid == u32::MAX || args.gid == u32::MAX {
        return Err(Errno::EINVAL);
    }
    let mut new = mine.try_copy().map_err(NO_MEMORY)?;
    new.groups.clear();
    new.groups.try_reserve_exact(args.group_count as usize).map_err(|_| Errno::ENOMEM)?;
    for n in 0..args.group_count as usize {
        let at = (args.groups as usize).wrapping_add(n.wrapping_mul(4));
        new.groups.push(user::read(at).map_err(|_| Errno::EFAULT)?);
    }
    logic_ids::sort(&mut new.groups);
    let old = [mine.uid.real, mine.uid.effective, mine.uid.saved];
    new.uid = Ids { real: args.uid, effective: args.uid, saved: args.uid, fs: args.uid };
    new.gid = Ids { real: args.gid, effective: args.gid, saved: args.gid, fs: args.gid };
    new.caps.ids_changed(old, [args.uid; 3]);
    new.caps.fs_id_changed(mine.uid.fs, args.uid);
    Ref::try_new(new).map_err(NO_MEMORY)
}

/// The program's file with its arguments; a path begins where the child's paths begin.
#[inline(never)]
fn program(c: &Call<'_>, args: &SpawnArgs, fs: &FsContext, cred: &Cred) -> Result<Request, Errno> {
    let (file, path) = if args.program == -1 {
        let path = read_path(args.path as usize)?;
        let walker = Walker { fs, cred, resolve: Resolve::default() };
        let file = walker.reach(&fs.cwd(), &path, Last::Follow)?;
        if !file.rights.contains(Rights::EXEC) {
            return Err(Errno::EACCES);
        }
        (file, path)
    } else {
        let slot = slot(c, args.program, Rights::EXEC)?;
        let place = slot.file.location.clone().ok_or(Errno::EACCES)?;
        let path = path_of(fs, &place)?;
        (Reached { place, rights: slot.rights }, path)
    };
    let limit = (c.me.process().limit(limits::STACK) / 4).clamp(128 << 10, 6 << 20) as usize;
    let strings = |at: u64| if at == 0 { Ok(Strings::default()) } else { Strings::read(at as usize, limit) };
    let (mut argv, env) = (strings(args.argv)?, strings(args.envp)?);
    if argv.count == 0 {
        argv.push(b"")?;
    }
    if argv.size().saturating_add(env.size()) > limit {
        return Err(Errno::E2BIG);
    }
    Ok(Request { file, path, args: argv, env })
}

/// The child's table: what is listed, and nothing else.
#[inline(never)]
fn descriptors(c: &Call<'_>, args: &SpawnArgs, budget: &Ref<Budget>) -> Result<Ref<FdTable>, Errno> {
    let limit = c.me.process().limit(limits::NOFILE);
    if args.fd_count > limit {
        return Err(Errno::EMFILE);
    }
    let mut listed: Vec<SpawnFd> = Vec::new();
    listed.try_reserve_exact(args.fd_count as usize).map_err(|_| Errno::ENOMEM)?;
    for n in 0..args.fd_count as usize {
        let at = (args.fds as usize).wrapping_add(n.wrapping_mul(size_of::<SpawnFd>()));
        listed.push(user::read(at).map_err(|_| Errno::EFAULT)?);
    }
    let table = budget.pay(|| FdTable::try_new(budget)).map_err(NO_MEMORY)?;
    for fd in &listed {
        let slot = slot(c, fd.from, Rights::DUP | Rights::TRANSFER)?;
        if fd.to < 0 {
            return Err(Errno::EBADF);
        }
        // Each number once.
        if budget.pay(|| table.replace(fd.to, Slot { cloexec: false, ..slot }, limit))?.is_some() {
            return Err(Errno::EINVAL);
        }
    }
    Ok(table)
}
