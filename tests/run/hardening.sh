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
