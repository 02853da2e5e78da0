//! A program in a process of its own, with exactly what it is given.

use abi::{SpawnArgs, SpawnFd, spawn_flags};
use rt::Args;
use std::ffi::CString;
use std::io;
use std::marker::PhantomData;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

const CLONE_NEWUTS: u64 = 0x400_0000;
const CLONE_NEWIPC: u64 = 0x800_0000;

/// What is to be started. At first it has no arguments, no environment, no descriptors and no grants, and gains nothing by
/// set-id bits; its files, network and budget are the caller's.
#[derive(Debug)]
#[must_use]
pub struct Start<'a> {
    args: SpawnArgs,
    argv: Vec<CString>,
    env: Vec<CString>,
    fds: Vec<SpawnFd>,
    borrowed: PhantomData<BorrowedFd<'a>>,
}

impl<'a> Start<'a> {
    /// A program by a descriptor of its file.
    pub fn new(program: BorrowedFd<'a>) -> Self {
        let flags = spawn_flags::NO_NEW_PRIVS;
        let args = SpawnArgs { flags, program: program.as_raw_fd(), root: -1, cwd: -1, budget: -1, ..SpawnArgs::default() };
        Start { args, argv: Vec::new(), env: Vec::new(), fds: Vec::new(), borrowed: PhantomData }
    }
    /// With these arguments, its own name first.
    ///
    /// # Errors
    /// One has a zero byte.
    pub fn args<T: Into<Vec<u8>>>(mut self, args: impl IntoIterator<Item = T>) -> io::Result<Self> {
        self.argv = args.into_iter().map(CString::new).collect::<Result<_, _>>()?;
        Ok(self)
    }
    /// With this environment, each `NAME=VALUE`.
    ///
    /// # Errors
    /// One has a zero byte.
    pub fn env<T: Into<Vec<u8>>>(mut self, env: impl IntoIterator<Item = T>) -> io::Result<Self> {
        self.env = env.into_iter().map(CString::new).collect::<Result<_, _>>()?;
        Ok(self)
    }
    /// With a descriptor, under this number.
    pub fn fd(mut self, from: BorrowedFd<'a>, to: i32) -> Self {
        self.fds.push(SpawnFd { from: from.as_raw_fd(), to });
        self
    }
    /// With another root: it reaches what is below, as it is mounted now, and nothing else.
    pub fn root(mut self, directory: BorrowedFd<'a>) -> Self {
        self.args.root = directory.as_raw_fd();
        self
    }
    /// In another budget, by its directory of cgroup2.
    pub fn budget(mut self, directory: BorrowedFd<'a>) -> Self {
        self.args.budget = directory.as_raw_fd();
        self
    }
    /// With a host name and System V names of its own.
    pub fn own_names(mut self) -> Self {
        self.args.namespaces |= CLONE_NEWUTS | CLONE_NEWIPC;
        self
    }
    /// Without a network.
    pub fn no_network(mut self) -> Self {
        self.args.flags |= spawn_flags::NO_NET;
        self
    }
    /// Starts it; gives a descriptor for the process.
    ///
    /// # Errors
    /// The kernel's.
    pub fn spawn(self) -> io::Result<OwnedFd> {
        let pointers =
            |list: &[CString]| -> Vec<usize> { list.iter().map(|s| s.as_ptr().expose_provenance()).chain([0]).collect() };
        let (argv, env) = (pointers(&self.argv), pointers(&self.env));
        let args = SpawnArgs {
            argv: argv.as_ptr().expose_provenance() as u64,
            envp: env.as_ptr().expose_provenance() as u64,
            fds: self.fds.as_ptr().expose_provenance() as u64,
            fd_count: self.fds.len() as u64,
            ..self.args
        };
        rt::spawn(&mut Args::from(args)).map_err(crate::error)
    }
}
