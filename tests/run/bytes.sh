#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/bytes.sh SSBLOG - bytes in are bytes out, through the real binary, whatever they are.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"

init a
number=0
# there_and_back FILE WORDS...: publishes a file and gets the same bytes back.
there_and_back() {
  local file=$1
  shift
  number=$((number + 1))
  on a publish --job "j$number" "$@" <"$file" >"$work/printed" || fail "publish of $file $*: $?"
  on a assemble --raw --job "j$number" >"$work/back" 2>"$work/err" || fail "raw of $file $*: $? $(cat "$work/err")"
  same "$file" "$work/back" "$file $*: other bytes came back"
}

head -c 300000 /dev/urandom >"$work/binary"
head -c 200000 /dev/zero >"$work/zeros"
printf 'no newline at the end' >"$work/open"
: >"$work/empty"
printf '\n' >"$work/newline"
printf '\n\n\n' >"$work/newlines"
printf 'a\0b\0\n\0' >"$work/nul"
printf 'caf\xe9\nna\xefve\n' >"$work/latin1"
printf 'caf\xc3\xa9\nand caf\xe9\n\xf0\x9f\x98\x80\xf0\x9f\n' >"$work/mixed"
printf 'a\r\nb\r\n' >"$work/crlf"
printf '\xef\xbb\xbfBOM\n' >"$work/bom"
head -c 20000 /dev/zero | tr '\0' '\n' >"$work/many-newlines"
head -c 60000 /dev/zero | tr '\0' '"' >"$work/quotes"
for file in binary zeros open empty newline newlines nul latin1 mixed crlf bom many-newlines quotes; do
  there_and_back "$work/$file"
  there_and_back "$work/$file" --batch 0
  there_and_back "$work/$file" --line-per-message
  number=$((number + 1))
  on a publish --job "j$number" --tee <"$work/$file" >"$work/printed" || fail "publish --tee of $file: $?"
  same "$work/$file" "$work/printed" "--tee of $file printed other bytes"
done
[ "$(on a assemble --raw --job j9999 2>&1 >/dev/null)" != "" ] || fail "nothing is said where nothing is selected"

# A long line, in little memory.
if [ "$long" = 1 ]; then length=100000000; else length=5000000; fi
head -c "$length" /dev/zero | tr '\0' 'x' >"$work/line"
# peak WORDS...: runs ssblog on host a and prints its greatest memory in KiB.
peak() {
  # shellcheck disable=SC2016 # the inner shell's own
  at a bash -c '
    "$@" <"$0" >"$0.out" &
    pid=$!
    most=0
    while value=$(sed -n "s/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p" "/proc/$pid/status" 2>/dev/null) && [ -n "$value" ]; do
      most=$value
    done
    wait "$pid" || exit
    echo "$most"' "$work/line" "$ssblog" "$@"
}
most=$(peak publish --job line) || fail "publish of a long line: $?"
[ "$most" -gt 0 ] || fail "no memory was measured"
sanitized || [ "$most" -lt 65536 ] || fail "publish of a long line took $most KiB"
reading=$(peak assemble --raw --job line) || fail "raw of a long line: $?"
same "$work/line" "$work/line.out" "a long line came back as another"
sanitized || [ "$reading" -lt 65536 ] || fail "raw of a long line took $reading KiB"
showing=$(peak assemble --job line) || fail "assemble of a long line: $?"
sanitized || [ "$showing" -lt 65536 ] || fail "assemble of a long line took $showing KiB"
[ "$(wc -l <"$work/line.out")" = 1 ] || fail "a long line is shown as $(wc -l <"$work/line.out")"
[ "$(tr -cd x <"$work/line.out" | wc -c)" -ge "$length" ] || fail "a long line is not shown whole"
echo "a line of $length bytes: $most KiB to publish, $reading to read, $showing to show"

# Twenty at once, of one job: every line of each, in its order.
for i in $(seq 20); do
  (for part in 1 2 3; do
    seq -f "writer $i part $part line %.0f" 1 50
    sync -d "$work/$i.none" 2>/dev/null || true
  done | on a publish --job many --batch 1ms) &
done
for job in $(jobs -p); do wait "$job" || fail "one of twenty publishers says $?"; done
on a assemble --raw --job many >"$work/many"
[ "$(wc -l <"$work/many")" = 3000 ] || fail "$(wc -l <"$work/many") of 3000 lines"
for i in $(seq 20); do
  grep "^writer $i " "$work/many" >"$work/one"
  for part in 1 2 3; do seq -f "writer $i part $part line %.0f" 1 50; done | cmp - "$work/one" || fail "writer $i"
done

# A writer that is killed loses nothing that it wrote before: the pipe ends, and what was in it is published.
mkfifo "$work/pipe"
on a publish --job killed <"$work/pipe" &
publisher=$!
# shellcheck disable=SC2016 # its own process id
{ bash -c 'printf "first\nsecond\nhalf a l"; kill -KILL $$' >"$work/pipe" || true; } 2>/dev/null
wait "$publisher" || fail "publish of a killed writer says $?"
on a assemble --raw --job killed | cmp - <(printf 'first\nsecond\nhalf a l') || fail "a killed writer's lines"

# A reader of --tee that goes away costs no line.
seq 1 100000 >"$work/numbers"
on a publish --job tee --tee <"$work/numbers" 2>/dev/null | head -n 1 >/dev/null || true
on a assemble --raw --job tee >"$work/back"
same "$work/numbers" "$work/back" "lines are lost when the reader of --tee goes away"
whole a
