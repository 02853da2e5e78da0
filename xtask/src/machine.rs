//! QEMU's command line for a guest: the `virt` machine, the console on standard input and output.
//!
//! Neighbours: [`crate::guest`], which knows the options, and [`crate::relay`], which drives it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How virtual time runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// With the host's clock, one host thread per hart.
    #[default]
    Host,
    /// One nanosecond per instruction, exact from run to run.
    Instructions,
}

/// Everything that QEMU has to know.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Number of harts.
    pub smp: u32,
    /// Memory, as QEMU's `-m` takes it: `512M`, `2G`.
    pub mem: String,
    /// How virtual time runs.
    pub clock: Clock,
    /// The kernel: our ELF file, or a Linux image.
    pub kernel: PathBuf,
    /// The initramfs file.
    pub initrd: PathBuf,
    /// The kernel's command line.
    pub append: String,
    /// More arguments for QEMU.
    pub extra: Vec<OsString>,
}

impl Machine {
    /// The command. QEMU dies with the thread that starts it, where setpriv(1) is there to see to that.
    pub fn command(&self) -> Command {
        let qemu = qemu();
        let mut command = if Path::new("/usr/bin/setpriv").exists() {
            let mut command = Command::new("/usr/bin/setpriv");
            command.args(["--pdeathsig", "KILL"]).arg(qemu);
            command
        } else {
            Command::new(qemu)
        };
        command.args(["-M", "virt", "-nodefaults", "-display", "none", "-no-reboot", "-seed", "1"]);
        command.args(["-global", "virtio-mmio.force-legacy=false"]);
        command.args(["-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"]);
        command.arg("-smp").arg(self.smp.to_string()).arg("-m").arg(&self.mem);
        match self.clock {
            Clock::Host => command.args(["-accel", "tcg,thread=multi"]),
            Clock::Instructions => {
                command.args(["-icount", "shift=0,sleep=off,align=off"]).args(["-rtc", "base=2026-01-01,clock=vm"])
            }
        };
        command.arg("-kernel").arg(&self.kernel).arg("-initrd").arg(&self.initrd);
        command.arg("-append").arg(&self.append);
        command.args(&self.extra);
        command
    }
}

/// The QEMU that the set-up found, or the one that `$QEMU` names.
pub fn qemu() -> OsString {
    std::env::var_os("QEMU").filter(|v| !v.is_empty()).unwrap_or_else(|| "qemu-system-riscv64".into())
}
