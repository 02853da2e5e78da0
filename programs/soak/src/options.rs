//! The command line.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// After this time.
    Time(Duration),
    /// After so many steps of each worker.
    Rounds(u64),
}

/// What all roles know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// Decides what every step does.
    pub(crate) seed: u64,
    /// When to stop.
    pub(crate) limit: Limit,
    /// How many workers run beside each other.
    pub(crate) workers: u32,
    /// A worker that makes no step for so long hangs.
    pub(crate) patience: Duration,
}

/// One worker, or one step of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Which {
    /// Its number.
    pub(crate) worker: u32,
    /// The only step to run, if there is one.
    pub(crate) step: Option<u64>,
}

/// What this process is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Starts and watches the workers.
    Supervisor(Options),
    /// Runs steps.
    Worker(Options, Which),
    /// Was executed by a step.
    Helper(String),
}

impl Options {
    /// The command line in short.
    pub(crate) const USAGE: &str = "usage: soak [--seed S] [--minutes N | --seconds N | --rounds N] \
         [--workers N] [--hang-seconds N] [--worker K [--step N]]";
}

/// Parses the words after the program's name.
pub(crate) fn parse(words: &[String]) -> Result<Role, String> {
    let mut options = Options {
        seed: seed_from_clock(),
        limit: Limit::Time(Duration::from_secs(60)),
        workers: 8,
        patience: Duration::from_secs(60),
    };
    let (mut worker, mut step) = (None, None);
    for pair in words.chunks(2) {
        let [option, value] = pair else {
            return Err(format!("{} needs a value", pair.concat()));
        };
        let number = || value.parse::<u64>().map_err(|e| format!("{option} {value}: {e}"));
        match option.as_str() {
            "--helper" => return Ok(Role::Helper(value.clone())),
            "--seed" => options.seed = number()?,
            "--minutes" => options.limit = Limit::Time(Duration::from_secs(60) * number()?.try_into().unwrap_or(u32::MAX)),
            "--seconds" => options.limit = Limit::Time(Duration::from_secs(number()?)),
            "--rounds" => options.limit = Limit::Rounds(number()?),
            "--workers" => options.workers = u32::try_from(number()?).unwrap_or(u32::MAX).max(1),
            "--hang-seconds" => options.patience = Duration::from_secs(number()?),
            "--worker" => worker = Some(u32::try_from(number()?).map_err(|e| e.to_string())?),
            "--step" => step = Some(number()?),
            _ => return Err(format!("unknown option {option}")),
        }
    }
    match (worker, step) {
        (Some(worker), step) => Ok(Role::Worker(options, Which { worker, step })),
        (None, None) => Ok(Role::Supervisor(options)),
        (None, Some(_)) => Err("--step needs --worker".to_owned()),
    }
}

fn seed_from_clock() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::from(since.subsec_nanos()) ^ since.as_secs()
}

#[cfg(test)]
mod tests {
    use super::{Limit, Role, Which, parse};
    use std::time::Duration;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn roles() {
        let Ok(Role::Supervisor(options)) = parse(&words("--seed 7 --minutes 2 --workers 3")) else { panic!("no supervisor") };
        assert_eq!((options.seed, options.workers), (7, 3));
        assert_eq!(options.limit, Limit::Time(Duration::from_secs(120)));
        let Ok(Role::Worker(_, which)) = parse(&words("--worker 2 --step 9")) else { panic!("no worker") };
        assert_eq!(which, Which { worker: 2, step: Some(9) });
    }

    #[test]
    fn refusals() {
        for line in ["--seed", "--seed x", "--step 3", "--colour red"] {
            assert!(parse(&words(line)).is_err(), "{line}");
        }
    }
}
