// SPDX-License-Identifier: MIT
#include "intake/unpack.h"

#include <doctest/doctest.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using namespace ssblog;

namespace {

std::string gzip(std::string_view text) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string xz(std::string_view text) {
  std::string out(lzma_stream_buffer_bound(text.size()), '\0');
  std::size_t size = 0;
  REQUIRE(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, nullptr,
                                  reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                                  reinterpret_cast<std::uint8_t*>(out.data()), &size, out.size()) == LZMA_OK);
  out.resize(size);
  return out;
}

std::string zstd(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  const std::size_t size = ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3);
  REQUIRE(ZSTD_isError(size) == 0);
  out.resize(size);
  return out;
}

using Pack = std::string (*)(std::string_view);
struct Way {
  const char* name;
  Pack pack;
  PackedAs packed;
};
const Way ways[] = {{"gzip", gzip, PackedAs::gzip}, {"xz", xz, PackedAs::xz}, {"zstd", zstd, PackedAs::zstd}};

std::string some_log() {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "line " + std::to_string(i * 7919 % 104729) + " of a log\n";
  return text;
}

struct Unpacked {
  std::string text;
  std::optional<Error> error;
};
Unpacked unpack(std::string_view packed, std::size_t block, std::size_t most_read = 1 << 20) {
  const auto read = [packed, most_read](std::uint64_t offset, std::span<char> out) -> Result<std::size_t> {
    return packed.substr(std::min<std::size_t>(offset, packed.size()))
        .copy(out.data(), std::min(most_read, out.size()));
  };
  auto unpacker = Unpacker::open(read, "app.log.1");
  if (!unpacker) return {"", unpacker.error()};
  Unpacked all;
  std::vector<char> out(block);
  for (;;) {
    auto got = unpacker->read(out);
    if (!got) {
      all.error = got.error();
      return all;
    }
    if (*got == 0) return all;
    all.text.append(out.data(), *got);
    CHECK(unpacker->offset() == all.text.size());
  }
}

}  // namespace

TEST_CASE("what was compressed comes out the same, in blocks of any size") {
  const std::string text = some_log();
  for (const Way& way : ways) {
    CAPTURE(way.name);
    const std::string packed = way.pack(text);
    CHECK(packed_as(packed) == way.packed);
    for (const std::size_t block : {1U, 1000U, 1U << 20}) {
      const auto all = unpack(packed, block);
      CHECK_FALSE(all.error);
      CHECK((all.text == text));
    }
  }
  CHECK(packed_as("") == PackedAs::plain);
  CHECK(packed_as("\x1f\x8b") == PackedAs::plain);
  CHECK(packed_as("Oct 11 22:14:15 nas") == PackedAs::plain);
}

TEST_CASE("reads that give little at a time change nothing") {
  const std::string text = "Nov 20 14:02:11 nas kernel: a line\n";
  for (const Way& way : ways) {
    CAPTURE(way.name);
    for (const std::size_t most_read : {1U, 2U, 5U, 7U}) {
      CAPTURE(most_read);
      const auto all = unpack(way.pack(text) + way.pack(text), 64, most_read);
      CHECK_FALSE(all.error);
      CHECK(all.text == text + text);
    }
  }
}

TEST_CASE("members in a row are one text, and what pads the end is none of it") {
  for (const Way& way : ways) {
    CAPTURE(way.name);
    const auto all =
        unpack(way.pack("one\n") + way.pack("") + way.pack("two\n") + std::string(512, '\0'), 64);
    CHECK_FALSE(all.error);
    CHECK(all.text == "one\ntwo\n");
  }
}

TEST_CASE("a file that is cut anywhere ends too early, and is whole once the rest is there") {
  const std::string text = "Nov 20 14:02:11 nas kernel: a line\nNov 20 14:02:12 nas kernel: another one\n";
  for (const Way& way : ways) {
    CAPTURE(way.name);
    const std::string packed = way.pack(text);
    for (std::size_t cut = 8; cut < packed.size(); ++cut) {
      CAPTURE(cut);
      const auto early = unpack(std::string_view(packed).substr(0, cut), 16);
      REQUIRE(early.error);
      CHECK(early.error->code == Code::busy);
      CHECK(text.starts_with(early.text));
      CHECK(unpack(packed, 16).text == text);
    }
  }
}

TEST_CASE("damage is an error that names the file, never other text, and never an endless one") {
  const std::string text = some_log().substr(0, 20'000);
  std::mt19937 random(7);
  for (const Way& way : ways) {
    CAPTURE(way.name);
    const std::string packed = way.pack(text);
    for (int round = 0; round < 200; ++round) {
      std::string bad = packed;
      // Behind the header: what a file name or a time says there is nobody's loss.
      const std::size_t at = 12 + random() % (bad.size() - 12);
      bad[at] = static_cast<char>(bad[at] ^ (1 << random() % 8));
      const auto all = unpack(bad, 4096);
      CAPTURE(at);
      if (all.error) {
        CHECK(all.error->text.find("app.log.1") != std::string::npos);
        CHECK((all.error->code == Code::data || all.error->code == Code::busy));
      } else if (way.packed != PackedAs::zstd) {
        CHECK((all.text == text));  // ZSTD_compress writes no checksum
      }
    }
  }
  CHECK(unpack("just text\n", 16).error->code == Code::data);
}

TEST_CASE("a frame that wants more memory than a log deserves is refused") {
  const std::string packed = [] {
    ZSTD_CCtx* context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 28);
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
    std::string out(1000, '\0');
    ZSTD_inBuffer input{"a line\n", 7, 0};
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    // Flushed first, so that the frame cannot know how short it will be.
    REQUIRE(ZSTD_compressStream2(context, &output, &input, ZSTD_e_flush) == 0);
    REQUIRE(ZSTD_compressStream2(context, &output, &input, ZSTD_e_end) == 0);
    ZSTD_freeCCtx(context);
    out.resize(output.pos);
    return out;
  }();
  const auto all = unpack(packed, 16);
  REQUIRE(all.error);
  CHECK(all.error->code == Code::data);
}
