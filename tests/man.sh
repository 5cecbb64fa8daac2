#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/man.sh SOURCE-ROOT SSBLOG - holds the manual pages against the program, and lints them.
#
# Every command has a page; every option that `--help` names is in the page's lists, and the reverse; every page
# is installed, has examples, and refers to pages that exist. Exit 1 when something is wrong; 77 when all that is
# right, but there is no mandoc to lint with.
set -euo pipefail
export LC_ALL=C

man=${1:?usage: tests/man.sh SOURCE-ROOT SSBLOG}/man
ssblog=${2:?usage: tests/man.sh SOURCE-ROOT SSBLOG}
wrong=0
complain() {
  printf '%s\n' "$*"
  wrong=1
}

# Options of a help text, without its examples. A long one has two letters or more: `--n 5` is an example.
help_options() {
  sed '/^Examples:/,$d' | grep -oE -- '(^  -[a-zA-Z]\b|--[a-z][a-z.-]*[a-z])' | tr -d ' ' | sort -u
}
# Options that a page has in its lists: the heads of items, `.It Fl o , Fl -output Ar FILE`.
page_options() { # FILE
  sed -nE 's/^\.It (Fl .*)/\1/p' "$1" | grep -oE 'Fl [-a-zA-Z][a-zA-Z.-]*' |
    sed -E 's/^Fl /-/; s/\.$//; /^--?$/d' | sort -u
}

# compare PAGE COMMAND...: the options of a page and of a help. Every command takes -h and --help, said or not.
compare() {
  local page=$1 option
  shift
  if [ ! -f "$man/$page" ]; then
    complain "man/$page is missing"
    return
  fi
  local in_help in_page
  in_help=$("$ssblog" "$@" --help | help_options)
  in_page=$(page_options "$man/$page")
  while IFS= read -r option; do
    complain "\`ssblog${*:+ $*} --help\` names $option, man/$page does not"
  done < <(comm -23 <(printf '%s\n' "$in_help") <(printf '%s\n' "$in_page") | sed '/^$/d')
  while IFS= read -r option; do
    complain "man/$page names $option, \`ssblog${*:+ $*} --help\` does not"
  done < <(comm -13 <(printf '%s\n' "$in_help" -h --help | sort -u) <(printf '%s\n' "$in_page") | sed '/^$/d')
}

compare ssblog.1
commands=$("$ssblog" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p')
[ -n "$commands" ] || complain "\`ssblog --help\` lists no commands"
for command in $commands; do
  compare "ssblog-$command.1" "$command"
  grep -qx "\.It Xr ssblog-$command 1" "$man/ssblog.1" || complain "man/ssblog.1 does not list $command"
done

for path in "$man"/*.[1-9]; do
  page=${path##*/}
  grep -q "'$page'" "$man/meson.build" || complain "man/$page is not in man/meson.build"
  grep -qx '\.Sh EXAMPLES' "$path" || complain "man/$page has no EXAMPLES"
  while read -r name section; do
    [ -f "$man/$name.$section" ] || complain "man/$page refers to $name($section), which is not there"
  done < <(grep -oE 'Xr ssblog[a-z-]* [1-9]' "$path" | cut -d' ' -f2- | sort -u)
done

if ! command -v mandoc >/dev/null; then
  [ "$wrong" = 0 ] || exit 1
  echo "skipped: lint: mandoc is not here"
  exit 77
fi
# Whether the pages of others are installed says nothing of ours.
found=$(mandoc -T lint "$man"/*.[1-9] 2>/dev/null | grep -v 'referenced manual not found' || true)
[ -z "$found" ] || complain "$found"

[ "$wrong" = 0 ] || exit 1
echo "The pages say what the program says."
