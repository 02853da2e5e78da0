//! execve(2) through `Command`, and what the executed helper does.

use std::io::{Read, Write};
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;

use fastrand::Rng;

use super::{Outcome, at, bytes, digest, same};
use crate::worker::Context;

/// One helper with a lot of input.
pub(super) fn digest_one(rng: &mut Rng, _: &Context) -> Outcome {
    digest_through(rng)
}

fn digest_through(rng: &mut Rng) -> Outcome {
    let len = rng.usize(..100_000);
    let text = bytes(rng, len);
    let status = rng.u8(..);
    let (child, wanted) = start(&text, status)?;
    finish(child, &text, &wanted, status)
}

/// A helper that prints the digest of its input, and what it must print.
fn start(text: &[u8], status: u8) -> Result<(Child, String), String> {
    let mut command = Command::new(std::env::current_exe().map_err(at("own path"))?);
    command.args(["--helper", &status.to_string()]).env("SOAK_HELPER", "set");
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(at("spawn"))?;
    Ok((child, format!("set {:016x}", digest(text))))
}

fn finish(mut child: Child, text: &[u8], wanted: &str, status: u8) -> Outcome {
    let mut stdin = child.stdin.take().ok_or("no stdin")?;
    stdin.write_all(text).map_err(at("write to the helper"))?;
    drop(stdin);
    let mut answer = String::new();
    child.stdout.take().ok_or("no stdout")?.read_to_string(&mut answer).map_err(at("read from the helper"))?;
    let ended = child.wait().map_err(at("wait"))?;
    same("exit status", ended.code(), Some(i32::from(status)))?;
    same("the helper's answer", answer.as_str(), wanted)
}

/// Several threads start helpers at the same time.
pub(super) fn crowd(rng: &mut Rng, _: &Context) -> Outcome {
    let seeds: Vec<u64> = (0..rng.usize(2..5)).map(|_| rng.u64(..)).collect();
    let handles: Vec<_> = seeds
        .into_iter()
        .map(|seed| {
            thread::spawn(move || {
                let mut rng = Rng::with_seed(seed);
                (0..3).try_for_each(|_| digest_through(&mut rng))
            })
        })
        .collect();
    handles.into_iter().try_for_each(|handle| handle.join().map_err(|_| "a thread panicked".to_owned())?)
}

/// The helper's side: ends with the status that it was told.
pub(crate) fn helper(status: &str) -> ExitCode {
    let mut text = Vec::new();
    let variable = std::env::var("SOAK_HELPER").unwrap_or_default();
    let done =
        std::io::stdin().read_to_end(&mut text).and_then(|_| write!(std::io::stdout(), "{variable} {:016x}", digest(&text)));
    match (done, status.parse::<u8>()) {
        (Ok(()), Ok(status)) => ExitCode::from(status),
        _ => ExitCode::from(254),
    }
}
