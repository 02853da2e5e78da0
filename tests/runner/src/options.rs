//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use crate::list::{self, Test};

/// What `--help` prints.
const HELP: &str = "\
usage: ktest [OPTIONS] [NAME...]
  --list FILE       read the tests from FILE (default /tests/list, or /tests/linux/list)
  --full            the whole list, and each test with its full amount of work
  --dir DIR         where a NAME without a slash is looked up (default /tests/linux)
  --only PATTERN    of those, only the ones whose name contains PATTERN
  --echo            show what each test prints as it comes
  --peaks           rvOS: say what each test took of its budget at most
  --timeout S       deadline of a test that names none (default 30)
  --most-preempt-off NS  a test that keeps preemption off for longer fails (exact time only)
  --preempt-off-of NAME=NS  the same for one test, instead
  --mutants         rvOS: break each call that a test names; say which runs pass
  --mutate NR:MODE  rvOS: call NR answers ENOSYS (MODE 1) or 0 (MODE 2) in the tests
";

/// Makes one call of the kernel misbehave in the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mutation {
    /// The number of the call.
    pub(crate) nr: i64,
    /// 1: it answers ENOSYS; 2: it answers 0 and does nothing.
    pub(crate) mode: i64,
}

/// The parsed command line.
#[derive(Debug)]
pub(crate) struct Options {
    list: Option<PathBuf>,
    names: Vec<String>,
    only: Option<String>,
    /// Where names without a slash are looked up.
    pub(crate) dir: PathBuf,
    /// The deadline of a test that names none.
    pub(crate) timeout: Duration,
    /// Whether the tests do all that they can.
    pub(crate) full: bool,
    /// Whether to show what a test prints as it comes, too.
    pub(crate) echo: bool,
    /// Whether to say what each test took.
    pub(crate) peaks: bool,
    /// Applied to every test.
    pub(crate) mutations: Vec<Mutation>,
    /// The longest that preemption may be off in a test.
    pub(crate) most_preempt_off_ns: Option<u64>,
    /// The same for tests by name, instead.
    pub(crate) preempt_off_of: Vec<(String, u64)>,
    /// What the tests are run for.
    pub(crate) purpose: Purpose,
}

/// What the tests are run for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Does the system pass them?
    #[default]
    System,
    /// Do they notice a system that is broken on purpose?
    Mutants,
}

/// Parses the words after the program's name; `None` when help was asked for,
/// and printed.
pub(crate) fn parse(words: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let mut options = Options {
        list: None,
        names: Vec::new(),
        only: None,
        dir: PathBuf::from("/tests/linux"),
        timeout: Duration::from_secs(30),
        full: false,
        peaks: false,
        echo: false,
        mutations: Vec::new(),
        most_preempt_off_ns: None,
        preempt_off_of: Vec::new(),
        purpose: Purpose::default(),
    };
    let mut words = words;
    while let Some(word) = words.next() {
        if word == "--help" {
            print!("{HELP}");
            return Ok(None);
        }
        if word == "--mutants" {
            options.purpose = Purpose::Mutants;
            continue;
        }
        if let Some(flag) = options.flag(&word) {
            *flag = true;
            continue;
        }
        if !word.starts_with("--") {
            options.names.push(word);
            continue;
        }
        let value = words.next().ok_or_else(|| format!("{word} needs a value, or is unknown"))?;
        take(&mut options, &word, value)?;
    }
    Ok(Some(options))
}

fn take(options: &mut Options, option: &str, value: String) -> Result<(), String> {
    match option {
        "--list" => options.list = Some(value.into()),
        "--dir" => options.dir = value.into(),
        "--only" => options.only = Some(value),
        "--timeout" => {
            let seconds = value.parse().map_err(|e| format!("--timeout {value}: {e}"))?;
            options.timeout = Duration::from_secs(seconds);
        }
        "--most-preempt-off" => {
            let ns = value.parse().map_err(|e| format!("--most-preempt-off {value}: {e}"))?;
            options.most_preempt_off_ns = Some(ns);
        }
        "--preempt-off-of" => {
            let of = value.split_once('=').and_then(|(name, ns)| Some((name.to_owned(), ns.parse().ok()?)));
            options.preempt_off_of.push(of.ok_or_else(|| format!("--preempt-off-of {value}: not NAME=NS"))?);
        }
        "--mutate" => options.mutations.push(parse_mutation(&value)?),
        _ => return Err(format!("unknown option {option}")),
    }
    Ok(())
}

fn parse_mutation(text: &str) -> Result<Mutation, String> {
    let numbers = text.split_once(':').and_then(|(nr, mode)| Some(Mutation { nr: nr.parse().ok()?, mode: mode.parse().ok()? }));
    numbers.filter(|m| m.nr >= 0 && (1..=2).contains(&m.mode)).ok_or_else(|| format!("{text:?} is not NR:1 or NR:2"))
}

/// Where a list is looked for.
const DEFAULT_LISTS: [&str; 2] = ["/tests/list", "/tests/linux/list"];

impl Options {
    /// The option of this name that takes no value.
    fn flag(&mut self, word: &str) -> Option<&mut bool> {
        match word {
            "--full" => Some(&mut self.full),
            "--peaks" => Some(&mut self.peaks),
            "--echo" => Some(&mut self.echo),
            _ => None,
        }
    }

    /// The longest that preemption may be off in this test.
    pub(crate) fn most_preempt_off_of(&self, test: &Test) -> Option<u64> {
        let own = self.preempt_off_of.iter().find(|(name, _)| *name == test.title()).map(|(_, ns)| *ns);
        self.most_preempt_off_ns.map(|most| own.unwrap_or(most))
    }
    /// The tests that this command line selects, at least one. A name that the list has brings what stands there.
    pub(crate) fn tests(&self) -> Result<Vec<Test>, String> {
        let known = DEFAULT_LISTS.iter().map(PathBuf::from).find(|path| path.is_file());
        let path = match (&self.list, self.names.is_empty()) {
            (Some(path), _) => Some(path.clone()),
            (None, true) => Some(known.clone().ok_or("there is no list of tests; ./x run --tests brings one")?),
            (None, false) => None,
        };
        let listed = match path.as_ref().or(known.as_ref()) {
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
                list::parse(&text).map_err(|e| format!("{}: {e}", path.display()))?
            }
            None => Vec::new(),
        };
        let named = |name: &String| listed.iter().find(|t| t.name == *name).cloned().unwrap_or_else(|| Test::named(name));
        let mut tests: Vec<Test> = self.names.iter().map(named).collect();
        if path.is_some() {
            tests.extend(listed.into_iter().filter(|test| self.full || !test.full));
        }
        if let Some(pattern) = &self.only {
            tests.retain(|test| test.title().contains(pattern.as_str()));
        }
        if tests.is_empty() { Err("no test is listed".to_owned()) } else { Ok(tests) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Mutation, Purpose, parse};
    use crate::list::Test;

    fn words(line: &str) -> impl Iterator<Item = String> {
        line.split(' ').map(str::to_owned)
    }

    #[test]
    fn names_and_options() {
        let options = parse(words("a --only b --mutate 64:2 bc --mutants --timeout 5")).expect("valid").expect("no help");
        assert_eq!(options.purpose, Purpose::Mutants);
        assert_eq!(options.mutations, [Mutation { nr: 64, mode: 2 }]);
        assert_eq!(options.tests(), Ok(vec![Test::named("bc")]));
        assert_eq!(options.timeout.as_secs(), 5);
    }

    #[test]
    fn refusals() {
        for line in ["--mutate 64", "--mutate 64:3", "--mutate", "--colour red", "--timeout x"] {
            assert!(parse(words(line)).is_err(), "{line}");
        }
        let options = parse(words("a --only b --full")).expect("valid").expect("no help");
        assert!(options.full && options.tests().is_err());
    }
}
