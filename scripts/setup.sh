#!/bin/bash
# Gets what the tree needs and is not here: a Rust toolchain for the two guest targets, a host C
# compiler, the riscv64 cross compiler, QEMU. Idempotent. Called by ./x with RVOS_SETUP set.
#
# Leaves in the cache: `env`, shell text that puts the tools on the PATH, and `env.files`, the files
# that must stay for it to hold. Root installs Debian packages; anyone else gets them unpacked
# privately. The Rust toolchain is private either way, unless rustup has the targets.
set -euo pipefail
here=$(dirname -- "${BASH_SOURCE[0]}")
. "$here/lib.sh"
. "$here/tools.sh"
. "$here/rust.sh"

lock_cache
# Filled by the steps: lines for `env`, and files for `env.files`.
ENV_LINES=()
NEEDED=()
failed=0
set_up_certificates || failed=1
set_up_tools || failed=1
set_up_rust || failed=1

{
  echo "# Written by scripts/setup.sh: what ./x exports. Removing it makes the set-up run again."
  # A set-up that failed in part is not repeated silently: the next call tries again.
  [ $failed = 0 ] && printf 'RVOS_SETUP=%q\n' "${RVOS_SETUP:-}" || echo "RVOS_SETUP=incomplete"
  printf '%s\n' "${ENV_LINES[@]}"
} >"$CACHE/env.new"
printf '%s\n' "${NEEDED[@]}" >"$CACHE/env.files"
mv "$CACHE/env.new" "$CACHE/env"
exit $failed
