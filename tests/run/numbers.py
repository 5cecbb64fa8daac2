#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/run/numbers.py - a program that logs numbered lines, and the judge of what became of them.

  numbers.py write FILE RATE STOP ACK   appends "NUMBER text\n" to FILE, RATE lines a second, until the file STOP is
                                        there; SIGHUP: opens FILE again, as daemons do after a rotation, and adds a byte
                                        to ACK; prints how many lines it wrote
  numbers.py check BUNDLE COUNT MODE [PREFIX]
                                        MODE exact: the feed has 1..COUNT, each once, in order, and tells of no loss;
                                        MODE told: it may tell of one though nothing is missing; MODE loss: what is
                                        missing stands where a `loss` record says so. PREFIX: of the streams that count
"""
import base64
import json
import os
import signal
import sys
import time


def write(path, rate, stop, ack):
    opened = [os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)]
    wanted = []
    signal.signal(signal.SIGHUP, lambda *_: wanted.append(1))
    begun = time.monotonic()
    number = 0
    while not os.path.exists(stop):
        if wanted:
            wanted.clear()
            os.close(opened[0])
            opened[0] = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            with open(ack, "ab") as file:
                file.write(b".")
        due = int((time.monotonic() - begun) * rate)
        if number >= due:
            time.sleep(0.001)
            continue
        number += 1
        os.write(opened[0], b"%d a line of a service that logs much\n" % number)
    print(number)


def chunk_bytes(content):
    text, chunk = content["text"], content["chunk"]
    encoding = chunk.get("encoding")
    raw = text.encode("latin1") if encoding == "latin1" else base64.b64decode(text) if encoding else text.encode()
    return raw if chunk.get("more") or chunk.get("end") else raw + b"\n"


def read_feed(bundle, prefix, complaints):
    """The numbered lines in the order of the feed, as (number, run, where it begins, where it ends), and the places of
    `loss` records, as (run, offset)."""
    numbered, losses, held, high = [], set(), {}, {}
    with open(bundle, encoding="utf-8") as messages:
        for message in messages:
            content = json.loads(message)
            content = content.get("value", content)["content"]
            if not isinstance(content, dict) or not str(content.get("stream", "")).startswith(prefix):
                continue
            if content["type"] == "loss":
                losses.add((content["run"], content["offset"]))
                continue
            if content["type"] != "log":
                continue
            run, offset = content["chunk"]["run"], content["chunk"]["offset"]
            if offset != high.get(run, 0):
                complaints.append(f"run {run}: offset {offset} behind {high.get(run, 0)}")
            data = held.pop(run, b"") + chunk_bytes(content)
            begin = offset - (len(data) - len(chunk_bytes(content)))
            high[run] = offset + len(chunk_bytes(content))
            while b"\n" in data:
                line, data = data.split(b"\n", 1)
                end = begin + len(line) + 1
                word = line.split(b" ")[0]
                whole = word.isdigit() and line.endswith(b"logs much")
                numbered.append((int(word) if whole else None, run, begin, end))
                begin = end
            if data:
                held[run] = data
    return numbered, losses, high


def check(bundle, count, mode, prefix):
    complaints = []
    numbered, losses, runs = read_feed(bundle, prefix, complaints)
    last, place = 0, None
    for number, run, begin, end in numbered:
        covered = mode == "loss" and (place in losses or (run, begin) in losses)
        if number is None:
            # What copytruncate tore apart is no whole line.
            if not covered and (run, end) not in losses and begin != 0:
                complaints.append(f"no whole line behind {last}")
        elif number == last + 1 or (number > last and covered):
            last = number
        else:
            complaints.append(f"line {number} where {last + 1} was due")
            last = number
        place = (run, end)
    if last != count and not (mode == "loss" and place in losses):
        complaints.append(f"the last line is {last} of {count}")
    if mode == "exact" and losses:
        complaints.append(f"{len(losses)} loss records where nothing was lost")
    for complaint in complaints[:10]:
        print(complaint)
    print(f"{count} lines, {len(losses)} loss records, {len(runs)} runs, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5])
    elif sys.argv[1] == "check":
        sys.exit(check(sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5] if len(sys.argv) > 5 else "file:"))
    else:
        sys.exit(__doc__)
