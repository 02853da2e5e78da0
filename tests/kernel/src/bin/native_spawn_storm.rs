//! spawn_storm by `spawn`: 500 children in a row and 50 at once, each with 8 channels that it leaves open. What an exited process held is given
//! back before its parent can see the end, and afterwards every counter is where it was.
//! timeout: 120
// calls: spawn

use abi::ChanCreate;
use rt::Descriptors;
use std::ffi::CString;
use std::os::fd::OwnedFd;

const IN_A_ROW: usize = 500;
const AT_ONCE: usize = 50;
const CHANNELS: usize = 8;

fn start(self_path: &CString) -> OwnedFd {
    let argv = [self_path.clone(), CString::from(c"child")];
    ktest::spawn(Some(self_path), &argv, &ktest::same_world()).expect("spawn")
}

fn finish(process: &OwnedFd) {
    assert_eq!(ktest::end(process).expect("waitid"), (libc::CLD_EXITED, 0));
}

/// Both ends of each stay open; some lie in others.
fn child() -> Vec<Descriptors> {
    (0..CHANNELS).map(|_| rt::create(&ChanCreate::default()).expect("chan_create")).collect()
}

fn main() {
    if std::env::args().nth(1).is_some() {
        std::mem::forget(child());
        return;
    }
    let path = std::env::current_exe().expect("its own path").into_os_string().into_encoded_bytes();
    let path = CString::new(path).expect("a path");
    for _ in 0..IN_A_ROW {
        finish(&start(&path));
    }
    let children: Vec<OwnedFd> = (0..AT_ONCE).map(|_| start(&path)).collect();
    children.iter().for_each(finish);
    println!("native_spawn_storm: {IN_A_ROW} children in a row and {AT_ONCE} at once, {CHANNELS} channels each");
}
