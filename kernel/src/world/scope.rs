//! Pid scopes: which processes exist for a process (pid_namespaces(7)).

use crate::census::{Counted, Kind};
use crate::task::ids;
use crate::task::process::Process;
use abi::Errno;
use logic_pidscope::ScopeId;
use mem::{NoMemory, Ref};

/// A scope. Processes in it have a number there, and one in each scope around it.
pub(crate) struct PidScope {
    _counted: Counted<{ Kind::PidScopes as usize }>,
    id: ScopeId,
    depth: u32,
    /// Its number as a namespace.
    pub(crate) ino: u64,
    around: Option<Ref<PidScope>>,
}

impl PidScope {
    /// The outermost one.
    pub(crate) fn first() -> Result<Ref<PidScope>, NoMemory> {
        let ino = super::names::FIRST_PID;
        Ref::try_new(PidScope { _counted: Counted::new(), id: ScopeId::ROOT, depth: 0, ino, around: None })
    }
    /// A scope inside another. ENOSPC: too many inside each other. ENOMEM also if `around` takes no processes any more.
    pub(crate) fn inside(around: &Ref<PidScope>) -> Result<Ref<PidScope>, Errno> {
        let id = match ids::open_scope(around.id) {
            Ok(Some(id)) => id,
            Ok(None) if around.depth >= logic_pidscope::MAX_DEPTH => return Err(Errno::ENOSPC),
            Ok(None) | Err(NoMemory) => return Err(Errno::ENOMEM),
        };
        let depth = around.depth.saturating_add(1);
        let ino = super::names::next_ino();
        let made = Ref::try_new(PidScope { _counted: Counted::new(), id, depth, ino, around: Some(around.clone()) });
        made.map_err(|NoMemory| {
            ids::forget_scope(id);
            Errno::ENOMEM
        })
    }
    /// Never reused.
    pub(crate) fn id(&self) -> ScopeId {
        self.id
    }
    /// How many scopes are around it.
    pub(crate) fn depth(&self) -> u32 {
        self.depth
    }
    /// The scope around it.
    pub(crate) fn around(&self) -> Option<&Ref<PidScope>> {
        self.around.as_ref()
    }
    /// The process that adopts its orphans, and whose end ends all in it.
    pub(crate) fn init(&self) -> Option<Ref<Process>> {
        ids::process_in(self.id, 1)
    }
}

impl Drop for PidScope {
    fn drop(&mut self) {
        if self.id != ScopeId::ROOT {
            ids::forget_scope(self.id);
        }
    }
}
