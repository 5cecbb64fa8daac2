#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/run/view_docs.py SSBLOG API.MD - asks each example of docs/api.md of a host that was made for it, and holds the
answer against the one that stands there: the same members, the same kinds of values, the same values where they can be known."""

import hashlib
import json
import re
import sys

from view_host import World, check

# What is another number each time.
TIMES = {"now", "since", "start", "end", "duration", "durations", "latest", "received", "due", "after", "time", "uptime", "messages",
         "sequence", "storeBytes", "freeBytes", "connections"}


def examples(path):
    """(target, answer) of each block."""
    with open(path, encoding="utf-8") as file:
        return re.findall(r"^```http\nGET (\S+)\n\n(.*?)\n```$", file.read(), re.M | re.S)


def masked_text(text, view):
    text = text.replace(view.base, "http://127.0.0.1:3032")
    text = re.sub(r"@[A-Za-z0-9+/]{43}=\.ed25519", "@ID", text)
    text = re.sub(r"(nas@|id=\")[A-Za-z0-9_-]{8}", r"\1ID", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", "TIME", text)
    text = re.sub(r"\b[0-9a-f]{16}([0-9a-f]{48})?\b", "HEX", text)
    text = re.sub(r"before=[A-Za-z0-9_-]+", "before=CURSOR", text)
    return re.sub(r"\b\d{10}\.\d+\b", "SECONDS", text)


def masked(value, view, name=""):
    if isinstance(value, dict):
        return {key: masked(one, view, key) for key, one in value.items()}
    if isinstance(value, list):
        return [masked(one, view, name) for one in value]
    if isinstance(value, str):
        return masked_text(value, view)
    if isinstance(value, int) and not isinstance(value, bool) and name in TIMES:
        return "NUMBER"
    return value


def same(said, got, where):
    """As it is said; jobs may have more, which the manual of status tells."""
    if isinstance(said, dict) and isinstance(got, dict):
        check(set(said) <= set(got), where, "has no", set(said) - set(got))
        check(set(said) == set(got) or where.endswith("jobs[0]"), where, "does not tell of", set(got) - set(said))
        for name, value in said.items():
            same(value, got[name], f"{where}.{name}")
    elif isinstance(said, list) and isinstance(got, list):
        check(len(said) == len(got), where, "has", got, "not", said)
        for at, value in enumerate(said):
            same(value, got[at], f"{where}[{at}]")
    else:
        check(said == got, where, "is", got, "not", said)


def make_host(world):
    """What the examples are of."""
    host = world.host("nas")
    host.on("run", "--job", "nightly", "--source", "nas", "--destination", "usb", "--", "sh", "-c",
            "echo 'error: disk is almost full' >&2; echo copying; sleep 0.1; echo 'error: disk full' >&2; exit 3", wanted=3)
    rule = json.loads(host.on("expect", "add", "--job", "nightly", "--source", "nas", "--destination", "usb", "--every", "24h",
                              "--json"))["rule"]
    last = json.loads(host.on("status", "--json"))["jobs"][0]["last"]
    due = last["start"]
    said = f'ssblog alert 1\nfailed\n{rule}\n{host.id}\n"nightly"\n"nas"\n"usb"\n{due}\n'
    host.publish_content({"type": "alert", "kind": "failed", "id": hashlib.sha256(said.encode()).hexdigest(), "rule": rule,
                          "host": host.id, "job": "nightly", "source": "nas", "destination": "usb", "due": due, "after": due,
                          "run": last["run"], "detail": "exit 3"})
    return host


def check_stream(host, view, target, said):
    with view.connect() as peer:
        peer.sendall(f"GET {target} HTTP/1.1\r\nHost: {view.name}\r\nAuthorization: {view.token}\r\n\r\n".encode())
        got = b""
        while b": ssblog" not in got:
            got += peer.recv(65536)
        # Who was greeted misses nothing.
        host.publish(b"again\n", "--job", "nightly")
        while re.search(rb"event: line\ndata: .*\n\n", got) is None:
            part = peer.recv(65536)
            check(part, "the stream ends:", got)
            got += part
    check(b"\r\nContent-Type: text/event-stream\r\n" in got, got)
    line = re.search(r"event: line\ndata: (.*)\n\n", got.decode())
    want = re.fullmatch(r"event: line\ndata: (.*)", said)
    same(masked(json.loads(want[1]), view), masked(json.loads(line[1]), view), target)


def main():
    with World(sys.argv[1]) as world:
        host = make_host(world)
        view = host.view()
        asked = examples(sys.argv[2])
        check(len(asked) >= 10, "too few examples:", asked)
        for target, said in asked:
            if target.startswith("/stream"):
                check_stream(host, view, target, said)
                continue
            answer = view.ask(target)
            check(answer.status == 200, target, answer.status, answer.body)
            if said.startswith("{"):
                same(masked(json.loads(said), view), masked(answer.json, view), target)
            else:
                lines = masked_text(answer.body.decode(), view).split("\n")
                for line in masked_text(said, view).split("\n"):
                    line = re.sub(r"(_messages\S+) .*", r"\1 ", line)
                    check(any(one.startswith(line) for one in lines), target, "has no", line, lines)
        addresses = {target.split("?")[0] for target, _ in asked}
        check(addresses >= {"/", "/hosts/", "/hosts/nas/", "/hosts/nas/files/", "/hosts/nas/logs", "/jobs", "/alerts", "/stream", "/info",
                            "/healthz", "/metrics"}, addresses)
        print(f"{len(asked)} examples of docs/api.md are true")
        view.stop()


main()
