//! Structs of the native call `spawn`.

use super::plain_structs;

plain_structs! {
    /// What `spawn` starts, with what, and in which World. Descriptors that are not given are -1, addresses 0.
    #[derive(Default)]
    SpawnArgs: 120 {
        /// Bits of [`spawn_flags`].
        flags: u64,
        /// Address of the program's path, as the child resolves it; 0 when `program` is given.
        path: u64,
        /// Address of the arguments, as in execve(2).
        argv: u64,
        /// Address of the environment, as in execve(2).
        envp: u64,
        /// Address of an array of [`SpawnFd`]: the child has exactly these descriptors.
        fds: u64,
        /// Their number.
        fd_count: u64,
        /// Namespaces that the child gets new: CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWNET.
        namespaces: u64,
        /// Grants that the child keeps, of those that the caller has: bit `1 << Grant`.
        grants: u64,
        /// Blocked signals ([`spawn_flags::SET_MASK`]); the caller's otherwise.
        signal_mask: u64,
        /// Signals that get their default action ([`spawn_flags::SET_DEFAULTS`]); others stay ignored if the caller ignores them.
        signal_defaults: u64,
        /// Address of the supplementary groups, 32 bits each ([`spawn_flags::SET_IDS`]).
        groups: u64,
        /// Their number.
        group_count: u32,
        /// User id ([`spawn_flags::SET_IDS`]).
        uid: u32,
        /// Group id ([`spawn_flags::SET_IDS`]).
        gid: u32,
        /// Process group to join ([`spawn_flags::SET_GROUP`]); 0: one of its own.
        process_group: i32,
        /// Descriptor of the program's file, or -1.
        program: i32,
        /// Descriptor of the child's root directory, or -1 for the caller's.
        root: i32,
        /// Descriptor of the child's current directory, or -1: the caller's, or the root where that is another.
        cwd: i32,
        /// Descriptor of the child's budget, or -1 for the caller's.
        budget: i32,
    }

    /// A descriptor for a new process.
    #[derive(Default)]
    SpawnFd: 8 {
        /// The caller's descriptor.
        from: i32,
        /// Its number in the child.
        to: i32,
    }
}

/// Bits of [`SpawnArgs::flags`].
pub mod spawn_flags {
    /// `uid`, `gid` and `groups` count; the same permission is needed as for setresuid(2), setresgid(2), setgroups(2).
    pub const SET_IDS: u64 = 1;
    /// `signal_mask` counts.
    pub const SET_MASK: u64 = 2;
    /// `signal_defaults` counts.
    pub const SET_DEFAULTS: u64 = 4;
    /// `process_group` counts.
    pub const SET_GROUP: u64 = 8;
    /// The child leads a session of its own.
    pub const NEW_SESSION: u64 = 16;
    /// Programs gain nothing by set-id bits (PR_SET_NO_NEW_PRIVS). Always so when the caller is not privileged and the World narrows.
    pub const NO_NEW_PRIVS: u64 = 32;
    /// The child has no network: ENETDOWN.
    pub const NO_NET: u64 = 64;
    /// The child cannot change host and domain name.
    pub const NO_UTS: u64 = 128;
    /// The child has no names of System V objects and message queues.
    pub const NO_IPC: u64 = 256;
    /// The child has an empty root directory and no mounts; `program` must be given.
    pub const NO_ROOT: u64 = 512;
    /// All bits.
    pub const ALL: u64 = 1023;
}
