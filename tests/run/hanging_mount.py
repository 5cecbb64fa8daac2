# SPDX-License-Identifier: MIT
"""tests/run/hanging_mount.py FOLDER MOUNTPOINT - shows the files of a folder at a mount point, read only, by FUSE.

Speaks the kernel's protocol itself, so no library is needed. Stopped with SIGSTOP it is a file server that is away: every
call to a file there waits until SIGCONT. Writes "ready" to stdout when it is mounted. The mount ends with the process.
Source: fuse(4), include/uapi/linux/fuse.h, version 7.31.
"""

import ctypes
import errno
import os
import struct
import sys

LOOKUP, FORGET, GETATTR, OPEN, READ, STATFS, RELEASE, INIT = 1, 2, 3, 14, 15, 17, 18, 26
OPENDIR, READDIR, RELEASEDIR, ACCESS, INTERRUPT, BATCH_FORGET = 27, 28, 29, 34, 36, 42
NO_ANSWER = (FORGET, INTERRUPT, BATCH_FORGET)
HEADER = struct.Struct("<IIQQIIII")
DIRECT_IO = 1  # nothing is answered out of the kernel's memory


class Server:
    """Inodes are numbers of paths; 1 is the folder. Nothing is cached by the kernel."""

    def __init__(self, folder):
        self.paths = {1: folder}
        self.numbers = {folder: 1}

    def number_of(self, path):
        status = os.lstat(path)
        key = (path, status.st_ino)
        if key not in self.numbers:
            self.numbers[key] = len(self.numbers) + 2
        self.paths[self.numbers[key]] = path
        return self.numbers[key]

    def attributes(self, number):
        status = os.lstat(self.paths[number])
        times = [status.st_atime_ns, status.st_mtime_ns, status.st_ctime_ns]
        return struct.pack(
            "<QQQQQQIIIIIIIIII",
            number, status.st_size, status.st_blocks,
            *(time // 10**9 for time in times), *(time % 10**9 for time in times),
            status.st_mode, 1, 0, 0, 0, 4096, 0)

    def answer(self, operation, number, body):
        if operation == INIT:
            return struct.pack("<IIIIHHIIHHI28x", 7, 31, 65536, 0, 16, 12, 65536, 1, 16, 0, 0)
        if operation == LOOKUP:
            path = os.path.join(self.paths[number], os.fsdecode(body.rstrip(b"\0")))
            found = self.number_of(path)
            return struct.pack("<QQQQII", found, 0, 0, 0, 0, 0) + self.attributes(found)
        if operation == GETATTR:
            return struct.pack("<QII", 0, 0, 0) + self.attributes(number)
        if operation in (OPEN, OPENDIR):
            return struct.pack("<QII", 0, DIRECT_IO if operation == OPEN else 0, 0)
        if operation == READ:
            _, offset, size = struct.unpack_from("<QQI", body)
            with open(self.paths[number], "rb") as file:
                return os.pread(file.fileno(), size, offset)
        if operation == READDIR:
            _, offset, size = struct.unpack_from("<QQI", body)
            entries = b""
            for index, name in enumerate(sorted(os.listdir(self.paths[number]))):
                raw = os.fsencode(name)
                entry = struct.pack("<QQII", 1000 + index, index + 1, len(raw), 0) + raw
                entry += b"\0" * (-len(entry) % 8)
                if index < offset:
                    continue
                if len(entries) + len(entry) > size:
                    break
                entries += entry
            return entries
        if operation == STATFS:
            return struct.pack("<QQQQQIIII24x", 0, 0, 0, 0, 0, 4096, 255, 4096, 0)
        if operation in (RELEASE, RELEASEDIR, ACCESS):
            return b""
        raise OSError(errno.ENOSYS, "")


def main():
    folder, point = sys.argv[1:]
    device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"fd={device},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()}"
    if libc.mount(b"hanging", os.fsencode(point), b"fuse", 0, options.encode()) != 0:
        sys.exit(f"cannot mount: {os.strerror(ctypes.get_errno())}")
    server = Server(folder)
    print("ready", flush=True)
    while True:
        try:
            request = os.read(device, 1 << 20)
        except OSError as error:
            if error.errno in (errno.EINTR, errno.ENOENT):
                continue
            return
        _, operation, unique, number, *_ = HEADER.unpack_from(request)
        if operation in NO_ANSWER:
            continue
        code, answer = 0, b""
        try:
            answer = server.answer(operation, number, request[HEADER.size:])
        except OSError as error:
            code = -(error.errno or errno.EIO)
        os.write(device, struct.pack("<IiQ", 16 + len(answer), code, unique) + answer)


main()
