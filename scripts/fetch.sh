#!/bin/bash
# Fetches what the guest needs from Debian, once, into the cache; prints its path.
#   fetch.sh busybox   static BusyBox for riscv64
#   fetch.sh musl      headers and libraries of musl for riscv64
#   fetch.sh linux     Debian's kernel for riscv64, the one that `./x linux run` boots
set -euo pipefail
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

SUITE=trixie
GUEST=$CACHE/guest

# fetch PACKAGE: unpacks it into $GUEST/PACKAGE.
fetch() {
  rm -rf "$GUEST/$1" "$GUEST/$1.new"
  mkdir -p "$GUEST/$1.new"
  ( cd "$GUEST/$1.new" && slowly "downloading $1 (riscv64)" apt-get download -q "$1" ) &&
    dpkg-deb -x "$GUEST/$1.new"/*.deb "$GUEST/$1.new" &&
    rm -f "$GUEST/$1.new"/*.deb && mv "$GUEST/$1.new" "$GUEST/$1" ||
    die "$1 for riscv64 cannot be had from the Debian mirror in apt's sources: check the network, then try again."
}

busybox() {
  local file=$GUEST/busybox
  if [ ! -x "$file" ]; then
    apt_root guest $SUITE riscv64 || exit 1
    fetch busybox-static
    cp "$GUEST/busybox-static/usr/bin/busybox" "$file.new" 2>/dev/null ||
      cp "$GUEST/busybox-static/bin/busybox" "$file.new"
    mv "$file.new" "$file"
    rm -rf "$GUEST/busybox-static"
  fi
  echo "$file"
}

musl() {
  local dir=$GUEST/musl
  if [ ! -d "$dir" ]; then
    apt_root guest $SUITE riscv64 || exit 1
    fetch musl-dev
    mv "$GUEST/musl-dev" "$dir"
  fi
  echo "$dir/usr"
}

linux() {
  local link=$GUEST/linux package
  if [ ! -e "$link" ]; then
    apt_root guest $SUITE riscv64 || exit 1
    # The meta package depends on the newest kernel.
    package=$(apt-cache show linux-image-riscv64 | sed -nE 's/^Depends:.*(linux-image-[0-9][^ ,]*).*/\1/p' | head -n 1)
    [ -n "$package" ] || die "the Debian mirror in apt's sources has no kernel for riscv64."
    fetch "$package"
    ln -sfn "$package/boot/vmlinux-${package#linux-image-}" "$link"
  fi
  readlink -f "$link"
}

case ${1:-} in
  busybox | linux | musl)
    # What is there needs no lock: many guests start at once, and silently.
    [ -e "$GUEST/$1" ] || lock_cache
    mkdir -p "$GUEST"
    "$1"
    ;;
  *) die "usage: fetch.sh busybox|linux|musl" ;;
esac
