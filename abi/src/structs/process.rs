//! Structs about processes, threads, their limits and the machine.

use super::plain_structs;
use super::time::Timeval;

plain_structs! {
    /// rusage of getrusage(2).
    #[derive(Default)]
    Rusage: 144 {
        /// Time in user mode.
        ru_utime: Timeval,
        /// Time in the kernel.
        ru_stime: Timeval,
        /// Largest resident set, KiB.
        ru_maxrss: i64,
        /// Unused.
        ru_ixrss: i64,
        /// Unused.
        ru_idrss: i64,
        /// Unused.
        ru_isrss: i64,
        /// Page faults without I/O.
        ru_minflt: i64,
        /// Page faults with I/O.
        ru_majflt: i64,
        /// Unused.
        ru_nswap: i64,
        /// Reads from devices, 512 bytes each.
        ru_inblock: i64,
        /// Writes to devices, 512 bytes each.
        ru_oublock: i64,
        /// Unused.
        ru_msgsnd: i64,
        /// Unused.
        ru_msgrcv: i64,
        /// Unused.
        ru_nsignals: i64,
        /// Switches because it waited.
        ru_nvcsw: i64,
        /// Switches because it was preempted.
        ru_nivcsw: i64,
    }

    /// rlimit of prlimit(2), and on riscv64 also of getrlimit(2).
    #[derive(Default)]
    Rlimit64: 16 {
        /// The limit that holds; all ones for none.
        rlim_cur: u64,
        /// How far it may be raised.
        rlim_max: u64,
    }

    /// sysinfo(2).
    #[derive(Default)]
    Sysinfo: 112 {
        /// Seconds since boot.
        uptime: i64,
        /// Load over 1, 5, 15 minutes, 2^-16.
        loads: [u64; 3],
        /// Memory, in units of `mem_unit`.
        totalram: u64,
        /// Free memory.
        freeram: u64,
        /// Shared memory.
        sharedram: u64,
        /// Buffers.
        bufferram: u64,
        /// Swap space.
        totalswap: u64,
        /// Free swap space.
        freeswap: u64,
        /// Threads.
        procs: u16,
        /// Zero.
        _pad0: [u16; 3],
        /// High memory: 0.
        totalhigh: u64,
        /// Free high memory: 0.
        freehigh: u64,
        /// Bytes per unit of memory.
        mem_unit: u32,
        /// Zero.
        _pad1: u32,
    }

    /// utsname of uname(2); each text ends in NUL.
    Utsname: 390 {
        /// System.
        sysname: [u8; 65],
        /// Host.
        nodename: [u8; 65],
        /// Release.
        release: [u8; 65],
        /// Version.
        version: [u8; 65],
        /// Machine.
        machine: [u8; 65],
        /// NIS domain.
        domainname: [u8; 65],
    }

    /// clone_args of clone3(2), version 2.
    #[derive(Default)]
    CloneArgs: 88 {
        /// CLONE_* flags.
        flags: u64,
        /// Where the pidfd goes.
        pidfd: u64,
        /// Where the child's id goes in the child.
        child_tid: u64,
        /// Where the child's id goes in the parent.
        parent_tid: u64,
        /// The signal that reports the child's end.
        exit_signal: u64,
        /// Lowest byte of the child's stack.
        stack: u64,
        /// Its size, bytes.
        stack_size: u64,
        /// The child's thread pointer.
        tls: u64,
        /// Address of an array of ids to use.
        set_tid: u64,
        /// Its length.
        set_tid_size: u64,
        /// Descriptor of the child's control group.
        cgroup: u64,
    }

    /// sched_param of sched_setscheduler(2).
    #[derive(Default)]
    SchedParam: 4 {
        /// Static priority: 1 to 99 for real-time policies, else 0.
        sched_priority: i32,
    }

    /// sched_attr of sched_setattr(2), version 1. Version 0 ends before `sched_util_min` (48 bytes).
    #[derive(Default)]
    SchedAttr: 56 {
        /// Bytes that the caller knows.
        size: u32,
        /// SCHED_* policy.
        sched_policy: u32,
        /// SCHED_FLAG_* bits.
        sched_flags: u64,
        /// Nice value of SCHED_OTHER and SCHED_BATCH.
        sched_nice: i32,
        /// Static priority of real-time policies.
        sched_priority: u32,
        /// SCHED_DEADLINE: run time, ns.
        sched_runtime: u64,
        /// SCHED_DEADLINE: deadline, ns.
        sched_deadline: u64,
        /// SCHED_DEADLINE: period, ns.
        sched_period: u64,
        /// Lowest utilization, of 1024.
        sched_util_min: u32,
        /// Highest utilization, of 1024.
        sched_util_max: u32,
    }

    /// rseq (kernel documentation, userspace-api/rseq), 32 bytes as from Linux 6.3.
    #[derive(Default)]
    RseqAbi: 32 {
        /// The hart on which a sequence started; written by the kernel.
        cpu_id_start: u32,
        /// The hart; -1 while not registered.
        cpu_id: u32,
        /// Address of the sequence that is under way, or 0.
        rseq_cs: u64,
        /// Zero.
        flags: u32,
        /// The hart's node.
        node_id: u32,
        /// A small id, unique among the running threads of the process.
        mm_cid: u32,
        /// Zero.
        _pad: u32,
    }

    /// rseq_cs: one restartable sequence. In memory it is aligned to 32 bytes, and the word before `abort_ip` holds the signature.
    #[derive(Default)]
    RseqCs: 32 {
        /// Zero.
        version: u32,
        /// RSEQ_CS_FLAG_* bits.
        flags: u32,
        /// First instruction.
        start_ip: u64,
        /// Length, bytes.
        post_commit_offset: u64,
        /// Where to go when interrupted.
        abort_ip: u64,
    }

    /// robust_list_head of get_robust_list(2).
    #[derive(Default)]
    RobustListHead: 24 {
        /// First entry; the head's own address when empty.
        list: u64,
        /// From an entry to its futex word, bytes.
        futex_offset: i64,
        /// An entry that is being added or removed.
        list_op_pending: u64,
    }

    /// riscv_hwprobe: one question and its answer.
    #[derive(Default)]
    HwprobePair: 16 {
        /// What is asked; -1 in the answer for an unknown one.
        key: i64,
        /// The answer.
        value: u64,
    }

    /// cap_user_header of capget(2).
    #[derive(Default)]
    CapUserHeader: 8 {
        /// _LINUX_CAPABILITY_VERSION_*.
        version: u32,
        /// The thread, 0 for the caller.
        pid: i32,
    }

    /// cap_user_data of capget(2), 32 capabilities.
    #[derive(Default)]
    CapUserData: 12 {
        /// Effective set.
        effective: u32,
        /// Permitted set.
        permitted: u32,
        /// Inheritable set.
        inheritable: u32,
    }
}
