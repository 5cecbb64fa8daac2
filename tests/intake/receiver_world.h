// SPDX-License-Identifier: MIT
// tests/intake/receiver_world.h - what tests of receivers need: a loop, an inlet that keeps what is put in, senders.
#pragma once

#include "feed/hmac.h"
#include "intake/event_receiver.h"
#include "loop/run_until.h"
#include "loop/tcp.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ssblog {

inline constexpr Millis start_time = 1'795'276'800'000;  // 2026-11-21T16:00:00Z
inline const std::string secret = "a secret of the tests";

/// Keeps what is put in, as long as it has room.
class KeepingInlet final : public EventInlet {
 public:
  bool put(Event&& event) override {
    if (room == 0) return ++refused, false;
    --room;
    events.push_back(std::move(event));
    return true;
  }
  bool put(Event&& event, std::string cursor) override {
    if (!put(std::move(event))) return false;
    cursor_ = std::move(cursor);
    return true;
  }
  void lose(LostEvents lost) override { losses[lost.reason] += lost.records.value_or(0); }
  void lose(LostEvents lost, std::string) override { lose(std::move(lost)); }
  const std::string& cursor() const override { return cursor_; }
  void when_room(std::function<void()> call) override { call_ = std::move(call); }

  void give_room(std::size_t more) {
    room += more;
    if (call_) call_();
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (const Event& event : events) all.push_back(event.text);
    return all;
  }

  std::size_t room = 1'000'000;
  int refused = 0;
  std::vector<Event> events;
  std::map<std::string, std::uint64_t> losses;

 private:
  std::string cursor_;
  std::function<void()> call_;
};

/// A loop, an inlet, a folder that goes, and what was said.
struct ReceiverWorld {
  ReceiverWorld() : loop(make()) { REQUIRE(::mkdtemp(folder.data()) != nullptr); }
  ~ReceiverWorld() {
    ::unlink((folder + "/log").c_str());
    ::unlink((folder + "/secret").c_str());
    ::rmdir(folder.c_str());
  }
  ReceiverWorld(const ReceiverWorld&) = delete;
  ReceiverWorld& operator=(const ReceiverWorld&) = delete;

  static Loop make() {
    auto made = Loop::make();
    REQUIRE(made);
    return std::move(*made);
  }

  ReceiverOptions options(std::vector<std::string> listen) {
    ReceiverOptions made;
    made.source.name = "in";
    made.source.listen = std::move(listen);
    made.source.secret_file = folder + "/secret";
    made.own_names = {"nas"};
    made.clock = [this] { return now; };
    made.say = [this](bool, const std::string& sentence) { said.push_back(sentence); };
    return made;
  }

  void write_secret(const std::string& text, mode_t mode = 0600) const {
    const std::string path = folder + "/secret", next = folder + "/log";
    std::ofstream(next) << text << '\n';
    REQUIRE(::chmod(next.c_str(), mode) == 0);
    REQUIRE(::rename(next.c_str(), path.c_str()) == 0);
  }

  void run_until(const std::function<bool()>& done) { ssblog::run_until(loop, done); }

  /// A receiver that listens.
  template <class Receiver>
  std::unique_ptr<Receiver> started(ReceiverOptions wanted) {
    auto receiver = std::make_unique<Receiver>(loop, inlet, std::move(wanted));
    REQUIRE(receiver->check());
    receiver->start();
    return receiver;
  }
  template <class Receiver>
  std::unique_ptr<Receiver> started(std::vector<std::string> listen) {
    return started<Receiver>(options(std::move(listen)));
  }

  std::size_t times_said(std::string_view part) const {
    return static_cast<std::size_t>(std::count_if(said.begin(), said.end(), [&](const std::string& one) {
      return one.find(part) != std::string::npos;
    }));
  }

  Loop loop;
  KeepingInlet inlet;
  std::string folder = "/tmp/ssblog-receivers-XXXXXX";
  std::vector<std::string> said;
  Millis now = start_time;
};

inline std::uint16_t port_of(const std::string& place) {
  return static_cast<std::uint16_t>(std::stoi(place.substr(place.rfind(':') + 1)));
}

/// A socket that sends to a place as a receiver names it.
class PlaceSender {
 public:
  explicit PlaceSender(const std::string& place) {
    const bool tcp = place.starts_with("tcp:");
    sockaddr_storage address{};
    socklen_t size = 0;
    if (place.starts_with("unix:")) {
      auto* to = reinterpret_cast<sockaddr_un*>(&address);
      to->sun_family = AF_UNIX;
      place.copy(to->sun_path, sizeof to->sun_path - 1, 5);
      size = sizeof *to;
    } else {
      address = SocketAddress::from("127.0.0.1", port_of(place))->raw;
      size = sizeof(sockaddr_in);
    }
    descriptor_ = ::socket(address.ss_family, tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
    REQUIRE(descriptor_ >= 0);
    REQUIRE(::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
  }
  PlaceSender(const PlaceSender&) = delete;
  PlaceSender& operator=(const PlaceSender&) = delete;
  ~PlaceSender() { close(); }
  void close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }
  void send(std::string_view bytes) const {
    REQUIRE(::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
  }

 private:
  int descriptor_ = -1;
};

inline std::string signed_with(const std::string& key, const std::string& json) {
  return "ssblog1 " + to_hex(HmacKey(as_bytes(key)).mac_of(as_bytes(json))) + " " + json;
}
inline std::string record_at(Millis time, const std::string& more) {
  return fmt::format(R"({{"time":{},"text":"hello"{}}})", time, more);
}

}  // namespace ssblog
