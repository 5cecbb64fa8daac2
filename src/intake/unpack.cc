// SPDX-License-Identifier: MIT
#include "intake/unpack.h"

#include "store/byte_stream.h"

#include <fmt/format.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <array>
#include <vector>

namespace ssblog {
namespace {

constexpr std::size_t block_size = 128 * 1024;
constexpr std::uint64_t most_memory = 128 << 20;  // for a window: what `xz -9` and `zstd --long=27` ask for
constexpr int most_window_log = 27;
constexpr std::size_t longest_magic = 6;  // what begins an xz stream

/// One step of a decompressor: takes from `packed`, fills `out` from its front.
struct Step {
  std::size_t written = 0;
  bool ended = false;  ///< a member or frame is whole; what follows is another one
};

class Decoder {
 public:
  Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  virtual ~Decoder() = default;
  virtual Result<Step> step(std::string_view& packed, std::span<char> out) = 0;
  /// Bytes that cannot begin a further member or frame: zeros that pad a tape, say. They end the stream.
  virtual bool may_begin(std::string_view packed) const = 0;
};

Error damaged(std::string_view why) { return {Code::data, fmt::format("is damaged: {}", why)}; }

class GzipDecoder final : public Decoder {
 public:
  static Result<std::unique_ptr<Decoder>> make() {
    auto decoder = std::make_unique<GzipDecoder>();
    // 16 + the largest window: gzip alone, with its header and checksum.
    if (inflateInit2(&decoder->stream_, 16 + MAX_WBITS) != Z_OK)
      return Error{Code::unavailable, "there is no memory to unpack it"};
    decoder->ready_ = true;
    return std::unique_ptr<Decoder>(std::move(decoder));
  }
  ~GzipDecoder() override {
    if (ready_) inflateEnd(&stream_);
  }

  Result<Step> step(std::string_view& packed, std::span<char> out) override {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream_.avail_in = static_cast<uInt>(packed.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    const int status = inflate(&stream_, Z_NO_FLUSH);
    packed.remove_prefix(packed.size() - stream_.avail_in);
    Step step{out.size() - stream_.avail_out, status == Z_STREAM_END};
    if (status == Z_STREAM_END) {
      if (inflateReset(&stream_) != Z_OK) return damaged("gzip");
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      return damaged(stream_.msg != nullptr ? stream_.msg : "gzip");
    }
    return step;
  }
  bool may_begin(std::string_view packed) const override { return packed.starts_with('\x1f'); }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

class XzDecoder final : public Decoder {
 public:
  static Result<std::unique_ptr<Decoder>> make() {
    auto decoder = std::make_unique<XzDecoder>();
    if (auto begun = decoder->begin(); !begun) return begun.error();
    return std::unique_ptr<Decoder>(std::move(decoder));
  }
  ~XzDecoder() override { lzma_end(&stream_); }

  Result<Step> step(std::string_view& packed, std::span<char> out) override {
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(packed.data());
    stream_.avail_in = packed.size();
    stream_.next_out = reinterpret_cast<std::uint8_t*>(out.data());
    stream_.avail_out = out.size();
    const lzma_ret status = lzma_code(&stream_, LZMA_RUN);
    packed.remove_prefix(packed.size() - stream_.avail_in);
    const Step step{out.size() - stream_.avail_out, status == LZMA_STREAM_END};
    switch (status) {
      case LZMA_OK:
      case LZMA_BUF_ERROR:
        return step;
      case LZMA_STREAM_END:
        if (auto begun = begin(); !begun) return begun.error();
        return step;
      case LZMA_MEMLIMIT_ERROR:
        return damaged("xz that wants more than 128 MiB of memory");
      case LZMA_MEM_ERROR:
        return Error{Code::unavailable, "there is no memory to unpack it"};
      default:
        return damaged("xz");
    }
  }
  bool may_begin(std::string_view packed) const override { return packed.starts_with('\xfd'); }

 private:
  Result<void> begin() {
    if (lzma_stream_decoder(&stream_, most_memory, 0) != LZMA_OK)
      return Error{Code::unavailable, "there is no memory to unpack it"};
    return {};
  }
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

class ZstdDecoder final : public Decoder {
 public:
  static Result<std::unique_ptr<Decoder>> make() {
    auto decoder = std::make_unique<ZstdDecoder>();
    decoder->context_.reset(ZSTD_createDCtx());
    if (!decoder->context_) return Error{Code::unavailable, "there is no memory to unpack it"};
    if (ZSTD_isError(ZSTD_DCtx_setParameter(decoder->context_.get(), ZSTD_d_windowLogMax, most_window_log)) !=
        0)
      return Error{Code::unavailable, "zstd takes no limit for its memory"};
    return std::unique_ptr<Decoder>(std::move(decoder));
  }

  Result<Step> step(std::string_view& packed, std::span<char> out) override {
    ZSTD_inBuffer input{packed.data(), packed.size(), 0};
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    const std::size_t status = ZSTD_decompressStream(context_.get(), &output, &input);
    packed.remove_prefix(input.pos);
    if (ZSTD_isError(status) != 0) return damaged(ZSTD_getErrorName(status));
    return Step{output.pos, status == 0};
  }
  bool may_begin(std::string_view packed) const override {
    // A frame, or one that is to be skipped (0x184D2A5?).
    return packed.starts_with('\x28') || (!packed.empty() && (packed[0] & 0xf0) == 0x50);
  }

 private:
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  std::unique_ptr<ZSTD_DCtx, Free> context_;
};

Result<std::unique_ptr<Decoder>> decoder_for(PackedAs packed) {
  switch (packed) {
    case PackedAs::gzip:
      return GzipDecoder::make();
    case PackedAs::xz:
      return XzDecoder::make();
    case PackedAs::zstd:
      return ZstdDecoder::make();
    case PackedAs::plain:
      break;
  }
  return Error{Code::data, "is not compressed by gzip, xz or zstd"};
}

}  // namespace

PackedAs packed_as(std::string_view first_bytes) {
  using namespace std::string_view_literals;
  if (first_bytes.starts_with("\x1f\x8b\x08"sv)) return PackedAs::gzip;
  if (first_bytes.starts_with("\xfd\x37zXZ\0"sv)) return PackedAs::xz;
  if (first_bytes.starts_with(zstd_magic)) return PackedAs::zstd;
  return PackedAs::plain;
}

struct Unpacker::State {
  State(ReadPacked reads, std::string its_name) : read_packed(std::move(reads)), name(std::move(its_name)) {}
  /// More packed bytes behind those that are held. False: the file has no more.
  Result<bool> fill();
  /// Enough of its first bytes to know what packed it: a read may give fewer than it was asked for.
  Result<void> fill_first();
  Error with_name(const Error& error) const { return {error.code, fmt::format("{} {}", name, error.text)}; }

  const ReadPacked read_packed;
  const std::string name;
  std::unique_ptr<Decoder> decoder;
  std::vector<char> block = std::vector<char>(block_size);
  std::string_view held;        // of block: not taken yet
  std::uint64_t packed_at = 0;  // in the file, behind what is held
  std::uint64_t given = 0;
  bool between = false;  // a member ended, and no other has begun
  bool over = false;
};

Result<bool> Unpacker::State::fill() {
  auto got = read_packed(packed_at, block);
  if (!got) return got.error();
  held = {block.data(), *got};
  packed_at += held.size();
  return !held.empty();
}

Result<void> Unpacker::State::fill_first() {
  std::size_t size = 0;
  while (size < longest_magic) {
    auto got = read_packed(packed_at, std::span(block).subspan(size));
    if (!got) return got.error();
    if (*got == 0) break;
    size += *got;
    packed_at += *got;
  }
  held = {block.data(), size};
  return {};
}

Unpacker::Unpacker(std::unique_ptr<State> state) : state_(std::move(state)) {}
Unpacker::Unpacker(Unpacker&&) noexcept = default;
Unpacker& Unpacker::operator=(Unpacker&&) noexcept = default;
Unpacker::~Unpacker() = default;

Result<Unpacker> Unpacker::open(ReadPacked read, std::string name) {
  auto state = std::make_unique<State>(std::move(read), std::move(name));
  if (auto filled = state->fill_first(); !filled) return filled.error();
  auto decoder = decoder_for(packed_as(state->held));
  if (!decoder) return state->with_name(decoder.error());
  state->decoder = std::move(*decoder);
  return Unpacker(std::move(state));
}

std::uint64_t Unpacker::offset() const { return state_->given; }

Result<std::size_t> Unpacker::read(std::span<char> out) {
  State& state = *state_;
  std::size_t written = 0;
  while (written < out.size() && !state.over) {
    if (state.held.empty()) {
      auto more = state.fill();
      if (!more) return more.error();
      if (!*more) {
        if (state.between) {
          state.over = true;
          break;
        }
        // What was unpacked is given out first; the next call finds this again.
        if (written > 0) break;
        return Error{
            Code::busy,
            fmt::format("{} ends too early: it is damaged, or not written to its end yet", state.name)};
      }
    }
    if (state.between && !state.decoder->may_begin(state.held)) {
      state.over = true;
      break;
    }
    const std::string_view before = state.held;
    auto step = state.decoder->step(state.held, out.subspan(written));
    if (!step) return state.with_name(step.error());
    state.between = step->ended;
    written += step->written;
    if (step->written == 0 && !step->ended && state.held.size() == before.size() && !before.empty())
      return state.with_name(damaged("nothing comes out of it"));
  }
  state.given += written;
  return written;
}

}  // namespace ssblog
