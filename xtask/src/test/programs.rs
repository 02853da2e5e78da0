//! The contract tests as programs: finds them, compiles each once, lays them out for a guest.
//!
//! A test is a C source `tests/linux/**/NAME.c`, or a program `src/bin/NAME.rs` of a Rust package in
//! [`RUST_PACKAGES`], made from the table of calls. A C program is kept under a hash of everything that made it (source, headers, flags, compiler), so
//! a second call compiles nothing. [`Suite`] is the result: a directory that becomes `/tests/linux`.

use super::libc::{Flags, Libc};
use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;
use xtask::{builds, paths};

/// The cross compiler.
pub(super) const CC: &str = "riscv64-linux-gnu-gcc";
/// How every test is compiled: static, so that it needs nothing of the guest's root.
const FLAGS: &[&str] = &["-static", "-O1", "-s", "-Wall", "-Wno-unused-result", "-pthread", "-std=gnu11"];
/// As many at once as the smallest machine has cores.
const WORKERS: usize = 2;

/// Where generated headers are, inside the store.
const INCLUDE: &str = "include";

/// Packages below `tests/` whose programs are tests.
const RUST_PACKAGES: [&str; 2] = ["hostile", "ktest"];
/// Their folders.
const RUST_FOLDERS: [&str; 2] = ["hostile", "kernel"];
/// The folders of tests that need the native calls: they run on rvOS alone.
const NATIVE: [&str; 1] = ["tests/kernel"];

/// What a test is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    C,
    Rust,
}

/// A test's source.
#[derive(Clone, Debug)]
pub(crate) struct Test {
    /// Its name: the file's, without the folder, unique among all.
    pub(crate) name: String,
    /// Its text.
    pub(crate) text: String,
    path: PathBuf,
    language: Language,
}

impl Test {
    /// Whether it is about what Linux does not have.
    pub(super) fn is_native(&self) -> bool {
        let tree = paths::tree();
        NATIVE.iter().any(|folder| self.path.starts_with(tree.join(folder)))
    }

    /// Whether it is a C program.
    pub(super) fn is_c(&self) -> bool {
        self.language == Language::C
    }

    /// Whether it is left out unless everything is tested.
    pub(super) fn is_full(&self) -> bool {
        list_line(self).contains(" list=full")
    }

    /// The calls that it says it tests.
    pub(crate) fn calls(&self) -> impl Iterator<Item = &str> {
        crate::check::calls_named(&self.text).into_iter().map(|(name, _)| name)
    }
}

/// Compiled tests, laid out.
pub(crate) struct Suite {
    /// What is in it, by name.
    pub(crate) tests: Vec<Test>,
    /// The directory with the programs and the file `list`.
    pub(crate) dir: PathBuf,
}

/// Whether `--only` means a test: one of its parts, between commas, is in the name.
pub(super) fn is_meant(only: Option<&str>, name: &str) -> bool {
    only.is_none_or(|parts| parts.split(',').any(|part| name.contains(part)))
}

/// All tests whose name contains `only`, in the order of names.
pub(crate) fn find(only: Option<&str>) -> Result<Vec<Test>> {
    let mut found = BTreeMap::new();
    collect(&paths::tree().join("tests/linux"), Language::C, &mut found)?;
    for package in RUST_FOLDERS {
        let programs = paths::tree().join("tests").join(package).join("src/bin");
        if programs.is_dir() {
            collect(&programs, Language::Rust, &mut found)?;
        }
    }
    let tests: Vec<Test> = found.into_values().collect();
    ensure!(!tests.is_empty(), "there are no tests under tests/linux");
    Ok(tests.into_iter().filter(|t| is_meant(only, &t.name)).collect())
}

fn collect(dir: &Path, language: Language, found: &mut BTreeMap<String, Test>) -> Result<()> {
    for entry in fs::read_dir(dir).with_context(|| format!("cannot list {}", dir.display()))? {
        let path = entry?.path();
        let main = path.join("main.rs");
        match language {
            Language::C if path.is_dir() => collect(&path, language, found)?,
            Language::C if path.extension().is_some_and(|e| e == "c") => add(&path, path.clone(), language, found)?,
            Language::Rust if main.is_file() => add(&path, main, language, found)?,
            Language::Rust if path.extension().is_some_and(|e| e == "rs") => add(&path, path.clone(), language, found)?,
            _ => {}
        }
    }
    Ok(())
}

/// Adds the test that `named` names and `source` holds.
fn add(named: &Path, source: PathBuf, language: Language, found: &mut BTreeMap<String, Test>) -> Result<()> {
    let name = named.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let text = fs::read_to_string(&source).with_context(|| format!("cannot read {}", source.display()))?;
    let test = Test { name: name.clone(), text, path: source, language };
    match found.insert(name, test) {
        Some(other) => bail!("two tests have the name {}", other.name),
        None => Ok(()),
    }
}

/// Compiles the tests and lays them out in a fresh directory called `label`.
pub(crate) fn build(tests: Vec<Test>, label: &str, libc: Libc) -> Result<Suite> {
    let programs = compile_all(&tests, libc)?;
    let dir = paths::scratch()?.join("tests").join(label);
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    fs::create_dir_all(&dir)?;
    let mut list = String::new();
    for (test, program) in tests.iter().zip(&programs) {
        let place = dir.join(&test.name);
        // A link costs nothing; a copy works across file systems.
        if fs::hard_link(program, &place).is_err() {
            fs::copy(program, &place)?;
        }
        list.push_str(&list_line(test));
    }
    fs::write(dir.join("list"), list)?;
    Ok(Suite { tests, dir })
}

/// The test's line in the runner's list: its name, and what its source asks for.
pub(super) fn list_line(test: &Test) -> String {
    let mut line = test.name.clone();
    // A sweep over the whole table takes longer than a test of one call.
    if test.language == Language::Rust && !test.text.contains("timeout:") {
        line.push_str(" timeout_s=600");
    }
    for (asked, attribute) in
        [("// timeout:", "timeout_s"), ("// mem:", "mem"), ("// args:", "arg"), ("// list:", "list"), ("// budget:", "budget")]
    {
        let lines = test.text.lines().take(30).map(|l| l.replacen("//!", "//", 1));
        let values: Vec<String> = lines.filter_map(|l| Some(l.strip_prefix(asked)?.to_owned())).collect();
        for word in values.iter().flat_map(|v| v.split_whitespace()) {
            line.push_str(&format!(" {attribute}={word}"));
        }
    }
    line + "\n"
}

/// A program outside of the suite, made of one or several sources of one folder.
pub(crate) fn build_program(name: &str, sources: &[PathBuf], flags: &[&str]) -> Result<PathBuf> {
    let folder = sources.first().and_then(|s| s.parent()).context("no source")?;
    let job = Job { name, sources, flags, libc: &Flags::default(), shared: shared_hash(folder)? };
    compile(&job, &store()?)
}

fn store() -> Result<PathBuf> {
    let store = paths::scratch()?.join("tests/store");
    let include = store.join(INCLUDE);
    fs::create_dir_all(&include).with_context(|| format!("cannot create {}", include.display()))?;
    // The header of the native calls: `#include <rvos.h>`.
    let (header, text) = (include.join("rvos.h"), crate::calls::header());
    if fs::read_to_string(&header).ok().as_deref() != Some(&text) {
        let raw = include.join(format!("rvos.h.{}", std::process::id()));
        fs::write(&raw, text)?;
        fs::rename(&raw, &header)?;
    }
    Ok(store)
}

fn compile_all(tests: &[Test], libc: Libc) -> Result<Vec<PathBuf>> {
    let (store, shared) = (store()?, shared_hash(&paths::tree().join("tests/linux"))?);
    let libc = libc.flags()?;
    let next = Mutex::new(0..tests.len());
    let results = Mutex::new(vec![None; tests.len()]);
    let errors = Mutex::new(Vec::new());
    let work = || {
        loop {
            let Some(index) = lock(&next).next() else { break };
            let test = &tests[index];
            if test.language == Language::Rust {
                continue;
            }
            let job = Job { name: &test.name, sources: std::slice::from_ref(&test.path), flags: &[], libc: &libc, shared };
            match compile(&job, &store) {
                Ok(program) => lock(&results)[index] = Some(program),
                Err(e) => lock(&errors).push(format!("{e:#}")),
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(work);
        }
    });
    let errors = lock(&errors).join("\n");
    ensure!(errors.is_empty(), "tests do not compile:\n{errors}");
    let mut programs = lock(&results).drain(..).collect::<Vec<_>>();
    if tests.iter().any(|t| t.language == Language::Rust) {
        let built = builds::packages(&RUST_PACKAGES)?;
        for (program, test) in programs.iter_mut().zip(tests).filter(|(_, t)| t.language == Language::Rust) {
            *program = built.iter().find(|(name, _)| *name == test.name).map(|(_, path)| path.clone());
        }
    }
    programs.into_iter().collect::<Option<Vec<_>>>().context("a test was not compiled")
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// One program to be compiled.
struct Job<'a> {
    name: &'a str,
    sources: &'a [PathBuf],
    flags: &'a [&'a str],
    libc: &'a Flags,
    /// What the compiler, its flags and the headers are.
    shared: u64,
}

fn compile(job: &Job<'_>, store: &Path) -> Result<PathBuf> {
    let mut hasher = DefaultHasher::new();
    (job.shared, job.flags, &job.libc.before, &job.libc.after).hash(&mut hasher);
    for source in job.sources {
        let text = fs::read(source).with_context(|| format!("cannot read {}", source.display()))?;
        text.hash(&mut hasher);
    }
    let program = store.join(format!("{}-{:016x}", job.name, hasher.finish()));
    if program.exists() {
        return Ok(program);
    }
    let raw = program.with_extension("new");
    let output = Command::new(CC)
        .args(FLAGS)
        .args(job.flags)
        .arg("-I")
        .arg(store.join(INCLUDE))
        // Messages name a file as seen from the root, wherever that is.
        .arg(format!("-ffile-prefix-map={}/=", paths::tree().display()))
        .args(&job.libc.before)
        .args(job.sources)
        .args(&job.libc.after)
        .arg("-o")
        .arg(&raw)
        .output()
        .with_context(|| format!("cannot start {CC}; ./x doctor says what is missing"))?;
    let messages = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}:\n{messages}", job.name);
    if !messages.is_empty() {
        eprintln!("{messages}");
    }
    // Whoever sees the name sees a whole program, also when two processes compile at once.
    fs::rename(&raw, &program)?;
    Ok(program)
}

/// What all programs of a folder have in common: the compiler, its flags, the headers.
fn shared_hash(folder: &Path) -> Result<u64> {
    let version = Command::new(CC)
        .arg("--version")
        .output()
        .with_context(|| format!("cannot start {CC}; ./x doctor says what is missing"))?;
    let mut hasher = DefaultHasher::new();
    (version.stdout, FLAGS, crate::calls::header()).hash(&mut hasher);
    let (mut headers, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder)?.filter_map(|e| Some(e.ok()?.path())) {
            match path.extension() {
                _ if path.is_dir() => folders.push(path),
                Some(extension) if extension == "h" => headers.push(path),
                _ => {}
            }
        }
    }
    headers.sort();
    for header in headers {
        fs::read(&header)?.hash(&mut hasher);
    }
    Ok(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_time_outs() {
        let test = |text: &str| Test { name: "a".into(), text: text.into(), path: PathBuf::new(), language: Language::C };
        assert_eq!(list_line(&test("// x\n// calls: dup\n")), "a\n");
        assert_eq!(list_line(&test("// x\n// timeout: 90\n")), "a timeout_s=90\n");
        assert_eq!(
            list_line(&test("//! x\n//! timeout: 90\n//! mem: 512\n//! list: full\n//! budget: pids:9 fds:max\n")),
            "a timeout_s=90 mem=512 list=full budget=pids:9 budget=fds:max\n"
        );
    }
}
