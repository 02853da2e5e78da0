//! What the boot tests share: guests with the defaults of a test, and a console to type at.
//!
//! The tests are in `tests/boot/`, one file per subject. With `RVOS_BOOT_ON=linux` they boot Debian's
//! Linux, to see whether a test is right about what a system does; what only rvOS has is left out then.

use anyhow::{Context, Result};
use rexpect::session::{PtySession, spawn_command};
use std::time::Duration;
use xtask::builds::Profile;
use xtask::guest::{Guest, GuestBuilder, Prepared};

/// Wall time for one guest, with a loaded host in mind.
pub const LIMIT: Duration = Duration::from_mins(3);

/// Whether the oracle is booted in place of rvOS.
pub fn on_linux() -> bool {
    std::env::var("RVOS_BOOT_ON").is_ok_and(|system| system == "linux")
}

/// A guest with one hart and a kernel that checks itself.
pub fn guest<'a>() -> GuestBuilder<'a> {
    Guest::builder().smp(1).profile(Profile::Checked).timeout(LIMIT).linux(on_linux())
}

/// A guest that runs one shell command line.
pub fn shell<'a>(line: &str) -> GuestBuilder<'a> {
    guest().args(["sh", "-c", line])
}

/// A guest's console on a pseudo-terminal of the host.
pub struct Console {
    session: PtySession,
    /// The initramfs must last as long as QEMU.
    _files: Prepared,
}

impl Console {
    /// Boots to the shell's first prompt.
    ///
    /// # Errors
    /// When the guest cannot be built, or no prompt comes.
    pub fn start(builder: GuestBuilder<'_>) -> Result<Self> {
        let (command, files) = builder.build().console_command()?;
        let limit_ms = u64::try_from(LIMIT.as_millis())?;
        let session = spawn_command(command, Some(limit_ms)).context("start QEMU on a terminal")?;
        let mut console = Self { session, _files: files };
        console.wait_for("# ")?;
        Ok(console)
    }

    /// Types bytes as they are.
    ///
    /// # Errors
    /// When QEMU is gone.
    pub fn type_in(&mut self, text: &str) -> Result<()> {
        self.session.send(text)?;
        self.session.flush()?;
        Ok(())
    }

    /// Types a line.
    ///
    /// # Errors
    /// When QEMU is gone.
    pub fn enter(&mut self, line: &str) -> Result<()> {
        self.type_in(&format!("{line}\r"))
    }

    /// Reads until this text has come; answers what came before it.
    ///
    /// # Errors
    /// When it does not come in time; the error shows what came instead.
    pub fn wait_for(&mut self, text: &str) -> Result<String> {
        self.session.exp_string(text).with_context(|| format!("waiting for {text:?}"))
    }

    /// Reads until QEMU has ended.
    ///
    /// # Errors
    /// When it does not end in time.
    pub fn wait_for_end(&mut self) -> Result<String> {
        self.session.exp_eof().context("waiting for the machine to power off")
    }
}
