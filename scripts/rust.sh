# shellcheck shell=bash
# The Rust toolchain for the two guest targets. Sourced by setup.sh.
#
# First what is here: rustup (which may have to add the targets), or a rustc with both targets.
# Else rustc-web of Debian 13 (the compiler that Debian builds its browsers with), unpacked privately
# with its C library and its source, so that it runs beside any release of Debian; the libraries of the
# two targets are built from that source once and put where rustup's components would lie, so that
# plain cargo works.

KERNEL_TARGET=riscv64imac-unknown-none-elf
PROGRAM_TARGET=riscv64gc-unknown-linux-gnu
MSRV_MINOR=91   # rust-version in Cargo.toml
RUST=$CACHE/rust
RUST_SUITE=trixie
# $RVOS_RUST=debian leaves out what is on the PATH.
RUST_WAYS=${RVOS_RUST:-rustup path debian}

set_up_rust() {
  local way
  for way in $RUST_WAYS; do
    case $way in
      rustup) rust_by_rustup ;;
      path) rust_on_path ;;
      debian) rust_by_debian ;;
      *) die "RVOS_RUST: one of rustup, path, debian is meant, not $way." ;;
    esac && return 0
  done
  has_host_cc && has_cross_cc || { say "Rust is set up once both C compilers are here."; return 1; }
  say "no Rust 1.$MSRV_MINOR or later for $KERNEL_TARGET: install rustup, or have a Debian mirror with $RUST_SUITE in apt's sources."
  return 1
}

# new_enough RUSTC…: whether it is at least the MSRV.
new_enough() {
  local minor; minor=$("$@" --version 2>/dev/null | sed -nE 's/^rustc 1\.([0-9]+)\..*/\1/p')
  [ -n "$minor" ] && [ "$minor" -ge $MSRV_MINOR ]
}

# has_targets RUSTC…: whether both targets' libraries lie in its sysroot.
has_targets() {
  local lib target; lib=$("$@" --print sysroot)/lib/rustlib
  for target in $KERNEL_TARGET $PROGRAM_TARGET; do
    compgen -G "$lib/$target/lib/libcore-*.rlib" >/dev/null || return 1
  done
  compgen -G "$lib/$PROGRAM_TARGET/lib/libstd-*.rlib" >/dev/null
}

need_sysroot() { NEEDED+=("$("$@" --print sysroot)/lib/rustlib/$KERNEL_TARGET/lib" "$("$@" --print sysroot)/lib/rustlib/$PROGRAM_TARGET/lib"); }

# A toolchain of rustup: the active one if it will do, else any other released one.
rust_by_rustup() {
  have rustup || return 1
  local name
  for name in $(rustup show active-toolchain 2>/dev/null | cut -d' ' -f1) $(rustup toolchain list 2>/dev/null | awk '$1 !~ /^(nightly|beta)/ { print $1 }'); do
    [ "$name" != rvos ] && new_enough rustup run "$name" rustc || continue
    has_targets rustup run "$name" rustc ||
      slowly "adding the riscv64 targets to Rust $name" timeout 300 rustup target add --toolchain "$name" $KERNEL_TARGET $PROGRAM_TARGET || continue
    has_targets rustup run "$name" rustc || continue
    # Only ./x check wants these two.
    rustup run "$name" cargo clippy --version >/dev/null 2>&1 && rustup run "$name" rustfmt --version >/dev/null 2>&1 ||
      slowly "adding clippy and rustfmt" timeout 300 rustup component add --toolchain "$name" clippy rustfmt || true
    need_sysroot rustup run "$name" rustc
    NEEDED+=("$(command -v cargo)")
    ENV_LINES+=("$(printf 'RUSTUP_TOOLCHAIN=%q; export RUSTUP_TOOLCHAIN' "$name")")
    return 0
  done
  return 1
}

# A rustc without rustup that has everything.
rust_on_path() {
  have rustc && have cargo && ! have rustup || return 1
  new_enough rustc && has_targets rustc || return 1
  need_sysroot rustc
  NEEDED+=("$(command -v cargo)")
}

rust_by_debian() {
  if ! [ -e "$RUST/complete" ] || ! "$RUST/bin/rustc" --version >/dev/null 2>&1; then
    has_host_cc && has_cross_cc || return 1
    rm -rf "$RUST"
    unpack_rust && wrap_rust && build_core && build_std || return 1
    touch "$RUST/complete"
  fi
  # For editors: the same toolchain under rustup's name for it.
  if have rustup; then rustup toolchain link rvos "$RUST" 2>/dev/null || true; fi
  NEEDED+=("$RUST/complete")
  ENV_LINES+=("$(printf 'PATH=%q:$PATH; export PATH; unset RUSTUP_TOOLCHAIN' "$RUST/bin")")
}

unpack_rust() {
  local llvm
  # A subshell: the private apt root is for these commands only.
  ( apt_root rust $RUST_SUITE "$(dpkg --print-architecture)" || exit 1
    llvm=$(apt-get install -s --no-install-recommends rustc-web 2>/dev/null | sed -nE 's/^Inst libllvm([0-9]+).*/\1/p' | sort -n | tail -n 1)
    # Only what rustc and cargo run with: C compilers and headers are this machine's.
    unpack_debs "$RUST/root" 'gcc(-.*)?|g\+\+.*|cpp.*|binutils.*|lib[a-z]*san[0-9]*|linux-libc-dev|libc6-dev|libc-.*|libgcc-[0-9]+-dev|libstdc\+\+-.*|libicu.*|perl.*|libcrypt-dev|libnsl.*|libtirpc.*|rpcsvc-proto|debconf|dpkg|tar|libcc1-.*|libgprofng.*|libitm.*|libquadmath.*|libisl.*|libmpc.*|libmpfr.*|libpython.*|python.*' \
      rustc-web cargo-web rust-web-src rust-web-clippy rustfmt-web "lld-$llvm" )
}

# Programs in $RUST/bin, run by the loader and with the libraries they came with; their sysroot is $RUST.
wrap_rust() {
  local root=$RUST/root arch loader host program file; arch=$(uname -m)-linux-gnu
  loader=$(compgen -G "$root/usr/lib/$arch/ld-linux-*.so.*") || { say "Debian's package of the C library has no loader in it."; return 1; }
  mkdir -p "$RUST/bin"
  ln -sfn root/usr/lib "$RUST/lib"
  host=$(cd "$root/usr/lib/rustlib" && ls -d -- *-linux-gnu | head -n 1)
  mkdir -p "$root/usr/lib/rustlib/$host/bin"
  # rustdoc looks for rustc beside its own library, so that the wrapper stands there.
  if ! [ -L "$root/usr/bin/rustc" ]; then
    mkdir -p "$root/usr/libexec"
    mv "$root/usr/bin/rustc" "$root/usr/libexec/rustc"
    ln -s "$RUST/bin/rustc" "$root/usr/bin/rustc"
  fi
  for file in "$root"/usr/libexec/rustc "$root"/usr/bin/{rustdoc,cargo,cargo-clippy,clippy-driver,rustfmt,cargo-fmt} "$root"/usr/lib/llvm-*/bin/lld; do
    [ -e "$file" ] || continue
    program=${file##*/}
    local out=$RUST/bin/$program name=$program extra=""
    case $program in
      # rustc looks for its own linker under this name.
      lld) out=$root/usr/lib/rustlib/$host/bin/rust-lld name=rust-lld ;;
      # rustdoc names it to the rustc that it runs, which takes it once.
      rustc | rustdoc) extra=$(printf 'case " $* " in *" --sysroot"*) ;; *) set -- --sysroot %q "$@" ;; esac' "$RUST") ;;
      clippy-driver) extra=$(printf 'export SYSROOT=%q' "$RUST") ;;
      cargo-clippy) extra=$(printf 'export CARGO=%q' "$RUST/bin/cargo") ;;
      cargo-fmt) extra=$(printf 'export RUSTFMT=%q' "$RUST/bin/rustfmt") ;;
      # Else it takes the loader, which is what runs, for itself.
      cargo) extra=$(printf 'export CARGO=%q RUSTC=${RUSTC:-%q} RUSTDOC=${RUSTDOC:-%q}' "$RUST/bin/cargo" "$RUST/bin/rustc" "$RUST/bin/rustdoc") ;;
    esac
    {
      printf '#!/bin/sh\n%s\n' "$extra"
      printf 'exec %q --argv0 %q --library-path %q %q "$@"\n' "$loader" "$name" "$root/usr/lib/$arch" "$(readlink -f "$file")"
    } >"$out"
    chmod +x "$out"
  done
  # cargo-clippy looks for it beside the program that runs.
  ln -sfn "$RUST/bin/clippy-driver" "${loader%/*}/clippy-driver"
  "$RUST/bin/rustc" --version >/dev/null || { say "the unpacked rustc does not run on this machine."; return 1; }
}

# build_library TARGET CRATES FEATURES: the crates of the standard library for TARGET,
# by cargo's -Zbuild-std, copied to where rustup's component would put them.
build_library() {
  local target=$1 crates=$2 features=$3 work
  work=$(mktemp -d "$CACHE/build.XXXXXX")
  mkdir -p "$work/src"
  printf '[package]\nname = "probe"\nversion = "0.0.0"\nedition = "2024"\n[profile.release]\ndebug = 1\n' >"$work/Cargo.toml"
  echo '#![no_std]' >"$work/src/lib.rs"
  local source=$RUST/lib/rustlib/src/rust/library
  [ -e "$source/Cargo.toml" ] || { say "the package of Rust's source has no library/ in it."; rm -rf "$work"; return 1; }
  # Debian's package carries what the library depends on.
  local vendor=()
  [ ! -d "$source/vendor" ] || vendor=(--offline --config "source.crates-io.replace-with='vendored'" --config "source.vendored.directory='$source/vendor'")
  # As Rust's own bootstrap does: one crate is built for the other way to panic, and all carry
  # bitcode for link-time optimisation (cargo's -Cembed-bitcode=no comes earlier; the last one counts).
  {
    printf '#!/bin/sh\ncase " $* " in *" panic_abort "*) set -- "$@" -Cpanic=abort ;; esac\n'
    printf 'case " $* " in *" --crate-name "*) set -- "$@" -Cembed-bitcode=yes ;; esac\n'
    printf 'exec %q "$@"\n' "$RUST/bin/rustc"
  } >"$work/rustc"
  chmod +x "$work/rustc"
  # build-std is not stable: RUSTC_BOOTSTRAP is set here and nowhere else.
  ( cd "$work"
    export RUSTC=$work/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$work/target PATH=$RUST/bin:$PATH __CARGO_TESTS_ONLY_SRC_ROOT=$source
    export CARGO_TARGET_RISCV64GC_UNKNOWN_LINUX_GNU_LINKER=riscv64-linux-gnu-gcc
    unset RUSTUP_TOOLCHAIN RUSTFLAGS CARGO_BUILD_TARGET
    slowly "building Rust's ${crates%%,*} for $target" cargo build --release --target "$target" "${vendor[@]}" \
      "-Zbuild-std=$crates" "-Zbuild-std-features=$features" \
      --config "build.rustflags=['--remap-path-prefix=$source=/rustc/library']" ) || { rm -rf "$work"; return 1; }
  local into=$RUST/lib/rustlib/$target/lib
  mkdir -p "$into"
  # The layout of the build directory differs between versions of cargo.
  find "$work/target/$target" -name 'lib*.rlib' ! -name 'libprobe*' -path '*deps*' -exec cp {} "$into/" \;
  compgen -G "$into/libcore-*.rlib" >/dev/null ||
    find "$work/target/$target" -name 'lib*.rlib' ! -name 'libprobe*' -exec cp {} "$into/" \;
  rm -rf "$work"
  compgen -G "$into/libcore-*.rlib" >/dev/null
}

build_core() {
  build_library $KERNEL_TARGET core,alloc,compiler_builtins compiler-builtins-mem
}

build_std() {
  build_library $PROGRAM_TARGET std,panic_unwind,panic_abort ""
}
