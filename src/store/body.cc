// SPDX-License-Identifier: MIT
#include "store/body.h"

#include "feed/message.h"

#include <zstd.h>

#include <new>

namespace ssblog {
namespace {

constexpr int level = 1;                     // higher ones gain a few percent at several times the cost
constexpr std::size_t smallest_worth = 200;  // shorter texts gain nothing
constexpr std::uint8_t frame_begin = 0x28;   // of zstd's magic number; JSON texts begin with '{' or '"'

}  // namespace

void BodyPacker::Free::operator()(ZSTD_CCtx_s* context) const { ZSTD_freeCCtx(context); }
void BodyReader::Free::operator()(ZSTD_DCtx_s* context) const { ZSTD_freeDCtx(context); }

BodyPacker::BodyPacker() : context_(ZSTD_createCCtx()) {
  if (!context_) throw std::bad_alloc();
}

ByteView BodyPacker::pack(std::string_view text) {
  if (text.size() < smallest_worth) return as_bytes(text);
  buffer_.resize(ZSTD_compressBound(text.size()));
  const std::size_t size =
      ZSTD_compressCCtx(context_.get(), buffer_.data(), buffer_.size(), text.data(), text.size(), level);
  if (ZSTD_isError(size) != 0 || size >= text.size()) return as_bytes(text);
  return ByteView(buffer_).first(size);
}

BodyReader::BodyReader() : context_(ZSTD_createDCtx()) {
  if (!context_) throw std::bad_alloc();
}

Result<void> BodyReader::unpack(ByteView body, std::string& text) {
  if (body.empty() || body.front() != frame_begin) {
    text.assign(as_text(body));
    return {};
  }
  const auto size = ZSTD_getFrameContentSize(body.data(), body.size());
  if (size > max_message_bytes) return Error{Code::data, "a message of the store is damaged (its length)"};
  text.resize(size);
  const std::size_t got =
      ZSTD_decompressDCtx(context_.get(), text.data(), text.size(), body.data(), body.size());
  if (ZSTD_isError(got) != 0 || got != size)
    return Error{Code::data, "a message of the store is damaged (its zstd frame)"};
  return {};
}

}  // namespace ssblog
