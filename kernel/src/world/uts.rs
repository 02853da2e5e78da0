//! What the system calls itself: uname(2), sethostname(2), `/proc/version`, `/proc/sys/kernel`.

use abi::Errno;
use mem::{NoMemory, Ref};
use sync::{SpinLock, levels};

/// The system whose calls these are.
pub(crate) const SYSNAME: &str = "Linux";
/// The version of Linux that the calls follow.
pub(crate) const RELEASE: &str = "6.12.0-rvos";
/// What this build is.
pub(crate) const VERSION: &str = "#1 SMP PREEMPT rvOS";
/// The hardware.
pub(crate) const MACHINE: &str = "riscv64";
/// Longest host or domain name (HOST_NAME_MAX, __NEW_UTS_LEN).
pub(crate) const NAME_MAX: usize = 64;

/// A host or domain name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name {
    bytes: [u8; NAME_MAX],
    len: usize,
}

/// Which name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// sethostname(2).
    Host,
    /// setdomainname(2).
    Domain,
}

/// Host and domain name of a World, shared until one gets its own (uts_namespaces(7)).
pub(crate) struct Uts {
    names: SpinLock<[Name; 2], levels::UtsNames>,
    /// Its number as a namespace.
    pub(crate) ino: u64,
}

impl Name {
    fn new(text: &[u8]) -> Name {
        let mut bytes = [0; NAME_MAX];
        bytes.iter_mut().zip(text).for_each(|(to, from)| *to = *from);
        Name { bytes, len: text.len().min(NAME_MAX) }
    }
    /// Its bytes.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl Uts {
    /// The names at boot.
    pub(crate) fn first() -> Result<Ref<Uts>, NoMemory> {
        let names = SpinLock::new([Name::new(b"rvos"), Name::new(b"(none)")]);
        Ref::try_new(Uts { names, ino: super::names::FIRST_UTS })
    }
    /// The same names, apart from now on.
    pub(crate) fn try_copy(&self) -> Result<Ref<Uts>, NoMemory> {
        let names = *self.names.lock();
        Ref::try_new(Uts { names: SpinLock::new(names), ino: super::names::next_ino() })
    }
    /// The name as it is now.
    pub(crate) fn name(&self, which: Which) -> Name {
        let [host, domain] = *self.names.lock();
        match which {
            Which::Host => host,
            Which::Domain => domain,
        }
    }
    /// Sets a name. EINVAL: it is too long.
    pub(crate) fn set_name(&self, which: Which, text: &[u8]) -> Result<(), Errno> {
        if text.len() > NAME_MAX {
            return Err(Errno::EINVAL);
        }
        let new = Name::new(text);
        let [host, domain] = &mut *self.names.lock();
        *match which {
            Which::Host => host,
            Which::Domain => domain,
        } = new;
        Ok(())
    }
}
