//! `--initramfs`: a cpio of one's own is the root, its `/init` is process 1, the console is raw bytes.

use boot_tests::{guest, on_linux};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::path::PathBuf;
use xtask::cpio::Archive;
use xtask::paths;

const INIT: &str = "#!/bin/busybox sh\n\
    /bin/busybox echo \"process $$ says: $(/bin/busybox cat /hello)\"\n\
    /bin/busybox poweroff -f\n";

/// A root with BusyBox and a script as init.
fn root(hello: Option<&str>) -> Archive {
    let busybox = std::fs::read(paths::fetched("busybox").expect("busybox")).expect("busybox");
    let mut archive = Archive::new();
    archive.dir("dev", 0o755);
    archive.char_device("dev/console", 0o600, 5, 1);
    archive.dir("bin", 0o755);
    archive.file("bin/busybox", &busybox, 0o755);
    archive.file("init", INIT.as_bytes(), 0o755);
    if let Some(text) = hello {
        archive.file("hello", text.as_bytes(), 0o644);
    }
    archive
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("in memory");
    encoder.finish().expect("in memory")
}

/// Boots with these bytes as initramfs; answers what came on the console.
fn boot(name: &str, bytes: &[u8]) -> String {
    let path: PathBuf = paths::scratch().expect("scratch").join(format!("boot-test-{name}.cpio"));
    std::fs::write(&path, bytes).expect("written");
    let outcome = guest().initramfs(&path).run().expect("boots");
    std::fs::remove_file(&path).expect("removed");
    assert_eq!(outcome.code(), 0, "{:?}", outcome.trouble);
    String::from_utf8_lossy(&outcome.stdout).into_owned()
}

#[test]
fn a_plain_archive() {
    let console = boot("plain", &root(Some("plain")).finish().expect("an archive"));
    assert!(console.contains("process 1 says: plain"), "{console}");
}

/// The later file wins, as Linux's unpacker has it (initramfs-buffer-format).
#[test]
fn concatenated_archives() {
    let mut second = Archive::new();
    second.file("hello", b"second", 0o644);
    let bytes = [root(Some("first")).finish().expect("an archive"), second.finish().expect("an archive")].concat();
    let console = boot("concatenated", &bytes);
    assert!(console.contains("process 1 says: second"), "{console}");
}

#[test]
fn a_compressed_archive() {
    let console = boot("gzip", &gzip(&root(Some("pressed")).finish().expect("an archive")));
    assert!(console.contains("process 1 says: pressed"), "{console}");
}

/// Plain and compressed parts in any order, zeros between them; a compressed part may hold several archives.
#[test]
fn parts_of_both_kinds() {
    let archive = |text: &str| {
        let mut archive = Archive::new();
        archive.file("hello", text.as_bytes(), 0o644);
        archive.finish().expect("an archive")
    };
    let two = [archive("third"), vec![0; 300], archive("fourth")].concat();
    let bytes = [gzip(&root(Some("first")).finish().expect("an archive")), vec![0; 5], archive("second"), gzip(&two)].concat();
    let console = boot("mixed", &bytes);
    assert!(console.contains("process 1 says: fourth"), "{console}");
}

/// A kernel without a root has nothing to run; it says why.
#[test]
fn damaged_archives() {
    if on_linux() {
        return;
    }
    let plain = root(Some("damaged")).finish().expect("an archive");
    let pressed = gzip(&plain);
    let mut flipped = pressed.clone();
    let last = flipped.len() - 6;
    flipped[last] ^= 1;
    let cases = [
        ("plain", plain[..plain.len() / 2].to_vec(), "the cpio archive ends too early"),
        ("cut", pressed[..pressed.len() / 2].to_vec(), "the compressed data end too early"),
        ("flipped", flipped, "the checksum of the compressed data is wrong"),
        ("other", b"neither cpio nor gzip".to_vec(), "not a cpio archive"),
    ];
    for (name, bytes, reason) in cases {
        let path = paths::scratch().expect("scratch").join(format!("boot-test-damaged-{name}.cpio"));
        std::fs::write(&path, bytes).expect("written");
        let outcome = guest().initramfs(&path).run().expect("boots");
        std::fs::remove_file(&path).expect("removed");
        let console = String::from_utf8_lossy(&outcome.stdout).into_owned();
        assert_eq!(outcome.code(), 125, "{name}: {console}");
        assert!(console.contains("initramfs cannot be unpacked") && console.contains(reason), "{name}: {console}");
    }
}
