//! Capabilities (capabilities(7)): what of the superuser's powers a thread has.
//!
//! They mean nothing beyond the World: process 1's has all of it. Neighbours: `context` (who a thread is), `linux/cred`.

/// The capabilities that are asked for, by number.
pub(crate) mod cap {
    /// Change owners.
    pub(crate) const CHOWN: u32 = 0;
    /// Pass over read, write and execute bits.
    pub(crate) const DAC_OVERRIDE: u32 = 1;
    /// Pass over read bits, and search bits of directories.
    pub(crate) const DAC_READ_SEARCH: u32 = 2;
    /// Do what the owner of a file may.
    pub(crate) const FOWNER: u32 = 3;
    /// Keep set-id bits, set a group that one is not in.
    pub(crate) const FSETID: u32 = 4;
    /// Signal any process.
    pub(crate) const KILL: u32 = 5;
    /// Take any group id.
    pub(crate) const SETGID: u32 = 6;
    /// Take any user id.
    pub(crate) const SETUID: u32 = 7;
    /// Change the inheritable set freely.
    pub(crate) const SETPCAP: u32 = 8;
    /// Limits of sockets (socket(7)).
    pub(crate) const NET_ADMIN: u32 = 12;
    /// Lock any amount of memory.
    pub(crate) const IPC_LOCK: u32 = 14;
    /// Use chroot(2).
    pub(crate) const SYS_CHROOT: u32 = 18;
    /// Look into any process.
    pub(crate) const SYS_PTRACE: u32 = 19;
    /// Administration: mounts, names, and much else.
    pub(crate) const SYS_ADMIN: u32 = 21;
    /// Use reboot(2).
    pub(crate) const SYS_BOOT: u32 = 22;
    /// Raise priorities, move any thread.
    pub(crate) const SYS_NICE: u32 = 23;
    /// Exceed limits.
    pub(crate) const SYS_RESOURCE: u32 = 24;
    /// Set clocks.
    pub(crate) const SYS_TIME: u32 = 25;
    /// Make device nodes.
    pub(crate) const MKNOD: u32 = 27;
    /// Use the kernel log.
    pub(crate) const SYSLOG: u32 = 34;
    /// Set timers that wake the machine.
    pub(crate) const WAKE_ALARM: u32 = 35;
    /// The last one there is (CAP_CHECKPOINT_RESTORE).
    pub(crate) const LAST: u32 = 40;
    /// All of them.
    pub(crate) const ALL: u64 = (1 << (LAST + 1)) - 1;
    /// Those that follow the file-system user id (CAP_FS_SET).
    pub(crate) const OF_FILES: u64 =
        1 << CHOWN | 1 << MKNOD | 1 << DAC_OVERRIDE | 1 << DAC_READ_SEARCH | 1 << FOWNER | 1 << FSETID | 1 << 9 | 1 << 32;
}

/// Bits of [`Caps::secure`] (prctl(2), PR_SET_SECUREBITS).
pub(crate) mod secure {
    /// Uid 0 gives no capabilities at exec.
    pub(crate) const NOROOT: u32 = 1;
    /// Changing user ids does not change capabilities.
    pub(crate) const NO_SETUID_FIXUP: u32 = 1 << 2;
    /// Permitted capabilities survive the loss of all zero user ids; cleared by exec.
    pub(crate) const KEEP_CAPS: u32 = 1 << 4;
    /// [`KEEP_CAPS`] cannot be changed any more.
    pub(crate) const KEEP_CAPS_LOCKED: u32 = 1 << 5;
    /// No capability can be made ambient.
    pub(crate) const NO_CAP_AMBIENT_RAISE: u32 = 1 << 6;
    /// All bits, and those of them that lock another.
    pub(crate) const ALL: u32 = 0xff;
    /// The locks.
    pub(crate) const LOCKS: u32 = 0xaa;
}

/// A thread's sets of capabilities, one bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Caps {
    /// What counts.
    pub(crate) effective: u64,
    /// What can be made effective.
    pub(crate) permitted: u64,
    /// What a program with such file capabilities gets.
    pub(crate) inheritable: u64,
    /// What every program gets.
    pub(crate) ambient: u64,
    /// What no exec can go beyond.
    pub(crate) bounding: u64,
    /// Bits of [`secure`].
    pub(crate) secure: u32,
}

impl Default for Caps {
    fn default() -> Self {
        Caps { effective: cap::ALL, permitted: cap::ALL, inheritable: 0, ambient: 0, bounding: cap::ALL, secure: 0 }
    }
}

impl Caps {
    /// The user ids (real, effective, saved) changed.
    pub(crate) fn ids_changed(&mut self, old: [u32; 3], new: [u32; 3]) {
        if self.secure & secure::NO_SETUID_FIXUP != 0 {
            return;
        }
        let ([_, old_effective, _], [_, new_effective, _]) = (old, new);
        if old.contains(&0) && !new.contains(&0) {
            if self.secure & secure::KEEP_CAPS == 0 {
                (self.permitted, self.effective) = (0, 0);
            }
            self.ambient = 0;
        }
        if old_effective == 0 && new_effective != 0 {
            self.effective = 0;
        }
        if old_effective != 0 && new_effective == 0 {
            self.effective = self.permitted;
        }
    }
    /// The file-system user id changed.
    pub(crate) fn fs_id_changed(&mut self, old: u32, new: u32) {
        if self.secure & secure::NO_SETUID_FIXUP != 0 {
            return;
        }
        if old == 0 && new != 0 {
            self.effective &= !cap::OF_FILES;
        }
        if old != 0 && new == 0 {
            self.effective |= self.permitted & cap::OF_FILES;
        }
    }
    /// What access(2) judges by: that of the real user id.
    pub(crate) fn for_real_id(&mut self, real: u32) {
        if self.secure & secure::NO_SETUID_FIXUP == 0 {
            self.effective = if real == 0 { self.permitted } else { 0 };
        }
    }
    /// A program is executed with these real and effective user ids; `set_id`: by a set-id bit.
    pub(crate) fn for_exec(&mut self, real: u32, effective: u32, set_id: SetId) {
        if set_id == SetId::Yes {
            self.ambient = 0;
        }
        let root = self.secure & secure::NOROOT == 0;
        let file = if root && (real == 0 || effective == 0) { self.bounding | self.inheritable } else { 0 };
        self.permitted = file & (self.bounding | self.inheritable) | self.ambient;
        self.effective = if root && effective == 0 { self.permitted } else { self.ambient };
        self.secure &= !secure::KEEP_CAPS;
    }
}

/// Whether a program's file changed the user id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetId {
    /// It did.
    Yes,
    /// It did not.
    No,
}
