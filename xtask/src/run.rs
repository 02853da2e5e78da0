//! `./x run` and `./x linux run`: the options of a guest on the command line.

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
    /// Number of harts
    #[arg(long, default_value_t = 4, value_name = "N")]
    smp: u32,
    /// Memory: 512M, 2G
    #[arg(long, default_value = "512M", value_name = "SIZE")]
    mem: String,
    /// Virtual time counts instructions: exact from run to run, one host thread
    #[arg(long)]
    icount: bool,
    /// Add a host file or tree to the root
    #[arg(long, value_name = "HOST:GUEST")]
    add: Vec<String>,
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
            builder = builder.add(host, place_in_guest(host, guest));
        }
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

/// A directory as the destination (`HOST:/bin/`) means the same name in it.
fn place_in_guest(host: &str, guest: &str) -> String {
    let name = Path::new(host).file_name().filter(|_| guest.ends_with('/'));
    name.map_or_else(|| guest.to_owned(), |name| format!("{guest}{}", name.to_string_lossy()))
}
