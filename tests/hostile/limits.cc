// SPDX-License-Identifier: MIT
// hostile/limits.cc - how many connections of each kind the daemon keeps: the limit itself, and one above.
//
// What it keeps by then is what other cases had it close, so each case waits first until the daemon has none of theirs.
#include "gossip/protocol/limits.h"
#include "gossip/protocol/invite.h"
#include "hostile/suite.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <string_view>

namespace ssblog::hostile {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 5s;

bool is_long() {
  const char* const value = std::getenv("SSBLOG_LONG");
  return value != nullptr && std::string_view(value) == "1";
}

/// Waits until the daemon has done with what came before: it answers at another door.
bool has_settled(World& world) {
  auto local = world.call(Depth::local_socket);
  return local && local->is_heard(from_now(patience)) && local->is_heard(from_now(patience));
}

/// How many of them the daemon ended, when it has had the time to.
std::size_t ended(World& world, const std::vector<Socket>& held, std::size_t awaited) {
  std::size_t count = 0;
  const Moment deadline = from_now(patience);
  do {
    has_settled(world);
    count = 0;
    for (const Socket& one : held) count += one.ends(from_now(0ms)) ? 1 : 0;
  } while (count < awaited && std::chrono::steady_clock::now() < deadline);
  return count;
}

std::size_t unheard(std::vector<Caller>& held) {
  std::size_t count = 0;
  for (Caller& caller : held) count += caller.is_heard(from_now(patience)) ? 0 : 1;
  return count;
}

}  // namespace

/// What is before the handshake: of all addresses, and of one.
void Suite::run_limits_of_silence() {
  begin_case(fmt::format("{} silent connections, and one more", max_unauthenticated));
  {
    std::vector<Socket> held;
    const auto dial = [&] {
      if (auto socket = world_.dial()) held.push_back(std::move(*socket));
    };
    for (std::size_t i = 0; i < max_unauthenticated; ++i) dial();
    check(held.size() == max_unauthenticated, "they are not let in");
    check(ended(world_, held, 0) == 0, "one of as many as may be silent was cut");
    dial();
    check(ended(world_, held, 1) == 1, fmt::format("{} were cut", ended(world_, held, 1)));
    check(!held.empty() && held.front().ends(from_now(0ms)), "it is not the one that was silent for longest");
  }
  check_served("after it");
  if (!world_.own_network) {
    fmt::print("skipped: hostile: connections of one address: those of loopback are not counted\n");
    return;
  }
  begin_case(fmt::format("{} connections of one address, and one more", max_connections_per_address));
  {
    std::vector<Socket> held;
    const std::string address = world_.fresh_address();
    for (std::size_t i = 0; i < max_connections_per_address; ++i) {
      if (auto socket = world_.dial_from(address)) held.push_back(std::move(*socket));
    }
    check(held.size() == max_connections_per_address && ended(world_, held, 0) == 0,
          "one of as many as may come from there was cut");
    const auto more = world_.dial_from(address);
    check(!more || more->ends(from_now(patience)), "one above the limit is kept");
    check(ended(world_, held, 0) == 0, "one of those that were there was cut");
  }
  check_served("after it");
}

void Suite::run_limits_of_strangers() {
  begin_case(fmt::format("{} strangers, and one more", max_strangers));
  {
    std::vector<Caller> held;
    const auto call = [&] {
      if (auto caller = world_.call(Depth::stranger)) held.push_back(std::move(*caller));
    };
    for (std::size_t i = 0; i < max_strangers; ++i) call();
    check(held.size() == max_strangers, "they are not let in");
    check(unheard(held) == 0, "one of as many as may stay is not heard");
    call();
    check(held.size() == max_strangers + 1 && held.back().is_heard(from_now(patience)),
          "the next one is not let in");
    check(held.front().ends(from_now(patience)), "the one that was there for longest stays");
    held.erase(held.begin());
    check(unheard(held) == 0, "one of the others was cut");
  }
  check_served("after it");

  begin_case(fmt::format("more than {} connections of one key", max_connections_per_identity));
  {
    const KeyPair keys = KeyPair::generate();
    std::vector<Caller> held;
    for (std::size_t i = 0; i <= max_connections_per_identity; ++i) {
      if (auto caller = world_.call_as(keys)) held.push_back(std::move(*caller));
    }
    check(held.size() == max_connections_per_identity + 1, "they are not let in");
    for (std::size_t i = 0; i + 1 < held.size(); ++i)
      check(held[i].ends(from_now(patience)), fmt::format("number {} stays", i + 1));
    check(!held.empty() && held.back().is_heard(from_now(patience)), "the newest one does not stay");
  }
  check_served("after it");
}

/// All places are taken by hosts that matter here.
void Suite::run_limit_of_all() {
  begin_case(fmt::format("{} hosts that are wanted, and one more", max_connections));
  {
    std::vector<Caller> held;
    const auto call = [&](const KeyPair& keys) {
      auto caller = world_.call_as(keys);
      if (!caller || !caller->is_heard(from_now(patience))) return false;
      held.push_back(std::move(*caller));
      return true;
    };
    std::size_t in = 0;
    for (std::size_t i = 0; i + 1 < max_connections; ++i) in += call(world_.members[i]) ? 1 : 0;
    check(in == max_connections - 1, fmt::format("only {} of them are let in", in));
    auto stranger = world_.call(Depth::stranger);
    check(stranger && stranger->is_heard(from_now(patience)), "the last place is not to be had");
    check(call(world_.members[max_connections - 1]),
          "a host that is wanted finds no place beside a stranger");
    check(stranger && stranger->ends(from_now(patience)), "the stranger stays");
    check(!call(world_.members[max_connections]), "one above the limit is let in");
    check(unheard(held) == 0, "one of as many as may stay was cut");
    held.pop_back();
    bool again = false;
    for (const Moment deadline = from_now(patience); !again && std::chrono::steady_clock::now() < deadline;)
      again = call(world_.members[max_connections]);
    check(again, "a place that is free again is not to be had");
  }
  check_served("after it");
}

void Suite::run_limits_of_guests() {
  begin_case(fmt::format("{} guests, and one more", max_guests));
  const Ran made = world_.victim.run({"invite", "create", "--uses", "1", "--address", "127.0.0.1"});
  const auto invite = parse_invite(made.out);
  if (!check(made.status == 0 && invite, "no invite is to be had")) return;
  const KeyPair keys = KeyPair::from_seed(std::span<const std::uint8_t, 32>(invite->seed.data(), 32));
  {
    std::vector<Caller> held;
    for (std::size_t i = 0; i < max_guests; ++i) {
      if (auto caller = world_.call_as(keys)) held.push_back(std::move(*caller));
    }
    check(held.size() == max_guests && unheard(held) == 0, "one of as many as may come is not heard");
    auto more = world_.call_as(keys);
    check(more && more->is_heard(from_now(patience)), "the next one is not let in");
    check(held.front().ends(from_now(patience)), "the one that was there for longest stays");
    held.erase(held.begin());
    check(unheard(held) == 0, "one of the others was cut");
  }
  check_served("after it");

  begin_case(fmt::format("a guest that calls {} times, and once more", max_guest_calls));
  auto guest = world_.call_as(keys);
  if (!check(guest.has_value(), "no guest is let in")) return;
  for (std::size_t i = 1; i <= max_guest_calls + 1; ++i) {
    const auto number = static_cast<std::int32_t>(i);
    guest->call("async", number, R"(["invite","use"])", R"([{"feed":"none"}])");
    const auto answer = guest->receive(number, from_now(patience));
    const bool too_many = answer && answer->body.find("too many calls") != std::string::npos;
    check(answer.has_value() && too_many == (i > max_guest_calls),
          fmt::format("call {} is answered so: {}", i, answer ? answer->body : "not at all"));
  }
  if (!is_long()) return;

  begin_case(fmt::format("a guest that calls now and then, for longer than {} s", max_guest_time / 1s));
  auto lasting = world_.call_as(keys);
  if (!check(lasting.has_value(), "no guest is let in")) return;
  check(!lasting->ends(from_now(max_guest_time / 2)) && lasting->is_heard(from_now(patience)),
        "it is sent away before its time");
  check(lasting->ends(from_now(max_guest_time)), "it stays");
}

/// Programs of this machine: idle ones are let go for the next, those at work stay.
void Suite::run_limits_of_programs() {
  for (const Depth depth : {Depth::local_socket, Depth::publish_socket}) {
    begin_case(fmt::format("{} idle programs at {}, and one more", max_local_clients,
                           depth == Depth::local_socket ? "the local socket" : "the socket of other users"));
    std::vector<Caller> held;
    const auto call = [&] {
      auto caller = world_.call(depth);
      if (caller && caller->is_heard(from_now(patience))) held.push_back(std::move(*caller));
    };
    for (std::size_t i = 0; i < max_local_clients; ++i) call();
    check(held.size() == max_local_clients && unheard(held) == 0, "one of as many as may stay is not heard");
    call();
    check(held.size() == max_local_clients + 1, "the next one is not let in");
    check(held.front().ends(from_now(patience)), "the one that was there for longest stays");
    held.erase(held.begin());
    check(unheard(held) == 0, "one of the others was cut");
  }
  begin_case(fmt::format("{} programs at work at the local socket, and one more", max_local_clients));
  std::vector<Caller> held;
  for (std::size_t i = 0; i < max_local_clients; ++i) {
    auto caller = world_.call(Depth::local_socket);
    if (!caller || !caller->call("source", 1, R"(["createLogStream"])", R"([{"live":true,"limit":-1}])"))
      continue;
    if (caller->is_heard(from_now(patience))) held.push_back(std::move(*caller));
  }
  check(held.size() == max_local_clients, "one of as many as may stay is not heard");
  auto more = world_.call(Depth::local_socket);
  check(!more || !more->is_heard(from_now(patience)), "one above the limit is heard");
  check(unheard(held) == 0, "one that is at work was cut");
  held.pop_back();
  bool again = false;
  for (const Moment deadline = from_now(patience); !again && std::chrono::steady_clock::now() < deadline;) {
    more = world_.call(Depth::local_socket);
    again = more && more->is_heard(from_now(patience));
  }
  check(again, "a place that is free again is not to be had");
}

void Suite::run_limits() {
  run_limits_of_silence();
  run_limits_of_strangers();
  run_limit_of_all();
  run_limits_of_guests();
  run_limits_of_programs();
  if (is_long()) run_idle(10'000, Depth::tcp, "silent");
}

}  // namespace ssblog::hostile
