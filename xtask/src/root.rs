//! What the guest finds as its root: the default root of this tree, or one that the caller brings.
//!
//! [`Base`] says which; [`initrd`] makes the cpio bytes. Neighbours: [`crate::cpio`], [`crate::builds`].

use crate::cpio::Archive;
use crate::protocol::Session;
use crate::{builds, paths};
use anyhow::{Context, Result, bail};
use std::fs;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where the root file system comes from.
#[derive(Clone, Debug, Default)]
pub enum Base {
    /// BusyBox with all its applets, our programs, a handful of files in `/etc`.
    #[default]
    Default,
    /// A directory or tar archive of the host; `/init` becomes ours.
    Rootfs(PathBuf),
    /// A finished newc archive with its own `/init`; nothing is added.
    Initramfs(PathBuf),
}

/// Something added to the root.
#[derive(Clone, Debug)]
pub enum Extra {
    /// A host file or tree, and where it goes.
    Host(PathBuf, String),
    /// A file's content, where it goes, and its permission bits.
    Bytes(Vec<u8>, String, u32),
}

/// The bytes of the initramfs.
///
/// # Errors
/// When something cannot be built, fetched or read.
pub fn initrd(base: &Base, extras: &[Extra], session: Option<&Session>) -> Result<Vec<u8>> {
    let mut archive = Archive::new();
    match base {
        Base::Initramfs(path) => {
            return fs::read(path).with_context(|| format!("cannot read {}", path.display()));
        }
        Base::Default => default_root(&mut archive)?,
        Base::Rootfs(path) => foreign_root(&mut archive, path)?,
    }
    for extra in extras {
        match extra {
            Extra::Host(source, name) => {
                // A link that was named on the command line means the file behind it.
                let source = source.canonicalize().with_context(|| format!("cannot read {}", source.display()))?;
                archive.host(&source, name)?;
            }
            Extra::Bytes(data, name, mode) => archive.file(name, data, *mode),
        }
    }
    if let Some(session) = session {
        archive.file("etc/rvos/session", &session.encode(), 0o600);
    }
    archive.finish()
}

fn default_root(archive: &mut Archive) -> Result<()> {
    let programs = builds::programs()?;
    let busybox = paths::fetched("busybox")?;
    let busybox = fs::read(&busybox).with_context(|| format!("cannot read {}", busybox.display()))?;
    archive.dir("bin", 0o755);
    archive.dir("lib", 0o755);
    archive.dir("lib/rvos", 0o755);
    archive.dir("usr", 0o755);
    // Scripts say /usr/bin/env and /sbin/…; here there is one directory of programs.
    archive.symlink("sbin", "bin");
    archive.symlink("usr/bin", "../bin");
    archive.symlink("usr/sbin", "../bin");
    skeleton(archive);
    for (name, text) in ETC_FILES {
        archive.file(name, text.as_bytes(), 0o644);
    }
    archive.file("bin/busybox", &busybox, 0o755);
    for applet in applets(&busybox)? {
        archive.symlink(&format!("bin/{applet}"), "busybox");
    }
    let services = builds::folders("services")?;
    for (name, path) in programs {
        let place = match name.as_str() {
            "init" => "init".to_owned(),
            _ if services.contains(&name) => format!("lib/rvos/{name}"),
            _ => format!("bin/{name}"),
        };
        let data = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        archive.file(&place, &data, 0o755);
    }
    Ok(())
}

fn foreign_root(archive: &mut Archive, path: &Path) -> Result<()> {
    if path.is_dir() {
        archive.host(path, "")?;
    } else {
        read_tar(archive, path)?;
    }
    skeleton(archive);
    let programs = builds::programs()?;
    let (_, init) = programs.iter().find(|(name, _)| name == "init").context("cargo built no init")?;
    archive.file("init", &fs::read(init)?, 0o755);
    Ok(())
}

/// The directories that init mounts on, and the console, which a kernel opens for process 1.
fn skeleton(archive: &mut Archive) {
    for dir in ["proc", "sys", "svc", "dev", "dev/pts", "dev/shm", "run", "mnt", "etc", "var"] {
        archive.dir(dir, 0o755);
    }
    archive.dir("root", 0o700);
    archive.dir("tmp", 0o1777);
    archive.dir("var/tmp", 0o1777);
    if !archive.contains("dev/console") {
        archive.char_device("dev/console", 0o600, 5, 1);
    }
    if !archive.contains("dev/null") {
        archive.char_device("dev/null", 0o666, 1, 3);
    }
}

const ETC_FILES: [(&str, &str); 6] = [
    ("etc/rvos/services.toml", "[math]\nprogram = \"/lib/rvos/math\"\n"),
    (
        "etc/passwd",
        "root:x:0:0:root:/root:/bin/sh\n\
         daemon:x:1:1:daemon:/:/bin/false\n\
         bin:x:2:2:bin:/bin:/bin/false\n\
         user:x:1000:1000:user:/tmp:/bin/sh\n\
         nobody:x:65534:65534:nobody:/:/bin/sh\n",
    ),
    ("etc/group", "root:x:0:\ndaemon:x:1:\nbin:x:2:\ntty:x:5:\nusers:x:100:\nuser:x:1000:\nnogroup:x:65534:\n"),
    ("etc/hosts", "127.0.0.1\tlocalhost\n::1\tlocalhost\n"),
    ("etc/hostname", "rvos\n"),
    ("etc/profile", "export PATH=/bin:/sbin:/usr/bin:/usr/sbin\nPS1='\\w \\$ '\n"),
];

/// The applets of a BusyBox binary: the table `applet_names`, names in order, each ended by NUL,
/// `[` and `[[` first, an empty name last.
fn applets(busybox: &[u8]) -> Result<Vec<String>> {
    const START: &[u8] = b"[\0[[\0";
    let mut best = Vec::new();
    let mut from = 0;
    while let Some(at) = find(busybox.get(from..).unwrap_or_default(), START) {
        from += at;
        let table = busybox.get(from..).unwrap_or_default();
        from += 1;
        let names: Vec<String> = table
            .split(|&b| b == 0)
            .take_while(|name| !name.is_empty() && name.iter().all(|b| b.is_ascii_graphic()))
            .map(|name| String::from_utf8_lossy(name).into_owned())
            .collect();
        if names.len() > best.len() && names.iter().any(|name| name == "sh") {
            best = names;
        }
    }
    if best.is_empty() {
        bail!("no table of applets found in this BusyBox");
    }
    best.retain(|name| name != "busybox" && name != "init");
    Ok(best)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// Whether a tar can begin like this: with a header whose checksum holds, or with the zeroes of an empty one.
fn is_tar(start: &[u8]) -> bool {
    let Ok(header) = <&[u8; 512]>::try_from(start) else { return false };
    // The sum counts its own field as spaces.
    let plain: u32 = header.iter().map(|&b| u32::from(b)).sum();
    let own: u32 = header.iter().skip(148).take(8).map(|&b| u32::from(b)).sum();
    plain == 0 || tar::Header::from_byte_slice(header).cksum().is_ok_and(|sum| sum == plain - own + 8 * u32::from(b' '))
}

/// Adds a tar archive; a compressed one goes through the tool for its format.
fn read_tar(archive: &mut Archive, path: &Path) -> Result<()> {
    let mut file = fs::File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let mut start = Vec::new();
    file.by_ref().take(512).read_to_end(&mut start).with_context(|| format!("cannot read {}", path.display()))?;
    file.rewind()?;
    let tool = match start.as_slice() {
        [0x1f, 0x8b, ..] => "gzip",
        [0xfd, b'7', b'z', b'X', b'Z', 0] => "xz",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "zstd",
        header if is_tar(header) => return archive.tar(std::io::BufReader::new(file)),
        _ => bail!("{} is neither a directory nor a tar archive", path.display()),
    };
    let mut child = Command::new(tool)
        .arg("-dc")
        .stdin(file)
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} needs {tool}, which is not here", path.display()))?;
    let stdout = child.stdout.take().context("no pipe")?;
    let mut stdout = std::io::BufReader::new(stdout);
    let read = archive.tar(&mut stdout);
    // The archive ends before its padding does, and the tool must not die of a closed pipe.
    std::io::copy(&mut stdout, &mut std::io::sink())?;
    let status = child.wait()?;
    read?;
    if !status.success() {
        bail!("{tool} cannot read {}", path.display());
    }
    Ok(())
}
