# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# tools/setup.sh - what demo.sh, test.sh and lint.sh share: finding and installing what the build needs,
# configuring and building. Sourced by them after `set -euo pipefail`; never run.

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)

# Programs as command:package, so that one from elsewhere (pip, /usr/local) counts too; libraries as packages.
build_programs='g++:g++ meson:meson ninja:ninja-build pkg-config:pkg-config ccache:ccache'
build_libraries='libsodium-dev nlohmann-json3-dev libfmt-dev libsqlite3-dev libzstd-dev libuv1-dev
  libcli11-dev libtomlplusplus-dev libre2-dev libhowardhinnant-date-dev zlib1g-dev liblzma-dev
  libcpp-httplib-dev'
test_programs='strace:strace python3:python3 logrotate:logrotate sqlite3:sqlite3 zstd:zstd mandoc:mandoc
  node:nodejs npm:npm ip:iproute2 logger:bsdutils openssl:openssl lnav:lnav curl:curl pgrep:procps'
test_libraries='doctest-dev'
brew_names='meson ninja pkgconf ccache libsodium nlohmann-json fmt sqlite zstd libuv cli11 tomlplusplus re2 howard-hinnant-date zlib xz'
brew_names+=' doctest python mandoc node'

yes=no   # set by --yes: never ask

say() { printf '%s\n' "$*"; }
die() { # EXIT-CODE TEXT...
  local code=$1
  shift
  printf '%s\n' "$*" >&2
  exit "$code"
}

# Runs a command as root; the question was asked before.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
    "$@" </dev/null
}

# Installs Debian packages: `apt-get update` only where the lists are missing or too old to serve.
apt_install() {
  local updated=no
  if ! apt-get install -s -qq --no-install-recommends "$@" >/dev/null 2>&1; then
    apt_get update || true  # one dead source of several is no reason to stop
    updated=yes
    apt-get install -s -qq --no-install-recommends "$@" >/dev/null ||
      die 69 "This system's package lists do not offer all of: $*"
  fi
  if ! apt_get install --no-install-recommends "$@"; then
    [ "$updated" = no ] || die 69 "apt-get could not install: $*"
    apt_get update || true
    apt_get install --no-install-recommends "$@" || die 69 "apt-get could not install: $*"
  fi
}

# Of "command:package" words and package names, the packages that are missing.
missing_packages() {
  local word installed
  local -a wanted=()
  for word in "$@"; do
    case $word in
      *:*) command -v "${word%%:*}" >/dev/null 2>&1 || say "${word#*:}" ;;
      *) wanted+=("$word") ;;
    esac
  done
  [ "${#wanted[@]}" -gt 0 ] || return 0
  # shellcheck disable=SC2016 # dpkg's own variables
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null || true)
  for word in "${wanted[@]}"; do
    case $'\n'$installed$'\n' in
      *$'\n'"installed $word"$'\n'*) ;;
      *) say "$word" ;;
    esac
  done
}

# Where there is no apt: says what is needed, and goes on when it is there already.
without_apt() {
  local word missing=
  for word in "$@"; do
    case $word in
      ccache:* | strace:*) ;;  # good to have; strace is Linux's own
      *:*) command -v "${word%%:*}" >/dev/null 2>&1 || missing+=" ${word%%:*}" ;;
    esac
  done
  case " $* " in
    *libsodium-dev*)
      for word in libsodium nlohmann_json fmt sqlite3 libzstd libuv re2 zlib liblzma; do
        pkg-config --exists "$word" 2>/dev/null || missing+=" $word"
      done
      ;;
  esac
  [ -n "$missing" ] || return 0
  {
    say "There is no apt-get here, and these were not found:$missing"
    say "Please install what is needed yourself:"
    say "  Debian, Ubuntu: $(for word in "$@"; do printf '%s ' "${word#*:}"; done)"
    say "  Homebrew:       $brew_names"
    say "(Homebrew keeps sqlite apart: PKG_CONFIG_PATH=\$(brew --prefix sqlite)/lib/pkgconfig)"
  } >&2
  exit 69
}

# Makes sure that programs and libraries are there: words as in build_programs.
need() {
  local -a missing
  local answer
  if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-query >/dev/null 2>&1; then
    without_apt "$@"
    return
  fi
  mapfile -t missing < <(missing_packages "$@")
  [ "${#missing[@]}" -gt 0 ] || return 0

  say "These Debian packages are missing and will be installed:"
  say "  ${missing[*]}"
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null 2>&1 ||
      die 69 "There is no sudo here. As root:  apt-get install --no-install-recommends ${missing[*]}"
    if [ "$yes" = no ] && [ -t 0 ]; then
      read -r -p 'Install them with sudo apt-get? [Y/n] ' answer || answer=n
      case $answer in
        '' | [yYjJ]*) ;;
        *) die 69 "Nothing was installed." ;;
      esac
    fi
  fi
  apt_install "${missing[@]}"
}

need_build() {
  # shellcheck disable=SC2086 # lists of words
  need $build_programs $build_libraries $test_libraries
}
# clang++ for the fuzz targets, and what -fsanitize=fuzzer links with: a package of its own, named for its version.
need_fuzz() {
  need clang++:clang
  fuzzer_works || command -v apt-get >/dev/null 2>&1 || return 0
  fuzzer_works || need "libclang-rt-$(clang++ -dumpversion | cut -d. -f1)-dev"
}
fuzzer_works() {
  printf 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }\n' |
    clang++ -fsanitize=fuzzer,address,undefined -x c++ - -o /dev/null >/dev/null 2>&1
}
need_tests() {
  # shellcheck disable=SC2046,SC2086
  need $build_programs $build_libraries $test_libraries $test_programs $(browser_packages)
  # A real ssb-server, to be tested against, and what drives a browser. Without them their tests are skipped, and say so.
  npm_install interop ssb-server
  npm_install browser playwright-core
}
# A browser and letters for it, where it is a package: Ubuntu's is an empty one.
browser_packages() {
  # shellcheck source=/dev/null
  if [ "$( (. /etc/os-release && printf '%s' "$ID") 2>/dev/null)" = debian ]; then
    say chromium:chromium fonts-dejavu-core
  fi
}
npm_install() { # FOLDER MODULE
  local folder=$root/tests/$1
  if [ -d "$folder/node_modules/$2" ] || ! command -v npm >/dev/null; then return 0; fi
  say "Installing $2 into tests/$1/node_modules (npm ci)."
  (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error >/dev/null) || say "npm cannot install it here."
}

# Configures DIR with meson OPTIONS where it is not so already, and builds it: all of it, or what $build_targets names.
build_targets=()
build() { # DIR OPTIONS...
  local dir=$1 want had=
  shift
  want="$root|$(command -v meson)|$*"
  [ ! -f "$dir/ssblog-setup" ] || had=$(cat "$dir/ssblog-setup")
  # What was configured from another place or by another meson is made anew, if it was made here.
  if [ -n "$had" ] && [ "${had%|*}" != "${want%|*}" ]; then
    rm -rf -- "$dir"
  fi
  if [ ! -f "$dir/build.ninja" ]; then
    rm -rf -- "$dir/meson-private"
    meson setup "$dir" "$root" "$@" || return
  elif [ "$had" != "$want" ]; then
    meson setup --reconfigure "$dir" "$root" "$@" || return
  fi
  [ "$had" = "$want" ] || say "$want" >"$dir/ssblog-setup"
  # The compiler cache serves what includes a precompiled header only when told so.
  export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros}
  [ -w "${HOME:-/nonexistent}" ] || export CCACHE_DIR="$dir/ccache"
  # A clone of CI stands elsewhere each time; what is the same is compiled once all the same.
  [ "${CI:-}" != true ] || export CCACHE_NOHASHDIR=${CCACHE_NOHASHDIR:-1}
  ninja -C "$dir" "${build_targets[@]}"
}

# Warnings are errors where nobody reads them.
werror() {
  if [ "${CI:-}" = true ]; then say -Dwerror=true; else say -Dwerror=false; fi
}
