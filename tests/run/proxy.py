#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/run/proxy.py - a bad line between two hosts, as a proxy of TCP on loopback.

  proxy.py PORT_FILE TARGET_PORT MODE [NUMBER [SEED]]   writes its own port into PORT_FILE, and runs until it is ended

MODE  pass; delay: each piece NUMBER ms later; drip: one byte at a time; cut: each connection ends after some bytes, NUMBER
      on the average; halt: it stops reading after NUMBER bytes of a connection and closes nothing. Nothing is reordered.
"""
import asyncio
import os
import random
import sys


class Line:
    """One connection of a host and what it is passed on to."""

    def __init__(self, mode, number, draw):
        self.mode, self.number = mode, number
        self.left = int(draw.expovariate(1 / number)) + 1 if mode == "cut" else number
        self.ends = []

    async def copy(self, reader, writer):
        while True:
            data = await reader.read(65536)
            if not data:
                break
            if self.mode == "cut":
                data, self.left = data[: self.left], self.left - len(data)
            if self.mode == "halt":
                self.left -= len(data)
                if self.left < 0:
                    await asyncio.Event().wait()
            if self.mode == "delay":
                await asyncio.sleep(self.number / 1000)
            for piece in [data[i : i + 1] for i in range(len(data))] if self.mode == "drip" else [data]:
                writer.write(piece)
                await writer.drain()
                if self.mode == "drip":
                    await asyncio.sleep(0)
            if self.mode == "cut" and self.left <= 0:
                break

    async def one_way(self, reader, writer):
        try:
            await self.copy(reader, writer)
        except OSError:
            pass
        # Both ways end together: a cut is a cut.
        for end in self.ends:
            end.close()


async def main():
    port_file, target, mode = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    number = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    draw = random.Random(sys.argv[5] if len(sys.argv) > 5 else "1")

    async def connected(reader, writer):
        line = Line(mode, number, draw)
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target)
        except OSError:
            writer.close()
            return
        for end in (writer, far_writer):
            end.get_extra_info("socket").setsockopt(6, 1, 1)  # TCP_NODELAY, so that pieces stay apart
        line.ends = [writer, far_writer]
        await asyncio.gather(line.one_way(reader, far_writer), line.one_way(far_reader, writer))

    # A small room, so that who does not read is felt at once.
    server = await asyncio.start_server(connected, "127.0.0.1", 0, limit=4096)
    with open(port_file + ".new", "w", encoding="ascii") as file:
        file.write(str(server.sockets[0].getsockname()[1]))
    os.rename(port_file + ".new", port_file)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
