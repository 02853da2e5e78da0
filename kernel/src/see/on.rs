//! What a thread can wait for: [`On`].

/// What a sleeping thread waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct On {
    /// The kind of object, and which side of it.
    pub(crate) waits: Waits,
    /// The object's number, as `/proc/PID/fd` and its like show it; a process's number, an address; 0 for none.
    pub(crate) id: u64,
}

impl On {
    /// A wait for an object of which there is no number.
    pub(crate) const fn plain(waits: Waits) -> On {
        On { waits, id: 0 }
    }
}

macro_rules! waits {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// Kinds of waits, with their names in `/proc/PID/wchan`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Waits {
            $($(#[$doc])* $name,)*
        }
        impl Waits {
            const ALL: &[(Waits, &str)] = &[$((Waits::$name, $text)),*];
        }
    };
}

waits! {
    /// Something that says no more.
    Event = "event";
    /// A lock of the kernel.
    Lock = "lock";
    /// Data in a pipe.
    PipeRead = "pipe_read";
    /// Room in a pipe.
    PipeWrite = "pipe_write";
    /// The other side of a FIFO that is being opened.
    PipeOpen = "pipe_open";
    /// Data at a socket.
    SocketRead = "socket_read";
    /// Room at a socket.
    SocketWrite = "socket_write";
    /// A child's end.
    Child = "child";
    /// A vfork child that still uses its parent's memory.
    Vfork = "vfork";
    /// A futex; the id is its address.
    Futex = "futex";
    /// A futex with priority inheritance; the id is its owner's tid.
    FutexOwner = "futex_pi";
    /// A signal.
    Signal = "signal";
    /// It is stopped and waits for SIGCONT.
    Stopped = "stopped";
    /// A time.
    Time = "sleep";
    /// One of several descriptors.
    Poll = "poll";
    /// An event set.
    EventSet = "epoll";
    /// A change of an eventfd's counter.
    EventFd = "eventfd";
    /// A change of a file that is watched.
    FileChange = "inotify";
    /// Someone who connects.
    Client = "accept";
    /// Room in a service's queue.
    Service = "service";
    /// A lock of a file.
    FileLock = "file_lock";
    /// Input of a terminal.
    TerminalRead = "tty_read";
    /// Room for output of a terminal.
    TerminalWrite = "tty_write";
    /// The end of the other threads of its process (execve(2)).
    OtherThreads = "exec";
    /// Memory that a process gives back as it ends.
    Memory = "memory";
    /// A message in a channel.
    ChannelReceive = "channel_receive";
    /// Room in a channel.
    ChannelSend = "channel_send";
    /// A reply.
    ChannelCall = "channel_call";
    /// Processor time of a budget with a cap.
    Throttled = "throttled";
}

impl Waits {
    /// The kind of a number.
    pub(crate) fn from_number(number: u64) -> Waits {
        usize::try_from(number).ok().and_then(|n| Self::ALL.get(n)).map_or(Waits::Event, |(kind, _)| *kind)
    }
    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        Self::ALL.get(self as usize).map_or("event", |(_, name)| name)
    }
}
