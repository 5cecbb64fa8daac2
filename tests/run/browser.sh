#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/browser.sh SSBLOG [CASE...] - the page of one host in a real browser, while things happen on another one.
# SSBLOG_SHOTS=DIR: what it looks like is written there.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$1"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
here=$(cd -- "$(dirname -- "$0")/../browser" && pwd -P)
need node
[ -x "$(dirname -- "$ssblog")/../view/ssblog-view" ] || skip "ssblog-view was not built: there is no cpp-httplib"
for module in playwright-core axe-core; do
  [ -d "$here/node_modules/$module" ] || skip "$module is not installed: tools/test.sh does that"
done
CHROMIUM=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
[ -n "$CHROMIUM" ] || skip "there is no chromium"

init nas
on web init --name web --caps.shs "@$(home_of nas)/config.toml" >"$work/web.id" 2>/dev/null
for host in nas web; do printf '\n[alerts]\npatience = "2s"\nspread = "1s"\n' >>"$(home_of "$host")/config.toml"; done
on nas follow "$(cat "$work/web.id")" 2>/dev/null
on web follow "$(cat "$work/nas.id")" 2>/dev/null
start nas
start web
on web connect "$(address nas)" >/dev/null

export CHROMIUM SSBLOG=$ssblog WORK=$work
node "$here/browser.js" "${@:2}" >"$work/cases" 2>&1 || {
  cat "$work/cases" >&2
  fail "see above"
}
cat "$work/cases"
