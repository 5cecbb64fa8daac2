#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/board.sh SSBLOG - the jobs of one host as another one shows them: text, JSON, HTML, --check, --watch.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
# shellcheck source=tests/run/daemon.sh
. "$(dirname -- "$0")/daemon.sh"
need python3

init nas
on desk init --name desk --caps.shs "@$(home_of nas)/config.toml" >"$work/desk.id" 2>/dev/null
on desk follow "$(cat "$work/nas.id")" 2>/dev/null
on nas follow "$(cat "$work/desk.id")" 2>/dev/null
printf '[daemon]\nstatus_interval = "1s"\n' >>"$(home_of desk)/config.toml"
start nas
start desk
on desk connect "$(address nas)" >/dev/null

# json HOST EXPRESSION: of what `status --json` says (`s`); `job(name)` is the job of that name.
json() {
  on "$1" status --json | python3 -c 'import json, sys
s = json.load(sys.stdin)
job = lambda name: next((j for j in s["jobs"] if j["job"] == name), {"state": "unknown"})
print(eval(sys.argv[1]))' "$2"
}
stands() { [ "$(json "$1" "job('$2')['state']")" = "$3" ]; }

# No jobs yet: no board, and all is well.
on desk status >"$work/out"
grep -q '^jobs' "$work/out" && fail "jobs where there are none: $(cat "$work/out")"
expect 0 desk status --check
grep -q '^OK: no jobs yet | jobs=0 ' "$work/out" || fail "--check says $(cat "$work/out")"

# A job runs there, and is seen here: running, well, failed with its last words.
mkfifo "$work/gate"
on nas run --job photos --source nas --destination usb -- sh -c "cat '$work/gate'" >/dev/null &
runner=$!
# Who waits at the gate is let go when the test ends early.
leave() {
  # shellcheck disable=SC2016 # for the inner shell
  timeout 1 sh -c 'echo >"$1"' - "$work/gate" || true
  end_daemons
}
trap leave EXIT
wait_until 20 stands desk photos running
echo go >"$work/gate"
wait "$runner" || fail "photos: exit $?"
wait_until 20 stands desk photos ok
expect 0 desk status --check
hostile='<script>alert("1")</script> | \033[31m red'
status=0
# shellcheck disable=SC2016 # for the inner shell
on nas run --job nightly --source nas --destination 'off|site<b>' -- \
  sh -c 'printf "fine\n"; printf "%b\n" "$1" >&2; exit 12' - "$hostile" >/dev/null 2>&1 || status=$?
[ "$status" = 12 ] || fail "nightly: exit $status"
wait_until 20 stands desk nightly failed
echo 'a line' | on nas publish --job piped
wait_until 20 stands desk piped lines
# The daemon says it by itself, if it is to, and publishes nothing for that.
wait_until 20 grep -q 'status: 1 host connected, [0-9]* messages of 2 feeds here, 0 elsewhere; jobs CRITICAL: nightly' "$work/desk.log"
grep -q 'status: ' "$work/nas.log" && fail "nas was not asked for it"

[ "$(json desk "[job(n)['states'] for n in ('photos', 'nightly', 'piped')]")" = "[['ok'], ['failed'], ['lines']]" ] ||
  fail "states: $(json desk "s['jobs']")"
[ "$(json desk "len(job('photos')['durations']) == 1 and job('photos')['durations'][0] == job('photos')['last']['duration']")" = True ] ||
  fail "durations: $(json desk "s['jobs']")"

[ "$(json desk "job('nightly')['last']['status']")" = 12 ] || fail "status: $(json desk "job('nightly')")"
[ "$(json desk "job('nightly')['lastBad'] is not None and job('nightly')['lastGood'] is None")" = True ] ||
  fail "last bad: $(json desk "job('nightly')")"
[ "$(json desk "job('photos')['lastGood']['end'] > 0")" = True ] || fail "last good: $(json desk "job('photos')")"
[ "$(json desk "[h['behind'] for h in s['hosts']]")" = '[0, 0]' ] || fail "behind: $(json desk "s['hosts']")"

# As text: those in trouble first, at each width, and nothing that a terminal would obey.
for columns in 40 80 200; do
  COLUMNS=$columns on desk status >"$work/out" || fail "status: $?"
  LC_ALL=C grep -q $'[\001-\010\013-\037\177]' "$work/out" && fail "a control character at $columns: $(cat "$work/out")"
  sed -n '1,/^publishing/p' "$work/out" | awk -v most="$columns" 'NR > 1 && length($0) > most && !/^publishing/ { exit 1 }' ||
    fail "a line of more than $columns: $(cat "$work/out")"
done
sed -n 4p "$work/out" | grep -q '^failed .* nightly .* nas > off.u007csite.u003cb.u003e ' || fail "text: $(cat "$work/out")"
grep -qF 'exit 12: <script>alert("1")</script> | \x1b[31m red' "$work/out" || fail "last words: $(cat "$work/out")"

# For a monitoring system: one line, one bar, 2.
expect 2 desk status --check
[ "$(wc -l <"$work/out")" = 1 ] || fail "--check: $(cat "$work/out")"
[ "$(tr -cd '|' <"$work/out" | wc -c)" = 1 ] || fail "bars: $(cat "$work/out")"
grep -q '^CRITICAL: nightly .* failed: exit 12: .* | jobs=3 ok=1 running=0 failed=1 silent=0 never_ended=0 late=0$' "$work/out" ||
  fail "--check: $(cat "$work/out")"
expect 3 nobody status --check
grep -q '^UNKNOWN: ' "$work/out" || fail "--check without a home: $(cat "$work/out")"
stop nas
expect 2 nas status --check
on nas run --job nightly --source nas --destination 'off|site<b>' -- true
expect 1 nas status --check
grep -q '^WARNING: the daemon does not run | ' "$work/out" || fail "--check without a daemon: $(cat "$work/out")"

# As a file: well formed, nothing of a log line is markup, nothing is fetched.
on desk status --html "$work/board.html" || fail "--html: $?"
python3 - "$work/board.html" <<'PY' || fail "the HTML file: $?"
import html.parser, re, sys
text = open(sys.argv[1], encoding="utf-8").read()
void = {"meta", "br"}
class Reader(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.words = [], ""
    def handle_starttag(self, tag, attributes):
        assert tag not in ("script", "img", "iframe", "link", "b"), tag
        for name, value in attributes:
            assert not name.startswith("on") and name not in ("src", "href"), name
        if tag not in void:
            self.open.append(tag)
    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag
    def handle_data(self, data):
        self.words += data
reader = Reader()
reader.feed(text)
reader.close()
assert reader.open == [], reader.open
assert '<script>alert("1")</script> | \\x1b[31m red' in reader.words, reader.words
assert "off|site<b>" in reader.words
assert "Content-Security-Policy" in text and not re.search(r"https?:", text)
PY
expect 0 desk status --html -
[ "$(head -n 1 "$work/out")" = '<!DOCTYPE html>' ] || fail "--html - prints $(head -n 3 "$work/out")"
expect 64 desk status --html "$work/x.html" --json
expect 64 desk status --watch
says 'needs a terminal'

# --watch in a terminal: it shows what changes, and leaves the terminal as it was.
python3 - "$ssblog" "$work/desk" <<'PY' || fail "--watch: $?"
import os, pty, select, struct, subprocess, sys, termios, fcntl, time
ssblog, home = sys.argv[1:]
env = dict(os.environ, HOME=home, XDG_STATE_HOME=home + "/state", XDG_DATA_HOME=home + "/data", TERM="xterm")
pid, terminal = pty.fork()
if pid == 0:
    os.execve(ssblog, [ssblog, "status", "--watch"], env)
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 90, 0, 0))
seen = b""
def read_until(wanted, seconds=20):
    global seen
    end = time.monotonic() + seconds
    while wanted not in seen:
        assert time.monotonic() < end, (wanted, seen[-2000:])
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                seen += os.read(terminal, 65536)
            except OSError:
                break
    assert wanted in seen, (wanted, seen[-2000:])
read_until(b"\x1b[?1049h")
read_until(b"nightly")
assert b"\x1b[1;31mfailed" in seen
subprocess.run([ssblog, "run", "--job", "brand-new", "--", "true"], env=env, check=True)
read_until(b"brand-new")
os.write(terminal, b"q")
read_until(b"\x1b[?25h\x1b[?1049l")
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
PY
