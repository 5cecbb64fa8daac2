#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/run/numbers.py - a program that logs numbered lines, and the judge of what became of them.

  numbers.py write FILE RATE STOP ACK   appends "NUMBER text\n" to FILE, RATE lines a second, until the file STOP is
                                        there; SIGHUP: opens FILE again, as daemons do after a rotation, and adds a byte
                                        to ACK; prints how many lines it wrote
  numbers.py check BUNDLE COUNT MODE [PREFIX]
                                        MODE exact: the feed has 1..COUNT, each once, in order; MODE loss: what is
                                        missing stands at a `loss` record. PREFIX: of the streams that count
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


def check(bundle, count, mode, prefix):
    """Reads the feed in the order of its sequence: the order of a stream's lines, and where its losses stand."""
    next_number = 1
    losses = 0        # since the last number
    all_losses = 0
    held = {}         # bytes of a line that goes on, by run
    high = {}
    complaints = []
    with open(bundle, encoding="utf-8") as lines:
        for line in lines:
            content = json.loads(line)
            content = content.get("value", content)["content"]
            if not isinstance(content, dict) or not str(content.get("stream", "")).startswith(prefix):
                continue
            if content["type"] == "loss":
                losses += 1
                all_losses += 1
                continue
            if content["type"] != "log":
                continue
            run, offset = content["chunk"]["run"], content["chunk"]["offset"]
            data = chunk_bytes(content)
            if offset != high.get(run, 0):
                complaints.append(f"run {run}: offset {offset} behind {high.get(run, 0)}")
            high[run] = offset + len(data)
            data = held.pop(run, b"") + data
            whole, _, rest = data.rpartition(b"\n")
            if rest:
                held[run] = rest
            for text in whole.split(b"\n") if whole or data.startswith(b"\n") else []:
                word = text.split(b" ")[0]
                number = int(word) if word.isdigit() and text.endswith(b"logs much") else None
                if number is None:
                    if mode == "exact" or not losses:
                        complaints.append(f"no whole line: {text!r}")
                elif number == next_number:
                    next_number += 1
                    losses = 0
                elif number > next_number and mode == "loss" and losses:
                    next_number = number + 1
                    losses = 0
                else:
                    complaints.append(f"line {number} where {next_number} was due")
                    next_number = number + 1
    if next_number != count + 1 and not (mode == "loss" and losses):
        complaints.append(f"the last line is {next_number - 1} of {count}")
    if mode == "exact" and all_losses:
        complaints.append(f"{all_losses} loss records where nothing was lost")
    for complaint in complaints[:10]:
        print(complaint)
    print(f"{count} lines, {all_losses} loss records, {len(high)} runs, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5])
    elif sys.argv[1] == "check":
        sys.exit(check(sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5] if len(sys.argv) > 5 else "file:"))
    else:
        sys.exit(__doc__)
