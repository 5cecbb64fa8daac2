# SPDX-License-Identifier: MIT
"""tests/run/pages.py SSBLOG WORK HOST LONG - damages each page of a host's store, and uses the store then.

One bit flipped, the page zeroed, or another page in its place; LONG=1: each of them for each page, else one. No command may
crash, and no line and no message may come out that was not published.
"""
import os
import random
import shutil
import subprocess
import sys

ssblog, work, host, long = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4] == "1"
PAGE = 16384
KINDS = ("flip", "zero", "copy")
draw = random.Random(7)


def run(name, *words, text=None):
    home = os.path.join(work, name)
    env = dict(os.environ, HOME=home, XDG_STATE_HOME=home + "/state", XDG_DATA_HOME=home + "/data")
    return subprocess.run([ssblog, *words], env=env, input=text, capture_output=True, timeout=120)


def store(name):
    return os.path.join(work, name, "data/ssblog/ssblog.db")


def told(line):
    """A line without the name that the host has there, which no message of that line says."""
    time, _, rest = line.partition(b" ")
    return time + b" @" + rest.partition(b"@")[2]


def damage(path, page, kind):
    with open(path, "r+b") as file:
        size = os.fstat(file.fileno()).st_size // PAGE
        file.seek(page * PAGE)
        data = bytearray(file.read(PAGE))
        if kind == "flip":
            # Somewhere that is used: an empty page has nothing to lose.
            used = [at for at, byte in enumerate(data) if byte] or [0]
            data[draw.choice(used)] ^= 1 << draw.randrange(8)
        elif kind == "zero":
            data = bytearray(PAGE)
        else:
            file.seek((page + 1 + draw.randrange(size - 1)) % size * PAGE)
            data = bytearray(file.read(PAGE))
        file.seek(page * PAGE)
        file.write(data)


def is_strange(line):
    """No line that was published, and no beginning of one over several messages, of which the last were cut off."""
    return line not in lines and not any(len(one) > 8192 and one.startswith(line) for one in lines)


def fail(why):
    print("FAILED:", why[:1500], file=sys.stderr)
    sys.exit(1)


lines = {told(line) for line in run(host, "log", "-a").stdout.splitlines()}
messages = set(run(host, "export").stdout.splitlines())
if not lines or not messages:
    fail("there is nothing to compare with")
pages = os.path.getsize(store(host)) // PAGE
cases = refused = silent = 0
for page in range(pages):
    for kind in KINDS if long else (KINDS[page % 3],):
        case = f"page {page + 1} of {pages}, {kind}"
        shutil.rmtree(os.path.join(work, "x"), ignore_errors=True)
        shutil.copytree(os.path.join(work, host), os.path.join(work, "x"))
        damage(store("x"), page, kind)
        cases += 1
        out = os.path.join(work, "x", "merged")
        answers = {}
        for words in (("status",), ("log", "-a"), ("assemble", "-o", out), ("export",), ("verify", "--full"),
                      ("publish", "--job", "new"), ("export",), ("log", "-a"), ("verify",), ("verify", "--repair"),
                      ("log", "-a"), ("export",)):
            answer = run("x", *words, text=b"a new line\n" if words[0] == "publish" else b"")
            what = f"{case}: {' '.join(words)}: exit {answer.returncode}: {answer.stderr.decode(errors='replace')}"
            if answer.returncode not in (0, 1, 65, 66, 74, 75, 77, 78):
                fail(what)
            if answer.returncode and not answer.stderr and not (words[0] == "verify" and answer.stdout):
                fail(what + ": it does not say why")
            refused += answer.returncode != 0
            answers.setdefault(words, answer)
            if words[0] == "log":
                strange = {line for line in map(told, answer.stdout.splitlines()) if is_strange(line)}
                if any(b": a new line" not in line for line in strange):
                    fail(f"{what}: it shows {sorted(strange)[0]!r}")
            if words[0] == "export":
                for line in set(answer.stdout.splitlines()) - messages:
                    if b"a new line" not in line:
                        fail(f"{what}: it gives away {line!r}")
        if os.path.exists(out):
            with open(out, "rb") as file:
                strange = {line for line in map(told, file.read().splitlines()) if is_strange(line)}
            if strange:
                fail(f"{case}: assembled was {sorted(strange)[0]!r}")
        # What is not found must not matter.
        if answers[("verify", "--full")].returncode == 0:
            silent += 1
            if {told(line) for line in answers[("log", "-a")].stdout.splitlines()} != lines:
                fail(f"{case}: lines are missing, and `verify --full` finds nothing")
print(f"{cases} damaged stores: {refused} refusals, in {silent} of them the damage was nowhere that matters")
if silent > cases // 2:
    fail("hardly any damage was done")
