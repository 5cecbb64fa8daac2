// SPDX-License-Identifier: MIT
#include "intake/listen_doors.h"

#include <fmt/format.h>

#include <utility>

namespace ssblog {

struct ListenDoors::Door {
  ListenPlace place;
  std::unique_ptr<DatagramSocket> datagrams;
  std::unique_ptr<TcpListener> tcp;
  std::string trouble;  ///< said last
};

ListenDoors::ListenDoors(Loop& loop, Events events)
    : loop_(loop), events_(std::move(events)), retry_(loop, [this] { open(); }) {}

ListenDoors::~ListenDoors() = default;

Result<void> ListenDoors::take(const std::vector<std::string>& listen) {
  for (const std::string& text : listen) {
    auto place = ListenPlace::parse(text);
    if (!place) return place.error();
    if (place->kind == ListenPlace::Kind::tcp && !events_.accept)
      return Error{Code::config, fmt::format("\"{}\": datagrams come over \"udp:\" and \"unix:\"", text)};
    doors_.push_back(std::make_unique<Door>());
    doors_.back()->place = std::move(*place);
  }
  return {};
}

void ListenDoors::open() {
  bool all = true;
  for (const auto& door : doors_) {
    if (door->datagrams || door->tcp) continue;
    auto place = open_one(*door);
    if (place) {
      places_.push_back(*place);
      events_.say(false, fmt::format("listening on {}", *place));
      continue;
    }
    all = false;
    if (door->trouble == place.error().text) continue;
    door->trouble = place.error().text;
    events_.say(true, fmt::format("{}; it is tried again each {} s", door->trouble, retry.count()));
  }
  if (!all) retry_.start(retry);
}

void ListenDoors::drain() {
  for (const auto& door : doors_) {
    if (door->datagrams) door->datagrams->drain();
  }
}

/// The place in truth.
Result<std::string> ListenDoors::open_one(Door& door) {
  const ListenPlace& place = door.place;
  if (place.kind == ListenPlace::Kind::tcp) {
    auto listener = TcpListener::listen(loop_, place.address, events_.accept);
    if (!listener) return listener.error();
    door.tcp = std::move(*listener);
    return fmt::format("tcp:{}", door.tcp->local().text());
  }
  DatagramSocket::Events events{events_.take, events_.dropped};
  const bool udp = place.kind == ListenPlace::Kind::udp;
  auto socket = udp ? DatagramSocket::listen(loop_, place.address, std::move(events))
                    : DatagramSocket::listen(loop_, place.path, std::move(events));
  if (!socket) return socket.error();
  door.datagrams = std::move(*socket);
  return udp ? fmt::format("udp:{}", door.datagrams->local().text()) : "unix:" + place.path;
}

}  // namespace ssblog
