#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bench/view.py - the clients of bench/view.sh: requests one after another, a page and what it loads, and many who look on.

usage: view.py ask PORT TOKEN PID TIMES PATH [EXPECTED-ROWS]   prints: first, median, longest ms; CPU ms of the server each
       view.py page PORT TOKEN PID TIMES PATH...       the same, of all paths at once, as a browser loads them
       view.py look-on PORT TOKEN PID VIEWERS SECONDS FILTER
                                                       prints: % of a core, lines a viewer got, ms from publish to viewer
CPU is that of the server (user and system, all threads). Nothing here judges.
"""
import http.client
import json
import os
import selectors
import socket
import sys
import threading
import time

TICK = os.sysconf("SC_CLK_TCK")


def cpu_of(pid):
    """Seconds of user and system time that a process took."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def get(connection, path, token):
    connection.request("GET", path, headers={"Authorization": token})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        sys.exit(f"{path}: {answer.status} {body[:200]!r}")
    return body


def told(times, cpu):
    ordered = sorted(times)
    print(f"{times[0] * 1000:.1f} {ordered[len(ordered) // 2] * 1000:.1f} {ordered[-1] * 1000:.1f} {cpu * 1000 / len(times):.1f}")


def ask(port, token, pid, count, path, rows=None):
    times, before = [], cpu_of(pid)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    for _ in range(count):
        begin = time.perf_counter()
        body = get(connection, path, token)
        times.append(time.perf_counter() - begin)
        if rows is not None and len(json.loads(body)["data"]) != int(rows):
            sys.exit(f"{path}: {len(json.loads(body)['data'])} rows, not {rows}")
    told(times, cpu_of(pid) - before)


def page(port, token, pid, count, *paths):
    """Each path by a connection of its own, all at once."""
    times, before = [], cpu_of(pid)
    for _ in range(count):
        begin = time.perf_counter()
        threads = [threading.Thread(target=lambda one: get(http.client.HTTPConnection("127.0.0.1", port, timeout=600), one, token),
                                    args=(path,)) for path in paths]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        times.append(time.perf_counter() - begin)
    told(times, cpu_of(pid) - before)


def look_on(port, token, pid, viewers, seconds, text):
    """Lines end with the time at which they were written, in seconds since 1970."""
    chosen, waits, lines = selectors.DefaultSelector(), [], 0
    for _ in range(viewers):
        link = socket.create_connection(("127.0.0.1", port), 20)
        link.sendall(f"GET /stream?filter={text} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\n\r\n".encode())
        if b"200" not in link.recv(4096):
            sys.exit("it does not let us look on")
        chosen.register(link, selectors.EVENT_READ)
    warm = time.monotonic() + 2  # what is measured begins behind the beginning
    while time.monotonic() < warm:
        for key, _ in chosen.select(0.1):
            key.fileobj.recv(1 << 20)
    before, begin = cpu_of(pid), time.monotonic()
    while time.monotonic() < begin + seconds:
        for key, _ in chosen.select(1):
            data, now = key.fileobj.recv(1 << 20), time.time()
            if not data:
                sys.exit("the server ended")
            lines += data.count(b"event: line")
            at = data.rfind(b" at ")
            if at >= 0 and len(waits) < 100_000:
                waits.append(now - float(data[at + 4:].split(b'"', 1)[0]))
    took = time.monotonic() - begin
    waits.sort()
    middle, longest = (waits[len(waits) // 2], waits[-1]) if waits else (0, 0)
    print(f"{(cpu_of(pid) - before) * 100 / took:.2f} {lines / viewers / took:.1f} {middle * 1000:.0f} {longest * 1000:.0f}")


def main():
    verb, port, token, pid, count, *rest = sys.argv[1:]
    if verb == "ask":
        ask(int(port), token, int(pid), int(count), *rest)
    elif verb == "page":
        page(int(port), token, int(pid), int(count), *rest)
    else:
        look_on(int(port), token, int(pid), int(count), float(rest[0]), rest[1])


main()
