//! The C libraries that test programs are linked with.
//!
//! The cross compiler comes with glibc. musl's headers and archives are fetched, and linked by the linker that comes with
//! Rust, since older ones of GNU cannot read them.

use super::programs::CC;
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::Command;
use xtask::paths;

/// A C library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Libc {
    /// The GNU library.
    Glibc,
    /// <https://musl.libc.org>
    Musl,
}

/// What a compiler's command line says of the library: before the sources and after them.
#[derive(Debug, Default)]
pub(super) struct Flags {
    pub(super) before: Vec<String>,
    pub(super) after: Vec<String>,
}

impl Libc {
    /// The flags to compile and link a static program with it.
    pub(super) fn flags(self) -> Result<Flags> {
        match self {
            Libc::Glibc => Ok(Flags::default()),
            Libc::Musl => musl(),
        }
    }
}

fn musl() -> Result<Flags> {
    let root = paths::fetched("musl")?;
    let own = |name: &str| root.join("lib/riscv64-linux-musl").join(name).display().to_string();
    let headers = root.join("include/riscv64-linux-musl").display().to_string();
    let of_compiler = said(CC, &["-print-file-name=include"])?;
    // What Linux itself declares (linux/*.h) stands there.
    let of_linux = "/usr/riscv64-linux-gnu/include";
    let sysroot = said("rustc", &["--print", "sysroot"])?;
    let host = said("rustc", &["--print", "host-tuple"])?;
    let linkers = Path::new(&sysroot).join("lib/rustlib").join(host).join("bin/gcc-ld");
    ensure!(linkers.is_dir(), "the Rust tool chain has no linker in {}", linkers.display());
    let mut before =
        ["-D_GNU_SOURCE", "-no-pie", "-fno-pie", "-nostdinc", "-nostdlib", "-fuse-ld=lld"].map(String::from).to_vec();
    before.push(format!("-B{}", linkers.display()));
    for place in [&*headers, &*of_compiler, of_linux] {
        before.extend(["-isystem".to_owned(), place.to_owned()]);
    }
    before.extend([own("crt1.o"), own("crti.o")]);
    let group = ["-Wl,--start-group".to_owned(), own("libc.a"), said(CC, &["-print-libgcc-file-name"])?];
    let after = group.into_iter().chain(["-Wl,--end-group".to_owned(), own("crtn.o")]).collect();
    Ok(Flags { before, after })
}

/// What a program prints, on one line.
fn said(program: &str, args: &[&str]) -> Result<String> {
    let output = Command::new(program).args(args).output().with_context(|| format!("cannot start {program}"))?;
    ensure!(output.status.success(), "{program} {} failed", args.join(" "));
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
