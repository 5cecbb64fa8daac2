#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/hardening.sh SSBLOG - the binary has what compiler and linker can do against an intruder: it can be loaded
# anywhere, its tables are read-only from the start, no memory is both written and run, overflows are noticed.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
need readelf
[ "$(uname -s)" = Linux ] || skip "the binary is no ELF file"
sanitized && skip "a build with a sanitizer is made for finding faults, not for use"

# what PROGRAM: a word for each thing that it has, sorted.
what() {
  local header segments dynamic symbols
  header=$(readelf -hW "$1")
  segments=$(readelf -lW "$1")
  dynamic=$(readelf -dW "$1")
  symbols=$(readelf -sW --dyn-syms "$1")
  {
    grep -qE 'Type:.*DYN' <<<"$header" && grep -q 'FLAGS_1.*PIE' <<<"$dynamic" && echo pie
    grep -q GNU_RELRO <<<"$segments" && echo relro
    grep -qE 'BIND_NOW|FLAGS_1.*NOW' <<<"$dynamic" && echo now
    grep -qE 'GNU_STACK .* RW ' <<<"$segments" && echo stack-not-executable
    grep -qE 'LOAD .* RWE' <<<"$segments" || echo no-writable-code
    grep -q TEXTREL <<<"$dynamic" || echo no-text-relocations
    grep -qE 'RPATH|RUNPATH' <<<"$dynamic" || echo no-library-path
    grep -q __stack_chk_fail <<<"$symbols" && echo stack-protector
    grep -qE ' __[a-z]+_chk(@|$)' <<<"$symbols" && echo fortified
    true
  } | sort
}
wanted='fortified
no-library-path
no-text-relocations
no-writable-code
now
pie
relro
stack-not-executable
stack-protector'

# A program that has none of it, so that the check is seen to find that.
if command -v cc >/dev/null && printf 'int main(void) { return 0; }\n' >"$work/plain.c" &&
  cc -no-pie -fno-pie -fno-stack-protector -z norelro -z lazy -z execstack -Wl,--no-warn-execstack -Wl,-rpath,/tmp \
    -o "$work/plain" "$work/plain.c" 2>/dev/null; then
  found=$(what "$work/plain" | tr '\n' ' ')
  [ "$found" = "no-text-relocations no-writable-code " ] || fail "of a plain program the check says: $found"
fi

found=$(what "$ssblog")
[ "$found" = "$wanted" ] || fail "the binary lacks: $(comm -13 <(echo "$found") <(echo "$wanted") | tr '\n' ' ')"
echo "the binary is: $(tr '\n' ' ' <<<"$found")"

# What leaves no mark in a binary stands in the commands that made it, where its build is around it.
commands=$(dirname -- "$ssblog")/../../compile_commands.json
if [ ! -e "$commands" ]; then
  echo "skipped: flags of the compiler: the binary does not lie in its build"
  exit 0
fi
need python3
python3 - "$commands" <<'PY' || fail "a file is compiled without what its compiler can do"
import json, os, shlex, subprocess, sys

def takes(compiler, flags):
    return subprocess.run([*compiler, "-O2", "-Werror", *flags, "-x", "c++", "-c", "-", "-o", os.devnull],
                          input=b"#include <cstring>\nint main() {}\n", stderr=subprocess.DEVNULL).returncode == 0

wishes = [["-D_GLIBCXX_ASSERTIONS"], ["-fstack-protector-strong"], ["-fstack-clash-protection"], ["-fcf-protection"],
          ["-ftrivial-auto-var-init=zero"], ["-D_FORTIFY_SOURCE=3", "-U_FORTIFY_SOURCE"]]
wanted, lacking, files = None, [], 0
for entry in json.load(open(sys.argv[1])):
    words = shlex.split(entry["command"])
    file = entry["output"]
    if not file.startswith(("src/", "tools/")):
        continue
    if wanted is None:
        compiler = words[:2] if os.path.basename(words[0]) == "ccache" else words[:1]
        wanted = {flags[0] for flags in wishes if takes(compiler, flags[::-1])} | {"-D_GLIBCXX_ASSERTIONS"}
    files += 1
    lacking += [f"{file}: {flag}" for flag in sorted(wanted - set(words))]
if lacking or not files:
    sys.exit("\n".join(lacking[:5]) or "no file of the program is there")
print(f"{files} files have: {' '.join(sorted(wanted))}")
PY
