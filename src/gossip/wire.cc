// SPDX-License-Identifier: MIT
#include "gossip/wire.h"

#include "feed/crypto.h"
#include "gossip/protocol/limits.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

EphemeralKeys fresh_keys() {
  Secret<32> random;
  random_bytes({random.data(), 32});
  return EphemeralKeys::from_secret(std::span<const std::uint8_t, 32>(random.data(), 32));
}

}  // namespace

Wire::Wire(Loop& loop, const NetworkSelf& self, std::unique_ptr<TcpStream> stream,
           const std::optional<FeedId>& server, Events events)
    : loop_(loop),
      self_(self),
      stream_(std::move(stream)),
      server_(server),
      events_(std::move(events)),
      deadline_(loop, [this] {
        end(WireEnd::Kind::closed,
            fmt::format("{} is connected, but does not finish the handshake", stream_->remote().text()));
      }) {}

void Wire::start() {
  deadline_.start(max_handshake_time);
  last_heard_ = loop_.now();
  stream_->start({[this](ByteView in) { take(in); }, [this](const Error* error) { hung_up(error); },
                  [this] {
                    if (events_.drained && !over_) events_.drained();
                  }});
  if (!server_) {
    shaking_server_ = std::make_unique<ServerHandshake>(self_.network, self_.keys, fresh_keys());
    return;
  }
  client_ = std::make_unique<ClientHandshake>(self_.network, self_.keys, *server_, fresh_keys());
  call_key_ = client_->call_key();
  ByteBuf out;
  if (auto started = client_->start(out); !started) return end(WireEnd::Kind::mismatch, started.error().text);
  flush(std::move(out));
}

void Wire::flush(ByteBuf out) { stream_->write(std::move(out)); }

void Wire::take(ByteView in) {
  if (over_) return;
  last_heard_ = loop_.now();
  if (!reader_) {
    if (auto shaken = shake(in); !shaken) return end(WireEnd::Kind::mismatch, shaken.error().text);
  }
  while (!over_ && reader_) {
    auto body = reader_->next(in);
    if (!body) return end(WireEnd::Kind::misbehaved, body.error().text);
    if (!*body) break;
    events_.bytes(**body);
  }
  if (!over_ && reader_ && reader_->is_over()) {
    close();
    end(WireEnd::Kind::closed, "the other side said goodbye");
  }
}

Result<void> Wire::shake(ByteView& in) {
  ByteBuf out;
  heard_challenge_ = true;
  if (client_) {
    auto session = client_->take(in, out);
    flush(std::move(out));
    if (!session) return session.error();
    if (*session) opened(std::move(**session));
    return {};
  }
  auto key = shaking_server_->take(in, out);
  flush(std::move(out));
  if (!key) return key.error();
  if (!*key) return {};
  call_key_ = shaking_server_->call_key();
  if (events_.admits && !events_.admits(**key))
    return Error{Code::permission, fmt::format("{} is not let in", short_id(**key))};
  ByteBuf last;
  Session session = shaking_server_->accept(last);
  flush(std::move(last));
  opened(std::move(session));
  return {};
}

void Wire::opened(Session session) {
  deadline_.stop();
  writer_.emplace(std::move(session.encryption_key), session.encryption_nonce);
  reader_ = std::make_unique<BoxReader>(std::move(session.decryption_key), session.decryption_nonce);
  client_.reset();
  shaking_server_.reset();
  events_.open(session.peer);
}

void Wire::send(ByteView plain) {
  if (!writer_ || closing_ || over_) return;
  ByteBuf out;
  writer_->append(plain, out);
  flush(std::move(out));
}

void Wire::close() {
  if (closing_ || over_) return;
  closing_ = true;
  ByteBuf out;
  if (writer_) writer_->goodbye(out);
  flush(std::move(out));
  stream_->shut();
}

/// The other side is gone. At which step it went says why, since a handshake fails in silence.
void Wire::hung_up(const Error* error) {
  if (over_) return;
  const std::string where = stream_->remote().text();
  if (reader_) return end(WireEnd::Kind::closed, error != nullptr ? error->text : where + " hung up");
  if (server_ && !heard_challenge_) {
    return end(
        WireEnd::Kind::mismatch,
        fmt::format("{} answers, but hangs up at our first word: its network key is another, or it takes no "
                    "more connections",
                    where));
  }
  if (server_) {
    return end(WireEnd::Kind::mismatch,
               fmt::format("{} is of our network, but its key is not {}, or it does not let us in", where,
                           to_text(*server_)));
  }
  end(WireEnd::Kind::closed,
      error != nullptr ? error->text : fmt::format("{} hung up in the handshake", where));
}

void Wire::end(WireEnd::Kind kind, std::string why) {
  if (over_) return;
  over_ = true;
  deadline_.stop();
  stream_->pause();
  const auto ended = events_.ended;
  ended({kind, std::move(why)});
}

}  // namespace ssblog
