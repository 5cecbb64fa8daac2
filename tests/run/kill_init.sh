#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/kill_init.sh SSBLOG - kills `init` at its system calls: it works when it is run again, or says what is
# there; there are never two keys.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
need_strace

[ "$long" = 1 ] && step=1 || step=7
kills=0
number=0
for call in mkdir openat write pwrite64 fsync fdatasync link unlink ftruncate fchmod; do
  for ((n = 1; ; n += step)); do
    number=$((number + 1))
    host=h$number
    ended=yes
    killed_at "$call" "$n" "$host" init --name "$host" || ended=no
    home=$work/$host/data/ssblog
    before=
    [ ! -e "$home/secret" ] || before=$(sha256sum <"$home/secret")
    config=
    [ ! -e "$home/config.toml" ] || config=$(sha256sum <"$home/config.toml")
    status=0
    on "$host" init --name "$host" >"$work/id" 2>"$work/err" || status=$?
    if [ -n "$before" ]; then
      [ "$status" = 73 ] || fail "$call $n: a second init over a secret says $status: $(cat "$work/err")"
      grep -q 'has an identity already' "$work/err" || fail "$call $n: $(cat "$work/err")"
      [ "$before" = "$(sha256sum <"$home/secret")" ] || fail "$call $n: the secret was changed"
    else
      [ "$status" = 0 ] || fail "$call $n: init again says $status: $(cat "$work/err")"
    fi
    [ -z "$config" ] || [ "$config" = "$(sha256sum <"$home/config.toml")" ] || fail "$call $n: config.toml was changed"
    on "$host" whoami >/dev/null || fail "$call $n: whoami says $?"
    answer=$(on "$host" publish --json --text hello 2>&1) || fail "$call $n: publish: $answer"
    case $answer in '{"id":'*) ;; *) fail "$call $n: publish says $answer" ;; esac
    [ "$(on "$host" verify | wc -l)" = 1 ] || fail "$call $n: not one feed"
    whole "$host"
    rm -rf -- "${work:?}/$host"
    [ "$ended" = no ] || break
    kills=$((kills + 1))
  done
done
[ "$kills" -ge 8 ] || fail "only $kills kills"
echo "$kills kills"
