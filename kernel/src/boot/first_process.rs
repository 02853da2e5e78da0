//! The root file system from the initial archive, and process 1.

use super::machine::Machine;
use crate::budget::{self, Standing};
use crate::fs::context::{Cred, FsContext};
use crate::fs::file::{O_RDWR, OpenFile};
use crate::fs::initramfs::{self, Reason, UnpackError};
use crate::fs::mount::{Location, Mount};
use crate::fs::namespace::Namespace;
use crate::fs::table::{FdTable, Slot};
use crate::fs::tmpfs;
use crate::klog::info;
use crate::linux::Stop;
use crate::mm::exec::Strings;
use crate::task::limits::{self, Limits};
use crate::task::process::{Process, ThreadNode};
use crate::task::signal::ProcessSignals;
use crate::task::thread::{Refs, Thread, ThreadSpec};
use crate::task::{clone, exec, ids, oom, sched, users, with_current};
use crate::world::{PidScope, World};
use abi::{Errno, Rights};
use alloc::vec::Vec;
use core::fmt;
use logic_pidscope::Entered;
use logic_sched::{Affinity, Class, Weight};
use mem::{NoMemory, Paddr, Ref};

/// Why process 1 could not be started.
pub(crate) enum StartError {
    /// No memory.
    NoMemory,
    /// The archive is damaged or missing.
    Archive(UnpackError),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::NoMemory => f.write_str("not enough memory"),
            StartError::Archive(error) => error.fmt(f),
        }
    }
}

impl From<NoMemory> for StartError {
    fn from(_: NoMemory) -> Self {
        StartError::NoMemory
    }
}

/// Unpacks the root and starts `/init`.
pub(crate) fn make(machine: &'static Machine) -> Result<Ref<Thread>, StartError> {
    crate::fs::dentry::seed_hash();
    crate::mm::vdso::init()?;
    crate::tty::init()?;
    crate::world::names::init()?;
    let namespace = tmpfs::new_root()?;
    let root = namespace.root().map(|m| Mount::root_location(&m)).ok_or(StartError::NoMemory)?;
    unpack(machine, &namespace)?;
    mount_devfs(&namespace, &root)?;
    budget::make_first()?;
    oom::share_out()?;
    budget::init().pay(|| start_init(machine, namespace, root))
}

fn start_init(machine: &Machine, namespace: Ref<Namespace>, root: Location) -> Result<Ref<Thread>, StartError> {
    let scope = PidScope::first()?;
    let numbers = ids::reserve(&scope)?.ok_or(NoMemory)?;
    let pid = numbers.root;
    let world = World::first(&scope)?;
    let process = new_process(machine, scope, numbers)?;
    let refs = Refs {
        files: FdTable::try_new(budget::init())?,
        fs: FsContext::try_new(namespace, root.clone(), crate::fs::walk::Reached::freely(root), 0o022)?,
        cred: Ref::try_new(Cred::default())?,
        world,
    };
    let spec = ThreadSpec {
        process: Some(process.clone()),
        tid: numbers,
        space: None,
        refs: Some(refs),
        class: Class::Fair { weight: Weight::from_nice(0) },
        affinity: Affinity::ALL,
    };
    let thread = Thread::try_new(spec, first_code, |_| {})?;
    let entry = mem::try_box(ThreadNode::new(thread.id(), thread.clone())).map_err(|NoMemory| StartError::NoMemory)?;
    let _ = process.state.lock().threads.insert(entry);
    *thread.counted.lock() = users::first().ok();
    process.live_threads.store(1, core::sync::atomic::Ordering::Release);
    process.remaining_threads.store(1, core::sync::atomic::Ordering::Release);
    ids::update(pid, |n| {
        n.thread = Some(Ref::downgrade(&thread));
        n.process = Some(process.clone());
        (n.group_members, n.session_members) = (1, 1);
        n.reserved = false;
    });
    Ok(thread)
}

#[inline(never)]
fn new_process(machine: &Machine, scope: Ref<PidScope>, numbers: Entered) -> Result<Ref<Process>, NoMemory> {
    let limits = Limits::initial(machine.memory_bytes() as u64);
    users::set_threads_max(u32::try_from(limits.soft(limits::NPROC)).unwrap_or(u32::MAX / 2).saturating_mul(2));
    let standing = Standing::new(budget::init()).map_err(|_| NoMemory)?;
    Process::try_new(scope, numbers, ProcessSignals::try_new()?, limits, *b"init\0\0\0\0\0\0\0\0\0\0\0\0", standing)
}

#[inline(never)]
fn unpack(machine: &Machine, namespace: &Ref<Namespace>) -> Result<(), StartError> {
    let (from, to) = machine.initrd;
    if to <= from {
        return Err(StartError::Archive(UnpackError { reason: Reason::Missing, entries: 0, part: 0 }));
    }
    let bytes = arch::boot_memory(from, to - from);
    let n = initramfs::unpack(namespace, bytes).map_err(StartError::Archive)?;
    mem::release_boot_range(Paddr(from), Paddr(to));
    info!("initramfs: {n} entries");
    Ok(())
}

#[inline(never)]
fn mount_devfs(namespace: &Ref<Namespace>, root: &Location) -> Result<(), StartError> {
    let Some(dev) = root.dentry.child(b"dev") else { return Ok(()) };
    let (fs, dev_root) = crate::fs::devices::new_devfs()?;
    let at = Location { mount: root.mount.clone(), dentry: dev };
    namespace.add(Mount::try_new(fs, dev_root, 0, b"devtmpfs")?, at).map_err(|_| NoMemory)?;
    Ok(())
}

/// First code of process 1: opens the console and becomes /init.
fn first_code(prev: Ref<Thread>) -> ! {
    sched::arrive(prev);
    let mut frame = arch::TrapFrame::new_user(0, 0);
    if let Err(e) = with_current(|me| become_init(me, &mut frame)) {
        let why = if let Stop::Errno(e) = e { e.name() } else { "interrupted" };
        panic!("cannot execute /init: {why}");
    }
    with_current(|me| *me.start_frame.lock() = Some(frame));
    clone::enter_first()
}

fn become_init(me: &Thread, frame: &mut arch::TrapFrame) -> Result<(), Stop> {
    let console = crate::tty::open_console()?;
    let console = OpenFile::open(console, None, O_RDWR)?;
    for _ in 0..3 {
        let slot = Slot { file: console.try_clone()?, rights: Rights::all(), cloexec: false };
        me.files().insert(slot, 0, 1024)?;
    }
    drop(console);
    let fs = me.fs();
    let cred = me.cred();
    let walker = crate::fs::walk::Walker { fs: &fs, cred: &cred, resolve: crate::fs::walk::Resolve::default() };
    let file = walker.reach(&fs.cwd(), b"/init", crate::fs::walk::Last::Follow)?;
    let mut args = Strings::default();
    args.push(b"/init")?;
    let mut env = Strings::default();
    for e in [b"HOME=/".as_slice(), b"TERM=linux"] {
        env.push(e)?;
    }
    let mut path = Vec::new();
    path.try_reserve(5).map_err(|_| Errno::ENOMEM)?;
    path.extend_from_slice(b"/init");
    exec::exec(me, exec::Request { file, path, args, env }, frame)
}
