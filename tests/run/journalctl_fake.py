#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""journalctl_fake.py - stands for journalctl in tests: `--output=export`, `--after-cursor=`, `--follow`.

$JOURNAL_FAKE is a file that grows; each line is an entry, its number the cursor. After each 150 entries it dies, as if
somebody had killed it; $JOURNAL_FAKE.args keeps the words of each start.
"""
import os
import sys
import time

path = os.environ["JOURNAL_FAKE"]
after = -1
for word in sys.argv[1:]:
    if word.startswith("--after-cursor="):
        after = int(word.split("=", 1)[1].removeprefix("c="))
with open(path + ".args", "a", encoding="utf-8") as args:
    print(" ".join(sys.argv[1:]), file=args)


def entry(number, text):
    message = text + b"\nand \xff\0 more" if number % 10 == 0 else text
    fields = [
        b"__CURSOR=c=%d" % number,
        b"__REALTIME_TIMESTAMP=%d" % (1_700_000_000_000_000 + number * 1000),
        b"__MONOTONIC_TIMESTAMP=%d" % (5_000_000 + number * 1000),
        b"_BOOT_ID=0123456789abcdef0123456789abcdef",
        b"PRIORITY=%d" % (number % 8),
        b"SYSLOG_IDENTIFIER=fake",
        b"_PID=7",
        b"_SYSTEMD_UNIT=%s.service" % (b"even" if number % 2 == 0 else b"odd"),
        b"MESSAGE\n" + len(message).to_bytes(8, "little") + message,
    ]
    return b"\n".join(fields) + b"\n\n"


given = 0
number = -1
with open(path, "rb") as lines:
    while True:
        line = lines.readline()
        if not line:
            time.sleep(0.02)
            continue
        number += 1
        if number <= after:
            continue
        sys.stdout.buffer.write(entry(number, line.rstrip(b"\n")))
        sys.stdout.buffer.flush()
        given += 1
        if given == 150:
            # In the middle of the next one.
            sys.stdout.buffer.write(b"__CURSOR=c=%d\nMESSAGE=half of" % (number + 1))
            sys.stdout.buffer.flush()
            sys.exit("it was too much")
