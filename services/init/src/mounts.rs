//! The file systems that every program expects to find.

use std::ffi::CStr;
use std::fs::{DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::Path;

use rustix::io::Errno;
use rustix::mount::MountFlags;

/// When a mount is worth a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// Always, unless something is mounted there.
    Always,
    /// Only where the directory would lie on a disk: the root that came out of
    /// an initramfs is in memory already, and may hold files in `/tmp`.
    NotInMemory,
}

struct Mount {
    fs: &'static str,
    target: &'static str,
    flags: MountFlags,
    data: Option<&'static CStr>,
    dir_mode: u32,
    when: When,
}

const SAFE: MountFlags = MountFlags::NOSUID.union(MountFlags::NODEV).union(MountFlags::NOEXEC);
const MEMORY: MountFlags = MountFlags::NOSUID.union(MountFlags::NODEV);

/// In this order; the fields are those of [`Mount`].
#[rustfmt::skip]
const MOUNTS: [Mount; 9] = [
    Mount { fs: "proc", target: "/proc", flags: SAFE, data: None, dir_mode: 0o555, when: When::Always },
    Mount { fs: "sysfs", target: "/sys", flags: SAFE, data: None, dir_mode: 0o555, when: When::Always },
    Mount { fs: "cgroup2", target: "/sys/fs/cgroup", flags: SAFE, data: None, dir_mode: 0o555, when: When::Always },
    Mount { fs: "svc", target: "/svc", flags: SAFE, data: None, dir_mode: 0o755, when: When::Always },
    Mount { fs: "devtmpfs", target: "/dev", flags: MountFlags::NOSUID, data: None, dir_mode: 0o755, when: When::Always },
    Mount { fs: "devpts", target: "/dev/pts", flags: MountFlags::NOSUID.union(MountFlags::NOEXEC), data: Some(c"mode=620,ptmxmode=666"), dir_mode: 0o755, when: When::Always },
    Mount { fs: "tmpfs", target: "/dev/shm", flags: MEMORY, data: Some(c"mode=1777"), dir_mode: 0o1777, when: When::Always },
    Mount { fs: "tmpfs", target: "/tmp", flags: MEMORY, data: Some(c"mode=1777"), dir_mode: 0o1777, when: When::NotInMemory },
    Mount { fs: "tmpfs", target: "/run", flags: MEMORY, data: Some(c"mode=755"), dir_mode: 0o755, when: When::NotInMemory },
];

/// Links that shells and scripts use, made if `/dev` has none.
const LINKS: [(&str, &str); 4] = [
    ("/proc/self/fd", "/dev/fd"),
    ("/proc/self/fd/0", "/dev/stdin"),
    ("/proc/self/fd/1", "/dev/stdout"),
    ("/proc/self/fd/2", "/dev/stderr"),
];

/// tmpfs and ramfs, as statfs(2) names them.
const IN_MEMORY: [i64; 2] = [0x0102_1994, 0x8584_58f6];

/// Mounts what the kernel has. A failure is logged and the boot goes on: a
/// console without `/sys` is worth more than none.
pub(crate) fn mount_all() {
    for mount in &MOUNTS {
        match mount.apply() {
            Ok(()) => {}
            // Mounted by the kernel, or not known to it: nothing to report.
            Err(Errno::BUSY | Errno::NODEV) => {}
            Err(e) => crate::log::line(&format!("mount {} on {}: {e}", mount.fs, mount.target)),
        }
    }
    for (target, link) in LINKS {
        if Path::new(link).symlink_metadata().is_err() {
            let _ = std::os::unix::fs::symlink(target, link);
        }
    }
    ensure_dir("/root", 0o700);
}

impl Mount {
    fn apply(&self) -> Result<(), Errno> {
        ensure_dir(self.target, self.dir_mode);
        if is_mount_point(self.target).unwrap_or(false) {
            return Ok(());
        }
        if self.when == When::NotInMemory && is_in_memory(self.target) {
            let _ = std::fs::set_permissions(self.target, Permissions::from_mode(self.dir_mode));
            return Ok(());
        }
        rustix::mount::mount(self.fs, self.target, self.fs, self.flags, self.data)
    }
}

fn ensure_dir(path: &str, mode: u32) {
    // What goes wrong here shows when the directory is used.
    let _ = DirBuilder::new().recursive(true).mode(mode).create(path);
}

fn is_mount_point(path: &str) -> io::Result<bool> {
    let parent = Path::new(path).parent().unwrap_or(Path::new("/"));
    Ok(std::fs::metadata(path)?.dev() != std::fs::metadata(parent)?.dev())
}

fn is_in_memory(path: &str) -> bool {
    rustix::fs::statfs(path).is_ok_and(|fs| IN_MEMORY.contains(&fs.f_type))
}
