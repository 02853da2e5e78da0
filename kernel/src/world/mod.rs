//! The World of a process: where the power of calls that take no descriptor comes from.
//!
//! * [`World`] – grants over the machine, what is reached (network, host name, names of System V objects), and the scope
//!   that children are made in. Shared by fork(2), kept over execve(2); it only ever narrows. Root and mounts, the other part
//!   of it, are where paths begin (`fs::context`).
//! * [`need`] – what dispatch asks for each call, by the column of the call table; Linux's check of user and capabilities
//!   comes on top, in the call.
//! * `scope` – which processes exist. `uts` – host and domain name. `names` – namespaces as files: `/proc/PID/ns`.

pub(crate) mod names;
mod scope;
pub(crate) mod uts;

pub(crate) use scope::PidScope;

use crate::budget::Budget;
use crate::census::{Counted, Kind};
use crate::task::Thread;
use crate::task::clone::{CLONE_NEWCGROUP, CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWPID, CLONE_NEWUTS};
use abi::{Authority, Errno, Grant};
use mem::{NoMemory, Ref};
use uts::Uts;

bitflags::bitflags! {
    /// Grants of a World: bit `1 << Grant`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Grants: u8 {
        /// All there are.
        const ALL = 0x7f;
    }
    /// What calls of a World reach.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Reach: u8 {
        /// A network.
        const NET = 1;
        /// The host and domain name, to be changed.
        const UTS = 2;
        /// Names of System V objects and message queues.
        const IPC = 4;
    }
}

/// See the module.
pub(crate) struct World {
    _counted: Counted<{ Kind::Worlds as usize }>,
    grants: Grants,
    reach: Reach,
    /// Host and domain name.
    pub(crate) uts: Ref<Uts>,
    /// System V objects and message queues by name; there are none yet but the names.
    ipc: Ref<names::Space>,
    /// The network; what a new one reaches is nothing.
    net: Ref<names::Space>,
    /// The budget that looks like the root of cgroup2.
    cgroup: Ref<names::CgroupRoot>,
    /// Where children are made.
    pub(crate) children: Ref<PidScope>,
}

/// How a World is to narrow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Narrow {
    /// Grants that stay.
    pub(crate) grants: Grants,
    /// What stays reachable.
    pub(crate) reach: Reach,
    /// CLONE_NEW* of what is to be new.
    pub(crate) fresh: u64,
}

impl Narrow {
    /// New namespaces alone.
    pub(crate) fn namespaces(fresh: u64) -> Narrow {
        Narrow { grants: Grants::ALL, reach: Reach::all(), fresh }
    }
}

impl World {
    /// That of process 1: all of the machine.
    pub(crate) fn first(scope: &Ref<PidScope>) -> Result<Ref<World>, NoMemory> {
        Ref::try_new(World {
            _counted: Counted::new(),
            grants: Grants::ALL,
            reach: Reach::all(),
            uts: Uts::first()?,
            ipc: names::Space::first_ipc()?,
            net: names::Space::first_net()?,
            cgroup: names::CgroupRoot::first()?,
            children: scope.clone(),
        })
    }

    /// A World that is narrower than this one, for a process in `budget`. EINVAL: scopes too deep in each other.
    pub(crate) fn narrowed(&self, how: &Narrow, budget: &Ref<Budget>) -> Result<Ref<World>, Errno> {
        const NO_MEMORY: fn(NoMemory) -> Errno = |NoMemory| Errno::ENOMEM;
        let is_new = |flag| how.fresh & flag != 0;
        let mut reach = self.reach & how.reach;
        // A network of one's own leads nowhere, and who loses the network has one of its own: abstract names of sockets are
        // the network's. Names of one's own may be changed.
        let own_net = is_new(CLONE_NEWNET) || !how.reach.contains(Reach::NET);
        if own_net {
            reach -= Reach::NET;
        }
        if is_new(CLONE_NEWUTS) {
            reach |= how.reach & Reach::UTS;
        }
        if is_new(CLONE_NEWIPC) {
            reach |= how.reach & Reach::IPC;
        }
        Ref::try_new(World {
            _counted: Counted::new(),
            grants: self.grants & how.grants,
            reach,
            uts: if is_new(CLONE_NEWUTS) { self.uts.try_copy().map_err(NO_MEMORY)? } else { self.uts.clone() },
            ipc: if is_new(CLONE_NEWIPC) { names::Space::try_new().map_err(NO_MEMORY)? } else { self.ipc.clone() },
            net: if own_net { names::Space::try_new().map_err(NO_MEMORY)? } else { self.net.clone() },
            cgroup: match is_new(CLONE_NEWCGROUP) {
                true => names::CgroupRoot::at(budget, names::next_ino()).map_err(NO_MEMORY)?,
                false => self.cgroup.clone(),
            },
            children: if is_new(CLONE_NEWPID) { PidScope::inside(&self.children)? } else { self.children.clone() },
        })
        .map_err(NO_MEMORY)
    }

    /// The same with these namespaces instead (setns(2)).
    pub(crate) fn with(&self, entered: &[names::Entered]) -> Result<Ref<World>, NoMemory> {
        use names::Entered;
        let (mut uts, mut ipc, mut net) = (self.uts.clone(), self.ipc.clone(), self.net.clone());
        let (mut cgroup, mut children) = (self.cgroup.clone(), self.children.clone());
        let mut reach = self.reach;
        for entered in entered {
            match entered {
                Entered::Uts(to) => uts = to.clone(),
                Entered::Ipc(to) => ipc = to.clone(),
                Entered::Net(to) => {
                    reach.set(Reach::NET, to.leads_out());
                    net = to.clone();
                }
                Entered::Cgroup(to) => cgroup = to.clone(),
                Entered::Pid(to) => children = to.clone(),
                Entered::Mounts(_) | Entered::Users => {}
            }
        }
        Ref::try_new(World { _counted: Counted::new(), grants: self.grants, reach, uts, ipc, net, cgroup, children })
    }
    /// Whether it has a grant.
    pub(crate) fn has(&self, grant: Grant) -> bool {
        self.grants.bits() >> (grant as u8) & 1 != 0
    }
    /// Whether it has all powers of another: who has not must not get at what lives there.
    pub(crate) fn covers(&self, other: &World) -> bool {
        self.grants.contains(other.grants) && self.reach.contains(other.reach)
    }
    /// Its System V names.
    pub(crate) fn ipc(&self) -> &Ref<names::Space> {
        &self.ipc
    }
    /// Its network.
    pub(crate) fn net(&self) -> &Ref<names::Space> {
        &self.net
    }
    /// Where its cgroups begin.
    pub(crate) fn cgroup(&self) -> &Ref<names::CgroupRoot> {
        &self.cgroup
    }
    /// What a call of this authority gets here.
    fn allows(&self, authority: Authority) -> Result<(), Errno> {
        match authority {
            Authority::World(grant) if !self.has(grant) => Err(Errno::EPERM),
            Authority::Net if !self.reach.contains(Reach::NET) => Err(Errno::ENETDOWN),
            Authority::Uts if !self.reach.contains(Reach::UTS) => Err(Errno::EPERM),
            Authority::Ipc if !self.reach.contains(Reach::IPC) => Err(Errno::EPERM),
            // A descriptor, the pid scope or the mounts: what is not in them cannot be named.
            _ => Ok(()),
        }
    }
}

/// Whether the caller's World lets it make calls of this authority.
#[inline(never)]
pub(crate) fn need(me: &Thread, authority: Authority) -> Result<(), Errno> {
    me.world().allows(authority)
}
