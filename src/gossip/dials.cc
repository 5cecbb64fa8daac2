// SPDX-License-Identifier: MIT
#include "gossip/dials.h"

#include "feed/crypto.h"

#include <algorithm>
#include <array>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

std::uint16_t draw() {
  std::array<std::uint8_t, 2> random;
  random_bytes(random);
  return static_cast<std::uint16_t>(random[0] << 8 | random[1]);
}

}  // namespace

Dials::Dials(Loop& loop, Events events)
    : loop_(loop), events_(std::move(events)), next_(loop, [this] { look(); }) {}

bool Dials::add(const Address& address) {
  if (!plan_.add(address, loop_.now())) return false;
  look();
  return true;
}

void Dials::remove(const Address& address) {
  plan_.remove(address);
  dials_.erase(to_text(address));
}

void Dials::hint(const Address& address) {
  plan_.hint(address, loop_.now());
  if (!events_.settled(address.key)) look();
}

void Dials::hurry() {
  plan_.hurry(loop_.now());
  look();
}

void Dials::hurry_anew() {
  constexpr auto long_enough = 300ms;  // in a LAN
  for (const Address& address : plan_.begin_again(loop_.now() - long_enough, loop_.now()))
    dials_.erase(to_text(address));
  hurry();
}

void Dials::look() {
  done_.clear();
  for (const Address& address : plan_.take_due(loop_.now(), events_.settled)) dial(address);
  if (const auto at = plan_.next(loop_.now(), events_.settled)) next_.start(std::max(*at - loop_.now(), 0ms));
}

void Dials::dial(const Address& address) {
  auto& dial = dials_[to_text(address)];
  dial = std::make_unique<TcpDial>(loop_, address.host, address.port,
                                   [this, address](auto stream) { dialled(address, std::move(stream)); });
  dial->begin();
}

void Dials::dialled(const Address& address, Result<std::unique_ptr<TcpStream>> stream) {
  const auto at = dials_.find(to_text(address));
  done_.push_back(std::move(at->second));  // it is calling us
  dials_.erase(at);
  if (stream) {
    plan_.connected(address, loop_.now());
    events_.made(address, std::move(*stream));
  } else if (plan_.ended(address, Outcome::failed, stream.error().text, loop_.now(), draw())) {
    events_.failed(address, stream.error());
  }
  next_.start(0ms);
}

void Dials::ended(const Address& address, Outcome outcome, const std::string& trouble) {
  plan_.ended(address, outcome, trouble, loop_.now(), draw());
  next_.start(0ms);
}

}  // namespace ssblog
