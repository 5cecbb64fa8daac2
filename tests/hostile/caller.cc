// SPDX-License-Identifier: MIT
#include "hostile/caller.h"

#include "feed/crypto.h"
#include "gossip/protocol/limits.h"

#include <fmt/format.h>

#include <utility>

namespace ssblog::hostile {
namespace {

using namespace std::chrono_literals;

constexpr auto handshake_patience = 15s;  // a busy machine is no failure
constexpr std::size_t header_text_bytes = 18;
constexpr std::size_t longest_packet = std::size_t{16} << 20;

}  // namespace

EphemeralKeys fresh_ephemeral() {
  std::array<std::uint8_t, 32> random;
  random_bytes(random);
  return EphemeralKeys::from_secret(random);
}

ByteBuf raw_packet(std::uint8_t flags, std::uint32_t length, std::int32_t request, std::string_view body) {
  ByteBuf wire{flags};
  for (const std::uint32_t number : {length, static_cast<std::uint32_t>(request)}) {
    for (const int shift : {24, 16, 8, 0}) wire.push_back(static_cast<std::uint8_t>(number >> shift));
  }
  wire.insert(wire.end(), body.begin(), body.end());
  return wire;
}

ByteBuf BoxKeys::header(std::size_t length, ByteView mac) const {
  std::array<std::uint8_t, header_text_bytes> text{};
  text[0] = static_cast<std::uint8_t>(length >> 8);
  text[1] = static_cast<std::uint8_t>(length);
  std::copy(mac.begin(), mac.end(), text.begin() + 2);
  ByteBuf header(box_header_bytes);
  if (crypto_secretbox_easy(header.data(), text.data(), text.size(), nonce.data(), key.data()) != 0)
    std::abort();
  return header;
}

std::optional<Caller> Caller::shake(Socket socket, const NetworkKey& network, const KeyPair& own,
                                    const FeedId& server) {
  ClientHandshake handshake(network, own, server, fresh_ephemeral());
  ByteBuf out, in;
  if (!handshake.start(out) || !socket.send(out)) return std::nullopt;
  for (const Moment deadline = from_now(handshake_patience);;) {
    if (socket.read(in, deadline) != Heard::bytes) return std::nullopt;
    out.clear();
    ByteView rest = in;
    auto session = handshake.take(rest, out);
    if (!session || (!out.empty() && !socket.send(out))) return std::nullopt;
    in.assign(rest.begin(), rest.end());
    if (!*session) continue;
    Caller caller(std::move(socket));
    caller.boxed_ = true;
    caller.keys_ = {std::move((*session)->encryption_key), (*session)->encryption_nonce};
    caller.reader_ =
        std::make_unique<BoxReader>(std::move((*session)->decryption_key), (*session)->decryption_nonce);
    caller.wire_ = std::move(in);
    return caller;
  }
}

bool Caller::send(ByteView bytes, milliseconds patience) {
  if (!boxed_) return socket_.send(bytes, patience);
  BoxKeys keys = keys_.copy();
  BoxWriter writer(std::move(keys.key), keys.nonce);
  ByteBuf out;
  writer.append(bytes, out);
  for (std::size_t boxes = (bytes.size() + max_box_body - 1) / max_box_body; boxes > 0; --boxes) {
    increment(keys_.nonce);
    increment(keys_.nonce);
  }
  return socket_.send(out, patience);
}

bool Caller::call(std::string_view kind, std::int32_t request, std::string_view name, std::string_view args) {
  const bool stream = kind != "async";
  return packet(stream ? stream_flag | json_type : json_type, request,
                fmt::format(R"({{"name":{},"args":{},"type":"{}"}})", name, args, kind));
}

/// Opens what came. False when the daemon said goodbye, or its boxes are broken.
bool Caller::open_boxes() {
  if (!boxed_) {
    plain_.insert(plain_.end(), wire_.begin(), wire_.end());
    wire_.clear();
    return true;
  }
  ByteView in = wire_;
  for (;;) {
    auto body = reader_->next(in);
    over_ = over_ || !body || reader_->is_over();
    if (over_) return false;
    if (!*body) break;
    plain_.insert(plain_.end(), (*body)->begin(), (*body)->end());
  }
  wire_.assign(in.begin(), in.end());
  return true;
}

std::optional<Received> Caller::receive(Moment deadline) {
  for (;;) {
    if (!over_ && !open_boxes()) return std::nullopt;
    ByteView plain = plain_;
    const auto packet = packets_.next(plain, [](const PacketHead&) { return longest_packet; });
    if (!packet) return std::nullopt;
    std::optional<Received> received;
    if (*packet) received = {(*packet)->head, std::string(as_text((*packet)->body))};
    plain_.erase(plain_.begin(), plain_.end() - static_cast<std::ptrdiff_t>(plain.size()));
    if (received) return received;
    if (over_ || std::chrono::steady_clock::now() > deadline) return std::nullopt;
    if (socket_.read(wire_, deadline) != Heard::bytes) return std::nullopt;
  }
}

std::optional<Received> Caller::receive(std::int32_t request, Moment deadline) {
  for (;;) {
    auto received = receive(deadline);
    if (!received || received->head.request == -request) return received;
  }
}

bool Caller::is_heard(Moment deadline) {
  // A method that nobody has is refused; the refusal is an answer.
  const std::int32_t question = last_question_++;
  return call("async", question, R"(["no","such"])", "[]") && receive(question, deadline).has_value();
}

bool Caller::ends(Moment deadline) {
  while (const auto received = receive(deadline)) {
    if (received->body.empty()) return true;
  }
  return over_ || socket_.ends(deadline);
}

void Caller::goodbye() {
  if (!send(ByteBuf(9, 0)) || !boxed_) return;
  static_cast<void>(socket_.send(keys_.header(0, ByteBuf(16, 0))));
}

}  // namespace ssblog::hostile
