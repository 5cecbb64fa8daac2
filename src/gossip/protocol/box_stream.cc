// SPDX-License-Identifier: MIT
#include "gossip/protocol/box_stream.h"

#include "feed/crypto_sodium.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cstring>

namespace ssblog {
namespace {

constexpr std::size_t header_text_bytes = 18;  // length and MAC of the body
constexpr std::size_t length_bytes = 2;

static_assert(crypto_secretbox_NONCEBYTES == std::tuple_size_v<BoxNonce>);
static_assert(box_header_bytes == crypto_secretbox_MACBYTES + header_text_bytes);

}  // namespace

void increment(BoxNonce& nonce) {
  for (std::size_t at = nonce.size(); at > 0 && ++nonce[at - 1] == 0; --at) continue;
}

void BoxWriter::append(ByteView plain, ByteBuf& out) {
  assert(!over_);
  const std::size_t boxes = (plain.size() + max_box_body - 1) / max_box_body;
  std::size_t at = out.size();
  out.resize(at + boxes * box_header_bytes + plain.size());
  while (!plain.empty()) {
    const ByteView body = plain.first(std::min(plain.size(), max_box_body));
    seal(body, out.data() + at);
    at += box_header_bytes + body.size();
    plain = plain.subspan(body.size());
  }
}

void BoxWriter::seal(ByteView body, std::uint8_t* to) {
  const BoxNonce header_nonce = nonce_;
  increment(nonce_);
  std::uint8_t header[header_text_bytes];
  header[0] = static_cast<std::uint8_t>(body.size() >> 8);
  header[1] = static_cast<std::uint8_t>(body.size());
  must(crypto_secretbox_detached(to + box_header_bytes, header + length_bytes, body.data(), body.size(),
                                 nonce_.data(), key_.data()));
  increment(nonce_);
  must(crypto_secretbox_easy(to, header, sizeof header, header_nonce.data(), key_.data()));
}

void BoxWriter::goodbye(ByteBuf& out) {
  assert(!over_);
  over_ = true;
  constexpr std::uint8_t header[header_text_bytes] = {};
  const std::size_t at = out.size();
  out.resize(at + box_header_bytes);
  must(crypto_secretbox_easy(out.data() + at, header, sizeof header, nonce_.data(), key_.data()));
}

Error BoxReader::broken(std::string_view why) {
  state_ = State::broken;
  return {Code::data, fmt::format("the encrypted stream is broken: {}", why)};
}

/// The next bytes where they lie, when they are all there; else they are gathered in buffer_. Null: more must come.
const std::uint8_t* BoxReader::whole(std::size_t bytes, ByteView& in) {
  if (held_ == 0 && in.size() >= bytes) {
    const std::uint8_t* at = in.data();
    in = in.subspan(bytes);
    return at;
  }
  const auto piece = in.first(std::min(bytes - held_, in.size()));
  std::copy(piece.begin(), piece.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(held_));
  held_ += piece.size();
  in = in.subspan(piece.size());
  if (held_ < bytes) return nullptr;
  held_ = 0;
  return buffer_.data();
}

Result<std::optional<ByteView>> BoxReader::next(ByteView& in) {
  if (state_ == State::header) {
    const std::uint8_t* header = whole(box_header_bytes, in);
    if (header == nullptr) return std::optional<ByteView>();
    if (auto opened = open_header(header); !opened) return opened.error();
  }
  switch (state_) {
    case State::header:
      break;
    case State::over:
      in = {};
      break;
    case State::broken:
      return broken("it was before");
    case State::body: {
      const std::uint8_t* box = whole(length_, in);
      if (box == nullptr) break;
      // libsodium opens a box in its own place too.
      if (crypto_secretbox_open_detached(buffer_.data(), box, mac_.data(), length_, nonce_.data(),
                                         key_.data()) != 0) {
        return broken("a body does not open");
      }
      increment(nonce_);
      state_ = State::header;
      return std::optional(ByteView(buffer_).first(length_));
    }
  }
  return std::optional<ByteView>();
}

Result<void> BoxReader::open_header(const std::uint8_t* header) {
  std::array<std::uint8_t, header_text_bytes> text;
  if (crypto_secretbox_open_easy(text.data(), header, box_header_bytes, nonce_.data(), key_.data()) != 0) {
    return broken("a header does not open");
  }
  increment(nonce_);
  if (sodium_is_zero(text.data(), text.size()) == 1) {
    state_ = State::over;
    return {};
  }
  length_ = std::size_t{text[0]} << 8 | text[1];
  if (length_ == 0 || length_ > max_box_body) {
    return broken(fmt::format("a body of {} bytes, where 1 to {} are allowed", length_, max_box_body));
  }
  std::copy(text.begin() + length_bytes, text.end(), mac_.begin());
  state_ = State::body;
  return {};
}

}  // namespace ssblog
