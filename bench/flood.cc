// SPDX-License-Identifier: MIT
// bench/flood.cc - ADDRESS PORT SECRET-FILE COUNT [syslog]: sends so many signed datagrams, or syslog messages, over UDP as
// fast as one core can, and prints "sending" and then how many a second. They are signed before the first is sent. Loopback only.
#include "feed/hmac.h"
#include "intake/secret_file.h"
#include "loop/tcp.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

using namespace ssblog;

int main(int count, char** words) {
  if (count < 5) {
    std::fputs("usage: bench_flood ADDRESS PORT SECRET-FILE COUNT [syslog]\n", stderr);
    return 64;
  }
  const auto to = SocketAddress::from(words[1], static_cast<std::uint16_t>(std::stoi(words[2])));
  if (!to || !to->loopback()) {
    std::fputs("a flood goes to loopback only\n", stderr);
    return 64;
  }
  const bool syslog = count > 5;
  const auto secret = syslog ? Result<std::string>("") : read_secret(words[3]);
  if (!secret) {
    fmt::print(stderr, "{}\n", secret.error().text);
    return static_cast<int>(secret.error().code);
  }
  const HmacKey key(as_bytes(*secret));
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  std::vector<std::string> datagrams;
  const std::size_t wanted = std::stoul(words[4]);
  for (std::size_t i = 1; i <= wanted; ++i) {
    if (syslog) {
      datagrams.push_back(fmt::format("<14>Nov 21 14:02:11 web01 flood[7]: message number {} of many", i));
      continue;
    }
    const auto text =
        fmt::format(R"({{"time":{},"from":"flood","seq":{},"level":"info","svc":"bench","text":"x{}"}})",
                    now.count() + 5000, i, i);
    datagrams.push_back("ssblog1 " + to_hex(key.mac_of(as_bytes(text))) + " " + text);
  }
  const int sender = ::socket(to->raw.ss_family, SOCK_DGRAM, 0);
  if (sender < 0 ||
      ::connect(sender, reinterpret_cast<const sockaddr*>(&to->raw), sizeof(sockaddr_in)) != 0) {
    std::perror("cannot send");
    return 69;
  }
  std::puts("sending");  // for who waits for the flood
  std::fflush(stdout);
  const auto begin = std::chrono::steady_clock::now();
  constexpr std::size_t batch = 64;
  std::size_t failed = 0;
  for (std::size_t at = 0; at < datagrams.size(); at += batch) {
    std::array<iovec, batch> parts{};
    std::array<mmsghdr, batch> headers{};
    const std::size_t some = std::min(batch, datagrams.size() - at);
    for (std::size_t i = 0; i < some; ++i) {
      parts[i] = {datagrams[at + i].data(), datagrams[at + i].size()};
      headers[i].msg_hdr.msg_iov = &parts[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
    const int sent = ::sendmmsg(sender, headers.data(), static_cast<unsigned>(some), 0);
    failed += some - static_cast<std::size_t>(std::max(sent, 0));
  }
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
  ::close(sender);
  fmt::print("{} sent, {} failed, {:.0f} a second\n", datagrams.size() - failed, failed,
             static_cast<double>(datagrams.size()) / spent.count());
  return 0;
}
