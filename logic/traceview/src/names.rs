//! Names of numbers: signals, and flags of the calls that everybody looks at.

/// Signal names from 1 on (signal(7)).
const SIGNALS: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT",
    "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];

/// A signal's name without `SIG`.
pub(crate) fn signal(number: u64) -> Option<&'static str> {
    let index = usize::try_from(number.checked_sub(1)?).ok()?;
    SIGNALS.get(index).copied()
}

/// Flags: bits and names.
type Flags = &'static [(u64, &'static str)];

/// open(2), after the access mode.
pub(crate) const OPEN: Flags = &[
    (0o100, "O_CREAT"),
    (0o200, "O_EXCL"),
    (0o400, "O_NOCTTY"),
    (0o1000, "O_TRUNC"),
    (0o2000, "O_APPEND"),
    (0o4000, "O_NONBLOCK"),
    (0o20_200_000, "O_TMPFILE"),
    (0o200_000, "O_DIRECTORY"),
    (0o400_000, "O_NOFOLLOW"),
    (0o2_000_000, "O_CLOEXEC"),
    (0o10_000_000, "O_PATH"),
];
/// mmap(2): protection.
pub(crate) const PROTECTION: Flags = &[(1, "PROT_READ"), (2, "PROT_WRITE"), (4, "PROT_EXEC")];
/// mmap(2).
pub(crate) const MAP: Flags = &[
    (1, "MAP_SHARED"),
    (2, "MAP_PRIVATE"),
    (0x10, "MAP_FIXED"),
    (0x20, "MAP_ANONYMOUS"),
    (0x4000, "MAP_NORESERVE"),
    (0x20000, "MAP_STACK"),
    (0x10_0000, "MAP_FIXED_NOREPLACE"),
];
/// clone(2), above the signal.
pub(crate) const CLONE: Flags = &[
    (0x100, "CLONE_VM"),
    (0x200, "CLONE_FS"),
    (0x400, "CLONE_FILES"),
    (0x800, "CLONE_SIGHAND"),
    (0x4000, "CLONE_VFORK"),
    (0x1_0000, "CLONE_THREAD"),
    (0x4_0000, "CLONE_SYSVSEM"),
    (0x8_0000, "CLONE_SETTLS"),
    (0x10_0000, "CLONE_PARENT_SETTID"),
    (0x20_0000, "CLONE_CHILD_CLEARTID"),
    (0x100_0000, "CLONE_CHILD_SETTID"),
];
/// pipe2(2), dup3(2).
const PIPE: Flags = &[(0o4000, "O_NONBLOCK"), (0o2_000_000, "O_CLOEXEC")];

/// The flags of an argument of a call, if their names are known.
pub(crate) fn flags(call: &str, argument: &str) -> Option<Flags> {
    match (call, argument) {
        ("openat", "flags") => Some(OPEN),
        ("pipe2" | "dup3", "flags") => Some(PIPE),
        ("mmap" | "mprotect", "prot") => Some(PROTECTION),
        ("mmap", "flags") => Some(MAP),
        ("clone", "flags") => Some(CLONE),
        _ => None,
    }
}
