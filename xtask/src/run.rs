//! `./x run` and `./x linux run`: the options of a guest on the command line.

use crate::test::guest::with_tests;
use anyhow::{Context, Result, bail};
use clap::Args as ClapArgs;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use xtask::builds::Profile;
use xtask::guest::{Guest, GuestBuilder};

/// The exit status when the guest could not be built or started at all.
const SET_UP_FAILED: u8 = 126;

/// What a guest is made of; `run`, `gdb` and `image` share it.
#[derive(ClapArgs, Debug)]
#[command(args_override_self = true)]
pub(crate) struct Args {
    /// Number of harts; rvOS uses up to 16 of them
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    smp: u32,
    /// Memory: 512M, 2G
    #[arg(long, default_value = "512M", value_name = "SIZE", value_parser = memory_size)]
    mem: String,
    /// Virtual time counts instructions: exact from run to run, one host thread
    #[arg(long)]
    icount: bool,
    /// Add a host file or tree to the root
    #[arg(long, value_name = "HOST:GUEST")]
    add: Vec<String>,
    /// Bring the tests: `ktest`, `ktest --full`, `ktest NAME` run them; best with --profile checked
    #[arg(long)]
    tests: bool,
    /// A directory or tar archive as root, with our init
    #[arg(long, value_name = "DIR|TAR", conflicts_with = "initramfs")]
    rootfs: Option<PathBuf>,
    /// A cpio archive as the whole root, its /init as process 1
    #[arg(long, value_name = "CPIO", conflicts_with = "add")]
    initramfs: Option<PathBuf>,
    /// A disk image (not yet)
    #[arg(long, value_name = "IMG")]
    disk: Vec<PathBuf>,
    /// A network device (not yet)
    #[arg(long)]
    net: bool,
    /// A display, keyboard and mouse (not yet)
    #[arg(long)]
    gpu: bool,
    /// Stop the guest after so many seconds, with exit status 124
    #[arg(long, value_name = "SEC")]
    timeout: Option<f64>,
    /// How the kernel is built
    #[arg(long, value_enum, default_value_t)]
    profile: Profile,
    /// More words for the kernel's command line
    #[arg(long, value_name = "WORDS")]
    append: Vec<String>,
    /// The program to run, looked up in the guest's PATH; a shell without it
    #[arg(last = true, value_name = "PROGRAM ARGS")]
    program: Vec<OsString>,
}

/// Boots rvOS.
pub(crate) fn run(args: Args) -> Result<ExitCode> {
    boot(args, |builder| builder)
}

/// Boots Debian's Linux with the same options.
pub(crate) fn run_linux(args: Args) -> Result<ExitCode> {
    boot(args, |builder| builder.linux(true))
}

fn boot(args: Args, change: impl FnOnce(GuestBuilder<'static>) -> GuestBuilder<'static>) -> Result<ExitCode> {
    let result = args.builder().and_then(|builder| change(builder).build().run_attached());
    match result {
        Ok(outcome) => Ok(ExitCode::from(outcome.code())),
        Err(error) => {
            eprintln!("x: {error:#}");
            Ok(ExitCode::from(SET_UP_FAILED))
        }
    }
}

impl Args {
    /// The guest that the options describe.
    pub(crate) fn builder(self) -> Result<GuestBuilder<'static>> {
        for (asked, option) in [(!self.disk.is_empty(), "--disk"), (self.net, "--net"), (self.gpu, "--gpu")] {
            if asked {
                bail!("{option}: not yet");
            }
        }
        let mut builder = Guest::builder().smp(self.smp).mem(self.mem).icount(self.icount).profile(self.profile);
        for add in self.add {
            let (host, guest) = add.split_once(':').with_context(|| format!("--add {add}: HOST:GUEST is wanted"))?;
            there(Path::new(host))?;
            builder = builder.add(host, place_in_guest(host, guest));
        }
        if self.tests {
            builder = with_tests(builder)?;
        }
        self.rootfs.iter().chain(&self.initramfs).try_for_each(|path| there(path))?;
        if let Some(path) = self.rootfs {
            builder = builder.rootfs(path);
        }
        if let Some(path) = self.initramfs {
            builder = builder.initramfs(path);
        }
        if let Some(seconds) = self.timeout {
            builder = builder.timeout(Duration::try_from_secs_f64(seconds).context("--timeout")?);
        }
        for words in self.append {
            builder = builder.append(words);
        }
        Ok(builder.args(self.program))
    }
}

/// Says at once what would only show after minutes of building.
fn there(path: &Path) -> Result<()> {
    std::fs::metadata(path).map(drop).with_context(|| format!("cannot read {}", path.display()))
}

/// What `--mem` may say: a number with `K`, `M`, `G` or `T` behind it, MiB without one as QEMU counts, and enough to boot in.
fn memory_size(text: &str) -> Result<String, String> {
    const LEAST_MIB: u64 = 64;
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().map_err(|_| "a size is wanted, such as 512M or 2G".to_owned())?;
    let kib = match text.get(digits.len()..).unwrap_or_default().to_ascii_uppercase().as_str() {
        "K" => Some(number),
        "" | "M" => number.checked_mul(1 << 10),
        "G" => number.checked_mul(1 << 20),
        "T" => number.checked_mul(1 << 30),
        _ => return Err("a size ends in K, M, G or T".to_owned()),
    };
    match kib {
        Some(kib) if kib >= LEAST_MIB << 10 => Ok(text.to_owned()),
        Some(_) => Err(format!("{LEAST_MIB}M is the least")),
        None => Err("larger than any machine".to_owned()),
    }
}

/// A directory as the destination (`HOST:/bin/`) means the same name in it.
fn place_in_guest(host: &str, guest: &str) -> String {
    let name = Path::new(host).file_name().filter(|_| guest.ends_with('/'));
    name.map_or_else(|| guest.to_owned(), |name| format!("{guest}{}", name.to_string_lossy()))
}
