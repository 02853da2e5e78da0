//! The files that the program sees: a root of its own in a private mount namespace.

use crate::options::{Access, Shown};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use std::fs::{self, File, OpenOptions};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// Where the root is put together. What was there is hidden from this process alone.
const STAGE: &str = "/tmp";
const DEVICES: [&str; 5] = ["null", "zero", "full", "random", "urandom"];
const O_PATH: i32 = 0o10_000_000;

fn note<T, E: std::fmt::Display>(what: impl std::fmt::Display, result: Result<T, E>) -> Result<T, String> {
    result.map_err(|e| format!("{what}: {e}"))
}

/// Makes the root; gives its directory. `program` is shown at its own path.
pub(crate) fn make(shown: &[Shown], program: &Path) -> Result<File, String> {
    let none: Option<&str> = None;
    note("a namespace of its own", unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWPID))?;
    note("private mounts", mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none))?;
    // Opened before the stage hides any of them.
    let mut sources = Vec::new();
    for s in shown {
        sources.push((note(s.from.display(), handle(&s.from))?, s.at.clone(), s.access));
    }
    let inside = shown.iter().any(|s| program.starts_with(&s.at));
    if !inside {
        sources.push((note(program.display(), handle(program))?, program.to_owned(), Access::Read));
    }
    for name in DEVICES {
        let path = Path::new("/dev").join(name);
        sources.push((note(path.display(), handle(&path))?, path, Access::Write));
    }
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    note("the root", mount(Some("sandbox"), STAGE, Some("tmpfs"), flags, Some("mode=755,size=1m")))?;
    for (source, at, access) in sources {
        show(&source, &at, access)?;
    }
    let stage = |name: &str| -> Result<PathBuf, String> {
        let path = Path::new(STAGE).join(name);
        note(path.display(), fs::create_dir_all(&path)).map(|()| path)
    };
    let (proc, tmp) = (stage("proc")?, stage("tmp")?);
    let of_children = Some("scope=children");
    note("/proc", mount(Some("proc"), &proc, Some("proc"), flags | MsFlags::MS_NOEXEC, of_children))?;
    if !shown.iter().any(|s| s.at.starts_with("/tmp")) {
        note("/tmp", mount(Some("tmp"), &tmp, Some("tmpfs"), flags, Some("mode=1777")))?;
    }
    for (target, name) in [("/proc/self/fd", "dev/fd"), ("/proc/self/fd/1", "dev/stdout"), ("/proc/self/fd/2", "dev/stderr")] {
        let _ = symlink(target, Path::new(STAGE).join(name));
    }
    // The root itself holds nothing but places.
    let remount = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY | flags;
    note("the root", mount(none, STAGE, none, remount, none))?;
    note("the root", File::open(STAGE))
}

fn handle(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).custom_flags(O_PATH).open(path)
}

/// Mounts a file or directory on a place below the stage.
fn show(source: &File, at: &Path, access: Access) -> Result<(), String> {
    let none: Option<&str> = None;
    let place = Path::new(STAGE).join(at.strip_prefix("/").unwrap_or(at));
    if note(at.display(), source.metadata())?.is_dir() {
        note(at.display(), fs::create_dir_all(&place))?;
    } else {
        note(at.display(), fs::create_dir_all(place.parent().unwrap_or(&place)))?;
        note(at.display(), File::create(&place).and_then(|f| f.set_permissions(fs::Permissions::from_mode(0o600))))?;
    }
    let from = format!("/proc/self/fd/{}", source.as_raw_fd());
    note(at.display(), mount(Some(from.as_str()), &place, none, MsFlags::MS_BIND, none))?;
    if access == Access::Read {
        let flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY | MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
        note(at.display(), mount(none, &place, none, flags, none))?;
    }
    Ok(())
}
