//! Starts the workers, hears from each before each step, and notices the one that stays silent.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use crate::options::{Limit, Options};
use crate::steps;
use crate::watch;

/// How often progress is printed.
const REPORT_EVERY: Duration = Duration::from_secs(10);

/// In such a time every kind of step comes up.
const LONG: Duration = Duration::from_secs(120);

/// How long to wait for news before looking at the clock.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// News of a worker: its line, or that its output ended.
type News = (usize, Option<String>);

/// What is known of a worker.
struct Worker {
    child: Child,
    /// The last step that it began: `NUMBER NAME`.
    last: String,
    heard: Instant,
    steps: u64,
    /// How often it came to each kind of step.
    made: BTreeMap<String, u64>,
    state: State,
}

/// How far a worker has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    /// It said that it is done, all results right.
    Done,
}

/// Runs all workers to the end, or to the first failure.
pub(crate) fn run(options: &Options) -> ExitCode {
    println!("soak: seed {}, {} workers, {}", options.seed, options.workers, limit_text(options.limit));
    let (mut workers, news) = match start(options) {
        Ok(started) => started,
        Err(message) => {
            println!("soak: cannot start a worker: {message}");
            return ExitCode::FAILURE;
        }
    };
    let result = supervise(options, &mut workers, &news);
    let steps: u64 = workers.iter().map(|worker| worker.steps).sum();
    let result = result.and_then(|()| enough(options, &workers));
    match result {
        Ok(()) => {
            print_counts(&workers);
            println!("soak: ok, {steps} steps, seed {}", options.seed);
            ExitCode::SUCCESS
        }
        Err(message) => {
            println!("soak: FAILED: {message}");
            print_states(&workers);
            kill_all(&mut workers);
            println!("soak: seed {}, {steps} steps", options.seed);
            ExitCode::FAILURE
        }
    }
}

/// A soak that does nothing, or leaves a kind of step out for minutes, has shown nothing.
fn enough(options: &Options, workers: &[Worker]) -> Result<(), String> {
    if let Some(index) = workers.iter().position(|worker| worker.steps == 0) {
        return Err(format!("worker {index} made no step"));
    }
    let long = matches!(options.limit, Limit::Time(time) if time >= LONG);
    let never = steps::names().find(|name| workers.iter().all(|worker| !worker.made.contains_key(*name)));
    never.filter(|_| long).map_or(Ok(()), |name| Err(format!("no worker came to {name}")))
}

fn print_counts(workers: &[Worker]) {
    for name in steps::names() {
        let count: u64 = workers.iter().filter_map(|worker| worker.made.get(name)).sum();
        println!("soak: {count:>7} {name}");
    }
}

fn start(options: &Options) -> Result<(Vec<Worker>, Receiver<News>), String> {
    let (sender, news) = mpsc::channel();
    let mut workers = Vec::new();
    for index in 0..options.workers {
        match start_one(options, index, sender.clone()) {
            Ok(worker) => workers.push(worker),
            Err(e) => {
                kill_all(&mut workers);
                return Err(e.to_string());
            }
        }
    }
    Ok((workers, news))
}

fn start_one(options: &Options, index: u32, news: Sender<News>) -> std::io::Result<Worker> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--seed", &options.seed.to_string(), "--worker", &index.to_string()]);
    match options.limit {
        Limit::Time(time) => command.args(["--seconds", &time.as_secs().to_string()]),
        Limit::Rounds(rounds) => command.args(["--rounds", &rounds.to_string()]),
    };
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let stdout = child.stdout.take().ok_or_else(|| std::io::Error::other("no pipe"))?;
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let _ = news.send((index as usize, Some(line)));
        }
        let _ = news.send((index as usize, None));
    });
    Ok(Worker { child, last: "start".to_owned(), heard: Instant::now(), steps: 0, made: BTreeMap::new(), state: State::Running })
}

fn supervise(options: &Options, workers: &mut [Worker], news: &Receiver<News>) -> Result<(), String> {
    let start = Instant::now();
    let mut reported = start;
    let mut left = workers.len();
    while left > 0 {
        match news.recv_timeout(LOOK_EVERY) {
            Ok((index, Some(line))) => workers[index].hear(options, index, &line)?,
            Ok((index, None)) => {
                workers[index].end(index)?;
                left -= 1;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err("a worker's end was not seen".to_owned());
            }
        }
        if reported.elapsed() >= REPORT_EVERY {
            reported = Instant::now();
            print_progress(start, workers);
        }
        look_for_hangs(options, workers)?;
    }
    Ok(())
}

impl Worker {
    fn hear(&mut self, options: &Options, index: usize, line: &str) -> Result<(), String> {
        self.heard = Instant::now();
        if line.starts_with("done ") {
            self.state = State::Done;
        } else if let Some(what) = line.strip_prefix("wrong ") {
            let step = what.split(' ').next().unwrap_or("0");
            let again = format!("soak --seed {} --worker {index} --step {step}", options.seed);
            return Err(format!("worker {index}, step {what}\nsoak: to repeat it: {again}"));
        } else {
            line.clone_into(&mut self.last);
            self.steps += 1;
            let name = line.split(' ').nth(1).unwrap_or_default();
            *self.made.entry(name.to_owned()).or_default() += 1;
        }
        Ok(())
    }

    /// Its output ended: it must have said so, and have ended well.
    fn end(&mut self, index: usize) -> Result<(), String> {
        let status = self.child.wait().map_err(|e| format!("worker {index}: wait: {e}"))?;
        if status.success() && self.state == State::Done {
            return Ok(());
        }
        Err(format!("worker {index} ended with {status} in step {}", self.last))
    }
}

fn look_for_hangs(options: &Options, workers: &[Worker]) -> Result<(), String> {
    let silent = |worker: &Worker| worker.state == State::Running && worker.heard.elapsed() >= options.patience;
    match workers.iter().position(silent) {
        None => Ok(()),
        Some(index) => {
            Err(format!("worker {index} hangs: no news for {} s in step {}", options.patience.as_secs(), workers[index].last,))
        }
    }
}

fn print_progress(start: Instant, workers: &[Worker]) {
    let steps = || workers.iter().map(|worker| worker.steps);
    println!(
        "soak: {} s, {} steps, {} to {} a worker",
        start.elapsed().as_secs(),
        steps().sum::<u64>(),
        steps().min().unwrap_or(0),
        steps().max().unwrap_or(0),
    );
}

fn print_states(workers: &[Worker]) {
    for (index, worker) in workers.iter().enumerate() {
        println!(
            "soak: worker {index}: {:?}, step {}, begun {} ms ago",
            worker.state,
            worker.last,
            worker.heard.elapsed().as_millis()
        );
        watch::print_tree(worker.child.id());
    }
}

fn kill_all(workers: &mut [Worker]) {
    for worker in workers {
        watch::kill_tree(worker.child.id());
        let _ = worker.child.wait();
    }
}

fn limit_text(limit: Limit) -> String {
    match limit {
        Limit::Time(time) => format!("{} s", time.as_secs()),
        Limit::Rounds(rounds) => format!("{rounds} steps each"),
    }
}
