//! devpts: where pseudo-terminals have their names (pts(4)). Each mount is an instance with numbers of its own.
//!
//! Key types: [`Instance`], [`Name`]. The directory is one of devfs's kind whose entries come and go with masters; nobody else
//! may change it. Whose number a terminal has, holds it until both ends are closed.

use super::Tty;
use super::file::{self, TtyFile, Via};
use crate::fs::dentry::Dentry;
use crate::fs::file::{Descriptor, File, OpenFile};
use crate::fs::inode::{Body, FileSystem, Given, Inode, S_IFCHR, S_IFDIR, makedev};
use crate::fs::mount::{Location, Mount};
use crate::fs::open::numbered_name;
use crate::linux::Stop;
use crate::task::Thread;
use abi::Errno;
use core::sync::atomic::AtomicBool;
use logic_ids::{Bitmap, IdError};
use mem::{NoMemory, Ref};
use sync::{SpinLock, levels};

/// DEVPTS_SUPER_MAGIC (statfs(2)).
pub(crate) const MAGIC: u64 = 0x1cd1;
/// Major number of slaves (Linux's devices.txt).
const SLAVES: u32 = 136;
/// Inode number of the first slave.
const FIRST_INO: u64 = 3;
/// Minor numbers are below this.
pub(crate) const MOST: u32 = 1 << 20;

/// What a name in a devpts stands for.
pub(crate) enum Name {
    /// `ptmx`: opening it makes a pair.
    Ptmx(Ref<Instance>),
    /// A number: the slave.
    Slave(Ref<Tty>),
}

/// Options of mount(8).
#[derive(Clone, Copy)]
pub(crate) struct Options {
    /// Permission bits of slaves, and of `ptmx`.
    pub(crate) mode: u32,
    pub(crate) ptmx_mode: u32,
    /// Owner and group of slaves, if not the opener's.
    pub(crate) uid: Option<u32>,
    pub(crate) gid: Option<u32>,
    /// How many there may be. Without a limit it is the memory of who opens them that ends it.
    pub(crate) most: u32,
}

impl Default for Options {
    fn default() -> Self {
        Options { mode: 0o600, ptmx_mode: 0, uid: None, gid: None, most: MOST }
    }
}

/// A devpts.
pub(crate) struct Instance {
    root: Ref<Dentry>,
    options: Options,
    numbers: SpinLock<Numbers, levels::ObjectState>,
}

struct Numbers {
    taken: Bitmap,
    count: u32,
}

/// A terminal's number in its devpts.
pub(super) struct Number {
    instance: Ref<Instance>,
    pub(super) index: u32,
    /// The master is closed.
    pub(super) closed: AtomicBool,
}

impl Number {
    fn take(instance: &Ref<Instance>) -> Result<Number, Errno> {
        let mut numbers = instance.numbers.lock();
        let index = numbers.taken.lowest_free_from(0);
        if index >= instance.options.most.min(MOST) as usize {
            return Err(Errno::ENOSPC);
        }
        numbers.taken.grow(index).map_err(|_: IdError| Errno::ENOMEM)?;
        numbers.taken.set(index);
        numbers.count = numbers.count.saturating_add(1);
        drop(numbers);
        Ok(Number { instance: instance.clone(), index: index as u32, closed: AtomicBool::new(false) })
    }

    /// The slave has no name any more.
    pub(super) fn forget(&self) {
        let gone = self.instance.root.take_child(name(&mut [0; 24], self.index));
        if let Some(dentry) = gone.as_ref().and_then(|g| g.child()) {
            dentry.mark_removed();
            dentry.inode().change(|a| a.nlink = 0);
        }
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        let mut numbers = self.instance.numbers.lock();
        numbers.taken.clear(self.index as usize);
        numbers.count = numbers.count.saturating_sub(1);
        // The map's memory goes with the last one.
        let rest = if numbers.count == 0 { Some(core::mem::take(&mut numbers.taken)) } else { None };
        drop(numbers);
        drop(rest);
    }
}

impl Name {
    /// Its device number.
    pub(crate) fn device(&self) -> u64 {
        match self {
            Name::Ptmx(_) => makedev(5, 2),
            Name::Slave(tty) => u64::from(tty.number),
        }
    }

    /// Opens it.
    pub(crate) fn open(&self, me: &Thread, flags: u32) -> Result<Ref<dyn File>, Stop> {
        match self {
            Name::Ptmx(instance) => open_master(me, instance),
            Name::Slave(tty) => file::open_for(me, tty, flags),
        }
    }
}

/// A devpts: its file system and root.
pub(crate) fn new_devpts(options: Options) -> Result<(Ref<FileSystem>, Ref<Dentry>), NoMemory> {
    let fs = FileSystem::try_new_with("devpts", MAGIC, Given::Devpts(options))?;
    let root = Dentry::try_new_root(Inode::try_new(&fs, S_IFDIR | 0o755, (0, 0), Body::Directory)?)?;
    let mode = S_IFCHR | options.ptmx_mode;
    let numbers = SpinLock::new(Numbers { taken: Bitmap::new(), count: 0 });
    let instance = Ref::try_new(Instance { root: root.clone(), options, numbers })?;
    let ptmx = Inode::try_new(&fs, mode, (0, 0), Body::Terminal(Name::Ptmx(instance)))?;
    root.add_child(&Dentry::try_new(ptmx, b"ptmx", &root)?).map_err(|_| NoMemory)?;
    Ok((fs, root))
}

/// Opens the device 5:2 that is at `place`: a master of the devpts beside it.
pub(crate) fn open_beside(me: &Thread, place: &Location) -> Result<Ref<dyn File>, Stop> {
    open_master(me, &beside(me, place)?.1)
}

/// Opens the slave of a master that was opened at `place` (`TIOCGPTPEER`).
pub(crate) fn open_peer(me: &Thread, master: &TtyFile, place: &Location, flags: u32) -> Result<Descriptor, Stop> {
    if master.via != Via::Master {
        return Err(Errno::EIO.into());
    }
    let (mount, instance) = beside(me, place)?;
    let number = master.tty.pty.as_ref().filter(|n| Ref::ptr_eq(&n.instance, &instance)).ok_or(Errno::ENODEV)?;
    let dentry = mount.root.child(name(&mut [0; 24], number.index)).ok_or(Errno::EIO)?;
    let file = file::open_for(me, &master.tty, flags)?;
    Ok(OpenFile::open(file, Some(Location { mount, dentry }), flags)?)
}

/// The devpts that `ptmx` at `place` belongs to: the one that it is in, or that is mounted on `pts` in the same directory.
fn beside(me: &Thread, place: &Location) -> Result<(Ref<Mount>, Ref<Instance>), Errno> {
    if let Body::Terminal(Name::Ptmx(instance)) = &place.inode().body {
        return Ok((place.mount.clone(), instance.clone()));
    }
    let parent = place.dentry.parent().ok_or(Errno::ENODEV)?;
    let pts = Location { mount: place.mount.clone(), dentry: Dentry::lookup(&parent, b"pts")? };
    let mount = me.fs().namespace.mounted_on(&pts).ok_or(Errno::ENODEV)?;
    let ptmx = mount.root.child(b"ptmx").ok_or(Errno::ENODEV)?;
    match &ptmx.inode().body {
        Body::Terminal(Name::Ptmx(instance)) => Ok((mount, instance.clone())),
        _ => Err(Errno::ENODEV),
    }
}

fn open_master(me: &Thread, instance: &Ref<Instance>) -> Result<Ref<dyn File>, Stop> {
    let number = Number::take(instance)?;
    let index = number.index;
    let tty = Tty::try_new(makedev(SLAVES, index) as u32, [0; 4], Some(number))?;
    let (cred, o) = (me.cred(), &instance.options);
    let owner = (o.uid.unwrap_or(cred.uid.fs), o.gid.unwrap_or(cred.gid.fs));
    let ino = FIRST_INO.saturating_add(u64::from(index));
    let body = Body::Terminal(Name::Slave(tty.clone()));
    let inode = Inode::try_new_numbered(&instance.root.inode().fs, ino, S_IFCHR | o.mode, owner, body)?;
    let dentry = Dentry::try_new(inode, name(&mut [0; 24], index), &instance.root)?;
    // From here on its drop takes back all of it.
    let file = file::open(&tty, Via::Master)?;
    // Nobody else has this number, so that the name is free.
    instance.root.add_child(&dentry)?;
    Ok(file)
}

/// A number's name.
fn name(buffer: &mut [u8; 24], index: u32) -> &[u8] {
    numbered_name(buffer, u64::from(index)).get(1..).unwrap_or_default()
}
