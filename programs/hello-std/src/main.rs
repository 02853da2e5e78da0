//! `hello-std [--threads N]`: an ordinary Rust program, to show that `std` works.
//!
//! Each check prints a line that is the same on every run and every system
//! ([`checks`], [`processes`]); the first that does not hold ends the program
//! with status 1 and says why.

#![forbid(unsafe_code)]

mod checks;
mod processes;

use std::env;
use std::process::ExitCode;

/// What a check returns: its line, or what did not hold.
pub(crate) type Line = Result<String, Box<dyn std::error::Error>>;

const DEFAULT_THREADS: usize = 4;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words[..] {
        [] => run(DEFAULT_THREADS),
        ["--threads", count] => match count.parse() {
            Ok(threads) if threads > 0 => run(threads),
            _ => usage(),
        },
        [processes::CHILD_OPTION, what] => processes::child(what),
        _ => usage(),
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: hello-std [--threads N]");
    ExitCode::from(2)
}

fn run(threads: usize) -> ExitCode {
    let checks: [(&str, &dyn Fn() -> Line); 11] = [
        ("args and env", &checks::environment),
        ("threads", &|| checks::threads(threads)),
        ("locks", &|| checks::locks(threads)),
        ("mpsc", &|| checks::channels(threads)),
        ("thread locals", &|| checks::thread_locals(threads)),
        ("hash map", &checks::hash_map),
        ("files", &checks::files),
        ("time", &checks::time),
        ("float", &checks::float),
        ("processes", &processes::processes),
        ("panics", &checks::panics),
    ];
    println!("hello from std on {} {}", env::consts::OS, env::consts::ARCH);
    for (name, check) in checks {
        match check() {
            Ok(line) => println!("{name}: {line}"),
            Err(why) => {
                println!("{name}: FAILED: {why}");
                return ExitCode::FAILURE;
            }
        }
    }
    println!("all {} checks hold", checks.len());
    ExitCode::SUCCESS
}
