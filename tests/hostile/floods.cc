// SPDX-License-Identifier: MIT
// hostile/floods.cc - many connections at once: idle ones, half shaken ones, as fast as they go, one byte now and then.
#include "feed/crypto.h"
#include "gossip/protocol/limits.h"
#include "hostile/suite.h"

#include <fmt/format.h>
#include <poll.h>

#include <atomic>
#include <deque>
#include <thread>

namespace ssblog::hostile {
namespace {

using namespace std::chrono_literals;

constexpr auto flood_time = 1500ms;
constexpr std::size_t slow_connections = 20;
constexpr auto slow_pause = 400ms;

/// The first message of somebody who knows the network key; the server answers it and waits.
ByteBuf good_challenge(World& world) {
  const KeyPair keys = KeyPair::generate();
  ClientHandshake handshake(world.network, keys, world.victim.id(), fresh_ephemeral());
  ByteBuf out;
  if (!handshake.start(out)) std::abort();
  return out;
}

}  // namespace

/// True when in nine of ten tries an honest host is served, while threads do what `attack` says with addresses that are
/// new, or the same one.
bool Suite::is_served_in_flood(const std::function<void(const std::string& address)>& attack,
                               bool one_address) {
  constexpr int threads = 2, addresses = 100'000;
  std::vector<std::vector<std::string>> own(threads);
  for (auto& list : own) {
    for (int i = 0; i < (one_address ? 1 : addresses / 20); ++i) list.push_back(world_.fresh_address());
  }
  std::atomic<bool> over = false;
  std::vector<std::thread> attackers;
  for (const auto& list : own) {
    attackers.emplace_back([&] {
      for (std::size_t i = 0; !over; ++i) attack(list[i % list.size()]);
    });
  }
  int tries = 0, good = 0;
  for (const Moment deadline = from_now(flood_time);
       tries < 10 || std::chrono::steady_clock::now() < deadline;) {
    ++tries;
    good += is_served(world_, 1) ? 1 : 0;
    if (tries - good > 3) break;
  }
  over = true;
  for (std::thread& attacker : attackers) attacker.join();
  return check(good * 10 >= tries * 9,
               fmt::format("an honest host was served in {} of {} tries", good, tries));
}

void Suite::run_idle(std::size_t connections, Depth depth, const std::string& what) {
  begin_case(fmt::format("{} connections, {}", connections, what));
  {
    std::vector<Caller> held;
    for (std::size_t i = 0; i < connections; ++i) {
      auto caller = world_.call(depth);
      if (caller) held.push_back(std::move(*caller));
    }
    check_served("during it");
    if (depth == Depth::local_socket || depth == Depth::publish_socket) {
      auto caller = world_.call(depth);
      check(caller && caller->is_heard(from_now(2s)), "the next one at this socket is not heard");
    }
  }
  check_served("after it");
}

void Suite::run_floods() {
  run_idle(300, Depth::tcp, "silent");
  run_idle(2000, Depth::tcp, "silent");
  run_idle(600, Depth::stranger, "hands shaken, then silent");
  run_idle(200, Depth::local_socket, "silent, at the local socket");
  run_idle(200, Depth::publish_socket, "silent, at the socket of other users");

  begin_case("300 connections of one address, silent");
  {
    std::vector<Socket> held;
    const std::string address = world_.fresh_address();
    for (int i = 0; i < 300; ++i) {
      if (auto socket = world_.dial_from(address)) held.push_back(std::move(*socket));
    }
    check_served("during it");
    std::size_t open = 0;
    for (const Socket& socket : held) open += socket.ends(from_now(0ms)) ? 0 : 1;
    check(open <= max_unauthenticated_per_minute, fmt::format("{} of them are open", open));
  }
  check_served("after it");

  const auto connect_and_go = [this](const std::string& address) { world_.dial_from(address); };
  const auto half_shaken = [this, first = good_challenge(world_)](const std::string& address) {
    if (const auto socket = world_.dial_from(address)) socket->send(first);
  };
  const auto garbage = [this](const std::string& address) {
    if (const auto socket = world_.dial_from(address)) socket->send(ByteBuf(64, 1));
  };
  begin_case("connections as fast as they go, of one address");
  is_served_in_flood(connect_and_go, true);
  begin_case("connections as fast as they go, of many addresses");
  is_served_in_flood(connect_and_go, false);
  begin_case("first messages as fast as they go, of one address");
  is_served_in_flood(half_shaken, true);
  begin_case("first messages as fast as they go, of many addresses");
  is_served_in_flood(half_shaken, false);
  begin_case("garbage as fast as it goes, of many addresses");
  is_served_in_flood(garbage, false);
  check_served("after it");

  begin_case("whole handshakes as fast as they go, of many addresses");
  is_served_in_flood(
      [this](const std::string& address) {
        auto socket = world_.dial_from(address);
        if (socket)
          Caller::shake(std::move(*socket), world_.network, KeyPair::generate(), world_.victim.id());
      },
      false);
  begin_case("whole handshakes as fast as they go, of many addresses, which then stay");
  is_served_in_flood(
      [this](const std::string& address) {
        constexpr std::size_t most_held = 2000;
        thread_local std::deque<Caller> held;
        auto socket = world_.dial_from(address);
        auto caller = socket ? Caller::shake(std::move(*socket), world_.network, KeyPair::generate(),
                                             world_.victim.id())
                             : std::nullopt;
        if (caller) held.push_back(std::move(*caller));
        if (held.size() > most_held) held.pop_front();
      },
      false);
  check_served("after it");
  run_halves();
  run_greedy();
}

/// Strangers that keep the daemon as busy as they can: each of them always has more calls under way than are read at once.
void Suite::run_greedy() {
  constexpr std::size_t strangers = 30, bytes_of_calls = 2 << 20;
  if (sanitized_) {
    fmt::print(
        "skipped: {} strangers that call and call: a build with a sanitizer is too slow to serve anybody "
        "beside them\n",
        strangers);
    return;
  }
  begin_case(fmt::format("{} strangers that call and call", strangers));
  ByteBuf calls;
  const std::string body = R"({"name":["no"],"args":[],"type":"async"})";
  for (std::int32_t number = 1; calls.size() < bytes_of_calls; ++number) {
    const auto one = raw_packet(json_type, static_cast<std::uint32_t>(body.size()), number, body);
    calls.insert(calls.end(), one.begin(), one.end());
  }
  {
    std::vector<Caller> held;
    for (std::size_t i = 0; i < strangers; ++i) {
      if (auto caller = world_.call(Depth::stranger)) held.push_back(std::move(*caller));
    }
    check(held.size() == strangers, "they are not let in");
    for (Caller& caller : held) caller.send(calls, milliseconds(20));
    check_served("during it");
  }
  check_served("after it");
}

/// The most that a peer may have the daemon keep, from as many as it lets in.
void Suite::run_halves() {
  constexpr std::uint32_t announced = max_ebt_packet_bytes;
  begin_case(fmt::format("{} strangers, each with an item of {} bytes that does not come whole",
                         max_strangers, announced));
  {
    std::vector<Caller> held;
    for (std::size_t i = 0; i < max_strangers; ++i) {
      auto caller = world_.call(Depth::ebt);
      if (!caller) continue;
      caller->send(raw_packet(stream_flag | json_type, announced, 1, std::string(announced - 1, ' ')));
      held.push_back(std::move(*caller));
    }
    check_served("during it");
  }
  check_served("after it");
}

void Suite::begin_slow() {
  std::vector<Socket> sockets;
  for (std::size_t i = 0; i < slow_connections; ++i) {
    if (auto socket = world_.dial()) sockets.push_back(std::move(*socket));
  }
  const ByteBuf first = good_challenge(world_);
  slow_ = std::thread([this, first, sockets = std::move(sockets), silent = world_.dial(),
                       begun = std::chrono::steady_clock::now()] {
    const Moment deadline = from_now(max_handshake_time + 2s);
    bool silent_is_open = silent.has_value();
    for (std::size_t at = 0; at < first.size() && std::chrono::steady_clock::now() < deadline; ++at) {
      for (const Socket& socket : sockets) socket.send(ByteView(first).subspan(at, 1), 0ms);
      const Moment next = from_now(slow_pause);
      if (silent_is_open && silent->ends(next)) {
        silent_is_open = false;
        silent_for_ = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begun);
      }
      if (!silent_is_open) ::poll(nullptr, 0, static_cast<int>(slow_pause.count()));
    }
    for (const Socket& socket : sockets) slow_cut_ += socket.ends(deadline) ? 1 : 0;
  });
}

void Suite::end_slow() {
  begin_case("handshakes of a byte now and then");
  slow_.join();
  check(slow_cut_ == slow_connections, fmt::format("{} of {} were cut in time", slow_cut_, slow_connections));
  begin_case("a handshake that never begins");
  check(silent_for_ >= max_handshake_time - 500ms && silent_for_ <= max_handshake_time + 1500ms,
        fmt::format("it was cut after {} ms", silent_for_.count()));
}

}  // namespace ssblog::hostile
