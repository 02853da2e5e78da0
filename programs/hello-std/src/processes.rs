//! `Command`: children with pipes, statuses, signals and an environment.

use std::env;
use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode, Stdio};

use crate::Line;

/// The first argument of a child of this program.
pub(crate) const CHILD_OPTION: &str = "--child";

/// Runs this program as its own child in several ways.
pub(crate) fn processes() -> Line {
    let me = env::current_exe()?;
    let child = |what: &str| {
        let mut command = Command::new(&me);
        command.args([CHILD_OPTION, what]);
        command
    };
    let upper = shout(child("shout"), &"hello, child\n".repeat(10_000))?;
    if upper != "HELLO, CHILD\n".repeat(10_000) {
        return Err(format!("the child gave back {} bytes", upper.len()).into());
    }
    let variable = child("variable").env("HELLO", "set for the child").output()?;
    if variable.stdout != b"set for the child" {
        return Err(format!("the child's variable: {variable:?}").into());
    }
    let status = child("status").status()?;
    let aborted = child("abort").stderr(Stdio::null()).status()?;
    let missing = Command::new("/no/such/program").spawn();
    let kind = missing.map_or_else(|e| e.kind(), |_| io::ErrorKind::Other);
    Ok(format!(
        "130000 bytes through a child, status {:?}, signal {:?}, a missing program is {kind:?}",
        status.code(),
        aborted.signal(),
    ))
}

/// Writes from a thread while the answer is read: the pipes hold less than both.
fn shout(mut command: Command, text: &str) -> Result<String, Box<dyn std::error::Error>> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().ok_or("no stdin")?;
    let mut stdout = child.stdout.take().ok_or("no stdout")?;
    let mut answer = String::new();
    std::thread::scope(|scope| {
        let writer = scope.spawn(move || stdin.write_all(text.as_bytes()));
        stdout.read_to_string(&mut answer)?;
        writer.join().map_err(|_| io::Error::other("the writer panicked"))?
    })?;
    let status = child.wait()?;
    if status.success() { Ok(answer) } else { Err(format!("the child ended with {status}").into()) }
}

/// The child's side.
pub(crate) fn child(what: &str) -> ExitCode {
    match what {
        "shout" => {
            let mut text = String::new();
            let done = io::stdin().read_to_string(&mut text).and_then(|_| io::stdout().write_all(text.to_uppercase().as_bytes()));
            if done.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        "variable" => {
            print!("{}", env::var("HELLO").unwrap_or_default());
            ExitCode::SUCCESS
        }
        "status" => ExitCode::from(42),
        "abort" => std::process::abort(),
        _ => ExitCode::from(2),
    }
}
