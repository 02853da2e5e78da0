//! The list of tests: a line each, `NAME [arg=WORD]... [timeout_s=N] [mem=N]
//! [budget=KIND:MOST]... [list=full] [mutate=CALL:NR]...`.
//!
//! `#` starts a comment line. `mem` is the memory that the machine must have
//! for the test to mean something, in MiB. `budget` is what the test may take of a kind, where that
//! is not the usual ([`Limits`]). `list=full` leaves it out unless `--full` is given. `mutate` is a call that the test
//! must not pass without, for `--mutants`. Pure.

use std::fmt;
use std::time::Duration;

use crate::budget::Limits;

/// One test to run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Test {
    /// A file name in the directory of tests, or a path.
    pub(crate) name: String,
    /// Its arguments.
    pub(crate) args: Vec<String>,
    /// Its own deadline.
    pub(crate) timeout: Option<Duration>,
    /// Skipped on a machine with less memory.
    pub(crate) mem_mib: Option<u64>,
    /// What it may take.
    pub(crate) limits: Limits,
    /// Whether it takes so long that it is run with `--full` alone.
    pub(crate) full: bool,
    /// Calls that it must notice the lack of, with their numbers.
    pub(crate) calls: Vec<(String, i64)>,
}

/// Which line of a list was refused, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ListError {
    /// There is no such attribute, or its value makes no sense.
    Attribute(usize, String),
    /// This line names a test that an earlier line named already.
    Twice(usize, String),
}

impl fmt::Display for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attribute(line, word) => write!(f, "line {line}: bad attribute {word:?}"),
            Self::Twice(line, title) => write!(f, "line {line}: {title:?} is listed twice"),
        }
    }
}

impl Test {
    /// A test without attributes.
    pub(crate) fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// A run of nothing, by the runner's own binary.
    pub(crate) fn warm_up() -> Self {
        Self { args: vec!["--help".to_owned()], ..Self::named("/proc/self/exe") }
    }

    /// What reports call it: its name and arguments.
    pub(crate) fn title(&self) -> String {
        let mut title = self.name.clone();
        for arg in &self.args {
            title.push(' ');
            title.push_str(arg);
        }
        title
    }
}

/// Parses a list.
pub(crate) fn parse(text: &str) -> Result<Vec<Test>, ListError> {
    let mut tests: Vec<Test> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let Some(test) = parse_line(line).map_err(|word| ListError::Attribute(index + 1, word))? else {
            continue;
        };
        if tests.iter().any(|other| other.name == test.name && other.args == test.args) {
            return Err(ListError::Twice(index + 1, test.title()));
        }
        tests.push(test);
    }
    Ok(tests)
}

fn parse_line(line: &str) -> Result<Option<Test>, String> {
    let mut words = line.split_whitespace();
    let Some(name) = words.next().filter(|name| !name.starts_with('#')) else {
        return Ok(None);
    };
    let mut test = Test::named(name);
    for word in words {
        take_attribute(&mut test, word).ok_or_else(|| word.to_owned())?;
    }
    Ok(Some(test))
}

fn take_attribute(test: &mut Test, word: &str) -> Option<()> {
    let (key, value) = word.split_once('=')?;
    match key {
        "arg" => test.args.push(value.to_owned()),
        "timeout_s" => test.timeout = Some(Duration::from_secs(value.parse().ok()?)),
        "mutate" => {
            let (call, number) = value.split_once(':')?;
            test.calls.push((call.to_owned(), number.parse().ok().filter(|n| *n >= 0)?));
        }
        "budget" => test.limits.take(value)?,
        "list" if value == "full" => test.full = true,
        "mem" => test.mem_mib = Some(value.parse().ok()?),
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::{Limits, ListError, Test, parse};
    use std::time::Duration;

    #[test]
    fn a_list_with_everything() {
        let tests = parse("# tests\n\n  pipe_basic\nfork_bomb timeout_s=90 mem=512 list=full arg=-n arg=4 mutate=clone:220\n")
            .expect("valid");
        assert_eq!(tests[0], Test::named("pipe_basic"));
        assert_eq!(tests[1].timeout, Some(Duration::from_secs(90)));
        assert_eq!((tests[0].full, tests[1].full, tests[1].mem_mib), (false, true, Some(512)));
        assert_eq!(tests[1].title(), "fork_bomb -n 4");
        assert_eq!(tests[1].limits, Limits::default());
        let own = &parse("a budget=pids:900 budget=memory:max").expect("valid")[0];
        assert!(own.limits != Limits::default());
        assert_eq!(tests[1].calls, [("clone".to_owned(), 220)]);
    }

    #[test]
    fn refusals() {
        let attribute = |line, word: &str| Err(ListError::Attribute(line, word.to_owned()));
        assert_eq!(parse("a\nb timeout=3"), attribute(2, "timeout=3"));
        assert_eq!(parse("a timeout_s=x"), attribute(1, "timeout_s=x"));
        assert_eq!(parse("a b"), attribute(1, "b"));
        assert_eq!(parse("a budget=pids"), attribute(1, "budget=pids"));
        assert_eq!(parse("a mutate=dup"), attribute(1, "mutate=dup"));
        assert_eq!(parse("a\n\na"), Err(ListError::Twice(3, "a".to_owned())));
        assert!(parse("a arg=1\na arg=2\n").is_ok());
    }
}
