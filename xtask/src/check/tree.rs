//! The files that the rules read: every text file of the project, loaded once.
//!
//! [`Tree`] is what a [`super::Rule`] gets; tests build one from strings. Which part of the
//! house a file belongs to is decided in [`Layer::of`], and nowhere else.

use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold no source of ours.
const SKIPPED: [&str; 4] = ["target", ".git", "node_modules", ".cache"];

/// One text file.
pub(crate) struct Source {
    /// Path from the project's root, with `/`.
    pub(crate) path: String,
    /// Its whole text.
    pub(crate) text: String,
}

impl Source {
    /// Whether the file is Rust.
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether the file as a whole is test code (`tests.rs`, `tests/`, models, benches).
    pub(crate) fn is_test(&self) -> bool {
        is_test_path(&self.path)
    }
}

/// See [`Source::is_test`]: judged by name alone, so that it can be guessed.
pub(crate) fn is_test_path(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.strip_suffix(".rs").unwrap_or(name);
    path.starts_with("tests/")
        || path.contains("/tests/")
        || path.contains("/benches/")
        || path.contains("/fuzz/")
        || stem == "tests"
        || stem.ends_with("_tests")
        || stem.starts_with("tests_")
        || stem == "loom_model"
        || stem == "model"
        || stem == "models"
}

/// The project's files.
pub(crate) struct Tree {
    /// The folder that holds `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Every text file, in the order of paths.
    pub(crate) files: Vec<Source>,
}

impl Tree {
    /// Reads the project under `root`.
    pub(crate) fn load(root: &Path) -> Result<Self> {
        let mut files = Vec::new();
        walk(root, root, &mut files)?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self { root: root.to_path_buf(), files })
    }

    /// The Rust files.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &Source> {
        self.files.iter().filter(|f| f.is_rust())
    }

    /// The files under `folder` (which ends with `/`).
    pub(crate) fn under<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a Source> {
        self.files.iter().filter(move |f| f.path.starts_with(folder))
    }

    /// A tree of strings, for the rules' own tests.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| Source { path: (*path).to_owned(), text: (*text).to_owned() });
        Self { root: PathBuf::from("/nowhere"), files: files.collect() }
    }
}

fn walk(root: &Path, folder: &Path, files: &mut Vec<Source>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let kind = entry.file_type()?;
        if kind.is_dir() {
            if !SKIPPED.iter().any(|s| name == *s) {
                walk(root, &entry.path(), files)?;
            }
        } else if kind.is_file() {
            let path = entry.path();
            // What is not UTF-8 is not source: pictures, device trees.
            let Ok(text) = fs::read_to_string(&path) else {
                continue;
            };
            let relative = path.strip_prefix(root)?.to_string_lossy().into_owned();
            files.push(Source { path: relative, text });
        }
    }
    Ok(())
}

/// The parts of the house; who may use whom is in `layers.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    /// `abi`: tables and numbers.
    Abi,
    /// `logic/*`: pure crates.
    Logic,
    /// `kernel/{arch,sync,mem}`, the kernel's unsafe crates, and `kernel/{tlb,uaccess}`, safe ones between them.
    KernelUnsafe,
    /// `kernel`: the safe kernel.
    Kernel,
    /// `user/*`: what programs link.
    User,
    /// `services/*` and `programs/*`.
    Program,
    /// `tests/*`.
    Test,
    /// `xtask`.
    Tool,
}

impl Layer {
    /// The layer of a path from the root; `None` for documents and the like.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let mut parts = path.split('/');
        match (parts.next()?, parts.next()) {
            ("abi", _) => Some(Self::Abi),
            ("logic", _) => Some(Self::Logic),
            ("kernel", Some("arch" | "sync" | "mem" | "tlb" | "uaccess")) => Some(Self::KernelUnsafe),
            ("kernel", _) => Some(Self::Kernel),
            ("user", _) => Some(Self::User),
            ("services" | "programs", _) => Some(Self::Program),
            ("tests", _) => Some(Self::Test),
            ("xtask", _) => Some(Self::Tool),
            _ => None,
        }
    }
}

/// The four folders whose crates may hold `unsafe`.
pub(crate) const UNSAFE_FOLDERS: [&str; 4] = ["kernel/arch/", "kernel/sync/", "kernel/mem/", "user/rt/"];

/// Whether `unsafe` is allowed at this path.
pub(crate) fn may_be_unsafe(path: &str) -> bool {
    // Tests and benchmarks may use it and do not count.
    UNSAFE_FOLDERS.iter().any(|f| path.starts_with(f)) || path.starts_with("tests/")
}
