//! What a guest shall be, said option by option.
//!
//! [`GuestBuilder`] only collects; [`Guest`] makes it happen.

use super::{Guest, Outcome};
use crate::builds::Profile;
use crate::machine::Clock;
use crate::protocol::Session;
use crate::relay::OnBytes;
use crate::root::{Base, Extra};
use anyhow::Result;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::time::Duration;

/// Collects what a guest shall be; see [`Guest::builder`].
pub struct GuestBuilder<'a> {
    pub(super) smp: u32,
    pub(super) mem: String,
    pub(super) clock: Clock,
    pub(super) profile: Profile,
    pub(super) system: System,
    pub(super) base: Base,
    pub(super) extras: Vec<Extra>,
    pub(super) session: Session,
    pub(super) stdin: Vec<u8>,
    pub(super) timeout: Option<Duration>,
    pub(super) append: Vec<String>,
    pub(super) qemu_args: Vec<OsString>,
    pub(super) on_stdout: Option<OnBytes<'a>>,
    pub(super) on_stderr: Option<OnBytes<'a>>,
}

/// Which kernel boots.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum System {
    /// Ours.
    Rvos,
    /// Debian's.
    Linux,
}

impl Guest<'_> {
    /// The defaults: rvOS, 4 harts, 512 MiB, the default root, no time-out, standard input empty.
    pub fn builder<'a>() -> GuestBuilder<'a> {
        GuestBuilder {
            smp: 4,
            mem: "512M".into(),
            clock: Clock::Host,
            profile: Profile::Release,
            system: System::Rvos,
            base: Base::Default,
            extras: Vec::new(),
            session: Session::default(),
            stdin: Vec::new(),
            timeout: None,
            append: Vec::new(),
            qemu_args: Vec::new(),
            on_stdout: None,
            on_stderr: None,
        }
    }
}

impl<'a> GuestBuilder<'a> {
    /// Number of harts.
    pub fn smp(mut self, harts: u32) -> Self {
        self.smp = harts;
        self
    }

    /// Memory, as QEMU takes it: `512M`, `2G`.
    pub fn mem(mut self, size: impl Into<String>) -> Self {
        self.mem = size.into();
        self
    }

    /// Whether virtual time counts instructions, exactly.
    pub fn icount(mut self, on: bool) -> Self {
        self.clock = if on { Clock::Instructions } else { Clock::Host };
        self
    }

    /// How our kernel is built.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Whether Debian's Linux is booted in place of rvOS.
    pub fn linux(mut self, on: bool) -> Self {
        self.system = if on { System::Linux } else { System::Rvos };
        self
    }

    /// Adds a host file or tree to the root, at `guest`.
    pub fn add(mut self, host: impl Into<PathBuf>, guest: impl Into<String>) -> Self {
        self.extras.push(Extra::Host(host.into(), guest.into()));
        self
    }

    /// Adds a file with this content and these permission bits to the root.
    pub fn add_bytes(mut self, content: impl Into<Vec<u8>>, guest: impl Into<String>, mode: u32) -> Self {
        self.extras.push(Extra::Bytes(content.into(), guest.into(), mode));
        self
    }

    /// A directory or tar archive in place of the default root; `/init` stays ours.
    pub fn rootfs(mut self, path: impl Into<PathBuf>) -> Self {
        self.base = Base::Rootfs(path.into());
        self
    }

    /// A finished cpio archive with its own `/init`: no session, console bytes are standard output.
    pub fn initramfs(mut self, path: impl Into<PathBuf>) -> Self {
        self.base = Base::Initramfs(path.into());
        self
    }

    /// One more word of the program's command line; the first is looked up in the guest's PATH.
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.session.args.push(arg.into().into_vec());
        self
    }

    /// More words of the program's command line.
    pub fn args<S: Into<OsString>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.session.args.extend(args.into_iter().map(|arg| arg.into().into_vec()));
        self
    }

    /// A variable of the program's environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.session.env.push(format!("{name}={value}").into_bytes());
        self
    }

    /// The program's working directory.
    pub fn cwd(mut self, dir: &str) -> Self {
        self.session.cwd = Some(dir.into());
        self
    }

    /// The program's standard input; EOF follows.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Wall time after which the run ends as [`Ending::TimedOut`], counted from QEMU's start.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// One more word for the kernel's command line.
    pub fn append(mut self, word: impl Into<String>) -> Self {
        self.append.push(word.into());
        self
    }

    /// One more argument for QEMU.
    pub fn qemu_arg(mut self, arg: impl Into<OsString>) -> Self {
        self.qemu_args.push(arg.into());
        self
    }

    /// Hands standard output over as it comes, for long runs; [`Outcome::stdout`] stays empty.
    pub fn on_stdout(mut self, call: impl FnMut(&[u8]) + 'a) -> Self {
        self.on_stdout = Some(Box::new(call));
        self
    }

    /// Hands standard error over as it comes.
    pub fn on_stderr(mut self, call: impl FnMut(&[u8]) + 'a) -> Self {
        self.on_stderr = Some(Box::new(call));
        self
    }

    /// The guest as described so far.
    pub fn build(self) -> Guest<'a> {
        Guest { options: self }
    }

    /// Builds what is needed, boots, and stays until the guest has stopped.
    ///
    /// # Errors
    /// When something cannot be built, fetched or started. A guest that fails is an [`Outcome`].
    pub fn run(self) -> Result<Outcome> {
        self.build().run()
    }
}
