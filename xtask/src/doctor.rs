//! `./x doctor`: what the set-up found, in which version, and what is missing with the way to get it.

use anyhow::Result;
use clap::Args as ClapArgs;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use xtask::builds::{KERNEL_TARGET, PROGRAM_TARGET, cargo_command};
use xtask::{machine, paths};

/// Options of `./x doctor`: none.
#[derive(ClapArgs, Debug)]
pub(crate) struct Args {}

/// Prints one line for each thing; fails when one that every verb needs is missing.
pub(crate) fn run(_args: Args) -> Result<ExitCode> {
    let qemu = machine::qemu();
    let sysroot = first_line(rustc().args(["--print", "sysroot"])).map(PathBuf::from);
    let rows = [
        tool("cargo", cargo_command().arg("--version"), "install rustup, or let ./x fetch Debian's rustc-web"),
        tool("rustc", rustc().arg("--version"), "comes with cargo"),
        sysroot_row(sysroot.as_deref(), KERNEL_TARGET),
        sysroot_row(sysroot.as_deref(), PROGRAM_TARGET),
        tool("host C compiler", Command::new("cc").arg("--version"), "apt-get install gcc libc6-dev"),
        tool(
            "riscv64 C compiler",
            Command::new("riscv64-linux-gnu-gcc").arg("--version"),
            "apt-get install gcc-riscv64-linux-gnu libc6-dev-riscv64-cross",
        ),
        tool("QEMU", Command::new(&qemu).arg("--version"), "apt-get install qemu-system-misc (Debian 13: qemu-system-riscv)"),
        opensbi(&qemu),
        guest_file("BusyBox for the guest", "busybox", "./x run fetches it"),
        guest_file("Linux for the guest", "linux", "./x linux fetch fetches it; only ./x linux and the comparing tests want it"),
        Row {
            need: Need::Sometimes,
            ..tool(
                "debugger",
                Command::new("gdb-multiarch").arg("--version"),
                "apt-get install gdb-multiarch; only ./x gdb wants it",
            )
        },
    ];
    let mut complete = true;
    for row in rows {
        complete &= row.print();
    }
    println!("{:24} {}", "cache", paths::cache().display());
    println!("{:24} {}", "tree", paths::tree().display());
    println!("{}", if complete { "Everything is here." } else { "Something is missing: the next ./x run tries to get it." });
    Ok(if complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How much a missing thing matters.
#[derive(PartialEq, Eq)]
enum Need {
    Always,
    Sometimes,
}

struct Row {
    name: String,
    need: Need,
    /// Version and place, or how to get it.
    state: Result<String, String>,
}

impl Row {
    /// Prints it; whether nothing needed is missing.
    fn print(&self) -> bool {
        match &self.state {
            Ok(found) => println!("{:24} {found}", self.name),
            Err(remedy) => println!("{:24} MISSING: {remedy}", self.name),
        }
        self.state.is_ok() || self.need == Need::Sometimes
    }
}

fn tool(name: &str, command: &mut Command, remedy: &str) -> Row {
    let place = which(command.get_program());
    let state = match first_line(command) {
        Some(version) => Ok(place.map_or(version.clone(), |place| format!("{version}   {}", place.display()))),
        None => Err(remedy.to_owned()),
    };
    Row { name: name.to_owned(), need: Need::Always, state }
}

fn sysroot_row(sysroot: Option<&Path>, target: &str) -> Row {
    let lib = sysroot.map(|root| root.join("lib/rustlib").join(target).join("lib"));
    let state = lib
        .filter(|dir| dir.is_dir())
        .map(|dir| dir.display().to_string())
        .ok_or_else(|| format!("rustup target add {target}, or let ./x build it from Debian's source"));
    Row { name: short(target), need: Need::Always, state }
}

/// `core for riscv64imac` and `std for riscv64gc`: the triple would break the columns.
fn short(target: &str) -> String {
    let arch = target.split('-').next().unwrap_or(target);
    format!("{} for {arch}", if target == KERNEL_TARGET { "core" } else { "std" })
}

fn guest_file(name: &str, file: &str, remedy: &str) -> Row {
    let path = paths::cache().join("guest").join(file);
    let state = path.canonicalize().map(|path| path.display().to_string()).map_err(|_| remedy.to_owned());
    Row { name: name.to_owned(), need: Need::Sometimes, state }
}

/// The firmware is QEMU's own. It tells its version in its banner alone: an empty machine is booted
/// for a moment to read it.
fn opensbi(qemu: &OsStr) -> Row {
    let mut command = Command::new("timeout");
    command.arg("5").arg(qemu);
    command.args(["-M", "virt", "-nodefaults", "-display", "none", "-serial", "stdio"]);
    // Without a kernel the firmware jumps to memory that holds nothing and stays there.
    let version = output_until(&mut command, "OpenSBI v");
    let state = version.ok_or_else(|| "comes with QEMU's package (Debian: qemu-system-data or opensbi)".to_owned());
    Row { name: "OpenSBI".into(), need: Need::Always, state }
}

fn output_until(command: &mut Command, wanted: &str) -> Option<String> {
    use std::io::{BufRead, BufReader};
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let found = child.stdout.take().and_then(|stdout| {
        let lines = BufReader::new(stdout).lines().map_while(Result::ok);
        lines.map(|line| line.trim().to_owned()).find(|line| line.contains(wanted))
    });
    // timeout(1) hands SIGTERM on; a kill would leave QEMU behind.
    if let Some(pid) = rustix::process::Pid::from_raw(child.id().cast_signed()) {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    let _ = child.wait();
    found
}

fn rustc() -> Command {
    let mut command = Command::new("rustc");
    command.current_dir(paths::tree());
    command
}

fn first_line(command: &mut Command) -> Option<String> {
    let out = command.stdin(Stdio::null()).output().ok().filter(|out| out.status.success())?;
    String::from_utf8_lossy(&out.stdout).lines().next().map(str::to_owned)
}

fn which(program: &OsStr) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|file| file.is_file())
}
