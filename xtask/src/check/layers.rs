//! Rule `layers`: which crate may depend on which, and which outside crates the kernel may link.
//!
//! Reads `cargo metadata`; the table is [`may_use`], the outside crates are [`KERNEL_CRATES`].

use super::tree::Layer;
use super::{Finding, Tree};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::collections::HashSet;
use std::path::Path;
use xtask::builds::cargo_command;

/// Outside crates that may be linked into the kernel: `no_std`, no hidden allocation after
/// `try_reserve`, no unsafe interface of their own that we would have to trust.
const KERNEL_CRATES: &[&str] = &[
    "arrayvec",
    "bitfield-struct",
    "bitflags",
    "elf",
    "hashbrown",
    "ref-cast",
    "linux-raw-sys",
    "log",
    "miniz_oxide",
    "num_enum",
    "postcard",
    "zerocopy",
    "zerocopy-derive",
];

/// A workspace member as `cargo metadata` describes it.
#[derive(Deserialize)]
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// Where its `Cargo.toml` is.
    pub(crate) manifest_path: String,
    /// What it depends on.
    pub(crate) dependencies: Vec<Dependency>,
    /// Its libraries, binaries, build scripts and tests.
    #[serde(default)]
    pub(crate) targets: Vec<Target>,
}

/// One dependency.
#[derive(Deserialize)]
pub(crate) struct Dependency {
    /// The crate's name.
    pub(crate) name: String,
    /// `None` for a normal one, else `dev` or `build`.
    pub(crate) kind: Option<String>,
    /// Its folder, if it is one of ours.
    pub(crate) path: Option<String>,
}

/// One target of a package.
#[derive(Deserialize)]
pub(crate) struct Target {
    /// `lib`, `bin`, `custom-build`, `test` …
    pub(crate) kind: Vec<String>,
    /// The file that it starts with.
    pub(crate) src_path: String,
}

/// The table of layers.
fn may_use(user: Layer, used: Layer) -> bool {
    use Layer::{Abi, Kernel, KernelUnsafe, Logic, Program, Test, Tool, User};
    match user {
        Abi => false,
        Logic => matches!(used, Abi | Logic),
        KernelUnsafe => matches!(used, Abi | Logic | KernelUnsafe),
        Kernel => matches!(used, Abi | Logic | KernelUnsafe),
        User => matches!(used, Abi | User),
        Program => matches!(used, User | Logic),
        Tool => matches!(used, Abi | Logic),
        Test => matches!(used, Abi | Logic | User | Program | Test | Tool),
    }
}

/// The rule.
pub(super) fn run(tree: &Tree) -> Result<Vec<Finding>> {
    Ok(judge(&tree.root, &packages(&tree.root)?))
}

/// Asks cargo for the members of the workspace.
pub(crate) fn packages(root: &Path) -> Result<Vec<Package>> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    let output = cargo_command()
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(root)
        .output()
        .context("run cargo metadata")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "cargo metadata: {errors}");
    let metadata: Metadata = serde_json::from_slice(&output.stdout)?;
    Ok(metadata.packages)
}

/// A package's folder from the root, with a `/` at its end.
pub(crate) fn folder(root: &Path, package: &Package) -> String {
    let manifest = Path::new(&package.manifest_path);
    let folder = manifest.parent().unwrap_or(manifest);
    let relative = folder.strip_prefix(root).unwrap_or(folder);
    format!("{}/", relative.display())
}

fn judge(root: &Path, packages: &[Package]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in packages {
        let home = folder(root, package);
        let file = format!("{home}Cargo.toml");
        let Some(layer) = Layer::of(&home) else {
            findings.push(Finding::new(&file, 0, "this folder is in no layer of the house"));
            continue;
        };
        for dependency in &package.dependencies {
            let verdict = match &dependency.path {
                Some(path) => judge_ours(root, layer, path),
                None => judge_outside(layer, dependency),
            };
            if let Some(why) = verdict {
                findings.push(Finding::new(&file, 0, format!("{}: {why}", dependency.name)));
            }
        }
    }
    findings
}

fn judge_ours(root: &Path, user: Layer, path: &str) -> Option<String> {
    let path = Path::new(path);
    let relative = path.strip_prefix(root).unwrap_or(path).display().to_string();
    let used = Layer::of(&relative)?;
    (!may_use(user, used)).then(|| format!("a crate of layer {user:?} may not use one of layer {used:?}"))
}

fn judge_outside(user: Layer, dependency: &Dependency) -> Option<String> {
    let linked = matches!(user, Layer::Abi | Layer::Logic | Layer::KernelUnsafe | Layer::Kernel);
    // Models never reach the kernel: they are built by `cfg(loom)` or a feature of that name.
    let elsewhere = dependency.kind.is_some() || dependency.name == "loom";
    (linked && !elsewhere && !KERNEL_CRATES.contains(&dependency.name.as_str()))
        .then(|| "not on the list of outside crates that the kernel may link".to_owned())
}

/// The folders of all crates that are linked into the kernel, itself included.
pub(crate) fn linked_folders(root: &Path, packages: &[Package]) -> Vec<String> {
    let mut linked: HashSet<String> = HashSet::new();
    let mut waiting = vec!["kernel/".to_owned()];
    while let Some(home) = waiting.pop() {
        if !linked.insert(home.clone()) {
            continue;
        }
        let package = packages.iter().find(|p| folder(root, p) == home);
        let normal = package.into_iter().flat_map(|p| &p.dependencies).filter(|d| d.kind.is_none());
        for path in normal.filter_map(|d| d.path.as_deref()) {
            let path = Path::new(path);
            waiting.push(format!("{}/", path.strip_prefix(root).unwrap_or(path).display()));
        }
    }
    let mut linked: Vec<_> = linked.into_iter().collect();
    linked.sort();
    linked
}

/// Parts of what is tested on the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HostPart {
    /// Every crate with unit tests that builds for the host, guests' drivers aside.
    Units,
    /// The crates with models: a module that only the models' build has.
    Models,
}

/// The names of the packages of one part.
pub(crate) fn host_packages(tree: &Tree, part: HostPart) -> Result<Vec<String>> {
    let members = packages(&tree.root)?;
    let wanted = members.into_iter().filter(|p| {
        let home = folder(&tree.root, p);
        let sources = || tree.under(&home).filter(|s| s.is_rust());
        match (part, Layer::of(&home)) {
            (_, Some(Layer::Kernel) | None) => false,
            // The user programs' tests need no guest; those of tests/boot are a stage of their own.
            (HostPart::Units, _) => home != "tests/boot/" && sources().any(|s| s.text.contains("#[test]")),
            (HostPart::Models, layer) => {
                layer == Some(Layer::Logic) && sources().any(|s| s.text.contains("#[cfg(all(test, loom))]\nmod models;"))
            }
        }
    });
    Ok(wanted.map(|p| p.name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(home: &str, dependencies: Vec<Dependency>) -> Package {
        Package {
            name: home.replace('/', "-"),
            manifest_path: format!("/r/{home}/Cargo.toml"),
            dependencies,
            targets: Vec::new(),
        }
    }

    fn ours(path: &str) -> Dependency {
        Dependency { name: path.replace('/', "-"), kind: None, path: Some(format!("/r/{path}")) }
    }

    fn outside(name: &str, kind: Option<&str>) -> Dependency {
        Dependency { name: name.into(), kind: kind.map(Into::into), path: None }
    }

    #[test]
    fn logic_must_not_use_the_kernel() {
        let bad = package("logic/pipe", vec![ours("kernel/mem")]);
        let found = judge(Path::new("/r"), &[bad]);
        assert_eq!(found.len(), 1);
        assert!(found[0].to_string().starts_with("logic/pipe/Cargo.toml: kernel-mem"));
    }

    #[test]
    fn the_kernel_may_use_what_is_below() {
        let good = package("kernel", vec![ours("abi"), ours("logic/pipe"), ours("kernel/mem")]);
        assert!(judge(Path::new("/r"), &[good]).is_empty());
    }

    #[test]
    fn outside_crates_are_listed() {
        let home = |d| [package("logic/pipe", vec![d])];
        let root = Path::new("/r");
        assert_eq!(judge(root, &home(outside("rand", None))).len(), 1);
        assert!(judge(root, &home(outside("proptest", Some("dev")))).is_empty());
        assert!(judge(root, &home(outside("loom", None))).is_empty());
        assert!(judge(root, &home(outside("hashbrown", None))).is_empty());
    }

    #[test]
    fn linked_crates_are_followed() {
        let all = [
            package("kernel", vec![ours("logic/a")]),
            package("logic/a", vec![ours("abi")]),
            package("logic/b", vec![]),
            package("abi", vec![]),
        ];
        assert_eq!(linked_folders(Path::new("/r"), &all), ["abi/", "kernel/", "logic/a/"]);
    }
}
