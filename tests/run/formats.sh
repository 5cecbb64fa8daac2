#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run/formats.sh SSBLOG - each format before the program that it is for: systemd-journal-remote and journalctl,
# rsyslog by lines and by octets, lnav with our format file; the formats of services that are not here by their rules.
# Hostile lines are among them, and each consumer must give back the bytes that went in.
# shellcheck source=tests/run/common.sh
. "$(dirname -- "$0")/common.sh" "$@"
need python3
root=$(cd -- "$(dirname -- "$0")/../.." && pwd)
missing=()

init a
{
  printf 'plain\n\n  blank begin and end  \n"quoted" \\back ] [a b="c"]\n\tä 😀 \xe2\x80\xaebidi\n'
  printf '\033[31mred\033[0m \a\b\r\n\xff\xfe no text\nnul \0 here\n<13>1 - - - - - - fake\nMESSAGE=fake\n{"text":"fake"}\n'
  head -c 8000 /dev/zero | tr '\0' 'x'
  printf '\n'
} >"$work/lines"
on a publish --job 'my "job" ä/..' --destination off] --stream 'st\r' <"$work/lines" 2>/dev/null
on a publish --job nightly --level err --text 'it failed' >/dev/null
on a run --job wrapped -- sh -c 'echo out; exit 3' >/dev/null 2>&1 || true
on a assemble --format jsonl >"$work/all.jsonl"
count=$(wc -l <"$work/all.jsonl")
[ "$count" = 16 ] || fail "$count lines instead of 16"

# compare WHAT: $work/got has a line each: hex of the bytes, job as hex, sequence, in the order of the lines.
python3 - "$work/all.jsonl" >"$work/wanted" <<'END'
import base64, json, sys
for line in open(sys.argv[1]):
    o = json.loads(line)
    data = base64.b64decode(o["base64"]) if "base64" in o else o["text"].encode()
    print(data.hex() or "-", o.get("job", "").encode().hex() or "-", o["sequence"])
END
compare() {
  diff -- "$work/wanted" "$work/got" >"$work/difference" || fail "$1: $(cut -c1-300 "$work/difference" | head -n 6)"
}

# ---- what went in ----

cut -d' ' -f1 "$work/wanted" | head -n 12 >"$work/first"
python3 -c 'import sys
for line in sys.stdin.buffer.read().split(b"\n")[:-1]: print(line.hex() or "-")' <"$work/lines" >"$work/in"
same "$work/in" "$work/first" "jsonl does not give back the bytes that went in"

# ---- the journal ----

remote=$(command -v systemd-journal-remote || true)
for place in /lib/systemd /usr/lib/systemd; do
  [ -n "$remote" ] || [ ! -x "$place/systemd-journal-remote" ] || remote=$place/systemd-journal-remote
done
if [ -n "$remote" ] && command -v journalctl >/dev/null; then
  on a assemble --format export | "$remote" -o "$work/all.journal" - >/dev/null 2>"$work/said" || fail "systemd-journal-remote: $(cat "$work/said")"
  journalctl --quiet --file "$work/all.journal" -o json --all >"$work/journal.json" || fail "journalctl"
  python3 - "$work/journal.json" >"$work/got" <<'END'
import json, sys
def data(value):
    return bytes(value) if isinstance(value, list) else value.encode()
for line in open(sys.argv[1]):
    o = json.loads(line)
    print(data(o["MESSAGE"]).hex() or "-", data(o.get("SSBLOG_JOB", "")).hex() or "-", o["SSBLOG_SEQUENCE"])
END
  compare "the journal"
  journalctl --quiet --file "$work/all.journal" -p err -o cat >"$work/out"
  [ "$(cat "$work/out")" = 'it failed' ] || fail "journalctl -p err: $(cat "$work/out")"
  journalctl --quiet --file "$work/all.journal" -t nightly -o short-iso --utc | grep -q ' a nightly: it failed$' || fail "journalctl -t nightly"
else
  missing+=(systemd-journal-remote)
fi

# ---- rsyslog ----

# with_rsyslog NAME MODE: what rsyslog makes of $work/NAME, sent over TCP.
with_rsyslog() {
  local dir=$work/rsyslog.$1 pid port
  mkdir -p "$dir"
  cat >"$dir/conf" <<END
global(workDirectory="$dir" parser.escapeControlCharactersOnReceive="off" maxMessageSize="64k" processInternalMessages="on")
module(load="imtcp")
template(name="all" type="list") {
  property(name="msgid") constant(value="\\t") property(name="app-name") constant(value="\\t")
  property(name="syslogseverity") constant(value="\\t") property(name="hostname") constant(value="\\t")
  property(name="structured-data") constant(value="\\t") property(name="msg") constant(value="\\n")
}
ruleset(name="in") { action(type="omfile" file="$dir/out" template="all" asyncWriting="off") }
input(type="imtcp" port="0" address="127.0.0.1" listenPortFileName="$dir/port" ruleset="in")
END
  rsyslogd -n -f "$dir/conf" -i "$dir/pid" >"$dir.log" 2>&1 &
  pid=$!
  wait_until 20 test -s "$dir/port"
  port=$(cat "$dir/port")
  cat <"$work/$1" >"/dev/tcp/127.0.0.1/$port"
  has_all() { [ -e "$dir/out" ] && [ "$(wc -l <"$dir/out")" -ge "$count" ]; }
  wait_until 20 has_all
  kill "$pid"
  wait "$pid" || true
}
cat >"$work/syslog.py" <<'END'
import re, sys
def unescape(text):
    def one(match):
        c = match.group(1)
        if c[0] == "u": return chr(int(c[1:], 16)).encode()
        return bytes([int(c[1:], 16)]) if c[0] == "x" else {"\\": b"\\", "r": b"\r"}[c]
    out, at = b"", 0
    for match in re.finditer(r"\\(\\|r|x..|u....)", text):
        out += text[at:match.start()].encode() + one(match)
        at = match.end()
    return out + text[at:].encode()
for line in open(sys.argv[1], encoding="utf-8", newline="\n"):
    kind, app, severity, host, data, msg = line.rstrip("\n").split("\t", 5)
    fields = {m.group(1): unescape(re.sub(r"\\(.)", r"\1", m.group(2)))
              for m in re.finditer(r' ([a-z]+)="((?:[^"\\]|\\.)*)"', data)}
    assert data.startswith("[ssblog@32473 "), data
    assert fields["type"] == kind.encode() and host == "a", line
    assert severity == ("3" if app == "nightly" else "5" if kind == "job" else "6"), line
    body = unescape(msg) if "escaped" in fields else msg.encode()
    print(body.hex() or "-", fields.get("job", b"").hex() or "-", fields["sequence"].decode())
END
if command -v rsyslogd >/dev/null; then
  on a assemble --format syslog5424 >"$work/lines.syslog"
  on a assemble --format syslog5424 --octets >"$work/octets.syslog"
  for name in lines octets; do
    with_rsyslog "$name.syslog"
    python3 "$work/syslog.py" "$work/rsyslog.$name.syslog/out" >"$work/got" || fail "rsyslog, $name"
    compare "rsyslog, $name"
  done
else
  missing+=(rsyslog)
fi

# ---- lnav ----

if command -v lnav >/dev/null; then
  mkdir -p "$work/lnav/formats/ssblog" "$work/user"
  cp -- "$root/packaging/lnav/ssblog.json" "$work/lnav/formats/ssblog/"
  # ask FILE SQL
  ask() { at user lnav -n -I "$work/lnav" -c ";$2" -c ':write-csv-to -' "$1"; }
  at user lnav -I "$work/lnav" -C >"$work/said" 2>&1 || fail "lnav does not take the format: $(cat "$work/said")"
  on a assemble >"$work/all.log"
  on a assemble --time-zone Asia/Tokyo >"$work/tokyo.log"
  for form in all.log tokyo.log all.jsonl; do
    table=ssblog_text
    [ "$form" != all.jsonl ] || table=ssblog_jsonl
    got=$(ask "$work/$form" "select count(*) as n from $table" | tail -n 1)
    [ "$got" = "$count" ] || fail "lnav sees $got lines of $count in $form"
  done
  got=$(ask "$work/all.log" "select job, stream, kind, log_level, log_body from ssblog_text where job = 'nightly' or kind = '!'")
  [ "$(head -n 2 <<<"$got" | tail -n 1)" = 'nightly,stdout,:,info,it failed' ] || fail "lnav, text: $got"
  grep -q '^wrapped,,!,notice,job event=end run=.* status=3 ' <<<"$got" || fail "lnav, text: $got"
  got=$(ask "$work/all.jsonl" "select host, job, stream, log_level, log_body from ssblog_jsonl where log_level = 'error'" | tail -n 1)
  [ "$got" = 'a,nightly,stdout,error,it failed' ] || fail "lnav, jsonl: $got"
else
  missing+=(lnav)
fi

# ---- what cannot be here: Graylog, Elasticsearch, Loki, by their rules ----

for format in gelf ecs loki logfmt; do on a assemble --format "$format" >"$work/all.$format"; done
python3 - "$work" <<'END' || fail "a format does not keep its rules"
import json, re, sys
work = sys.argv[1]
lines = lambda name: open(f"{work}/all.{name}", encoding="utf-8", newline="\n").read().split("\n")[:-1]
count = sum(1 for _ in open(f"{work}/all.jsonl"))
gelf = [json.loads(line) for line in lines("gelf")]
assert len(gelf) == count
for o in gelf:
    assert o["version"] == "1.1" and o["host"].strip() and o["short_message"].strip() and isinstance(o["timestamp"], float)
    assert all(re.fullmatch(r"_[\w.-]+", k) and k != "_id" for k in set(o) - {"version", "host", "short_message", "full_message", "timestamp", "level"})
ecs = [json.loads(line) for line in lines("ecs")]
assert len(ecs) == 2 * count
ids = [o["create"]["_id"] for o in ecs[0::2]]
assert len(set(ids)) == count and all(len(i.encode()) <= 512 for i in ids)
assert all(o["@timestamp"].endswith("Z") and isinstance(o["message"], str) and "ecs" in o for o in ecs[1::2])
values = []
for body in map(json.loads, lines("loki")):
    assert set(body) == {"streams"}
    for stream in body["streams"]:
        assert all(re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", k) and isinstance(v, str) for k, v in stream["stream"].items())
        for time, text, meta in stream["values"]:
            assert re.fullmatch(r"\d{19}", time) and all(isinstance(v, str) for v in meta.values())
            values.append((time, text))
assert len(values) == count == len(set(values))
assert len(lines("logfmt")) == count
END

# ---- words ----

ends_with 64 'there is no format "xml"' at a "$ssblog" assemble --format xml
ends_with 64 'unknown placeholder {x}' at a "$ssblog" assemble --template '{x}'
ends_with 64 'knows no time zone "Mars"' at a "$ssblog" assemble --time-zone Mars
ends_with 64 'leave format, template and time zone out' at a "$ssblog" assemble --raw --format gelf
got=$(on a assemble --template '{job}|{level}|{text}' --job nightly)
[ "$got" = 'nightly|err|it failed' ] || fail "a template: $got"
got=$(on a log -n 1 -o logfmt --job nightly)
[[ $got == time=*" job=nightly stream=stdout level=err text=\"it failed\"" ]] || fail "log -o logfmt: $got"

[ "${#missing[@]}" = 0 ] || skip "these are not installed, all else is well: ${missing[*]}"
