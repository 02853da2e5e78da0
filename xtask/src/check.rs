//! `./x check`: the rules of the tree, each proved by reading sources, metadata or the linked kernel.
//!
//! A [`Rule`] is one small file under `check/` with a function from [`Tree`] to [`Finding`]s and its
//! own tests on fixture strings. [`RULES`] is the list; CI runs exactly it, so a rule that stands
//! in STYLE.md and here cannot rot. One line is printed per rule, and `file:line` per finding.

mod allocators;
mod build;
mod calls;
mod code;
mod docs;
mod frames;
mod headers;
mod layers;
mod lengths;
mod places;
mod stubs;
mod tree;
mod unsafe_lines;
mod unsafe_list;

pub(crate) use calls::calls_named;
pub(crate) use frames::image_bytes;
pub(crate) use layers::{HostPart, host_packages};
pub(crate) use tree::Tree;

use anyhow::Result;
use std::fmt;
use std::process::ExitCode;
use xtask::paths;

/// Options of `./x check`.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct Args {
    /// Run only the rules whose name contains this
    #[arg(long, value_name = "PART")]
    pub(crate) only: Option<String>,
    /// Leave out the rules that compile something
    #[arg(long)]
    pub(crate) fast: bool,
    /// Say what each rule proves, and stop
    #[arg(long)]
    pub(crate) list: bool,
    /// Write the counted unsafe lines into xtask/unsafe-lines.toml (its reasons are yours to write)
    #[arg(long)]
    pub(crate) bless: bool,
}

/// Something that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    file: String,
    line: usize,
    message: String,
}

impl Finding {
    /// A finding at a line (1-based; 0 for the file as a whole).
    pub(crate) fn new(file: &str, line: usize, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.message),
            line => write!(f, "{}:{line}: {}", self.file, self.message),
        }
    }
}

/// What a rule costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cost {
    /// Reads text.
    Reads,
    /// Runs the compiler.
    Compiles,
}

/// One rule of the tree.
struct Rule {
    name: &'static str,
    proves: &'static str,
    cost: Cost,
    run: fn(&Tree) -> Result<Vec<Finding>>,
}

const fn reads(name: &'static str, proves: &'static str, run: fn(&Tree) -> Result<Vec<Finding>>) -> Rule {
    Rule { name, proves, cost: Cost::Reads, run }
}

const fn compiles(name: &'static str, proves: &'static str, run: fn(&Tree) -> Result<Vec<Finding>>) -> Rule {
    Rule { name, proves, cost: Cost::Compiles, run }
}

/// All rules, the cheap ones first.
const RULES: &[Rule] = &[
    reads("layers", "a crate depends only on what its layer may use", layers::run),
    reads("unsafe-list", "`unsafe` stands only in kernel/{arch,sync,mem} and user/rt", unsafe_list::run),
    reads("unsafe-lines", "the unsafe crates have the committed size, 4,000 lines at most", unsafe_lines::run),
    reads("allocators", "what the kernel links reserves before it pushes", allocators::run),
    reads("file-length", "no file above 600 lines, tests and tables apart", lengths::files),
    reads("function-length", "no function above 70 lines of code", lengths::functions),
    reads("headers", "every Rust file opens with `//!`", headers::run),
    reads("authority", "every call of the tables names the authority it needs", calls::authority),
    reads("call-tests", "every live call is named by a test", calls::tested),
    reads("stubs", "ENOSYS is answered by the one stub macro alone", stubs::run),
    reads("docs", "generated documents are up to date, links lead somewhere", docs::run),
    reads("places", "no file names a registry's host or where it was written", places::run),
    compiles("format", "`cargo fmt --check` finds nothing", build::format),
    compiles("clippy-host", "clippy finds nothing in what runs on the host", build::clippy_host),
    compiles("clippy-kernel", "clippy finds nothing in the kernel, and no banned allocator", build::clippy_kernel),
    compiles("frames", "no stack frame of the linked kernel is above 1 KiB", frames::run),
    compiles("image", "the kernel's image is 1 MiB at most", frames::image),
];

/// Runs the verb.
pub(crate) fn run(args: Args) -> Result<ExitCode> {
    if args.list {
        for rule in RULES {
            println!("{:16} {}", rule.name, rule.proves);
        }
        return Ok(ExitCode::SUCCESS);
    }
    if args.bless {
        unsafe_lines::bless(&Tree::load(&paths::tree())?)?;
    }
    let tree = Tree::load(&paths::tree())?;
    let tally = run_rules(&tree, &args);
    println!("check: {} rules hold, {} broken", tally.held, tally.broken.len());
    Ok(if tally.broken.is_empty() && tally.held > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How many rules held, and which did not.
pub(crate) struct Tally {
    pub(crate) held: usize,
    pub(crate) broken: Vec<&'static str>,
}

/// Runs every rule that the options leave in, printing as it goes.
pub(crate) fn run_rules(tree: &Tree, args: &Args) -> Tally {
    let wanted = |rule: &&Rule| {
        args.only.as_ref().is_none_or(|part| rule.name.contains(part.as_str())) && !(args.fast && rule.cost == Cost::Compiles)
    };
    let mut tally = Tally { held: 0, broken: Vec::new() };
    for rule in RULES.iter().filter(wanted) {
        match (rule.run)(tree) {
            Ok(findings) if findings.is_empty() => {
                println!("ok    {:16} {}", rule.name, rule.proves);
                tally.held += 1;
            }
            Ok(findings) => {
                println!("FAIL  {:16} {} ({} found)", rule.name, rule.proves, findings.len());
                for finding in findings {
                    println!("  {finding}");
                }
                tally.broken.push(rule.name);
            }
            // A rule that could not look has not found that all is well.
            Err(e) => {
                println!("FAIL  {:16} could not be checked: {e:#}", rule.name);
                tally.broken.push(rule.name);
            }
        }
    }
    tally
}
