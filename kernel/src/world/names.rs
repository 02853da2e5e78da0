//! Namespaces as files (namespaces(7)): `/proc/PID/ns/*` lead to them, setns(2) enters them.

use super::uts::Uts;
use super::{PidScope, World};
use crate::budget::{self, Budget};
use crate::census::{Counted, Kind};
use crate::fs::dentry::Dentry;
use crate::fs::file::{File, Io, Special};
use crate::fs::inode::{Body, FileSystem, Inode, S_IFREG, Virtual};
use crate::fs::mount::{Location, Mount};
use crate::fs::namespace::Namespace;
use crate::linux::Stop;
use crate::task::clone::{CLONE_NEWCGROUP, CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUSER, CLONE_NEWUTS};
use crate::task::thread::Refs;
use abi::Errno;
use core::sync::atomic::{AtomicU64, Ordering};
use mem::{NoMemory, Ref};
use sync::Once;

/// Numbers of the namespaces at boot (include/linux/proc_ns.h), and of the first one that is made.
pub(crate) const FIRST_UTS: u64 = 0xefff_fffe;
const FIRST_IPC: u64 = 0xefff_ffff;
/// Of users there is one: CLONE_NEWUSER is EINVAL.
const FIRST_USER: u64 = 0xefff_fffd;
const FIRST_CGROUP: u64 = 0xefff_fffb;
/// The outermost pid scope.
pub(crate) const FIRST_PID: u64 = 0xefff_fffc;
const FIRST_NET: u64 = 0xf000_0000;
/// The mounts of process 1.
pub(crate) const FIRST_MOUNTS: u64 = 0xf000_0001;
const FIRST_MADE: u64 = 0xf000_0098;
/// NSFS_MAGIC (statfs(2)).
const MAGIC: u64 = 0x6e73_6673;
const NSFS: &str = "nsfs";

static NEXT_INO: AtomicU64 = AtomicU64::new(FIRST_MADE);

/// A number for a new namespace, never used again.
pub(crate) fn next_ino() -> u64 {
    NEXT_INO.fetch_add(1, Ordering::Relaxed)
}

/// A namespace that has nothing in it but its identity and, of a network, the abstract names of sockets.
pub(crate) struct Space {
    _counted: Counted<{ Kind::Worlds as usize }>,
    /// Its number.
    pub(crate) ino: u64,
    /// Names of sockets that stand in no file system (unix(7)).
    pub(crate) sockets: crate::net::unix::Names,
}

impl Space {
    fn with_ino(ino: u64) -> Result<Ref<Space>, NoMemory> {
        Ref::try_new(Space { _counted: Counted::new(), ino, sockets: crate::net::unix::Names::new() })
    }
    /// A new one.
    pub(crate) fn try_new() -> Result<Ref<Space>, NoMemory> {
        Self::with_ino(next_ino())
    }
    /// Names of System V objects at boot.
    pub(super) fn first_ipc() -> Result<Ref<Space>, NoMemory> {
        Self::with_ino(FIRST_IPC)
    }
    /// The network at boot.
    pub(super) fn first_net() -> Result<Ref<Space>, NoMemory> {
        Self::with_ino(FIRST_NET)
    }
    /// Of a network: whether it is the machine's.
    pub(super) fn leads_out(&self) -> bool {
        self.ino == FIRST_NET
    }
}

/// A budget that looks like the root of cgroup2 (cgroup_namespaces(7)).
pub(crate) struct CgroupRoot {
    _counted: Counted<{ Kind::Worlds as usize }>,
    ino: u64,
    /// The budget.
    pub(crate) budget: Ref<Budget>,
}

impl CgroupRoot {
    /// That of a new World.
    pub(super) fn at(budget: &Ref<Budget>, ino: u64) -> Result<Ref<CgroupRoot>, NoMemory> {
        // Outside the session there are no directories.
        let budget = if budget.is_within(budget::session()) { budget } else { budget::session() }.clone();
        Ref::try_new(CgroupRoot { _counted: Counted::new(), ino, budget })
    }
    /// That of process 1: the session.
    pub(super) fn first() -> Result<Ref<CgroupRoot>, NoMemory> {
        Self::at(budget::session(), FIRST_CGROUP)
    }
}

/// What setns(2) enters.
#[derive(Clone)]
pub(crate) enum Entered {
    /// Host and domain name.
    Uts(Ref<Uts>),
    /// System V names.
    Ipc(Ref<Space>),
    /// A network.
    Net(Ref<Space>),
    /// User ids, which all Worlds have in common.
    Users,
    /// Where cgroups begin.
    Cgroup(Ref<CgroupRoot>),
    /// A pid scope, for children.
    Pid(Ref<PidScope>),
    /// Mounts.
    Mounts(Ref<Namespace>),
}

/// The kinds of namespaces by their names in `/proc/PID/ns`.
pub(crate) const KINDS: [(&[u8], u64); 8] = [
    (b"cgroup", CLONE_NEWCGROUP),
    (b"ipc", CLONE_NEWIPC),
    (b"mnt", CLONE_NEWNS),
    (b"net", CLONE_NEWNET),
    (b"pid", CLONE_NEWPID),
    (b"pid_for_children", 0),
    (b"user", CLONE_NEWUSER),
    (b"uts", CLONE_NEWUTS),
];

impl Entered {
    /// Its CLONE_NEW* flag.
    pub(crate) fn flag(&self) -> u64 {
        match self {
            Entered::Uts(_) => CLONE_NEWUTS,
            Entered::Ipc(_) => CLONE_NEWIPC,
            Entered::Net(_) => CLONE_NEWNET,
            Entered::Users => CLONE_NEWUSER,
            Entered::Cgroup(_) => CLONE_NEWCGROUP,
            Entered::Pid(_) => CLONE_NEWPID,
            Entered::Mounts(_) => CLONE_NEWNS,
        }
    }
    /// Its number.
    pub(crate) fn ino(&self) -> u64 {
        match self {
            Entered::Uts(u) => u.ino,
            Entered::Ipc(s) | Entered::Net(s) => s.ino,
            Entered::Users => FIRST_USER,
            Entered::Cgroup(c) => c.ino,
            Entered::Pid(s) => s.ino,
            Entered::Mounts(n) => n.ino,
        }
    }
    /// What stands before its number in a link.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Entered::Uts(_) => "uts",
            Entered::Ipc(_) => "ipc",
            Entered::Net(_) => "net",
            Entered::Users => "user",
            Entered::Cgroup(_) => "cgroup",
            Entered::Pid(_) => "pid",
            Entered::Mounts(_) => "mnt",
        }
    }
    /// That of a thread: `of_children` is the scope in which its children are made.
    pub(crate) fn of(refs: &Refs, scope: &Ref<PidScope>, flag: u64) -> Entered {
        let world: &World = &refs.world;
        match flag {
            CLONE_NEWUTS => Entered::Uts(world.uts.clone()),
            CLONE_NEWIPC => Entered::Ipc(world.ipc().clone()),
            CLONE_NEWNET => Entered::Net(world.net().clone()),
            CLONE_NEWUSER => Entered::Users,
            CLONE_NEWCGROUP => Entered::Cgroup(world.cgroup().clone()),
            CLONE_NEWNS => Entered::Mounts(refs.fs.namespace.clone()),
            CLONE_NEWPID => Entered::Pid(scope.clone()),
            _ => Entered::Pid(world.children.clone()),
        }
    }
    /// A place to which a link can lead.
    pub(crate) fn place(&self) -> Result<Location, NoMemory> {
        let mount = MOUNT.get().ok_or(NoMemory)?.clone();
        let node = Ref::try_new(Node { of: self.clone() })?;
        let body = Body::Virtual(node.unsize(|p| p));
        let inode = Inode::try_new_numbered(&mount.fs, self.ino(), S_IFREG | 0o444, (0, 0), body)?;
        Ok(Location { mount, dentry: Dentry::try_new_root(inode)? })
    }
}

/// The number of a namespace's file; `None` for other files.
pub(crate) fn number_of(place: &Location) -> Option<u64> {
    (place.mount.fs.kind == NSFS).then(|| place.inode().ino)
}

/// What stands before the number of a namespace's file.
pub(crate) fn kind_of(place: &Location) -> &'static str {
    let Body::Virtual(node) = &place.inode().body else { return "" };
    let Some(Ok(file)) = node.open() else { return "" };
    match file.special() {
        Special::Namespace(of) => of.kind(),
        _ => "",
    }
}

/// Whether a place is the file of a mount namespace, of one that was made before that with the number `ino` or is that one: if
/// it were mounted there, the two could keep each other for ever.
pub(crate) fn keeps(place: &Location, ino: u64) -> bool {
    // What cannot be looked at for lack of memory may be one.
    number_of(place).is_some_and(|number| number <= ino) && matches!(kind_of(place), "mnt" | "")
}

/// The mount of all such files, which is nowhere.
static MOUNT: Once<Ref<Mount>> = Once::new();

/// At boot: makes that mount.
pub(crate) fn init() -> Result<(), NoMemory> {
    /// Its root is never shown.
    struct Nothing;
    impl Virtual for Nothing {}
    let fs = FileSystem::try_new(NSFS, MAGIC)?;
    let body = Body::Virtual(Ref::try_new(Nothing)?.unsize(|p| p));
    let root = Dentry::try_new_root(Inode::try_new_numbered(&fs, 1, S_IFREG | 0o444, (0, 0), body)?)?;
    let _ = MOUNT.set(Mount::try_new(fs, root, 0, b"nsfs")?);
    Ok(())
}

/// A namespace in the tree of names.
struct Node {
    of: Entered,
}

impl Virtual for Node {
    fn open(&self) -> Option<Result<Ref<dyn File>, Errno>> {
        let file = Ref::try_new(NamespaceFile { of: self.of.clone() });
        Some(match file {
            Ok(f) => Ok(f.unsize(|p| p)),
            Err(NoMemory) => Err(Errno::ENOMEM),
        })
    }
}

/// A namespace that is open: it lives as long.
struct NamespaceFile {
    of: Entered,
}

impl File for NamespaceFile {
    fn ioctl(&self, _io: &Io<'_>, request: u32, _arg: usize) -> Result<usize, Stop> {
        const NS_GET_NSTYPE: u32 = 0xb703;
        if request == NS_GET_NSTYPE { Ok(self.of.flag() as usize) } else { Err(Errno::ENOTTY.into()) }
    }
    fn special(&self) -> Special<'_> {
        Special::Namespace(&self.of)
    }
}
