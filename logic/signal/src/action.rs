//! Actions: sigaction(2) and the defaults of signal(7).
//!
//! Key types: [`Action`] (one signal's), [`Actions`] (a process's table), [`DefaultAction`].

use crate::{SigSet, Signal};

bitflags::bitflags! {
    /// `sa_flags` of riscv64, which has no `SA_RESTORER`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct SaFlags: u64 {
        /// No SIGCHLD when a child stops or continues.
        const NOCLDSTOP = 0x1;
        /// Children leave no zombie.
        const NOCLDWAIT = 0x2;
        /// The handler takes siginfo and context.
        const SIGINFO = 0x4;
        /// Accepted by Linux; riscv64 has no tag bits to expose.
        const EXPOSE_TAGBITS = 0x800;
        /// Run on the alternate stack.
        const ONSTACK = 0x0800_0000;
        /// Restart calls that allow it.
        const RESTART = 0x1000_0000;
        /// Do not block the signal while its handler runs.
        const NODEFER = 0x4000_0000;
        /// Back to default when the handler is entered.
        const RESETHAND = 0x8000_0000;
    }
}

/// What the handler word of an action means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// `SIG_DFL`.
    Default,
    /// `SIG_IGN`.
    Ignore,
    /// A handler at this user address.
    Handler(u64),
}

/// What a signal does by default (signal(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultAction {
    /// End the process.
    Terminate,
    /// End it and dump core.
    Core,
    /// Stop it.
    Stop,
    /// Continue it.
    Continue,
    /// Nothing.
    Ignore,
}

/// What is to be done on a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action {
    /// Handler word: 0 `SIG_DFL`, 1 `SIG_IGN`, else an address.
    pub handler: u64,
    /// Flags; unknown ones are dropped, as Linux does since 5.11.
    pub flags: SaFlags,
    /// Blocked besides while the handler runs.
    pub mask: SigSet,
}

/// Why an action was not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionError {
    /// SIGKILL and SIGSTOP keep theirs (EINVAL).
    KernelOnly,
}

/// The action before, and what the new one asks of the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Superseded {
    /// The action before.
    pub old: Action,
    /// Pending signals that the new action ignores: discard them in process and threads
    /// (POSIX.1, sigaction: "pending signals are discarded, blocked or not").
    pub discard: SigSet,
}

impl Signal {
    /// The signal's default action.
    #[must_use]
    pub const fn default_action(self) -> DefaultAction {
        match self {
            Signal::CHLD | Signal::URG | Signal::WINCH => DefaultAction::Ignore,
            Signal::CONT => DefaultAction::Continue,
            Signal::STOP | Signal::TSTP | Signal::TTIN | Signal::TTOU => DefaultAction::Stop,
            Signal::QUIT
            | Signal::ILL
            | Signal::TRAP
            | Signal::ABRT
            | Signal::BUS
            | Signal::FPE
            | Signal::SEGV
            | Signal::XCPU
            | Signal::XFSZ
            | Signal::SYS => DefaultAction::Core,
            _ => DefaultAction::Terminate,
        }
    }
}

impl Action {
    /// `SIG_DFL` without flags.
    pub const DEFAULT: Action = Action { handler: 0, flags: SaFlags::empty(), mask: SigSet::EMPTY };
    /// Bytes of riscv64's kernel `struct sigaction`.
    pub const BYTES: usize = 24;

    /// Reads the user form `{handler, flags, mask}`, each 8 bytes.
    #[must_use]
    pub fn from_user(words: [u64; 3]) -> Action {
        let [handler, flags, mask] = words;
        Action { handler, flags: SaFlags::from_bits_truncate(flags), mask: SigSet(mask).as_mask() }
    }

    /// The user form.
    #[must_use]
    pub fn to_user(&self) -> [u64; 3] {
        [self.handler, self.flags.bits(), self.mask.0]
    }

    /// What the handler word means.
    #[must_use]
    pub fn disposition(&self) -> Disposition {
        match self.handler {
            0 => Disposition::Default,
            1 => Disposition::Ignore,
            address => Disposition::Handler(address),
        }
    }

    /// Whether the signal has no effect under this action. SIGCONT's default counts as none: what
    /// it continues was continued when it was sent.
    #[must_use]
    pub fn ignores(&self, signal: Signal) -> bool {
        match self.disposition() {
            Disposition::Ignore => true,
            Disposition::Default => {
                matches!(signal.default_action(), DefaultAction::Ignore | DefaultAction::Continue)
            }
            Disposition::Handler(_) => false,
        }
    }

    /// The mask while the handler runs.
    #[must_use]
    pub fn mask_in_handler(&self, signal: Signal, blocked: SigSet) -> SigSet {
        let mut mask = blocked.union(self.mask);
        if !self.flags.contains(SaFlags::NODEFER) {
            mask.insert(signal);
        }
        mask.as_mask()
    }
}

/// A process's table of actions; fork copies it, `CLONE_SIGHAND` shares it. With 1.5 KiB it is
/// too large for a kernel stack: keep it in a box and copy by [`Actions::copy_from`].
#[derive(Clone, Debug)]
pub struct Actions {
    table: [Action; 64],
}

impl Actions {
    /// All default.
    #[must_use]
    pub const fn new() -> Actions {
        Actions { table: [Action::DEFAULT; 64] }
    }

    /// Takes over another process's actions, in place.
    pub fn copy_from(&mut self, other: &Actions) {
        self.table.copy_from_slice(&other.table);
    }

    /// A signal's action.
    #[must_use]
    pub fn get(&self, signal: Signal) -> Action {
        self.table.get(signal.index()).copied().unwrap_or(Action::DEFAULT)
    }

    /// Sets a signal's action (sigaction(2)).
    ///
    /// # Errors
    /// [`ActionError::KernelOnly`]; reading such an action with [`Actions::get`] is allowed.
    pub fn set(&mut self, signal: Signal, new: Action) -> Result<Superseded, ActionError> {
        if signal.is_kernel_only() {
            return Err(ActionError::KernelOnly);
        }
        let old = self.replace(signal, new);
        let discard = if new.ignores(signal) { SigSet::of(&[signal]) } else { SigSet::EMPTY };
        Ok(Superseded { old, discard })
    }

    /// A handler is about to run: `SA_RESETHAND` puts the default back, flags and mask stay.
    pub fn enter_handler(&mut self, signal: Signal) {
        if let Some(action) = self.table.get_mut(signal.index())
            && action.flags.contains(SaFlags::RESETHAND)
        {
            action.handler = 0;
        }
    }

    /// The default is put back, because a fault's signal was blocked or ignored (see [`crate::force`]).
    pub fn reset(&mut self, signal: Signal) {
        if let Some(action) = self.table.get_mut(signal.index()) {
            action.handler = 0;
        }
    }

    /// execve(2): handlers go back to default, what was ignored stays ignored.
    pub fn on_exec(&mut self) {
        for action in self.table.iter_mut() {
            let keep = if action.handler == 1 { 1 } else { 0 };
            *action = Action { handler: keep, ..Action::DEFAULT };
        }
    }

    /// `CLONE_CLEAR_SIGHAND` (clone3): as [`Actions::on_exec`].
    pub fn on_clear_sighand(&mut self) {
        self.on_exec();
    }

    /// Signals that are ignored and caught, as `/proc/PID/status` shows them.
    #[must_use]
    pub fn ignored_and_caught(&self) -> (SigSet, SigSet) {
        let (mut ignored, mut caught) = (SigSet::EMPTY, SigSet::EMPTY);
        for signal in SigSet::ALL.iter() {
            match self.get(signal).disposition() {
                Disposition::Default => {}
                Disposition::Ignore => ignored.insert(signal),
                Disposition::Handler(_) => caught.insert(signal),
            }
        }
        (ignored, caught)
    }

    fn replace(&mut self, signal: Signal, new: Action) -> Action {
        match self.table.get_mut(signal.index()) {
            Some(slot) => core::mem::replace(slot, new),
            None => Action::DEFAULT,
        }
    }
}

impl Default for Actions {
    fn default() -> Self {
        Actions::new()
    }
}
