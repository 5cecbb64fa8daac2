#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/run/view_hostile.py SSBLOG - texts that would like to be something else, in each name and line that a host can publish:
JSON, Prometheus' text and events come out whole, and what comes out of them is what went in."""

import hashlib
import json
import re
import sys
import time
import urllib.parse

from view_host import World, check

HOSTILE = {
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>&lt;",
    "quotes": "\"'`\\\"}]\\u0022\\",
    "prometheus": 'x"} 1\nssblog_forged{a="b"} 9 # ',
    "events": "a\n\nevent: forged\ndata: {}\n\nid: 1\r\rdata: b",
    "header": "a\r\nSet-Cookie: a=b\r\n\r\n<html>",
    "terminal": "\x1b]0;title\x07\x1b[31mred\x1b[2J\x9b1m\x7f\x08",
    "bidi": "\u202eevil\u2066\u200f\u061c",
    "nul": "a\0b",
    "lines": "\u2028\u2029\u0085\x0b\x0c",
    "newline": "one\ntwo",
    "escapes": "\\n\\x41\\u0041\\",
    "unicode": "ünï \U0001f525 e\u0301 \ufeff \ufffe \ufffd",
    "path": "../../etc/passwd",
    "address": "a/b?x=1&y=2#z%2f%00+ ",
    "braces": "{}{0}%s%n$HOME`id`",
    "blank": " \t ",
    "dots": "..",
    "at": "nas@12345678",
    "long": "x" * 300,
}
METRIC = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([0-9.eE+-]+|NaN|[+-]Inf)')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')


def check_kind(answer, kind):
    check(answer.headers["content-type"] == kind, answer.headers)
    check(answer.headers["x-content-type-options"] == "nosniff", answer.headers)
    check("default-src 'none'" in answer.headers["content-security-policy"], answer.headers)
    check("set-cookie" not in answer.headers, answer.headers)


def ask(view, target):
    answer = view.ask(target)
    check(answer.status == 200, target, answer.status, answer.body[:300])
    check_kind(answer, "application/json; charset=utf-8")
    # Nothing that a browser or a terminal would obey stands there as it is.
    check(all(byte >= 0x20 or byte == 0x0A for byte in answer.body), target, answer.body[:500])
    return answer.json


def parse_metrics(text):
    """Text format 0.0.4 by its own rules: (name, labels) of each sample; a family's help and type come before it, once."""
    check(text.endswith("\n"), "the last line ends")
    samples, family, families = {}, None, {}
    for line in text[:-1].split("\n"):
        if line.startswith("# "):
            _, what, name, rest = line.split(" ", 3)
            check(what in ("HELP", "TYPE") and (name, what) not in families, line)
            check(what == "HELP" or rest in ("gauge", "counter"), line)
            families[name, what] = rest
            family = name
            continue
        found = METRIC.fullmatch(line)
        check(found, "no sample:", repr(line))
        check(found[1] == family and (family, "TYPE") in families, line)
        labels, rest = {}, found[2] or ""
        while rest:
            label = LABEL.match(rest)
            check(label and label[1] not in labels, "no label:", repr(rest))
            labels[label[1]] = re.sub(r"\\(.)", lambda at: "\n" if at[1] == "n" else at[1], label[2])
            rest = rest[label.end():]
        key = found[1], tuple(sorted(labels.items()))
        check(key not in samples, "twice:", key)
        samples[key] = float(found[3])
    return samples


def parse_events(text):
    """(event, data) of each, as a browser reads them: lines end with CR LF, LF or CR."""
    events, name, data = [], "message", []
    for line in re.split("\r\n|\n|\r", text):
        if not line:
            if data:
                events.append((name, "\n".join(data)))
            name, data = "message", []
        elif not line.startswith(":"):
            field, _, value = line.partition(":")
            check(field in ("event", "data"), line)
            if field == "event":
                name = value.removeprefix(" ")
            else:
                data.append(value.removeprefix(" "))
    return events


def publish(host, text, rule):
    """All that can have a text, with it."""
    host.publish_content({"type": "log", "source": text, "destination": text, "job": text, "stream": text, "text": text})
    run = hashlib.sha256(text.encode()).hexdigest()[:16]
    now = int(time.time() * 1000)
    start = {"type": "job", "job": text, "source": text, "destination": text, "run": run, "event": "start", "time": now - 5000}
    host.publish_content(start)
    host.publish_content(start | {"event": "end", "time": now, "status": 1, "duration": 5000, "reason": text})
    said = "ssblog alert 1\nfailed\n" + rule + "\n" + host.id + "\n"
    said += "".join(json.dumps(text, ensure_ascii=False) + "\n" for _ in range(3)) + f"{now}\n"
    host.publish_content({"type": "alert", "kind": "failed", "id": hashlib.sha256(said.encode()).hexdigest(), "rule": rule,
                          "host": host.id, "job": text, "source": text, "destination": text, "due": now, "after": now, "run": text,
                          "detail": text})


def check_texts(view):
    everything, files = [], {}
    target = "/?limit=100"
    while target:
        page = ask(view, target)
        everything += page["data"]
        target = page["next"] and page["next"][len(view.base):]
    for row in ask(view, "/hosts/nas/files/")["data"]:
        files[row["filename"]] = row["url"][len(view.base):]
    jobs = {job["job"]: job for job in ask(view, "/jobs")["jobs"]}
    alerts = {alert["job"]: alert for alert in ask(view, "/alerts")["data"]}
    answer = view.ask("/metrics")
    check_kind(answer, "text/plain; version=0.0.4; charset=utf-8")
    metrics = parse_metrics(answer.body.decode())
    troubles = {dict(labels)["job"]: value for (name, labels), value in metrics.items() if name == "ssblog_job_trouble"}
    check(set(troubles) >= {text.replace("\0", "\ufffd") for text in HOSTILE.values()}, troubles)
    check(not any("forged" in name for name, _ in metrics), "a metric is forged")
    for name, text in HOSTILE.items():
        # An end of a line within a text makes two lines of it; names stay whole.
        lines = text.split("\n")
        rows = [row for row in everything if row.get("job") == text and row["type"] == "log"]
        check([row["text"] for row in reversed(rows)] == lines, name, rows)
        for row in rows:
            check(row["source"] == row["destination"] == row["stream"] == text, name, row)
        file = f"{text}/{text}"
        check(file in files, name, repr(file), list(files))
        got = ask(view, files[file])["data"]
        check([row["logline"] for row in reversed(got)] == lines, name, got)
        check(all(row["filename"] == file and row["host"] == "nas" for row in got), name, got)
        needle = urllib.parse.quote(lines[0], safe="")
        found = ask(view, f"/hosts/nas/logs?filter={needle}&count=1000")
        check(any(row["filename"] == file for row in found["data"]), name, "by filter", found)
        job = jobs[text]
        check(job["source"] == job["destination"] == text and job["state"] == "failed", name, job)
        check(job["last"]["reason"] == text, name, job)
        alert = alerts[text]
        check(alert["source"] == alert["destination"] == alert["run"] == alert["detail"] == text, name, alert)


def check_names(view, host):
    """What a host calls itself."""
    for name, text in HOSTILE.items():
        host.publish_content({"type": "about", "about": host.id, "name": text})
        rows = ask(view, "/hosts/")["data"]
        check(len(rows) == 1, rows)
        plain = text not in ("..", "", ".") and "\0" not in text and "@" not in text and len(text.encode()) <= 64
        short = "@" + host.id[1:9].replace("+", "-").replace("/", "_")
        want = text if plain else text + short if "@" in text and len(text) <= 64 else short
        check(rows[0]["host"] == want, name, rows, want)
        check(ask(view, rows[0]["url"][len(view.base):])["data"], name)
        path = rows[0]["url"][len(view.base):]
        got = ask(view, f"{path}logs?count=1")
        check(got["data"][0]["host"] == want and got["next"].startswith(rows[0]["url"] + "logs?"), name, got)
        check([one["name"] for one in ask(view, "/jobs")["hosts"]] == [text], name)
        check(ask(view, "/?limit=1")["data"][0]["host"], name)
        metrics = parse_metrics(view.ask("/metrics").body.decode())
        check(any(dict(labels).get("host") == text.replace("\0", "\ufffd") for _, labels in metrics), name)
    host.publish_content({"type": "about", "about": host.id, "name": "nas"})


def check_lines(view, host):
    """Bytes that are no text, and lines longer than anybody wants."""
    lines = {b"bad \xff\xfe \xc0\xaf \xed\xa0\x80 end": "bad \\xff\\xfe \\xc0\\xaf \\xed\\xa0\\x80 end", b"nul \0 in it": "nul \0 in it",
             b"y" * 8192: "y" * 8192, b"<b>" * 2731: "<b>" * 2731, b"\x1b[31m" * 1000: "\x1b[31m" * 1000, b"tab\tcr\r": "tab\tcr\r",
             b"z" * 65536: "z" * 65536, b"z" * 65537: "z" * 65536 + "...", "ü".encode() * 50000: "ü" * 32768 + "...",
             b"a" + "ü".encode() * 50000: "a" + "ü" * 32767 + "...", b"": ""}
    for at, (line, want) in enumerate(lines.items()):
        host.publish(line + b"\n", "--job", f"line{at}")
        got = ask(view, f"/hosts/nas/logs?file=line{at}/stdout")["data"]
        check([row["logline"] for row in got] == [want], at, str(got)[:300])
        record = ask(view, f"/?filter=job:line{at}")["data"]
        said = json.loads(host.on("log", "-n", "all", "-o", "jsonl", f"job:line{at}"))
        if want.endswith("..."):
            said["text"] = want
        check(record == [said], at, str(record)[:300], str(said)[:300])
    host.publish(b"".join(b"%d" % i + b"m" * 60000 + b"\n" for i in range(200)), "--job", "much")
    page = ask(view, "/hosts/nas/logs?file=much/stdout&count=1000")
    check(20 < len(page["data"]) < 50 and page["next"], len(page["data"]))
    numbers = []
    while True:
        numbers += [int(re.match(r"\d+", row["logline"])[0]) for row in page["data"]]
        if not page["next"] or len(numbers) > 200:
            break
        page = ask(view, page["next"][len(view.base):])
    check(numbers == list(range(199, -1, -1)), numbers)


def check_stream(view, host):
    with view.connect() as peer:
        peer.sendall(f"GET /stream HTTP/1.1\r\nHost: {view.name}\r\nAuthorization: {view.token}\r\n\r\n".encode())
        got = b""
        while b": ssblog" not in got:
            got += peer.recv(65536)
        head = got.split(b"\r\n\r\n")[0].lower()
        check(b"content-type: text/event-stream" in head and b"x-content-type-options: nosniff" in head, head)
        # Who was greeted misses nothing.
        host.publish(b"first\n", "--job", "first")
        while b"event: line" not in got:
            got += peer.recv(65536)
        for text in HOSTILE.values():
            host.publish_content({"type": "log", "job": text, "stream": text, "text": text})
        host.publish(b"the end of it\n", "--job", "last")
        while b"the end of it" not in got or not got.endswith(b"\n\n\r\n"):
            got += peer.recv(65536)
    body, plain = got.split(b"\r\n\r\n", 1)[1], b""
    while body:
        size, _, body = body.partition(b"\r\n")
        plain += body[:int(size, 16)]
        body = body[int(size, 16) + 2:]
    events = parse_events(plain.decode())
    check({name for name, _ in events} <= {"line", "board", "alert", "lost"}, {name for name, _ in events})
    heard = [json.loads(data) for name, data in events if name == "line"]
    for name, text in HOSTILE.items():
        rows = [row for row in heard if row.get("job") == text]
        check([row["text"] for row in rows] == text.split("\n"), name, rows)
        check(all(row["stream"] == text for row in rows), name, rows)


def main():
    with World(sys.argv[1]) as world:
        host = world.host("nas")
        rule = json.loads(host.on("expect", "add", "--job", "nightly", "--fail-after", "1", "--json"))["rule"]
        for text in HOSTILE.values():
            publish(host, text, rule)
        view = host.view()
        check_texts(view)
        check_lines(view, host)
        check_stream(view, host)
        check_names(view, host)
        print(f"{len(HOSTILE)} hostile texts come out as they went in")
        view.stop()


main()
