#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kmsg_fake.py SOCKET LINES RING - a kernel's log for tests: a unix socket that gives a record a packet.

LINES is a file that grows; each line is a record, "PRIORITY TEXT", its number that of the line, from 0. As /dev/kmsg, each
connection gets the records from the oldest on, and only the last RING of them are kept: who reads too slowly misses some.
"""
import os
import selectors
import socket
import sys
import time

path, lines_path, ring = sys.argv[1], sys.argv[2], int(sys.argv[3])
records = []


def read_lines(file):
    """Takes the whole lines that came; the beginning of one is read again."""
    start = file.tell()
    whole = file.read().rpartition(b"\n")
    file.seek(start + len(whole[0]) + len(whole[1]))
    for line in whole[0].splitlines():
        priority, text = line.split(b" ", 1)
        records.append((priority, text))


def packet(number):
    priority, text = records[number]
    return b"%s,%d,%d,-;%s\n SUBSYSTEM=fake\n" % (priority, number, time.monotonic_ns() // 1000, text)


listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
listener.bind(path + ".new")
listener.listen(4)
listener.setblocking(False)
os.rename(path + ".new", path)
readers = {}
selector = selectors.DefaultSelector()
selector.register(listener, selectors.EVENT_READ)
with open(lines_path, "rb") as lines:
    while True:
        for _ in selector.select(0.02):
            reader, _ = listener.accept()
            reader.setblocking(False)
            readers[reader] = 0
        read_lines(lines)
        for reader in list(readers):
            try:
                while True:
                    number = max(readers[reader], len(records) - ring)
                    if number >= len(records):
                        break
                    reader.send(packet(number))
                    readers[reader] = number + 1
            except BlockingIOError:
                pass
            except OSError:
                del readers[reader]
