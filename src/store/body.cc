// SPDX-License-Identifier: MIT
#include "store/body.h"

#include "feed/crypto_sodium.h"
#include "feed/message.h"

#include <sodium.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <new>

namespace ssblog {
namespace {

constexpr int level = 1;                     // higher ones gain a few percent at several times the cost
constexpr std::size_t smallest_worth = 200;  // shorter texts gain nothing
constexpr std::uint8_t frame_begin = 0x28;   // of zstd's magic number; JSON texts begin with '{' or '"'

// Two bits away from the first byte of a frame and of a text, so that one flip makes no unsealed body of a sealed one.
constexpr std::uint8_t sealed_begin = 0x81;
constexpr std::size_t checksum_bytes = 4;
constexpr std::size_t seal_bytes = 1 + checksum_bytes;

using HashKey = std::array<std::uint8_t, crypto_shorthash_KEYBYTES>;
constexpr HashKey message_key = {'m', 'e', 's', 's', 'a', 'g', 'e', 's'};
constexpr HashKey spool_key = {'s', 'p', 'o', 'o', 'l'};

void put(std::uint8_t* at, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) at[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

/// SipHash-2-4: several times as fast as zstd unpacks. It cannot fail.
std::uint64_t hash(ByteView bytes, const HashKey& key) {
  std::array<std::uint8_t, crypto_shorthash_BYTES> out{};
  must(crypto_shorthash(out.data(), bytes.data(), bytes.size(), key.data()));
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < out.size(); ++i) value |= std::uint64_t{out[i]} << (8 * i);
  return value;
}

std::array<std::uint8_t, checksum_bytes> checksum(ByteView packed, std::uint64_t mark) {
  HashKey key{};
  put(key.data(), mark, sizeof mark);
  std::array<std::uint8_t, checksum_bytes> sum{};
  put(sum.data(), hash(packed, key), sum.size());
  return sum;
}

Error damaged(std::string_view what) {
  return {Code::data, std::string("a message of the store is damaged (") + std::string(what) + ")"};
}

}  // namespace

std::uint64_t mark_of(const BesideBody& beside) {
  std::array<std::uint8_t, 32 + 3 * 8 + 1> fixed{};
  std::copy(beside.feed->bytes.begin(), beside.feed->bytes.end(), fixed.begin());
  put(&fixed[32], beside.sequence, 8);
  put(&fixed[40], static_cast<std::uint64_t>(beside.first.value_or(0)), 8);
  put(&fixed[48], static_cast<std::uint64_t>(beside.instance.value_or(0)), 8);
  fixed[56] = static_cast<std::uint8_t>((beside.first ? 1 : 0) | (beside.instance ? 2 : 0));
  const std::uint64_t mark = hash(fixed, message_key);
  if (beside.shape.empty()) return mark;
  HashKey key{};
  put(key.data(), mark, sizeof mark);
  return hash(as_bytes(beside.shape), key);
}

std::uint64_t mark_of(double timestamp) {
  std::array<std::uint8_t, 8> bytes{};
  put(bytes.data(), std::bit_cast<std::uint64_t>(timestamp), bytes.size());
  return hash(bytes, spool_key);
}

void BodyPacker::Free::operator()(ZSTD_CCtx_s* context) const { ZSTD_freeCCtx(context); }
void BodyReader::Free::operator()(ZSTD_DCtx_s* context) const { ZSTD_freeDCtx(context); }

BodyPacker::BodyPacker() : context_(ZSTD_createCCtx()) {
  if (!context_) throw std::bad_alloc();
}

ByteView BodyPacker::pack(std::string_view text, std::uint64_t mark) {
  if (text.size() < smallest_worth) return seal(as_bytes(text), mark);
  buffer_.resize(seal_bytes + ZSTD_compressBound(text.size()));
  const std::size_t size = ZSTD_compressCCtx(context_.get(), buffer_.data() + seal_bytes,
                                             buffer_.size() - seal_bytes, text.data(), text.size(), level);
  if (ZSTD_isError(size) != 0 || size >= text.size()) return seal(as_bytes(text), mark);
  buffer_.resize(seal_bytes + size);
  return finish(mark);
}

ByteView BodyPacker::seal(ByteView unsealed, std::uint64_t mark) {
  buffer_.resize(seal_bytes);
  buffer_.insert(buffer_.end(), unsealed.begin(), unsealed.end());
  return finish(mark);
}

ByteView BodyPacker::finish(std::uint64_t mark) {
  const auto sum = checksum(ByteView(buffer_).subspan(seal_bytes), mark);
  buffer_.front() = sealed_begin;
  std::copy(sum.begin(), sum.end(), buffer_.begin() + 1);
  return buffer_;
}

bool is_whole(ByteView body, std::uint64_t mark) {
  if (body.size() < seal_bytes || body.front() != sealed_begin) return false;
  const auto sum = checksum(body.subspan(seal_bytes), mark);
  return std::equal(sum.begin(), sum.end(), body.begin() + 1);
}

BodyReader::BodyReader() : context_(ZSTD_createDCtx()) {
  if (!context_) throw std::bad_alloc();
}

Result<void> BodyReader::unpack(ByteView body, std::uint64_t mark, std::string& text) {
  if (!is_whole(body, mark)) return damaged("its checksum");
  return unpack_unsealed(body.subspan(seal_bytes), text);
}

Result<void> BodyReader::unpack_unsealed(ByteView body, std::string& text) {
  if (body.empty() || body.front() != frame_begin) {
    text.assign(as_text(body));
    return {};
  }
  const auto size = ZSTD_getFrameContentSize(body.data(), body.size());
  if (size > max_message_bytes) return damaged("its length");
  text.resize(size);
  const std::size_t got =
      ZSTD_decompressDCtx(context_.get(), text.data(), text.size(), body.data(), body.size());
  if (ZSTD_isError(got) != 0 || got != size) return damaged("its zstd frame");
  return {};
}

}  // namespace ssblog
