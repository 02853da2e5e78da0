# shellcheck shell=bash
# The tools that are no Rust: host C compiler, riscv64 cross compiler, QEMU, certificates.
# Sourced by setup.sh. Root installs packages; anyone else gets them under $CACHE/tools with
# wrappers in $TOOLS_BIN that say where their libraries are.

TOOLS=$CACHE/tools
TOOLS_BIN=

# set_up_tools: finds or gets each tool, and notes where it is.
set_up_tools() {
  local packages=() rc=0
  use_unpacked
  has_host_cc || packages+=(gcc libc6-dev)
  has_cross_cc || packages+=(gcc-riscv64-linux-gnu libc6-dev-riscv64-cross)
  has_qemu || packages+=("$(qemu_package)")
  if [ ${#packages[@]} != 0 ]; then
    if is_root; then install_packages "${packages[@]}" || unpack_tools "${packages[@]}" || rc=1
    else unpack_tools "${packages[@]}" || rc=1; fi
    use_unpacked
  fi
  has_host_cc || { say "a C compiler for this machine is missing; as root: apt-get install gcc libc6-dev."; rc=1; }
  has_cross_cc || { say "riscv64-linux-gnu-gcc is missing; as root: apt-get install gcc-riscv64-linux-gnu libc6-dev-riscv64-cross."; rc=1; }
  has_qemu || { say "qemu-system-riscv64 is missing; as root: apt-get install $(qemu_package)."; rc=1; }
  [ $rc = 0 ] && NEEDED+=("$(command -v cc)" "$(command -v riscv64-linux-gnu-gcc)" "$(command -v qemu-system-riscv64)")
  return $rc
}

# Each links a program: a compiler without its C library is none.
has_host_cc() { compiles cc; }
has_cross_cc() { compiles riscv64-linux-gnu-gcc -static; }
has_qemu() { qemu-system-riscv64 --version >/dev/null 2>&1; }
compiles() {
  have "$1" || return 1
  local out rc=0; out=$(mktemp)
  echo 'int main(void) { return 0; }' | "$@" -x c - -lm -o "$out" 2>/dev/null || rc=1
  rm -f "$out"
  return $rc
}

# Debian 13 split the package of QEMU's system emulators.
qemu_package() {
  if apt-cache show qemu-system-riscv 2>/dev/null | grep -q .; then echo qemu-system-riscv; else
    case $(. /etc/os-release 2>/dev/null; echo "${VERSION_ID:-0}") in
      [0-9] | 1[0-2]) echo qemu-system-misc ;;
      *) echo qemu-system-riscv ;;
    esac
  fi
}

install_packages() {
  have apt-get || return 1
  export DEBIAN_FRONTEND=noninteractive
  slowly "fetching package lists" timeout 300 apt-get update -q || true
  slowly "installing $*" apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
}

unpack_tools() {
  ( apt_root own && unpack_debs "$TOOLS.new" 'libc6|libc-bin|perl.*|libicu.*' "$@" ) || { rm -rf "$TOOLS.new"; return 1; }
  mkdir -p "$TOOLS"
  cp -a "$TOOLS.new/." "$TOOLS/"
  rm -rf "$TOOLS.new"
}

# Puts wrappers for what lies under $TOOLS on the PATH; nothing there means nothing to do.
use_unpacked() {
  [ -d "$TOOLS/usr" ] || return 0
  local arch gcc; arch=$(uname -m)-linux-gnu
  TOOLS_BIN=$TOOLS/wrappers
  rm -rf "$TOOLS_BIN"
  mkdir -p "$TOOLS_BIN"
  if [ -e "$TOOLS/usr/bin/qemu-system-riscv64" ]; then wrap qemu-system-riscv64 -L "$TOOLS/usr/share/qemu"; fi
  if [ -e "$TOOLS/usr/bin/riscv64-linux-gnu-gcc" ]; then
    fix_linker_scripts "$TOOLS/usr/riscv64-linux-gnu/lib"
    # The C library is here, or was installed before.
    local libc=() dir
    for dir in "$TOOLS" ""; do libc+=("-B$dir/usr/riscv64-linux-gnu/lib" -idirafter "$dir/usr/riscv64-linux-gnu/include"); done
    for gcc in "$TOOLS"/usr/bin/riscv64-linux-gnu-*; do
      case ${gcc##*/} in
        *-gcc | *-gcc-[0-9]*) wrap "${gcc##*/}" "${libc[@]}" ;;
        *) wrap "${gcc##*/}" ;;
      esac
    done
  fi
  if [ -e "$TOOLS/usr/bin/gcc" ]; then
    fix_linker_scripts "$TOOLS/usr/lib/$arch"
    for gcc in gcc cc; do
      wrap_as $gcc gcc -B"$TOOLS/usr/lib/$arch" -L"$TOOLS/usr/lib/$arch" \
        -idirafter "$TOOLS/usr/include/$arch" -idirafter "$TOOLS/usr/include"
    done
    for gcc in ar as ld nm strip objcopy objdump ranlib; do wrap $gcc; done
  fi
  # The second call, after more was unpacked, has nothing to add.
  case :$PATH: in *":$TOOLS_BIN:"*) return 0 ;; esac
  PATH=$TOOLS_BIN:$PATH
  ENV_LINES+=("$(printf 'PATH=%q:$PATH; export PATH' "$TOOLS_BIN")")
}

# wrap NAME ARGS…: $TOOLS_BIN/NAME runs the unpacked NAME with ARGS before its own.
wrap() { local name=$1; shift; wrap_as "$name" "$name" "$@"; }
wrap_as() {
  local name=$1 real=$TOOLS/usr/bin/$2 arch arg; arch=$(uname -m)-linux-gnu; shift 2
  [ -e "$real" ] || return 0
  {
    echo "#!/bin/sh"
    printf 'LD_LIBRARY_PATH=%q${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} PATH=%q:$PATH\nexport LD_LIBRARY_PATH PATH\n' \
      "$TOOLS/usr/lib/$arch:$TOOLS/usr/lib/$arch/pulseaudio" "$TOOLS_BIN"
    printf 'exec %q' "$real"
    for arg; do printf ' %q' "$arg"; done
    echo ' "$@"'
  } >"$TOOLS_BIN/$name"
  chmod +x "$TOOLS_BIN/$name"
}

# Text files of the C library tell the linker absolute paths: those that lie here are moved here.
fix_linker_scripts() {
  local file path
  for file in "$1"/lib*.so "$1"/lib*.a; do
    [ -f "$file" ] && head -c 200 "$file" | grep -q 'GNU ld script' || continue
    for path in $(grep -oE '(^|[( ])/[^ )]*' "$file" | tr -d '( '); do
      if [ -e "$TOOLS$path" ] && [ ! -e "$path" ]; then sed -i "s#\([( ]\)$path#\1$TOOLS$path#g" "$file"; fi
    done
  done
}

# Cargo needs the certificates of the authorities to fetch crates; a bare Debian has none.
set_up_certificates() {
  local system=/etc/ssl/certs/ca-certificates.crt bundle=$CACHE/certificates.crt
  [ ! -e "$system" ] || return 0
  if is_root && install_packages ca-certificates && [ -e "$system" ]; then return 0; fi
  if [ ! -s "$bundle" ]; then
    ( apt_root own && unpack_debs "$CACHE/certificates.new" 'openssl|libssl.*|libc6|debconf' ca-certificates ) ||
      { say "no certificates of authorities are here; as root: apt-get install ca-certificates."; return 1; }
    find "$CACHE/certificates.new/usr/share/ca-certificates" -name '*.crt' -exec cat {} + >"$bundle"
    rm -rf "$CACHE/certificates.new"
  fi
  CARGO_HTTP_CAINFO=$bundle; export CARGO_HTTP_CAINFO
  ENV_LINES+=("$(printf 'CARGO_HTTP_CAINFO=%q SSL_CERT_FILE=%q; export CARGO_HTTP_CAINFO SSL_CERT_FILE' "$bundle" "$bundle")")
  NEEDED+=("$bundle")
}
