//! Hands the linker script to the linker, with the room for function names (`xtask/src/ksyms.rs` fills it).

fn main() {
    let dir = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
    // Cargo names the folder of a profile's output after the profile; checked kernels have twice as many functions.
    let out = std::path::PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let room = if out.components().any(|part| part.as_os_str() == "checked") { 56 << 10 } else { 19 << 10 };
    println!("cargo:rustc-link-arg-bins=--defsym=__ksyms_room={room}");
    println!("cargo:rustc-link-arg-bins=-T{dir}/linker.ld");
    println!("cargo:rerun-if-changed=linker.ld");
}
