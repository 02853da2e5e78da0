//! Where things are: the tree, the cache of downloads, the scratch directory of builds.

use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The root of the source tree.
pub fn tree() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_path_buf()
}

/// Where the set-up keeps what it downloads; the same rule as in `scripts/lib.sh`.
pub fn cache() -> PathBuf {
    let set = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    set("RVOS_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|d| d.join("rvos")))
        .unwrap_or_else(|| set("HOME").unwrap_or_else(|| "/nonexistent".into()).join(".cache/rvos"))
}

/// A directory under cargo's target directory for images; created when missing.
///
/// # Errors
/// When it cannot be created.
pub fn scratch() -> Result<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| tree().join("target"), PathBuf::from);
    let dir = target.join("rvos");
    std::fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
    Ok(dir)
}

/// A file of the guest that `scripts/fetch.sh` downloads once: `busybox` or `linux`.
///
/// # Errors
/// When it cannot be had; the script has said why on stderr.
pub fn fetched(what: &str) -> Result<PathBuf> {
    let out = Command::new(tree().join("scripts/fetch.sh"))
        .arg(what)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run scripts/fetch.sh")?;
    ensure!(out.status.success(), "{what} for the guest is missing");
    Ok(PathBuf::from(String::from_utf8_lossy(&out.stdout).trim_end()))
}
