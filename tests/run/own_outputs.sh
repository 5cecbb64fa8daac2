#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/own_outputs.sh SSBLOG - what `assemble` writes is not read again; what is packed or copied slowly is no new file.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"

logs=$work/logs
mkdir -p "$logs"
export TZ=UTC
init a
printf '\n[[source]]\nname = "all"\npaths = ["%s/**"]\n' "$logs" >>"$work/a/data/ssblog/config.toml"
ship() { expect 0 a ship --once --timeout 20s; }

# ---- an output, whatever it is called, does not come in ----

: >"$logs/out"
ship
echo hello >"$logs/x"
ship
for name in link out.1 out-20240101; do
  on a assemble -o "$logs/out"
  ship
  says "$logs/out is not read"
  case $name in
    link) ln -s out "$logs/link" ;;
    *) cp -- "$logs/out" "$logs/$name" ;;
  esac
  ship
  says "$logs/$name is not read"
  on a assemble -o "$logs/out"
  [ "$(wc -l <"$logs/out")" = 1 ] || fail "$name: the output came in: $(cat "$logs/out")"
done

# ---- a file that was empty when it was met ----

seq 100000 >"$logs/numbers"
: >"$logs/numbers.1.gz"
: >"$logs/other"
ship
gzip -c "$logs/numbers" >"$work/packed"
head -c 30000 "$work/packed" >"$logs/numbers.1.gz"
seq 200001 200010 | gzip >"$logs/other"
# It is packed on when the others of its look are in the feed.
ship &
shipping=$!
has_other() { on a log -n all 2>/dev/null | grep -q ': 200010$'; }
wait_until 15 has_other
tail -c +30001 "$work/packed" >>"$logs/numbers.1.gz"
rm -- "$logs/numbers"
wait "$shipping" || fail "ship while a file is packed: $(cat "$work/said")"
ship
on a log -n all | sed 's/^.*\]: //' | grep -v hello >"$work/got"
{ seq 100000; seq 200001 200010; } | sort >"$work/wanted"
sort "$work/got" | same - "$work/wanted" "packed slowly: not each line once"
whole a
