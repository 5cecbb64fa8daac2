#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/log_words.sh SSBLOG - the words by which `log` and `assemble` choose lines, and their options.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$1"

init nas
init web
put() { # HOST JOB STREAM LEVEL TEXT
  on "$1" publish --job "$2" --stream "$3" --level "$4" --text "$5" >/dev/null || fail "publish at $1"
}
put nas nightly stdout info 'backup of /srv began'
put nas nightly stderr err 'Disk full on /srv'
put nas weekly stdout warning 'disk nearly full'
put nas 'my job' stdout info 'status:500 for http://web/'
on nas run --job failing -- false >/dev/null 2>&1 || true
put web nightly stdout info 'all good here'
put web cron stdout debug 'ärger mit a*b'
on web export --output "$work/web.bundle" >/dev/null 2>&1 || fail "export"
on nas import "$work/web.bundle" >/dev/null 2>&1 || fail "import"

# texts WORDS...: what stands behind the names of the lines that come.
texts() { on nas log "$@" | sed 's/^[^ ]* [^ ]* .*\][:!] //'; }
# gives WANTED WORDS...: these lines, parted by `|`.
gives() {
  local wanted=$1 got
  shift
  got=$(texts "$@" | paste -sd '|')
  [ "$got" = "$wanted" ] || fail "log $*: got \"$got\", not \"$wanted\""
}

gives 'Disk full on /srv|disk nearly full' full
gives 'Disk full on /srv|disk nearly full' disk full
gives 'Disk full on /srv' 'disk full'
gives 'Disk full on /srv' Disk
gives 'Disk full on /srv|disk nearly full' --ignore-case Disk
gives 'disk nearly full' --case-sensitive disk
gives 'Disk full on /srv' full -- '-nearly'
gives 'backup of /srv began|Disk full on /srv|all good here' job:nightly
gives 'all good here' job:nightly host:web
gives 'backup of /srv began|Disk full on /srv|all good here|ärger mit a*b' job:nightly job:cron
gives 'disk nearly full' 'job:week*'
gives '' 'job:"week*"'
gives 'status:500 for http://web/' 'job:my job'
gives 'status:500 for http://web/' status:500
gives 'status:500 for http://web/' http://web/
gives 'all good here|ärger mit a*b' "host:$(cut -c2-9 "$work/web.id" | tr '+/' '-_')"
gives 'all good here|ärger mit a*b' --host web
gives 'ärger mit a*b' 'a*b'
gives 'ärger mit a*b' 'ÄRGER' --ignore-case
gives 'Disk full on /srv' stream:stderr -n all host:nas job:nightly
gives 'disk nearly full' level:warning..warning
gives 'disk nearly full' -p warning..warning
gives 'disk nearly full' '/d.sk.*full$/'
gives 'Disk full on /srv|disk nearly full' -g 'd.sk.*full'
gives 'disk nearly full' -g 'd.sk.*full' nearly
gives 'all good here' -v -g '[sf]' job:nightly
gives '' since:+1h
gives 'all good here' -n 1 good
gives 'Disk full on /srv|disk nearly full' -n 2 disk
gives 'disk nearly full|Disk full on /srv' -r disk
# A job that failed is an error, too.
texts level:err | grep -q 'event=end .*status=1' || fail "a failed job is no error"
[ "$(texts level:err | wc -l)" = 2 ] || fail "level:err gives something else"

# The same words at assemble; the file knows with which ones it was made.
on nas assemble -o "$work/disk.log" disk host:nas || fail "assemble"
[ "$(wc -l <"$work/disk.log")" = 2 ] || fail "assemble with words gave $(wc -l <"$work/disk.log") lines"
put nas nightly stdout info 'another disk'
put nas nightly stdout info 'another thing'
on nas assemble -o "$work/disk.log" disk host:nas 2>"$work/said" || fail "assemble again"
[ ! -s "$work/said" ] || fail "the file was made anew: $(cat "$work/said")"
[ "$(wc -l <"$work/disk.log")" = 3 ] || fail "a line more did not come"
on nas assemble -o "$work/disk.log" thing 2>"$work/said" || fail "assemble with other words"
grep -q 'made anew: it was made with other options' "$work/said" || fail "other words are another file"

# Mistakes are told with the word and what it should be.
expect 64 nas log level:bad
says '.level:bad.: "bad" is no level; the levels are emerg'
expect 64 nas log -p bad
expect 64 nas log -g '('
expect 64 nas log since:never
expect 64 nas log feed:nobody
expect 64 nas log -v x
# A word with a dash that would be read as options: -r, and -u with "n:x".
expect 64 nas log -run:x
says '-run:x would be read as options: .* as .-- -run:x.'
expect 64 nas log -r -- -run:
expect 64 nas streams job:nightly -host:nas
says '-host:nas would be read as options'
expect 0 nas log -rg -job:nightly
[ ! -s "$work/out" ] || fail "a pattern with a dash: $(cat "$work/out")"
[ "$(on nas log -u nightly -- -host:nas | wc -l)" = 1 ] || fail "options, and a word with a dash behind them"
expect 64 nas log ''
expect 64 nas assemble --raw some words

# The streams of all hosts.
on nas streams --json | python3 -c '
import json, sys
rows = [json.loads(line) for line in sys.stdin]
got = [(row["host"], row["job"], row["stream"]) for row in rows]
wanted = [("nas", "my job", "stdout"), ("nas", "nightly", "stderr"), ("nas", "nightly", "stdout"),
          ("nas", "weekly", "stdout"), ("web", "cron", "stdout"), ("web", "nightly", "stdout")]
assert got == wanted, got
assert all(row["last"].startswith("20") for row in rows), rows' || fail "streams --json"
[ "$(on nas streams host:web 'job:n*' | wc -l)" = 2 ] || fail "streams of web"
expect 64 nas streams level:err

# One run of several of a job: its lines and its records, and nothing else.
for word in one two; do on nas run --job twice -- sh -c "echo $word; echo $word >&2" >/dev/null 2>&1; done
run=$(on nas status --json | python3 -c '
import json, sys
print(next(job["last"]["run"] for job in json.load(sys.stdin)["jobs"] if job["job"] == "twice"))')
[ "$(texts "run:$run" stream:stdout)" = two ] || fail "run:$run: $(texts "run:$run")"
[ "$(texts "run:$run" job:twice | wc -l)" = 4 ] || fail "run:$run: $(texts "run:$run")"
[ "$(texts job:twice -- "-run:$run" | grep -c one)" = 2 ] || fail "-run:$run: $(texts job:twice -- "-run:$run")"
texts job:twice -- "-run:$run" | grep -q two && fail "-run:$run gives lines of that run"
on nas assemble --job twice "run:$run" -o "$work/run.log" || fail "assemble of a run"
[ "$(wc -l <"$work/run.log")" = 4 ] || fail "assemble of a run: $(cat "$work/run.log")"
expect 64 nas streams "run:$run"
expect 64 nas log run:

# Environment, service and function, by the names of publish and by the short ones of other programs.
on nas publish --job shop --env prod --service api --function pay --text 'one paid' >/dev/null || fail "publish with fields"
on nas publish --job shop --env prod --svc web --fn show --text 'one looked' >/dev/null || fail "publish with short fields"
on nas publish --job shop --env test --svc api --text 'one tried' >/dev/null || fail "publish with fields"
gives 'one paid|one looked' env:prod
gives 'one paid|one tried' service:api
gives 'one looked' 'function:s*' env:prod
gives 'one tried' job:shop -- -env:prod
gives 'one paid' env:prod service:api function:pay
gives 'one tried' job:shop 'function:""'
gives '' env:prod tried
# The same words choose what is searched, and what is written; a file knows which ones.
on nas search --index >/dev/null 2>&1 || fail "search --index"
[ "$(on nas search one env:prod 2>/dev/null | grep -c 'shop\[stdout\]: one')" = 2 ] || fail "search with env:"
on nas assemble -o "$work/prod.log" env:prod || fail "assemble env:"
[ "$(wc -l <"$work/prod.log")" = 2 ] || fail "assemble env:prod: $(cat "$work/prod.log")"
on nas assemble -o "$work/prod.log" service:api 2>"$work/said" || fail "assemble service:"
grep -q 'made anew: it was made with other options' "$work/said" || fail "service: is another file"
[ "$(wc -l <"$work/prod.log")" = 2 ] || fail "assemble service:api: $(cat "$work/prod.log")"
on nas log --json job:shop | python3 -c '
import json, sys
rows = [json.loads(line) for line in sys.stdin]
got = [(row.get("env"), row.get("service"), row.get("function")) for row in rows]
wanted = [("prod", "api", "pay"), ("prod", "web", "show"), ("test", "api", None)]
assert got == wanted, got
assert not any("svc" in row or "fn" in row for row in rows), rows' || fail "the fields in JSON"
on nas log --json job:nightly | grep -qE '"(env|service|function)"' && fail "fields that nobody said"
expect 64 nas streams env:prod
expect 64 nas assemble --raw function:pay
