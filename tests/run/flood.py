#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""flood.py TO SECRET-FILE SECONDS - sends signed datagrams as fast as it can, and prints how many, and how many a second.

flood.py --count - reads lines of `ssblog log`, and prints how many datagrams of the flood they account for: those that
are there, and those that a loss says.
"""
import hashlib
import hmac
import re
import socket
import sys
import time


def flood(to, secret_file, seconds):
    with open(secret_file, "rb") as file:
        secret = file.read().rstrip(b"\r\n")
    host, port = to.rsplit(":", 1)
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.connect((host, int(port)))
    keyed = hmac.new(secret, digestmod=hashlib.sha256)
    begin = time.monotonic()
    count = 0
    while time.monotonic() - begin < seconds:
        now = int(time.time() * 1000)
        for _ in range(100):
            count += 1
            text = b'{"time":%d,"from":"flood","seq":%d,"level":"info","text":"x%d"}' % (now, count, count)
            mac = keyed.copy()
            mac.update(text)
            sender.send(b"ssblog1 " + mac.hexdigest().encode() + b" " + text)
    spent = time.monotonic() - begin
    # The last one comes when there is room again, so that no gap is left open at the end.
    time.sleep(1)
    count += 1
    text = b'{"time":%d,"from":"flood","seq":%d,"text":"x%d"}' % (int(time.time() * 1000), count, count)
    mac = keyed.copy()
    mac.update(text)
    sender.send(b"ssblog1 " + mac.hexdigest().encode() + b" " + text)
    print(count, int(count / spent))


def account():
    there = lost = 0
    for line in sys.stdin:
        if re.search(r"flood: x\d+", line):
            there += 1
        elif re.search(r"receive buffer overrun|no room|datagrams of flood that never came", line):
            number = re.search(r'records(?:=|":)(\d+)', line)
            lost += int(number.group(1)) if number else 0
    print(there + lost)


if sys.argv[1] == "--count":
    account()
else:
    flood(sys.argv[1], sys.argv[2], float(sys.argv[3]))
