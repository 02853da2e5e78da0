//! The command line.

use std::path::PathBuf;

/// How a file may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Only looked at.
    Read,
    /// Changed too.
    Write,
}

/// A file or directory that the program sees.
#[derive(Debug)]
pub(crate) struct Shown {
    /// Where it is.
    pub(crate) from: PathBuf,
    /// Where the program sees it.
    pub(crate) at: PathBuf,
    /// What it may do with it.
    pub(crate) access: Access,
}

/// What was asked for.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// Files.
    pub(crate) shown: Vec<Shown>,
    /// Files of the cgroup with what is written to them.
    pub(crate) limits: Vec<(&'static str, String)>,
    /// The limits as they were typed, for the report.
    pub(crate) memory: Option<String>,
    /// Most processes.
    pub(crate) pids: Option<String>,
    /// Without a network.
    pub(crate) no_net: bool,
    /// The program and its arguments.
    pub(crate) program: Vec<String>,
}

const USAGE: &str = "usage: sandbox [--mem SIZE] [--pids N] [--cpu PERCENT%] [--fds N] [--ro PATH]... [--rw PATH]... [--no-net] -- PROGRAM [ARGS]";

/// Reads the command line.
pub(crate) fn parse(mut args: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut o = Options::default();
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value\n{USAGE}"));
        match arg.as_str() {
            "--mem" => {
                let typed = value()?;
                o.limits.push(("memory.max", bytes(&typed)?.to_string()));
                o.memory = Some(typed);
            }
            "--pids" => {
                let typed = number(&value()?)?.to_string();
                o.limits.push(("pids.max", typed.clone()));
                o.pids = Some(typed);
            }
            "--fds" => o.limits.push(("fds.max", number(&value()?)?.to_string())),
            "--cpu" => {
                let typed = value()?;
                let percent = number(typed.strip_suffix('%').unwrap_or(&typed))?;
                o.limits.push(("cpu.max", format!("{} 100000", percent.saturating_mul(1000))));
            }
            "--ro" => o.shown.push(shown(&value()?, Access::Read)),
            "--rw" => o.shown.push(shown(&value()?, Access::Write)),
            "--no-net" => o.no_net = true,
            "--" => break,
            _ => return Err(format!("what is {arg}?\n{USAGE}")),
        }
    }
    o.program.extend(args);
    if o.program.is_empty() { Err(USAGE.to_owned()) } else { Ok(o) }
}

fn shown(value: &str, access: Access) -> Shown {
    let (from, at) = value.split_once(':').unwrap_or((value, value));
    Shown { from: from.into(), at: at.into(), access }
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{text} is no number"))
}

fn bytes(text: &str) -> Result<u64, String> {
    let (digits, shift) = match text.chars().last() {
        Some('k' | 'K') => (text.get(..text.len() - 1), 10),
        Some('m' | 'M') => (text.get(..text.len() - 1), 20),
        Some('g' | 'G') => (text.get(..text.len() - 1), 30),
        _ => (Some(text), 0),
    };
    number(digits.unwrap_or_default())?.checked_shl(shift).ok_or_else(|| format!("{text} is too much"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Result<Options, String> {
        parse(line.split(' ').map(str::to_owned))
    }

    #[test]
    fn options_become_limits_and_files() {
        let o = of("--mem 64M --pids 8 --cpu 20% --ro /data --rw /tmp/x:/out --no-net -- sh -c ls").unwrap();
        let limit = |name| o.limits.iter().find(|(n, _)| *n == name).map(|(_, v)| v.as_str());
        assert_eq!(limit("memory.max"), Some("67108864"));
        assert_eq!((limit("pids.max"), limit("cpu.max")), (Some("8"), Some("20000 100000")));
        assert_eq!(o.program, ["sh", "-c", "ls"]);
        assert!(o.no_net && o.shown.len() == 2);
        let out = o.shown.last().unwrap();
        assert_eq!((out.at.to_str(), out.access), (Some("/out"), Access::Write));
        assert!(of("--mem much -- sh").is_err() && of("--mem").is_err() && of("sh").is_err() && of("--").is_err());
    }
}
