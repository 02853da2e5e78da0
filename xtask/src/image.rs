//! `./x image`: writes what would be booted and prints where it is, for other ways to boot it.

use crate::run;
use anyhow::{Context, Result};
use std::process::ExitCode;
use xtask::paths;

/// Builds the kernel and the initramfs and prints `kernel PATH`, `initramfs PATH`, `append WORDS`.
pub(crate) fn run(args: run::Args) -> Result<ExitCode> {
    let prepared = args.builder()?.build().prepare()?;
    let place = paths::scratch()?.join("initramfs.cpio");
    std::fs::rename(&prepared.machine.initrd, &place).with_context(|| format!("cannot write {}", place.display()))?;
    println!("kernel {}", prepared.machine.kernel.display());
    println!("initramfs {}", place.display());
    println!("append {}", prepared.machine.append);
    Ok(ExitCode::SUCCESS)
}
