//! Starting a program in a process of its own, with exactly what it is given.

use crate::{Process, World};
use abi::{SpawnArgs, SpawnFd, spawn_flags};
use rt::Args;
use std::ffi::CString;
use std::io;
use std::marker::PhantomData;
use std::os::fd::{AsRawFd, BorrowedFd};

/// What is to be started. At first it has no arguments, no environment, no descriptors and no grants, and gains nothing by
/// set-id bits; its files, network and budget are the caller's.
#[derive(Debug)]
#[must_use]
pub struct Start<'a> {
    args: SpawnArgs,
    world: World<'a>,
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
        Start { args, world: World::new(), argv: Vec::new(), env: Vec::new(), fds: Vec::new(), borrowed: PhantomData }
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
    /// In this World.
    pub fn world(mut self, world: World<'a>) -> Self {
        self.world = world;
        self
    }
    /// In this directory.
    pub fn directory(mut self, directory: BorrowedFd<'a>) -> Self {
        self.args.cwd = directory.as_raw_fd();
        self
    }
    /// In another budget: [`crate::Budget`], or its directory of cgroup2.
    pub fn budget(mut self, budget: BorrowedFd<'a>) -> Self {
        self.args.budget = budget.as_raw_fd();
        self
    }
    /// Starts it.
    ///
    /// # Errors
    /// `EDQUOT` when its budget is full; `EBADF` and `EACCES` for what was given; those of execve(2). Nothing is left then.
    pub fn spawn(self) -> io::Result<Process> {
        let pointers =
            |list: &[CString]| -> Vec<usize> { list.iter().map(|s| s.as_ptr().expose_provenance()).chain([0]).collect() };
        let (argv, env) = (pointers(&self.argv), pointers(&self.env));
        let mut args = SpawnArgs {
            argv: argv.as_ptr().expose_provenance() as u64,
            envp: env.as_ptr().expose_provenance() as u64,
            fds: self.fds.as_ptr().expose_provenance() as u64,
            fd_count: self.fds.len() as u64,
            ..self.args
        };
        self.world.apply(&mut args);
        rt::spawn(&mut Args::from(args)).map(Process::from).map_err(crate::error)
    }
}
