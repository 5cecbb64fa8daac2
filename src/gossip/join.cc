// SPDX-License-Identifier: MIT
#include "gossip/join.h"

#include <fmt/format.h>

#include <utility>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto goodbye_patience = 500ms;

}  // namespace

Join::Join(Loop& loop, const NetworkKey& network, const Invite& invite, const FeedId& feed,
           std::function<void(const Outcome&)> over)
    : loop_(loop),
      self_{network, KeyPair::from_seed(invite.seed.view().first<32>())},
      addresses_(invite.addresses),
      feed_(feed),
      over_(std::move(over)),
      late_(loop,
            [this] {
              if (answered_) return next_.start(0ms);  // it does not say goodbye
              failed("nobody answers there");
            }),
      next_(loop, [this] { try_next(); }) {}

/// The next address, or the end. What was before is freed here, with none of its callbacks on the stack.
void Join::try_next() {
  late_.stop();
  dial_.reset();
  wire_.reset();
  rpc_.reset();
  out_.clear();
  calling_ = false;
  if (answered_ || tried_ == addresses_.size()) {
    const auto over = over_;
    const Outcome outcome = std::move(outcome_);
    return over(outcome);
  }
  const Address& address = addresses_[tried_++];
  late_.start(patience);
  dial_ = std::make_unique<TcpDial>(
      loop_, address.host, address.port,
      [this](Result<std::unique_ptr<TcpStream>> stream) { connected(std::move(stream)); });
  dial_->begin();
}

void Join::connected(Result<std::unique_ptr<TcpStream>> stream) {
  if (!stream) return failed(stream.error().text);
  wire_ = std::make_unique<Wire>(
      loop_, self_, std::move(*stream), addresses_[tried_ - 1].key,
      Wire::Events{nullptr, [this](const FeedId&) { opened(); }, [this](ByteView plain) { take(plain); },
                   nullptr, [this](const WireEnd& end) { ended(end.why); }});
  wire_->start();
}

void Join::opened() {
  // From here on the host may take its time: its store may be busy. The caller has the last word.
  late_.stop();
  calling_ = true;
  rpc_.emplace(std::span<const RpcMethod>(), out_);
  rpc_->call(RpcKind::async, "invite.use", fmt::format(R"([{{"feed":"{}"}}])", to_text(feed_)));
  flush();
}

void Join::take(ByteView plain) {
  while (!answered_) {
    auto event = rpc_->next(plain);
    if (!event) return failed(event.error().text);
    if (!*event) break;
    // The one call that we made: what else the host calls is refused by Rpc.
    if (std::holds_alternative<RpcAnswer>(**event)) answered(std::nullopt);
    if (const auto* end = std::get_if<RpcEnd>(&**event)) answered(end->error.value_or(""));
    if (std::holds_alternative<RpcGoodbye>(**event)) {
      flush();
      return failed("it said goodbye instead of answering");
    }
  }
  flush();
}

void Join::answered(const std::optional<std::string>& error) {
  using Kind = Outcome::Kind;
  answered_ = true;
  outcome_.at = addresses_[tried_ - 1];
  outcome_.words = error.value_or("");
  outcome_.kind = !error                                          ? Kind::followed
                  : *error == already_following                   ? Kind::already
                  : std::string_view(*error).ends_with(try_later) ? Kind::later
                                                                  : Kind::refused;
  rpc_->goodbye();
  flush();
  wire_->close();
  late_.start(goodbye_patience);
}

void Join::ended(const std::string& why) {
  if (answered_) return next_.start(0ms);
  failed(calling_ ? fmt::format("{}, before it answered", why) : why);
}

void Join::failed(const std::string& why) {
  if (next_.running() || answered_) return;
  outcome_.tried.push_back({addresses_[tried_ - 1], why});
  next_.start(0ms);
}

void Join::give_up() {
  if (tried_ > 0) failed(calling_ ? "it did not answer in time" : "there was no more time");
  tried_ = addresses_.size();
  next_.start(0ms);
}

void Join::flush() {
  if (!wire_ || out_.empty()) return;
  wire_->send(out_);
  out_.clear();
}

}  // namespace ssblog
