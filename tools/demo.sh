#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tools/demo.sh - installs what is missing, builds ssblog and shows its main job on real logs of this machine:
# two hosts, lines published and verified, two daemons that replicate a live log, and one text file of it all.
#
# All of it happens in a temporary directory. Every command is printed as a person would type it.
set -euo pipefail
# shellcheck source=tools/setup.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/setup.sh"

usage() {
  cat <<'EOF'
usage: tools/demo.sh [--yes] [--keep]

  --yes   do not ask before installing packages with sudo
  --keep  leave the demonstration's directory, to look around in it
EOF
}

keep=no
for word in "$@"; do
  case $word in
    --yes) yes=yes ;;
    --keep) keep=yes ;;
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
build "$root/build" "$(werror)" || die 1 "The build failed."

place=$(mktemp -d "${TMPDIR:-/tmp}/ssblog-demo.XXXXXX")
started=()
leave() {
  local status=$? process
  for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done
  wait 2>/dev/null || true
  cd /
  if [ "$keep" = yes ]; then
    say "Left for you: $place"
  else
    rm -rf -- "$place"
  fi
  exit "$status"
}
trap leave EXIT
cd -- "$place"
# The guards of the two hosts, which ssblog keeps outside of their homes, stay in here too.
export XDG_STATE_HOME=$place/state XDG_DATA_HOME=$place/data
unset SSBLOG_PATH SSBLOG_CAPS_FILE
PATH=$root/build/src/cli:$PATH

title() { printf '\n# %s\n' "$*"; }
step() { # COMMAND-LINE: printed, then run
  printf '$ %s\n' "$1"
  eval "$1"
}

# daemon HOST: on a free port of loopback, so that nothing leaves this machine.
daemon() {
  local tries=0
  printf '$ %s &\n' "ssblog daemon --path $1 --host 127.0.0.1 --port 0"
  ssblog daemon --path "$1" --host 127.0.0.1 --port 0 2>"$1.daemon.log" &
  started+=($!)
  until [ -n "$(address "$1")" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 200 ] || die 1 "The daemon of $1 does not start: $(cat "$1.daemon.log")"
    sleep 0.05
  done
}
address() { [ ! -e "$1/daemon.json" ] || sed -nE 's/.*"listening":\["([^"]*)".*/\1/p' "$1/daemon.json"; }

title "Two hosts, A (this machine) and B (a NAS), in $place"
step "ssblog init --path A --name $(uname -n | tr -cd 'A-Za-z0-9.-')"
step 'ssblog init --path B --name nas --caps.shs @A/config.toml'

title "A publishes real logs of this machine"
first=
for log in /var/log/dpkg.log /var/log/apt/history.log /var/log/syslog /var/log/messages /var/log/system.log \
  /var/log/install.log; do
  if [ ! -r "$log" ] || [ ! -s "$log" ]; then continue; fi
  job=$(basename "$log" .log)
  step "tail -n 200 $log > $job.txt"
  step "ssblog publish --path A --job $job < $job.txt"
  first=${first:-$job}
done
if [ -z "$first" ]; then
  say "(no log in /var/log is readable: two commands instead)"
  first=machine
  step '{ uptime; df; dmesg | tail -n 100; } > machine.txt 2>&1 || true'
  step 'ssblog publish --path A --job machine < machine.txt'
fi

title "B publishes what a nightly backup might print"
step '{ df -h; ls -l /etc; } > nightly.txt 2>&1 || true'
step 'ssblog publish --path B --job nightly --destination nas < nightly.txt'

title "Every hash, signature and link"
step 'ssblog verify --path A'
step 'ssblog verify --path B'

title "They follow each other, and a daemon on each replicates"
# shellcheck disable=SC2016 # shown as it is typed, and run by step
step 'ssblog follow --path A "$(ssblog whoami --path B)"'
# shellcheck disable=SC2016
step 'ssblog follow --path B "$(ssblog whoami --path A)"'
daemon A
daemon B
step "ssblog connect --path B $(address A)"
step 'ssblog sync --path B'
step 'ssblog peers --path B'

title "A live log of A, seen on B while it is written"
# shellcheck disable=SC2016
step '(for i in $(seq 1 12); do echo "step $i of the backup, load $(uptime | sed "s/.*average: //")"; sleep 0.25; done) \
    | ssblog publish --path A --job live &'
live=$!
step 'timeout 3 ssblog log --path B -f --job live | cut -c1-100 || true'
wait "$live"
step 'ssblog publish --path A --job live --text "the backup is done" --wait-copies 1 --timeout 30s'

title "All hosts in one text file, on B"
step 'ssblog status --path B'
step 'ssblog assemble --path B -o all-hosts.log'
step 'wc -l all-hosts.log'
step 'head -n 5 all-hosts.log | cut -c1-160'
step 'tail -n 5 all-hosts.log | cut -c1-160'
step 'ssblog log --path B -n 3 --job nightly'

title "What went in on one host comes out on the other, byte for byte"
for job in "$first" nightly; do
  host=A
  [ "$job" = nightly ] || host=B
  step "ssblog assemble --path $host --raw --job $job > back.txt"
  step "cmp $job.txt back.txt && echo 'the same bytes'"
done
step 'ssblog verify --path B'

say
say "It works: the lines of both hosts are in $place/all-hosts.log"
[ "$keep" = yes ] || say "(removed now; tools/demo.sh --keep leaves it)"
