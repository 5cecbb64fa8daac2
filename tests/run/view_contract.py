#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/run/view_contract.py SSBLOG - each address of the REST API with each combination of its parameters, for GET and
HEAD, on three hosts with thousands of lines, against what `ssblog log -o jsonl`, `status --json` and `alerts --json` say."""

import calendar
import hashlib
import itertools
import json
import random
import re
import subprocess
import sys
import time
import urllib.parse

from view_host import World, check, wait_until

MAX_COUNT = 500
ABSENT = object()


def quote(text):
    return urllib.parse.quote(text, safe="")


def target_of(path, parameters):
    """`parameters`: (name, value) pairs; those that are absent are left out, a list stands there as often."""
    said = []
    for name, value in parameters:
        for one in value if isinstance(value, list) else [value]:
            if one is not ABSENT:
                said.append(f"{quote(name)}={quote(one)}")
    return path + ("?" + "&".join(said) if said else "")


def short(host):
    """The eight characters of an id."""
    return host[1:9].replace("+", "-").replace("/", "_")


def file_name(record):
    job, stream = record.get("job", ""), record.get("stream", "")
    if stream.startswith("file:"):
        return stream[5:]
    if not stream:
        return job
    return f"{job}/{stream}" if job else stream


def seconds_of(record):
    when, part = record["time"].rstrip("Z").split(".")
    return f"{calendar.timegm(time.strptime(when, '%Y-%m-%dT%H:%M:%S'))}.{part}"


def row_of(record, host):
    return {"filename": file_name(record), "last_modified": seconds_of(record), "logline": record["text"], "host": host}


def in_line(said, line):
    """The rule of `filter`."""
    if len(said) > 2 and said.startswith("/") and said.endswith("/"):
        pattern = said[1:-1]
        return re.search(pattern, line, 0 if re.search("[A-Z]", pattern) else re.I) is not None
    if re.search("[A-Z]", said):
        return said in line
    return said in line.lower()


class Contract:
    def __init__(self, view):
        self.view, self.asked = view, 0

    def expect(self, target, status, same=None):
        """The answer to GET, which HEAD has to have too, but for its body."""
        answer = self.view.ask(target)
        check(answer.status == status, target, answer.status, "not", status, answer.body[:300])
        check(answer.headers["content-type"] in ("application/json; charset=utf-8",), target, answer.headers)
        check(answer.headers["x-content-type-options"] == "nosniff", target, answer.headers)
        check("access-control-allow-origin" not in answer.headers, target, answer.headers)
        got = answer.json
        if status != 200:
            check(set(got) == {"error"} and len(got["error"]) > 10, target, got)
        if same is not None:
            check(got["data"] == same, target, "\n got", json.dumps(got["data"])[:900], "\nnot", json.dumps(same)[:900])
        self.asked += 1
        if self.asked % 4 == 0:
            head = self.view.ask(target, "HEAD")
            check(head.status == status and head.body == b"", "HEAD", target, head.status)
            for name in ("content-type", "x-content-type-options", "content-security-policy"):
                check(head.headers[name] == answer.headers[name], "HEAD", target, name, head.headers)
            check(status != 200 or "now" in got or int(head.headers["content-length"]) == len(answer.body), "HEAD", target)
        return got

    def page(self, target, rows, count, path):
        """Rows of one page, and whether there is another one; its cursor."""
        got = self.expect(target, 200, rows[:count])
        check(set(got) == {"data", "next"}, target, set(got))
        check((got["next"] is not None) == (len(rows) > count), target, len(rows), count, got["next"])
        if got["next"] is None:
            return None
        address = urllib.parse.urlsplit(got["next"])
        check(urllib.parse.unquote(got["next"].split("?")[0]) == self.view.base + urllib.parse.unquote(path), got["next"])
        return dict(urllib.parse.parse_qsl(address.query, keep_blank_values=True))["before"]

    def through(self, target):
        """All rows, page by page."""
        rows, pages = [], 0
        while target:
            got = self.view.get(target)
            rows += got["data"]
            pages += 1
            target = got["next"] and got["next"][len(self.view.base):]
        return rows, pages


# What is wrong, and what is right, of each parameter: value -> what it means.
COUNTS = {ABSENT: 100, "1": 1, "7": 7, "007": 7, str(MAX_COUNT): MAX_COUNT}
NO_COUNTS = ["", "0", "-1", "+1", " 5", "5 ", "1e2", "x", "1.0", str(MAX_COUNT + 1), "1001", "99999999999999999999", ["5", "5"]]
NO_CURSORS = ["", "x", "AAAA", "%", "A" * 69, "A" * 71, "A" * 5000, ["x", "x"]]


def check_logs(contract, host, records):
    """/hosts/HOST/logs: every combination."""
    address, name, newest = f"/hosts/{quote(host)}/logs", host, list(reversed(records))
    files = sorted({file_name(record) for record in records})
    filters = {ABSENT: "", "": "", "line 1": "line 1", "LINE 1": "LINE 1", "Error": "Error", "/line [0-9]*7 /": "/line [0-9]*7 /",
               "/ERROR|x/": "/ERROR|x/", "//": "//", "/": "/", "nothing has this": "nothing has this", "%": "%", "ünï": "ünï"}
    no_filters = ["/(/", "/[/", ["a", "a"]]
    for file, cursor, (said, meant), (count, number) in itertools.product(
            [ABSENT, *files], [ABSENT, "half"], filters.items(), COUNTS.items()):
        if file is not ABSENT and file not in (files[0], files[-1]) and count not in (ABSENT, "7"):
            continue
        lines = [record for record in newest if file is ABSENT or file_name(record) == file]
        if cursor is not ABSENT:
            if len(lines) < 8:
                continue
            half = len(lines) // 2
            base = [("file", file)]
            if half > MAX_COUNT:
                half = MAX_COUNT
            cursor = contract.page(target_of(address, base + [("count", str(half))]), [row_of(r, name) for r in lines], half, address)
            lines = lines[half:]
        rows = [row_of(record, name) for record in lines if in_line(meant, record["text"])]
        target = target_of(address, [("filter", said), ("count", count), ("file", file), ("before", cursor)])
        contract.page(target, rows, number, address)
    # One that is wrong among others that are right, and all of them wrong.
    right = {"filter": "line", "count": "3", "file": files[0]}
    wrong = {"filter": no_filters, "count": NO_COUNTS, "before": NO_CURSORS, "file": [["x", "x"]]}
    for known in itertools.chain.from_iterable(itertools.combinations(right, n) for n in range(4)):
        for parameter, values in wrong.items():
            for value in values:
                others = [(name, right[name]) for name in known if name != parameter]
                contract.expect(target_of(address, others + [(parameter, value)]), 400)
        others = [(name, right[name]) for name in known]
        contract.expect(target_of(address, others + [("unknown", "1")]), 400)
        contract.expect(target_of(address, others + [("limit", "1")]), 400)
        others = [(name, value) for name, value in others if name != "file"]
        for none in ("", "none", files[0] + "/", files[0].upper() + "X"):
            contract.expect(target_of(address, others + [("file", none)]), 404)


def check_records(contract, records):
    """/ with parameters: the objects of jsonl."""
    newest = list(reversed(records))

    def is_of(name, value):
        return lambda record: record.get(name) == value
    words = {
        ABSENT: lambda _: True, "": lambda _: True, "job:web": is_of("job", "web"),
        "job:web stream:stderr": lambda r: r.get("job") == "web" and r.get("stream") == "stderr",
        "-job:web": lambda r: r.get("job") != "web", "host:a/b": is_of("host", "a/b"),
        # The end of a run that failed is as bad.
        "level:err": lambda r: r.get("level") == "err" or re.search("event=end .*status=[1-9]", r["text"]) is not None,
        '"line 1" job:web': lambda r: r.get("job") == "web" and "line 1" in r["text"].lower(),
        "/line [0-9]*5 /": lambda r: re.search("line [0-9]*5 ", r["text"], re.I) is not None,
        "nothing-has-this": lambda _: False,
    }
    for (said, wants), (count, number) in itertools.product(words.items(), COUNTS.items()):
        if said is ABSENT and count is ABSENT:
            continue  # that is the page
        rows = [record for record in newest if wants(record)]
        cursor = contract.page(target_of("/", [("filter", said), ("limit", count)]), rows, number, "/")
        if cursor:
            contract.page(target_of("/", [("limit", count), ("before", cursor), ("filter", said)]), rows[number:], number, "/")
    for filter_word in (ABSENT, "", "job:web"):
        for wrong in NO_COUNTS:
            contract.expect(target_of("/", [("filter", filter_word), ("limit", wrong)]), 400)
        for wrong in NO_CURSORS:
            contract.expect(target_of("/", [("filter", filter_word), ("before", wrong)]), 400)
        contract.expect(target_of("/", [("filter", filter_word), ("count", "1")]), 400)
    for wrong in ("level:loud", "since:never", "/(/", "feed:nobody", ["job:a", "job:b"]):
        contract.expect(target_of("/", [("filter", wrong), ("limit", "3")]), 400)


def check_alerts(contract, host):
    """/alerts: the objects of `ssblog alerts --json`."""
    said = [json.loads(line) for line in host.on("alerts", "--all", "--since", "366d", "--json").splitlines()]
    check(len(said) > 50 and {alert["over"] for alert in said} == {True, False}, len(said))
    newest = sorted(said, key=lambda alert: (alert["time"], alert["id"]), reverse=True)
    states = {ABSENT: lambda _: True, "open": lambda alert: not alert["over"], "over": lambda alert: alert["over"]}
    for (state, wants), (count, number) in itertools.product(states.items(), COUNTS.items()):
        rows = [alert for alert in newest if wants(alert)]
        cursor = contract.page(target_of("/alerts", [("state", state), ("limit", count)]), rows, number, "/alerts")
        if cursor:
            contract.page(target_of("/alerts", [("state", state), ("before", cursor), ("limit", count)]), rows[number:], number,
                          "/alerts")
    check(contract.through("/alerts?limit=3")[0] == newest, "alerts, page by page")
    for state in (ABSENT, "open"):
        for wrong in NO_COUNTS:
            contract.expect(target_of("/alerts", [("state", state), ("limit", wrong)]), 400)
        for wrong in NO_CURSORS:
            contract.expect(target_of("/alerts", [("state", state), ("before", wrong)]), 400)
    for wrong in ("", "OPEN", "all", ["open", "open"]):
        contract.expect(target_of("/alerts", [("state", wrong)]), 400)
    contract.expect("/alerts?filter=x", 400)
    contract.expect("/alerts/", 200)
    contract.expect("/alerts/x", 404)


def check_status(contract, host):
    """/jobs: what `ssblog status --json` says of the jobs, and of the hosts what a board knows."""
    status, got = json.loads(host.on("status", "--json")), contract.expect("/jobs", 200)
    check(got["jobs"] == status["jobs"], "jobs:", json.dumps(got["jobs"]), "\nnot", json.dumps(status["jobs"]))
    check({job["state"] for job in got["jobs"]} >= {"failed", "ok", "late"}, {job["state"] for job in got["jobs"]})
    check(got["hostsWithMoreJobs"] == status["hostsWithMoreJobs"] and got["id"] == status["id"], got)
    hosts = {one["id"]: one for one in status["hosts"]}
    check(len(got["hosts"]) == len(hosts) == 3, len(got["hosts"]))
    for one in got["hosts"]:
        check(one == {name: hosts[one["id"]][name] for name in one}, one)
        check(set(one) >= {"id", "name", "messages", "latest", "received", "behind", "via", "superseded"}, one)
    info = contract.expect("/info", 200)
    check(info["messages"] == sum(one["messages"] for one in status["hosts"]) and info["hosts"] == 3, info)
    check(info["maxCount"] == MAX_COUNT and info["daemon"] is None and info["id"] == host.id, info)
    check(info["storeBytes"] > 0, info)
    # Those of before may take a moment to end.
    wait_until(lambda: contract.expect("/info", 200)["connections"] == 1, "one connection alone")
    check(info["version"] in host.on("--version").decode(), info)


def check_with_daemon(contract, host):
    """What the daemon knows beside the store counts here, too."""
    daemon = host.start("daemon", "--host", "127.0.0.1", "--port", "0", stderr=subprocess.DEVNULL)
    wait_until(lambda: json.loads(host.on("status", "--json"))["daemon"] == daemon.pid, "the daemon")
    told = contract.expect("/info", 200)["daemon"]
    check(told["pid"] == daemon.pid and told["connected"] == 0 and told["held"] is False, told)
    check(isinstance(told["troubles"], list), told)
    # It may make an alert between the two.
    wait_until(lambda: contract.expect("/jobs", 200)["jobs"] == json.loads(host.on("status", "--json"))["jobs"], "jobs, with the daemon")
    daemon.terminate()
    check(daemon.wait(60) == 0, "the daemon ends with", daemon.returncode)
    wait_until(lambda: contract.expect("/info", 200)["daemon"] is None, "a daemon that has gone")


def check_plain(contract, names):
    """Addresses without parameters."""
    for path in ("/hosts/", "/hosts", "/jobs", "/info", "/healthz", *[f"/hosts/{quote(name)}/" for name in names],
                 *[f"/hosts/{quote(name)}/files/" for name in names]):
        contract.expect(path, 200)
        for wrong in ("?x=1", "?count=1", "?filter=", "?x", "?=", "?x=1&x=1"):
            contract.expect(path + wrong, 400)
    for none in ("/nothing", "/hosts/nobody/", "/hosts/nobody/logs", f"/hosts/{quote(names[0])}/files/x", "/jobs/x",
                 f"/hosts/{quote(names[0])}/other"):
        contract.expect(none, 404)


def alert_of(rule, host, job, kind, due, after):
    said = f"ssblog alert 1\n{kind}\n{rule}\n{host}\n{json.dumps(job)}\n\"\"\n\"\"\n{due}\n"
    return {"type": "alert", "kind": kind, "id": hashlib.sha256(said.encode()).hexdigest(), "rule": rule, "host": host, "job": job,
            "due": due, "after": after}


def make_lines(world):
    """Three hosts, two of one name, in the store of the first."""
    config = f"[view]\nlisten = '127.0.0.1:0'\nmax_count = {MAX_COUNT}\n[alerts]\npatience = '7m'\n"
    one, two, three = world.host("one", "twin", config), world.host("two", "twin"), world.host("three", "a/b")
    chance = random.Random(1)
    for round_ in range(6):
        for host in (one, two, three):
            for job, stream, level in (("web", "stdout", None), ("web", "stderr", "err"), ("db", "stdout", "info")):
                lines = "".join(f"line {i} of round {round_}, {chance.choice(['Error', 'fine', 'x'])} {chance.random()}\n"
                                for i in range(chance.randrange(20, 140)))
                host.publish(lines.encode(), "--job", job, "--stream", stream, *(["--level", level] if level else []))
    # One name in three ways; no job; a name as files have it; text that is no ASCII.
    one.publish(b"one way 1\n", "--job", "x", "--stream", "y/z")
    one.publish(b"another way 2\n", "--job", "x/y", "--stream", "z")
    one.publish(b"a third way 3\n", "--job", "w", "--stream", "file:x/y/z")
    one.publish(b"not that 4\n", "--job", "x/y", "--stream", "y/z")
    three.publish("grün line 12 ünï\n".encode(), "--job", "sprache")
    three.publish(b"from a file: line 17 of it\n", "--job", "files", "--stream", "file:/var/log/a b.log")
    two.on("run", "--job", "good", "--", "true")
    three.on("run", "--job", "bad", "--", "sh", "-c", "echo why >&2; exit 3", wanted=3)
    for other in (two, three):
        one.on("follow", other.id)
        other.give_to(one)
    return one, two, three


def make_alerts(host):
    """Rules, one of which has a job late; and alerts, more than a page has."""
    rule = json.loads(host.on("expect", "add", "--job", "bad", "--host", "a/b", "--fail-after", "1", "--json"))["rule"]
    late = host.on("expect", "add", "--job", "good", "--every", "1s", "--grace", "1s", "--json")
    check(late, "no rule")
    for i in range(70):
        kind = "failed" if i % 3 else "recovered"
        host.publish_content(alert_of(rule, host.id, f"job {i % 7}", kind, 1700000000000 + i, 1700000000000 + i))


def page_while_more_comes(contract, one, name):
    """Page by page each line once, also when new ones come meanwhile."""
    known = one.records()
    writer = one.start("publish", "--no-redact", "--job", "noise", "--batch", "0", stdin=subprocess.PIPE)
    published = 0
    for path, rows, size in ((f"/hosts/{quote(name)}/logs?count=", [row_of(r, name) for r in known if r["id"] == one.id], 61),
                             ("/?limit=", known, 97)):
        got, target, pages = [], f"{path}{size}", 0
        while target:
            writer.stdin.write(f"noise {published}\n".encode())
            writer.stdin.flush()
            published += 1
            page = contract.view.get(target)
            got += page["data"]
            pages += 1
            target = page["next"] and page["next"][len(contract.view.base):]
        got = [row for row in reversed(got) if "noise" not in row.get("filename", row.get("job", ""))]
        check(got == rows, path, "each line once:", len(got), "rows,", len(rows), "lines")
        check(pages > 10, pages)
    writer.stdin.close()
    check(writer.wait(60) == 0, "publish")
    print(f"paging: {published} lines came meanwhile")


def main():
    with World(sys.argv[1]) as world:
        one, two, three = make_lines(world)
        make_alerts(one)
        view = one.view()
        contract = Contract(view)
        records = one.records()
        check(len(records) > 3000, len(records))
        names = {host.id: name for host, name in
                 ((one, "twin@" + short(one.id)), (two, "twin@" + short(two.id)), (three, "a/b"))}
        listed = contract.expect("/hosts/", 200)["data"]
        check([row["host"] for row in listed] == sorted(names.values()), listed)
        for host, name in names.items():
            own = [record for record in records if record["id"] == host]
            url = f"{view.base}/hosts/{urllib.parse.quote(name, safe='@')}/"
            check({"host": name, "url": url} in listed, name, listed)
            rows = contract.expect(f"/hosts/{quote(name)}/files/", 200)["data"]
            check(sorted(row["filename"] for row in rows) == sorted({file_name(record) for record in own}), name, rows)
            check(rows == contract.expect(f"/hosts/{quote(name)}/", 200)["data"], name)
            for row in rows:
                answer = contract.view.get(row["url"][len(view.base):])
                check(answer["data"] and all(line["filename"] == row["filename"] for line in answer["data"]), row)
            for word in (host, short(host)):
                check(contract.expect(f"/hosts/{quote(word)}/", 200)["data"] == rows, word)
            check_logs(contract, name, own)
        check_plain(contract, list(names.values()))
        check_records(contract, records)
        check_alerts(contract, one)
        check_status(contract, one)
        rows, pages = contract.through("/?limit=13&filter=job:db")
        check(rows == [record for record in reversed(records) if record.get("job") == "db"], "db, page by page", pages)
        page_while_more_comes(contract, one, names[one.id])
        check_with_daemon(contract, one)
        print(f"{contract.asked} requests agree with {len(records)} lines")
        view.stop()


main()
