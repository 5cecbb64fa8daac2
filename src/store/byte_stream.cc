// SPDX-License-Identifier: MIT
#include "store/byte_stream.h"

#include <fmt/format.h>
#include <unistd.h>
#include <zstd.h>

#include <cerrno>
#include <new>

namespace ssblog {
namespace {

constexpr int window_log_max = 23;  // 8 MiB: what `zstd -19` needs
constexpr int bundle_level = 3;

}  // namespace

ByteSource source_of(const File& file, const std::string& name) {
  return [&file, name](std::span<char> out) -> Result<std::size_t> {
    for (;;) {
      const ssize_t got = ::read(file.get(), out.data(), out.size());
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) return file_error("read", name, errno);
    }
  };
}

void ZstdSource::Free::operator()(ZSTD_DCtx_s* context) const { ZSTD_freeDCtx(context); }
void ZstdSink::Free::operator()(ZSTD_CCtx_s* context) const { ZSTD_freeCCtx(context); }

ZstdSource::ZstdSource(ByteSource packed) : packed_(std::move(packed)), context_(ZSTD_createDCtx()) {
  if (!context_) throw std::bad_alloc();
  ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, window_log_max);
  block_.resize(ZSTD_DStreamInSize());
}

Result<std::size_t> ZstdSource::operator()(std::span<char> out) {
  ZSTD_outBuffer to{out.data(), out.size(), 0};
  while (to.pos == 0) {
    if (at_ == filled_) {
      auto got = packed_(block_);
      if (!got) return got;
      at_ = 0;
      filled_ = *got;
      // At the end the decoder may still hold text that did not fit before: ask it without new bytes.
      if (filled_ == 0 && !in_frame_) return std::size_t{0};
    }
    ZSTD_inBuffer from{block_.data(), filled_, at_};
    const std::size_t hint = ZSTD_decompressStream(context_.get(), &to, &from);
    if (ZSTD_isError(hint) != 0) {
      return Error{Code::data,
                   fmt::format("it is no zstd data that can be read: {}", ZSTD_getErrorName(hint))};
    }
    at_ = from.pos;
    in_frame_ = hint != 0;
    if (filled_ == 0 && to.pos == 0) return Error{Code::data, "its zstd data is cut short"};
  }
  return to.pos;
}

ZstdSink::ZstdSink(ByteSink packed) : packed_(std::move(packed)), context_(ZSTD_createCCtx()) {
  if (!context_) throw std::bad_alloc();
  ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, bundle_level);
  ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
  block_.resize(ZSTD_CStreamOutSize());
}

Result<void> ZstdSink::step(std::string_view text, bool last) {
  ZSTD_inBuffer from{text.data(), text.size(), 0};
  for (;;) {
    ZSTD_outBuffer to{block_.data(), block_.size(), 0};
    const std::size_t left =
        ZSTD_compressStream2(context_.get(), &to, &from, last ? ZSTD_e_end : ZSTD_e_continue);
    if (ZSTD_isError(left) != 0)
      return Error{Code::internal, fmt::format("zstd failed: {}", ZSTD_getErrorName(left))};
    if (to.pos > 0) {
      if (auto taken = packed_(std::string_view(block_).substr(0, to.pos)); !taken) return taken;
    }
    if (last ? left == 0 : from.pos == from.size) return {};
  }
}

Result<void> ZstdSink::put(std::string_view text) { return step(text, false); }
Result<void> ZstdSink::finish() { return step({}, true); }

}  // namespace ssblog
