#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bench/view.py - the clients of bench/view.sh: requests one after another, a page and what it loads, and many who look on.

usage: view.py ask PORT TOKEN PID TIMES PATH [EXPECTED-ROWS]   prints: first, median, longest ms; CPU ms of the server each
       view.py page PORT TOKEN PID TIMES PATH...       the same, of all paths at once, as a browser loads them
       view.py look-on PORT TOKEN PID VIEWERS SECONDS FILTER...
                                                       prints: % of a core, lines a viewer got each second, median and longest
                                                       ms from publish to viewer, and what the pages asked for beside, a second
The viewers take the filters in turn. Each is a page: every 10 s, its own 10 s, it asks for /alerts and /info, and for /jobs
when `board` comes, at most twice a second.
CPU is that of the server (user and system, all threads). Nothing here judges.
"""
import http.client
import json
import os
import queue
import selectors
import socket
import sys
import threading
import time

LOOK_PAUSE = 10  # s, between two looks of a page at alerts and the server
BOARD_PAUSE = 0.5  # s, at least, between two looks at the board, where it is large
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


def ask_beside(port, token, wanted, asked):
    """What pages ask for beside their streams, by a few connections that are kept."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    while (path := wanted.get()) is not None:
        get(connection, path, token)
        asked.append(path)


def look_on(port, token, pid, viewers, seconds, *filters):
    """Lines end with the time at which they were written, in seconds since 1970."""
    chosen, waits, lines = selectors.DefaultSelector(), [], 0
    for number in range(viewers):
        link = socket.create_connection(("127.0.0.1", port), 20)
        text = filters[number % len(filters)]
        link.sendall(f"GET /stream?filter={text} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\n\r\n".encode())
        if b"200" not in link.recv(4096):
            sys.exit("it does not let us look on")
        chosen.register(link, selectors.EVENT_READ, number)
    wanted, asked = queue.SimpleQueue(), []
    threads = [threading.Thread(target=ask_beside, args=(port, token, wanted, asked), daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    begin = time.monotonic()
    looks = [begin + number * LOOK_PAUSE / viewers for number in range(viewers)]  # when each asks next
    boards = [0.0] * viewers  # when each asked for the board last

    def look(number, now):
        if now >= looks[number]:
            looks[number] += LOOK_PAUSE
            wanted.put("/alerts?state=open")
            wanted.put("/info")

    def board(number, now):
        if now >= boards[number] + BOARD_PAUSE:
            boards[number] = now
            wanted.put("/jobs")

    warm = begin + 2  # what is measured begins behind the beginning
    while time.monotonic() < warm:
        for key, _ in chosen.select(0.1):
            key.fileobj.recv(1 << 20)
    before, asked_before, begin = cpu_of(pid), len(asked), time.monotonic()
    while (moment := time.monotonic()) < begin + seconds:
        for number in range(viewers):
            look(number, moment)
        for key, _ in chosen.select(0.1):
            data, now = key.fileobj.recv(1 << 20), time.time()
            if not data:
                sys.exit("the server ended")
            lines += data.count(b"event: line")
            if b"event: board" in data:
                board(key.data, moment)
            at = data.rfind(b" at ")
            if at >= 0 and len(waits) < 100_000:
                waits.append(now - float(data[at + 4:].split(b'"', 1)[0]))
    took = time.monotonic() - begin
    cpu, beside = cpu_of(pid) - before, len(asked) - asked_before
    for _ in threads:
        wanted.put(None)
    waits.sort()
    middle, longest = (waits[len(waits) // 2], waits[-1]) if waits else (0, 0)
    print(f"{cpu * 100 / took:.2f} {lines / viewers / took:.1f} {middle * 1000:.0f} {longest * 1000:.0f} {beside / took:.1f}")


def main():
    verb, port, token, pid, count, *rest = sys.argv[1:]
    if verb == "ask":
        ask(int(port), token, int(pid), int(count), *rest)
    elif verb == "page":
        page(int(port), token, int(pid), int(count), *rest)
    else:
        look_on(int(port), token, int(pid), int(count), float(rest[0]), *rest[1:])


main()
