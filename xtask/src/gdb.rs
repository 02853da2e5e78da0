//! `./x gdb`: a guest that waits for a debugger before its first instruction.
//!
//! With gdb-multiarch (or a gdb for riscv64) here and a terminal, the debugger runs in it and the
//! guest's console goes to a file; otherwise this says how to attach.

use crate::run;
use anyhow::{Context, Result};
use std::fs::File;
use std::io::IsTerminal;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use xtask::paths;

const DEBUGGERS: [&str; 3] = ["gdb-multiarch", "riscv64-unknown-elf-gdb", "riscv64-linux-gnu-gdb"];

/// Starts the guest stopped, and the debugger on it.
pub(crate) fn run(args: run::Args) -> Result<ExitCode> {
    let prepared = args.builder()?.build().prepare()?;
    let port = free_port()?;
    let kernel = prepared.machine.kernel.clone();
    let mut qemu = prepared.machine.command();
    qemu.args(["-S", "-gdb", &format!("tcp:127.0.0.1:{port}")]);
    let debugger = DEBUGGERS.into_iter().find(|name| is_here(name));
    let (Some(debugger), true) = (debugger, std::io::stdin().is_terminal()) else {
        println!("The guest waits. Attach with a gdb for riscv64 (Debian: gdb-multiarch):");
        println!("  gdb-multiarch {} -ex 'target remote 127.0.0.1:{port}'", kernel.display());
        let status = qemu.status().context("cannot start QEMU")?;
        return Ok(ExitCode::from(u8::try_from(status.code().unwrap_or(125)).unwrap_or(125)));
    };
    let log = paths::scratch()?.join("gdb-console.log");
    println!("The guest's console goes to {}.", log.display());
    let console = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    let mut guest =
        qemu.stdin(Stdio::null()).stderr(console.try_clone()?).stdout(console).spawn().context("cannot start QEMU")?;
    let status = debug(debugger, &kernel, port);
    // It has ended if the debugger killed it.
    let _ = guest.kill();
    guest.wait()?;
    let status = status?;
    Ok(ExitCode::from(u8::try_from(status).unwrap_or(1)))
}

/// The debugger in the foreground; its exit status. ^C is the debugger's.
fn debug(debugger: &str, kernel: &Path, port: u16) -> Result<i32> {
    signal_hook::flag::register(signal_hook::consts::SIGINT, std::sync::Arc::default())?;
    let status = Command::new(debugger)
        .arg("-q")
        .arg(kernel)
        .args(["-ex", "set architecture riscv:rv64", "-ex", &format!("target remote 127.0.0.1:{port}")])
        .status()
        .with_context(|| format!("cannot start {debugger}"))?;
    Ok(status.code().unwrap_or(1))
}

/// A port that nobody listens on now; only this host can reach it.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0)).and_then(|socket| socket.local_addr()).context("no local port is free")?.port())
}

fn is_here(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|dir: PathBuf| dir.join(program)).any(|file| file.is_file())
}
