#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tools/lint.sh - clang-format on all C++ files, clang-tidy on the changed ones, shellcheck on all scripts.
#
# Changed: against origin/main, or the last commit where we stand on origin/main. The last line counts the steps.
set -euo pipefail
# shellcheck source=tools/setup.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/setup.sh"

usage() {
  cat <<'EOF'
usage: tools/lint.sh [--yes] [--all]

  --yes  do not ask before installing packages with sudo
  --all  clang-tidy on all files, and with the static analyzer (three times as long)
EOF
}

all=no
for word in "$@"; do
  case $word in
    --yes) yes=yes ;;
    --all) all=yes ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      usage >&2
      exit 64
      ;;
  esac
done

need_build
need clang-format:clang-format clang-tidy:clang-tidy shellcheck:shellcheck git:git python3:python3
cd -- "$root"

# The project is formatted by version 14; others differ in small things.
newest() { command -v "$1-14" || command -v "$1"; }
format=$(newest clang-format)
tidy=$(newest clang-tidy)

# Files of the project by pattern; in a tree without git, all there are.
files() {
  if git rev-parse --git-dir >/dev/null 2>&1; then
    git ls-files --cached --others --exclude-standard -- "$@" | while IFS= read -r file; do
      [ ! -f "$file" ] || say "$file"
    done
  else
    local pattern
    for pattern in "$@"; do
      find . \( -path './build*' -o -path './subprojects/*/*' \) -prune -o -type f -path "./$pattern" -print |
        sed 's,^\./,,'
    done
  fi | sort -u
}

# The changed C++ files, and for a header the .cc beside it.
changed() {
  local base='' head names
  if [ "$all" = no ] && head=$(git rev-parse -q --verify HEAD 2>/dev/null); then
    base=$(git merge-base HEAD origin/main 2>/dev/null || true)
    if [ -z "$base" ] || [ "$base" = "$head" ]; then
      base=$(git rev-parse -q --verify HEAD~1 2>/dev/null || true)
    fi
  fi
  if [ -z "$base" ]; then
    files '*.cc'
    return
  fi
  names=$({
    git diff --name-only "$base" -- '*.cc' '*.h' .clang-tidy
    git ls-files --others --exclude-standard -- '*.cc' '*.h'
  })
  case $'\n'$names$'\n' in
    *$'\n.clang-tidy\n'*) files '*.cc' ;;
    *) printf '%s\n' "$names" | sed 's/\.h$/.cc/' | sort -u | while IFS= read -r file; do
      [ ! -f "$file" ] || say "$file"
    done ;;
  esac
}

run_format() {
  "$format" --version
  files '*.cc' '*.h' | xargs -r "$format" --dry-run -Werror
}

# clang-tidy reads the commands of a build directory of its own: without precompiled headers, and without what
# only GCC knows.
run_tidy() {
  local list
  list=$(changed)
  if [ -z "$list" ]; then
    say "no C++ file changed"
    return 0
  fi
  if [ ! -f build-tidy/build.ninja ]; then
    meson setup build-tidy -Db_pch=false >/dev/null || return
  else
    ninja -C build-tidy build.ninja >/dev/null || return
  fi
  # What is made when the program is built, and included.
  ninja -C build-tidy src/view/page_bytes.h >/dev/null || return
  mkdir -p build-tidy/lint
  printf '%s\n' "$list" | python3 -c '
import json, os, sys
wanted = {os.path.realpath(line.strip()) for line in sys.stdin}
foreign = {"-ftrivial-auto-var-init=zero", "-fstack-clash-protection", "-Wlogical-op", "-Wuseless-cast"}
commands, found = [], set()
for entry in json.load(open("build-tidy/compile_commands.json")):
    path = os.path.realpath(os.path.join(entry["directory"], entry["file"]))
    if path not in wanted or path in found:  # a source of two programs is looked at once
        continue
    found.add(path)
    entry["command"] = " ".join(word for word in entry["command"].split(" ") if word not in foreign)
    commands.append(entry)
json.dump(commands, open("build-tidy/lint/compile_commands.json", "w"))
for path in sorted(wanted - found):
    print("not in the build, so not looked at:", os.path.relpath(path), file=sys.stderr)
open("build-tidy/lint/files", "w").write("".join(path + "\n" for path in sorted(found)))
' || return
  say "$(wc -l <build-tidy/lint/files) files"
  local checks='-clang-analyzer-*'
  [ "$all" = no ] || checks=
  # Of what it prints, the count of warnings in system headers says nothing.
  xargs -r -P "$(getconf _NPROCESSORS_ONLN)" -n 2 "$tidy" --quiet -p build-tidy/lint --checks="$checks" \
    --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-ignored-optimization-argument \
    --extra-arg=-Wno-unused-command-line-argument <build-tidy/lint/files 2>build-tidy/lint/errors &&
    return 0
  grep -vE '^[0-9]+ warnings? generated|^Suppressed|^Use -header-filter' build-tidy/lint/errors >&2 || true
  return 1
}

run_shellcheck() {
  {
    files '*.sh'
    say .ci/run
    say .ci/long
  } | xargs -r shellcheck -x
}

passed=0
failed=0
for step in format tidy shellcheck; do
  say "-- $step"
  if "run_$step"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    say "failed: lint: $step"
  fi
done
say "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
