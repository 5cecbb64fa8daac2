#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/run/view_attacks.py SSBLOG - who should not ask, and how nobody should: names that others have point here, other
sites, smuggled requests, paths, heads without end, peers that send or read a byte now and then, a thousand at once, searches
for who has gone."""

import random
import re
import resource
import select
import sys
import time
import urllib.parse

from view_host import World, check, read_all, wait_until

MOST_DESCRIPTORS = 1024  # that the view lets itself have
# The view is given more than that, where this machine lets us.
HARD_LIMIT = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
SOFT_LIMIT = 2048 if HARD_LIMIT == resource.RLIM_INFINITY else min(HARD_LIMIT, 2048)

GUARDS = ("content-security-policy", "x-content-type-options", "referrer-policy", "cross-origin-resource-policy", "cache-control")


class Attacker:
    def __init__(self, view):
        self.view = view
        self.good = f"Host: {view.name}\r\nAuthorization: {view.token}\r\n"

    def statuses(self, sent):
        """Of all answers that bytes get until the connection ends. What each of them must have is looked at."""
        got = self.view.talk(sent)
        answers = [part for part in re.split(rb"(?=HTTP/1\.[01] \d\d\d )", got) if part]
        for answer in answers:
            check(re.match(rb"HTTP/1\.1 \d\d\d ", answer), sent[:200], "gets", answer[:200])
            head = answer.split(b"\r\n\r\n")[0].lower()
            for name in GUARDS if answer[9:12] != b"100" else ():
                check(name.encode() + b":" in head, "no", name, "in", answer[:600])
            check(b"access-control-" not in head, "granted to others:", answer[:600])
            check(b"accept-ranges: bytes" not in head, "parts are offered:", answer[:600])
            said = answer.split(b"\r\n\r\n", 1)[1]
            if answer[9:10] in (b"4", b"5") and not sent.startswith(b"HEAD"):
                check(re.fullmatch(rb'\{"error":".+"\}\s*', said), "no sentence:", sent[:200], answer)
        return [int(answer[9:12]) for answer in answers]

    def ask(self, head, target="/healthz"):
        return self.statuses(f"GET {target} HTTP/1.1\r\n{head}Connection: close\r\n\r\n".encode())

    def lives(self):
        answer = self.view.ask("/healthz")
        check(answer.status == 200, answer.status, answer.body)


def check_names(attacker):
    """DNS rebinding: who calls us otherwise is not answered, with the token or without."""
    port, token = attacker.view.port, f"Authorization: {attacker.view.token}\r\n"
    for name in (f"127.0.0.1:{port}", f"localhost:{port}", f"LocalHost:{port}", "localhost", "[::1]:80", "127.0.0.1", "nas.lan"):
        check(attacker.ask(f"Host: {name}\r\n{token}") == [200], name)
        check(attacker.ask(f"host:{name}\r\n{token}") == [200], name)
    for name in ("evil.example", f"evil.example:{port}", f"127.0.0.1.evil.example:{port}", f"localhost.:{port}", "localhost.", "",
                 f"localhost:{port}.", f"user@localhost:{port}", f"localhost:{port}@evil.example", "localhost:", "localhost:x",
                 "localhost:080808", f"localhost:{port}:{port}", "localhost:-1", "localhost:+80", "0.0.0.0", "127.1", "127.0.0.2",
                 "0x7f000001", "2130706433", "::1", "[::1", "[::]", "[::ffff:127.0.0.1]", "localhost, localhost", "localhost/",
                 "localhost%2eevil.example", "local\thost", "nas.lan.evil.example", "xn--localhost-", "localhost\u00e4", "*", "null"):
        got = attacker.ask(f"Host: {name}\r\n{token}")
        check(got == [421], "Host:", name, got)
        check(attacker.ask(f"Host: {name}\r\n", "/") == [421], "Host of the page:", name)
    check(attacker.ask(token) == [421], "no Host")
    twice = f"Host: localhost\r\nHost: evil.example\r\n{token}"
    check(attacker.ask(twice) == [400], "two Hosts")
    check(attacker.ask(f"Host: localhost\r\n{token}{token}") == [400], "two tokens")
    for name in ("X-Forwarded-Host", "Forwarded", "X-Host", "X-Original-Host"):
        check(attacker.ask(f"Host: evil.example\r\n{name}: localhost\r\n{token}") == [421], name)


def check_sites(attacker):
    """Pages of others: no answer but the page itself, and never a word that lets them read."""
    good, name = attacker.good, attacker.view.name
    for site, status in (("same-origin", 200), ("none", 200), ("cross-site", 403), ("same-site", 403)):
        check(attacker.ask(f"{good}Sec-Fetch-Site: {site}\r\n", "/jobs") == [status], site)
    check(attacker.ask(f"Host: {name}\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n", "/") == [200], "a link")
    check(attacker.ask(f"{good}Origin: http://{name}\r\n", "/jobs") == [200], "own origin")
    for origin in ("null", "http://evil.example", "http://localhost:1", f"http://{name}.evil.example", f"http://{name}@evil", "x", "*"):
        check(attacker.ask(f"{good}Origin: {origin}\r\n", "/jobs") == [403], origin)
    for asked in ("GET", "POST", "DELETE"):
        preflight = (f"OPTIONS /jobs HTTP/1.1\r\nHost: {name}\r\nOrigin: http://evil.example\r\nConnection: close\r\n"
                     f"Access-Control-Request-Method: {asked}\r\nAccess-Control-Request-Headers: authorization\r\n\r\n")
        check(attacker.statuses(preflight.encode()) == [405], "preflight")


def check_tokens(attacker):
    token, host = attacker.view.token, f"Host: {attacker.view.name}\r\n"
    for good in (token, f"Bearer {token}", f"bearer {token}", f"BEARER   {token}", f"Bearer {token} "):
        check(attacker.ask(f"{host}Authorization: {good}\r\n") == [200], good)
    for bad in ("", "Bearer", "Bearer ", token[:-1], token + "x", token.swapcase(), f"Basic {token}", f"Bearer Bearer {token}",
                f"{token},{token}", f"{token} {token}", "A" * 5000, f"Bearer\t{token}", f"Bearer{token}"):
        check(attacker.ask(f"{host}Authorization: {bad}\r\n") == [401], bad)
    for other in (f"Cookie: token={token}", f"X-Token: {token}", f"Proxy-Authorization: Bearer {token}"):
        check(attacker.ask(f"{host}{other}\r\n") == [401], other)
    check(attacker.ask(host, f"/healthz?token={token}") == [401], "in the address")


def check_paths(attacker):
    """What stands in for another path: nothing does."""
    bad = ["//", "//jobs", "/jobs//", "/./jobs", "/hosts/../jobs", "/hosts/..", "/%2e%2e/jobs", "/hosts/%2e%2e/logs", "/hosts/.%2e/logs",
           "/%", "/%2", "/%zz", "/%00", "/jobs%00", "/hosts/%c0%af/", "/hosts/%e0%80%af/", "/hosts/%f0%80%80%af/", "/hosts/%ff/",
           "/hosts/%ed%a0%80/", "/?limit=%00", "/?limit=%", "/?limit=1&limit=2", "/?" + "&".join(f"a{i}=1" for i in range(40)),
           "/" + "a/" * 20, "/?filter=%c0%80", "http://localhost/jobs", f"http://{attacker.view.name}/jobs", "*", "jobs", "?limit=1",
           "https://evil.example/", "/" + "a" * 8100]
    for target in bad:
        got = attacker.ask(attacker.good, target)
        check(got in ([400], [414]), target[:80], got)
    none = ["/%2fjobs", "/jobs%2f", "/jobs%2fx", "/hosts%2f", "/hosts/%2e%2e%2fjobs/", "/hosts/..%2f..%2fetc%2fpasswd/", "/JOBS",
            "/hosts/%5c..%5c/", "/hosts/nobody/", "/.git/config", "/page.js/x", "/index.html", "/jobs;x", "/%6aobs%20", "/hosts/nas/logs/x",
            "/view-tokens", "/secret", "/config.toml"]
    for target in none:
        check(attacker.ask(attacker.good, target) == [404], target)
    for target in ("/%6aobs", "/hosts/n%61s/", "/hosts/nas", "/jobs#part", "/jobs/"):
        check(attacker.ask(attacker.good, target) == [200], target)
    for target in ("/jobs jobs", "/jobs\tx", "/jobs\x01", "/ü"):
        got = attacker.ask(attacker.good, target)
        check(got in ([400], [404]), repr(target), got)


def check_smuggling(attacker):
    """A body is never the next request, and lines are what they are."""
    inner = f"GET /info HTTP/1.1\r\n{attacker.good}\r\n"
    one_more = f"GET /healthz HTTP/1.1\r\n{attacker.good}\r\n"
    for said in (f"Content-Length: {len(inner)}", f"content-length:{len(inner)}", "Content-Length: 0", "Content-Length: -1",
                 "Content-Length: 99999999999999999999", "Content-Length: x", f"Content-Length: {len(inner)}\r\nContent-Length: 0",
                 "Transfer-Encoding: chunked", "Transfer-Encoding: xchunked", "Transfer-Encoding: chunked, identity",
                 f"Content-Length: {len(inner)}\r\nTransfer-Encoding: chunked", "Transfer-Encoding: gzip\r\nContent-Length: 5"):
        for method in ("GET", "HEAD", "POST", "DELETE"):
            sent = f"{method} /healthz HTTP/1.1\r\n{attacker.good}{said}\r\n\r\n{inner}"
            got = attacker.statuses(sent.encode())
            check(len(got) == 1 and got[0] in (200, 400, 405), method, said, "gets", got)
    for broken in ("GET /healthz", "GET", "", "GET /healthz HTTP/1.1 x", "GET /healthz http/1.1",
                   "GET /healthz HTTP/9.9", "GE\0T /healthz HTTP/1.1", "get /healthz HTTP/1.1", "PRI * HTTP/2.0", "\x16\x03\x01\x02", "TRACE / HTTP/1.1",
                   "CONNECT localhost:1 HTTP/1.1", "PROPFIND / HTTP/1.1"):
        got = attacker.statuses(f"{broken}\r\n{attacker.good}\r\n".encode("latin-1"))
        check(all(status >= 400 for status in got) and len(got) <= 1, repr(broken), got)
    # Others may read these heads otherwise than we would: one answer, and nothing of what stands behind.
    head = f"GET /healthz HTTP/1.1\r\n{attacker.good}"
    for said in ("X: a\0b\r\n", "X: a\x01\r\n", "X: a\x7f\r\n", "X: a\rY: b\r\n", "X: a\nY: b\r\n", "X: a\0\r\nY: b\r\n", "no colon\r\n",
                 ": a\r\n", "X : a\r\n", "X\t: a\r\n", "X Y: a\r\n", " folded\r\n", "X: a\r\n\tfolded\r\n", " X: a\r\n", "\r\n".join(("X: a", " ", "")),
                 "Host: evil.example\r\n", f"HOST: {attacker.view.name}\r\n", "host:\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                 "Content-Length: 0\r\nContent-Length: 0\r\n", "Content-Length: 0, 0\r\n", "Content-Length: +0\r\n", "Content-Length :0\r\n",
                 "Transfer-Encoding: identity\r\n", "X\xe4: a\r\n"):
        for place in (f"{head}{said}\r\n", f"GET /healthz HTTP/1.1\r\n{said}{attacker.good}\r\n"):
            got = attacker.statuses(place.encode("latin-1") + inner.encode())
            check(got == [400], repr(said), "gets", got)
        got = attacker.statuses((one_more + f"{head}{said}\r\n{inner}").encode("latin-1"))
        check(got == [200, 400], "behind another one:", repr(said), "gets", got)
    for broken in (head.replace("\r\n", "\n") + "\n", "\r\n" + head + "\r\n", head.replace("HTTP/1.1\r", "HTTP/1.1\0\r") + "\r\n",
                   head.replace(" /", "\t/") + "\r\n"):
        got = attacker.statuses((broken + inner).encode())
        check(got == [400], repr(broken), "gets", got)
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        check(attacker.statuses(f"{method} /jobs HTTP/1.1\r\n{attacker.good}Connection: close\r\n\r\n".encode()) == [405], method)


def check_forms(attacker):
    """Requests in a row, older forms, parts of answers."""
    one = f"GET /healthz HTTP/1.1\r\n{attacker.good}\r\n"
    last = f"GET /info HTTP/1.1\r\n{attacker.good}Connection: close\r\n\r\n"
    check(attacker.statuses((one * 20 + last).encode()) == [200] * 21, "in a row")
    missing = f"GET /none HTTP/1.1\r\n{attacker.good}\r\n"
    check(attacker.statuses((one + missing + one + last).encode()) == [200, 404, 200, 200], "in their order")
    check(attacker.statuses(f"GET /healthz HTTP/1.0\r\n{attacker.good}\r\n".encode()) == [200], "HTTP/1.0")
    for part in ("bytes=0-1", "bytes=-1", "bytes=0-0,1-1", "bytes=" + ",".join(f"{i}-{i}" for i in range(500))):
        got = attacker.ask(f"{attacker.good}Range: {part}\r\n")
        check(got in ([200], [400], [416]), part[:40], got)
    check(attacker.ask(f"{attacker.good}Expect: 100-continue\r\n")[-1:] == [200], "Expect")
    # One that sends no more after it has asked is answered.
    with attacker.view.connect() as peer:
        peer.sendall(one.encode())
        peer.shutdown(1)
        check(read_all(peer).startswith(b"HTTP/1.1 200"), "half closed")


def check_heads(attacker):
    """A head may be as long as it likes; we stop reading, and say so or hang up."""
    view, before = attacker.view, attacker.view.rss()
    many = "".join(f"X-{i}: {'y' * 30}\r\n" for i in range(400))
    check(attacker.ask(attacker.good + many) in ([200], [400], [431]), "400 headers")
    for flood in (b"A" * 60000, b"X-Long: " + b"y" * 60000, b"X: y\r\n" * 10000, b"\r\n" * 30000):
        for start in (b"", f"GET /healthz HTTP/1.1\r\n{attacker.good}".encode()):
            sent = 0
            with view.connect() as peer:
                try:
                    peer.sendall(start)
                    for sent in range(2000):
                        peer.sendall(flood)
                except (BrokenPipeError, ConnectionResetError):
                    pass
                check(sent < 1999, "it reads on for ever:", flood[:10])
    print(f"heads without end: {(view.rss() - before) >> 20} MiB more memory")
    attacker.lives()


def check_slow(attacker):
    """A peer that sends a byte now and then, one that sends nothing, one that reads nothing: each ends, others are served."""
    view = attacker.view
    drip, silent, deaf = view.connect(), view.connect(), view.connect()
    deaf.sendall((f"GET /?limit=1000 HTTP/1.1\r\n{attacker.good}\r\n" * 40).encode())
    drip.sendall(b"GET /healthz HTTP/1.1\r\n")
    began = time.monotonic()
    drip.settimeout(0.3)

    def has_ended():
        try:
            drip.sendall(b"X")
            return drip.recv(4096) is not None
        except TimeoutError:
            attacker.lives()
            return False
        except (BrokenPipeError, ConnectionResetError):
            return True

    wait_until(has_ended, "the end of who sends a byte now and then")
    print(f"slow head: ended after {time.monotonic() - began:.1f} s")
    check(read_all(silent) == b"", "who says nothing hears nothing")
    drip.close()
    silent.close()
    wait_until(lambda: view.get("/info")["connections"] == 1, "who does not read is hung up on")
    print(f"slow reader: ended after {time.monotonic() - began:.1f} s")
    deaf.close()


def check_crowd(attacker):
    """More at once than it may have descriptors, each holding what it can: an honest one is served, memory has an end."""
    view = attacker.view
    check(view.most_descriptors() == min(MOST_DESCRIPTORS, SOFT_LIMIT), view.most_descriptors())
    many = min(MOST_DESCRIPTORS + 150, SOFT_LIMIT - 100)
    before, crowd = view.rss(), []
    for i in range(many):
        peer = view.connect()
        if i % 3:
            peer.sendall(f"GET /jobs HTTP/1.1\r\n{attacker.good}X-Slow: ".encode()[:None if i % 2 else 20])
        crowd.append(peer)
    began = time.monotonic()
    view.forget()
    attacker.lives()
    print(f"{many} at once: an honest one waited {time.monotonic() - began:.1f} s; {(view.rss() - before) >> 20} MiB more memory, "
          f"{view.descriptors()} descriptors, {view.fact('Threads')} threads")
    for peer in crowd:
        peer.close()
    attacker.lives()


def check_noise(attacker):
    """Requests with bytes changed, left out, doubled: an answer, or none; never an end."""
    chance = random.Random(7)
    good = (f"GET /hosts/nas/logs?filter=a&count=3&file=web%2Fstdout&before=x HTTP/1.1\r\n{attacker.good}"
            "Range: bytes=0-9\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n").encode()
    for _ in range(600):
        sent = bytearray(good)
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(len(sent))
            kind = chance.randrange(4)
            if kind == 0:
                sent[at] = chance.randrange(256)
            elif kind == 1:
                del sent[at:at + chance.randrange(1, 9)]
            elif kind == 2:
                sent[at:at] = sent[max(0, at - 20):at]
            else:
                sent[at:at] = bytes(chance.choice(b"\r\n \0%:/?&\xff") for _ in range(3))
        with attacker.view.connect() as peer:
            peer.sendall(bytes(sent))
            peer.shutdown(1)
            got = read_all(peer)
            check(not got or got.startswith(b"HTTP/1.1 "), bytes(sent), got[:100])
    attacker.lives()


def check_leaver(world):
    """Who asks for what takes minutes, and goes: the search ends, it does not go on for nobody."""
    place = world.place + "/slow.log"
    host = world.host("slow", config=f'[[source]]\nname = "slow"\npaths = ["{place}"]\n')
    chance = random.Random(5)
    with open(place, "w", encoding="utf-8") as file:
        for _ in range(2000):
            # All of one ms: there a search goes on however long it takes.
            file.write("2026-01-02T03:04:05.000Z " + "".join(chance.choices("xy", k=4000)) + "\n")
    host.on("ship", "--once")
    view = host.view()
    view.ask("/healthz")
    pattern = urllib.parse.quote("/x[^z]{999}[^q]{999}[^a]{999}z/", safe="")
    peers = [view.connect() for _ in range(2)]
    # The second one leaves the beginning of another request behind.
    for peer, address, more in zip(peers, ("/hosts/slow/logs", "/"), ("", "G")):
        peer.sendall(f"GET {address}?filter={pattern} HTTP/1.1\r\nHost: {view.name}\r\nAuthorization: {view.token}\r\n\r\n{more}".encode())
    wait_until(lambda: view.get("/info")["connections"] == 3, "two who search")
    check(not select.select(peers, [], [], 0)[0], "a search is over at once: it shows nothing")
    for peer in peers:
        peer.close()
    wait_until(lambda: view.get("/info")["connections"] == 1, "a search for nobody goes on")
    view.stop()


def check_proxy(host):
    """At the unix socket a proxy says what we are called; nothing of that leaves the links."""
    view = host.view(socket_path=host.world.place + "/view.socket")
    for said, base in (({}, "http://x"), ({"X-Forwarded-Host": "logs.example"}, "http://logs.example"),
                       ({"X-Forwarded-Host": "logs.example:8443", "X-Forwarded-Proto": "https"}, "https://logs.example:8443"),
                       ({"X-Forwarded-Host": "one.example, two.example", "X-Forwarded-Proto": "https, http"}, "https://one.example"),
                       ({"X-Forwarded-Proto": "javascript"}, "http://x"), ({"X-Forwarded-Host": "a\"b"}, "http://x"),
                       ({"X-Forwarded-Host": "evil/path"}, "http://x"), ({"X-Forwarded-Host": "u@h"}, "http://x"),
                       ({"X-Forwarded-Host": "<b>"}, "http://x"), ({"X-Forwarded-Host": ""}, "http://x")):
        got = view.ask("/hosts/", headers={"Host": "x", **said}).json
        check(got == {"data": [{"host": "nas", "url": base + "/hosts/nas/"}]}, said, got)
    check(view.ask("/hosts/", headers={"Host": "a b"}).json["data"][0]["url"] == "/hosts/nas/", "no name, no base")
    for headers, status in (({"Host": "x", "Sec-Fetch-Site": "cross-site"}, 403), ({"Host": "x", "Origin": "http://evil"}, 403),
                            ({"Host": "x", "X-Forwarded-Host": "logs.example", "Origin": "https://logs.example"}, 200)):
        check(view.ask("/jobs", headers=headers).status == status, headers)
    view.stop()


def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (SOFT_LIMIT, HARD_LIMIT))
    with World(sys.argv[1]) as world:
        host = world.host("nas", config='[view]\nhosts = ["nas.lan"]\n')
        host.publish(b"".join(b"%d " % i + b"x" * 2000 + b"\n" for i in range(1000)), "--job", "web")
        # At the address of loopback, whatever a proxy is said to have heard means nothing.
        view = host.view()
        got = view.ask("/hosts/", headers={"Host": view.name, "Authorization": view.token, "X-Forwarded-Host": "evil.example"})
        check(got.json["data"][0]["url"] == view.base + "/hosts/nas/", got.body)
        attacker = Attacker(view)
        for part in (check_names, check_sites, check_tokens, check_paths, check_smuggling, check_forms, check_heads, check_noise,
                     check_slow, check_crowd):
            part(attacker)
        check_proxy(host)
        view.stop()
        check_leaver(world)


main()
