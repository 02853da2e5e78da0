# shellcheck shell=bash
# What the set-up scripts share: messages, the cache, one lock, apt without root.
# Sourced by setup.sh and fetch.sh, never run.

# Where everything downloaded or built once lives.
if [ -n "${RVOS_CACHE:-}" ]; then CACHE=$RVOS_CACHE
elif [ -n "${XDG_CACHE_HOME:-}" ]; then CACHE=$XDG_CACHE_HOME/rvos
else CACHE=${HOME:-/nonexistent}/.cache/rvos; fi
# Debian's archive key signs every package that is taken.
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
[ -f "$KEYRING" ] || KEYRING=/usr/share/keyrings/debian-archive-keyring.pgp

# stderr, kept for messages wherever a command's own is redirected
exec 8>&2
say() { echo "x: $*" >&8; }
die() { say "$*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
is_root() { [ "$(id -u)" = 0 ]; }

# slowly TEXT COMMAND…: runs COMMAND; says TEXT now, and every 20 s that it still runs.
# What COMMAND prints goes to a log that is shown when it fails.
slowly() {
  local text=$1 log pid ticker rc=0 t0=$SECONDS; shift
  log=$(mktemp "$CACHE/log.XXXXXX")
  say "$text …"
  "$@" >"$log" 2>&1 </dev/null & pid=$!
  # The ticker's sleep may outlive us: it must hold neither the lock nor a pipe that someone reads.
  ( exec 9>&- 2>/dev/null; while sleep 20; do say "$text … $((SECONDS - t0)) s"; done ) >/dev/null & ticker=$!
  wait "$pid" || rc=$?
  kill "$ticker" 2>/dev/null; wait "$ticker" 2>/dev/null
  if [ $rc != 0 ]; then tail -n 30 "$log" >&2; fi
  rm -f "$log"
  return $rc
}

# Makes the cache and takes its lock until this process ends, so that two set-ups never mix.
lock_cache() {
  mkdir -p "$CACHE" 2>/dev/null && [ -w "$CACHE" ] ||
    die "cannot write to the cache $CACHE: set RVOS_CACHE to a directory that you may write to."
  exec 9>"$CACHE/lock"
  flock -n 9 || { say "waiting for another set-up that is running"; flock 9; }
}

# The files that list apt's sources on this machine.
source_files() {
  local f
  for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
    [ -r "$f" ] && echo "$f"
  done
}

# The Debian mirror that this machine's own apt sources name for component main. The one of the
# running release is wanted, so that a third party's repository is never taken for it.
debian_mirror() {
  local codename files
  codename=$(. /etc/os-release 2>/dev/null; echo "${VERSION_CODENAME:-stable}")
  files=$(source_files)
  [ -n "$files" ] || return 1
  # shellcheck disable=SC2086  # a list of names
  awk -v want="$codename" '
    function wanted(suite) { return suite == want || suite ~ /^(stable|testing|unstable|sid)$/ }
    function found(uri) { print uri; done = 1; exit }
    function flush_stanza(   n, i, s) {
      if (uris != "" && types ~ /deb/ && components ~ /(^| )main( |$)/) {
        n = split(suites, s, " ")
        for (i = 1; i <= n; i++) if (wanted(s[i])) { split(uris, u, " "); found(u[1]) }
      }
      types = uris = suites = components = ""
    }
    FNR == 1 { if (!done) flush_stanza() }
    /^[ \t]*#/ { next }
    FILENAME ~ /\.list$/ {
      if ($1 != "deb") next
      line = $0; sub(/^[ \t]*deb[ \t]+/, "", line); sub(/^\[[^]]*\][ \t]*/, "", line)
      n = split(line, f, /[ \t]+/)
      if (wanted(f[2])) for (i = 3; i <= n; i++) if (f[i] == "main") found(f[1])
      next
    }
    /^[ \t]*$/ { flush_stanza(); next }
    tolower($1) == "types:" { $1 = ""; types = $0 }
    tolower($1) == "uris:" { $1 = ""; uris = $0 }
    tolower($1) == "suites:" { $1 = ""; suites = $0 }
    tolower($1) == "components:" { $1 = ""; components = $0 }
    END { if (!done) flush_stanza() }
  ' $files
}

# apt_root NAME [SUITE ARCH]: from here on APT_CONFIG points to a private apt state under the
# cache. With SUITE and ARCH it knows that suite of the machine's mirror and no installed package;
# without, it has the machine's own sources and installed packages. Package lists are a day old at most.
apt_root() {
  local dir=$CACHE/apt/$1 suite=${2:-} arch=${3:-} uri
  have apt-get || { say "there is no apt-get here: only Debian's way of set-up is known besides rustup."; return 1; }
  mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$dir/state"
  {
    printf 'Dir::State "%s/state";\nDir::State::Lists "%s/lists";\nDir::Cache "%s/cache";\n' "$dir" "$dir" "$dir"
    printf 'Acquire::Languages "none";\nAPT::Sandbox::User "root";\nAPT::Install-Recommends "false";\n'
    printf 'Acquire::Retries "3";\n'
    if [ -n "$suite" ]; then
      uri=$(debian_mirror) && [ -n "$uri" ] || { say "apt's sources name no Debian mirror with component main; add one to /etc/apt/sources.list."; return 1; }
      printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nArchitectures: %s\nSigned-By: %s\n' \
        "$uri" "$suite" "$arch" "$KEYRING" >"$dir/mirror.sources"
      : >"$dir/status"
      printf 'Dir::Etc::sourcelist "%s/mirror.sources";\nDir::Etc::sourceparts "/dev/null";\n' "$dir"
      printf 'Dir::Etc::preferences "/dev/null";\nDir::Etc::preferencesparts "/dev/null";\n'
      printf 'Dir::State::status "%s/status";\n' "$dir"
      printf 'APT::Architecture "%s";\nAPT::Architectures { "%s"; };\n' "$arch" "$arch"
    else
      printf 'Dir::State::status "/var/lib/dpkg/status";\n'
    fi
  } >"$dir/apt.conf.new"
  mv "$dir/apt.conf.new" "$dir/apt.conf"
  export APT_CONFIG=$dir/apt.conf
  if [ -z "$(find "$dir/updated" -mtime -1 2>/dev/null)" ]; then
    slowly "fetching package lists${suite:+ of $suite for $arch}" timeout 300 apt-get update -q || true
    ls "$dir"/lists/*Packages* >/dev/null 2>&1 ||
      { say "no package list could be fetched from apt's mirror: check the network and /etc/apt."; return 1; }
    touch "$dir/updated"
  fi
}

# unpack_debs DIR SKIP PKG…: downloads PKG… by the current apt root with what they need and is not
# installed, except names that match the regular expression SKIP, and unpacks them into DIR.
unpack_debs() {
  local into=$1 skip=$2 tmp list deb; shift 2
  list=$(apt-get install -s --no-install-recommends "$@" 2>/dev/null |
    awk '/^Inst /{ gsub(/[()]/, ""); v = $3; if (v ~ /^\[/) v = $4; print $2 "=" v }' | grep -Ev "^($skip)=") ||
    { say "apt cannot find $*."; return 1; }
  tmp=$(mktemp -d "$CACHE/debs.XXXXXX")
  # shellcheck disable=SC2086  # a list of names
  ( cd "$tmp" && slowly "downloading $(echo "$list" | wc -l) packages for $1" apt-get download -q $list ) ||
    { rm -rf "$tmp"; return 1; }
  mkdir -p "$into"
  for deb in "$tmp"/*.deb; do dpkg-deb -x "$deb" "$into" || { rm -rf "$tmp"; return 1; }; done
  rm -rf "$tmp"
  merge_usr "$into"
}

# Moves DIR's lib, lib64, bin into usr, as the running system has it.
merge_usr() {
  local d
  for d in lib lib64 bin sbin; do
    [ -d "$1/$d" ] && [ ! -L "$1/$d" ] || continue
    mkdir -p "$1/usr/$d"; cp -a "$1/$d/." "$1/usr/$d/"; rm -rf "${1:?}/$d"; ln -s "usr/$d" "$1/$d"
  done
}
