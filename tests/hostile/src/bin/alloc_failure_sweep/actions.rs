//! Whole actions for `alloc_failure_sweep`: each does something that takes several allocations, cleans up, and says whether it worked.
//! None may panic or wait for ever when any of its calls fails. (Part of that program.)

use std::ffi::c_void;
use std::fs;
use std::io::{Read, Write};
use std::ptr;

/// A name, and what does it and says whether it worked.
pub(super) type Action = (&'static str, fn() -> bool);

/// All of them.
pub(super) const ALL: &[Action] = &[
    ("fork and wait", fork_and_wait),
    ("fork and exec", exec_self),
    ("page faults", page_faults),
    ("copy on write", copy_on_write),
    ("many mappings", many_mappings),
    ("thread", thread),
    ("pipe", fill_pipe),
    ("files", files),
    ("deep directory", deep_directory),
    ("mapped file", mapped_file),
    ("signals", queued_signals),
    ("poll", poll_many),
    ("proc", read_proc),
    ("mounts", mounts),
    ("spawn", spawn_self),
];

const PAGE: usize = 4096;

fn reap(pid: i32) -> bool {
    let mut status = -1;
    // SAFETY: waits for a child of our own.
    pid > 0 && unsafe { libc::waitpid(pid, &raw mut status, 0) } == pid && status == 0
}

fn fork_and_wait() -> bool {
    // SAFETY: the child does nothing but leave.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        // SAFETY: as above.
        unsafe { libc::_exit(0) };
    }
    reap(pid)
}

fn exec_self() -> bool {
    let args = [c"sweep".as_ptr(), c"--exit".as_ptr(), ptr::null()];
    // SAFETY: the child only executes or leaves; a failure to start is status 9.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        // SAFETY: as above; the strings are static.
        unsafe {
            libc::execve(c"/proc/self/exe".as_ptr(), args.as_ptr(), ptr::null());
            libc::_exit(9);
        }
    }
    reap(pid)
}

/// Elsewhere there is no such call, and nothing to fail.
fn spawn_self() -> bool {
    if hostile::System::current() == hostile::System::Linux {
        return true;
    }
    let argv = [c"sweep".as_ptr(), c"--exit".as_ptr(), ptr::null()];
    let fds = [abi::SpawnFd { from: 1, to: 1 }];
    let args = abi::SpawnArgs {
        path: c"/proc/self/exe".as_ptr() as usize as u64,
        argv: argv.as_ptr() as usize as u64,
        envp: (&raw const argv[2]) as usize as u64,
        fds: fds.as_ptr() as usize as u64,
        fd_count: 1,
        grants: 0x7f,
        program: -1,
        root: -1,
        cwd: -1,
        budget: -1,
        ..Default::default()
    };
    let made = hostile::raw_call(abi::nr::spawn, &[&raw const args as usize, size_of_val(&args), 0, 0, 0, 0]);
    let Ok(process) = i32::try_from(made) else { return false };
    // SAFETY: room for what is told of a process of our own, whose descriptor is closed.
    unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        let waited = process >= 0 && libc::waitid(libc::P_PIDFD, process.unsigned_abs(), &raw mut info, libc::WEXITED) == 0;
        libc::close(process);
        waited && info.si_status() == 0
    }
}

fn map(pages: usize, flags: i32, fd: i32) -> *mut c_void {
    // SAFETY: a fresh mapping.
    unsafe { libc::mmap(ptr::null_mut(), pages * PAGE, libc::PROT_READ | libc::PROT_WRITE, flags, fd, 0) }
}

fn unmap(area: *mut c_void, pages: usize) {
    // SAFETY: a mapping of our own that nobody uses any more.
    unsafe { libc::munmap(area, pages * PAGE) };
}

/// Touches each page by calls, for a page fault that fails may end the process, a call gives an error.
fn touch(area: *mut c_void, pages: usize) -> bool {
    let Ok(mut zero) = fs::File::open("/dev/zero") else {
        return false;
    };
    (0..pages).all(|page| {
        // SAFETY: within the mapping, which nothing else refers to.
        let bytes = unsafe { std::slice::from_raw_parts_mut(area.cast::<u8>().add(page * PAGE), 1) };
        zero.read(bytes).is_ok_and(|n| n == 1)
    })
}

fn page_faults() -> bool {
    let area = map(64, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1);
    if area == libc::MAP_FAILED {
        return false;
    }
    let fine = touch(area, 64);
    unmap(area, 64);
    fine
}

fn copy_on_write() -> bool {
    let area = map(16, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1);
    if area == libc::MAP_FAILED {
        return false;
    }
    let before = touch(area, 16);
    // SAFETY: the child touches its copy by calls and leaves.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        let fine = touch(area, 16);
        // SAFETY: as above.
        unsafe { libc::_exit(i32::from(!fine)) };
    }
    let after = touch(area, 16);
    unmap(area, 16);
    reap(pid) && before && after
}

fn many_mappings() -> bool {
    let area = map(64, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1);
    if area == libc::MAP_FAILED {
        return false;
    }
    let mut fine = true;
    for page in (0..64).step_by(2) {
        // SAFETY: pages of our own that nobody uses.
        fine &= unsafe { libc::mprotect(area.cast::<u8>().add(page * PAGE).cast(), PAGE, libc::PROT_READ) } == 0;
    }
    unmap(area, 64);
    fine
}

fn thread() -> bool {
    std::thread::Builder::new().stack_size(65536).spawn(|| 7).is_ok_and(|handle| handle.join().is_ok_and(|n| n == 7))
}

fn fill_pipe() -> bool {
    let Ok((mut reader, mut writer)) = std::io::pipe() else {
        return false;
    };
    let bytes = [5u8; 20000];
    let wrote = writer.write(&bytes).unwrap_or(0);
    drop(writer);
    let mut back = Vec::new();
    reader.read_to_end(&mut back).is_ok() && wrote == bytes.len() && back.len() == wrote
}

fn files() -> bool {
    let name = "sweep-file";
    let fine = fs::write(name, vec![1u8; 100_000]).is_ok()
        && fs::hard_link(name, "sweep-link").is_ok()
        && fs::rename(name, "sweep-other").is_ok()
        && std::os::unix::fs::symlink("sweep-other", name).is_ok()
        && fs::read(name).is_ok_and(|bytes| bytes.len() == 100_000)
        && fs::read_dir(".").is_ok_and(|entries| entries.count() >= 3);
    for left in [name, "sweep-link", "sweep-other"] {
        let _ = fs::remove_file(left);
    }
    fine
}

fn deep_directory() -> bool {
    let fine = fs::create_dir_all("sweep/a/b/c/d/e/f/g/h").is_ok()
        && fs::write("sweep/a/b/c/d/e/f/g/h/file", "x").is_ok()
        && fs::canonicalize("sweep/a/b/c/d").is_ok();
    // The clean-up must not be what fails in the end: a second try finds memory again.
    for _ in 0..3 {
        if fs::remove_dir_all("sweep").is_ok() {
            break;
        }
    }
    fine
}

fn mapped_file() -> bool {
    // SAFETY: a valid name; the descriptor is closed below.
    let fd = unsafe { libc::memfd_create(c"sweep".as_ptr(), 0) };
    if fd < 0 {
        return false;
    }
    // SAFETY: as above.
    let sized = unsafe { libc::ftruncate(fd, 16 * PAGE as i64) } == 0;
    let area = map(16, libc::MAP_SHARED, fd);
    let fine = sized && area != libc::MAP_FAILED && touch(area, 16);
    if area != libc::MAP_FAILED {
        unmap(area, 16);
    }
    // SAFETY: our own descriptor.
    unsafe { libc::close(fd) };
    fine
}

fn queued_signals() -> bool {
    // SAFETY: the signal is blocked for as long as it is pending, and everything that was queued is taken back.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        let number = libc::SIGRTMIN() + 3;
        libc::sigaddset(&raw mut set, number);
        libc::sigprocmask(libc::SIG_BLOCK, &raw const set, ptr::null_mut());
        let value = libc::sigval { sival_ptr: ptr::null_mut() };
        let sent = (0..10).filter(|_| libc::sigqueue(libc::getpid(), number, value) == 0).count();
        let none = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        let mut taken = 0;
        while libc::sigtimedwait(&raw const set, ptr::null_mut(), &raw const none) == number {
            taken += 1;
        }
        sent == 10 && taken == 10
    }
}

fn poll_many() -> bool {
    let pipes: Vec<_> = (0..16).filter_map(|_| std::io::pipe().ok()).collect();
    let mut polled: Vec<libc::pollfd> = pipes
        .iter()
        .map(|(reader, _)| libc::pollfd { fd: std::os::fd::AsRawFd::as_raw_fd(reader), events: libc::POLLIN, revents: 0 })
        .collect();
    // SAFETY: as many pollfds as it says.
    let ready = unsafe { libc::poll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, 1) };
    pipes.len() == 16 && ready == 0
}

fn read_proc() -> bool {
    ["/proc/self/maps", "/proc/self/status", "/proc/meminfo", "/proc/stat"]
        .iter()
        .all(|path| fs::read_to_string(path).is_ok_and(|text| !text.is_empty()))
}

fn mounts() -> bool {
    let place = c"sweep-mount";
    let mut fine = fs::create_dir("sweep-mount").is_ok();
    for kind in [c"tmpfs", c"devtmpfs", c"sysfs", c"proc"] {
        // SAFETY: all strings are static.
        let made =
            unsafe { libc::mount(c"a name that takes memory".as_ptr(), place.as_ptr(), kind.as_ptr(), 0, ptr::null()) } == 0;
        fine &= made;
        // Only one of two can meet the failure.
        // SAFETY: as above.
        let gone = || unsafe { libc::umount2(place.as_ptr(), libc::MNT_DETACH) } == 0;
        if made && !gone() {
            fine = false;
            gone();
        }
    }
    if fs::remove_dir("sweep-mount").is_err() {
        let _ = fs::remove_dir("sweep-mount");
        return false;
    }
    fine
}
