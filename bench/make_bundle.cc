// SPDX-License-Identifier: MIT
// bench/make_bundle.cc - writes feeds with log lines as a bundle for `ssblog import` to standard output.
//
// FEEDS feeds with RUNS runs of LINES lines each in all: with one run a feed, 20 hosts that wrote all day; with
// many short ones, 20 hosts with a cron job every few seconds. Each line has a time of its own, and the feeds'
// times are mixed, so that merging them has to look at every line. They spread over DAYS days from 2026-11-20 on.
#include "feed/bytes.h"
#include "feed/chunk_writer.h"
#include "feed/message.h"
#include "lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace ssblog {
namespace {

constexpr Millis begin_of_log = 1'795'132'800'000;  // 2026-11-20
constexpr Millis day = 86'400'000;

class FeedMaker {
 public:
  FeedMaker(std::size_t number, Packing packing)
      : keys_(KeyPair::from_seed(seed_of(number))),
        lines_(number),
        random_(1000 + number),
        packing_(packing),
        head_(fmt::format(R"({{"type":"log","source":"host{}","job":"nightly"}})", number)) {}

  /// One run, from a time of the day on.
  bool run(std::size_t count, Millis begin, Millis mean_step) {
    auto writer =
        ChunkWriter::create(head_, packing_, [this] { return fmt::format("{:016x}", random_.next()); });
    if (!writer) return false;
    Millis now = begin;
    const auto emit = [&](std::string_view content) { write(content, now); };
    std::string line;
    for (; count > 0; --count) {
      line.clear();
      lines_.append(line);
      writer->add(line, now, emit);
      now += static_cast<Millis>(random_.below(static_cast<std::size_t>(2 * mean_step) + 1));
    }
    writer->finish(now, emit);
    return good_;
  }

 private:
  static std::array<std::uint8_t, 32> seed_of(std::size_t number) {
    std::array<std::uint8_t, 32> seed{};
    seed[0] = static_cast<std::uint8_t>(number);
    seed[1] = static_cast<std::uint8_t>(number >> 8);
    return seed;
  }

  void write(std::string_view content, Millis now) {
    const double time = std::max(static_cast<double>(now), last_time_ + 0.001);
    auto message = sign(keys_, state_, time, content, nullptr);
    if (!message) {
      fmt::print(stderr, "{}\n", message.error().text);
      good_ = false;
      return;
    }
    last_time_ = time;
    state_ = message->state();
    const std::string& text = (*message)->text;
    good_ = good_ && std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
            std::fputc('\n', stdout) != EOF;
  }

  KeyPair keys_;
  bench::Lines lines_;
  bench::Random random_;
  Packing packing_;
  std::string head_;
  std::optional<FeedState> state_;
  double last_time_ = 0;
  bool good_ = true;
};

int make(std::size_t feeds, std::size_t runs, std::size_t lines, Packing packing, Millis length_of_log) {
  const std::size_t runs_of_feed = std::max<std::size_t>(1, runs / feeds);
  const Millis distance = length_of_log / static_cast<Millis>(runs_of_feed);
  const Millis step = std::max<Millis>(1, distance / static_cast<Millis>(lines));
  for (std::size_t number = 1; number <= feeds; ++number) {
    FeedMaker feed(number, packing);
    for (std::size_t run = 0; run < runs_of_feed; ++run) {
      const Millis begin =
          begin_of_log + static_cast<Millis>(run) * distance + static_cast<Millis>(number) * 37;
      if (!feed.run(lines, begin, step)) return 74;
    }
  }
  return std::fflush(stdout) == 0 ? 0 : 74;
}

}  // namespace
}  // namespace ssblog

int main(int argc, char** argv) {
  const bool single = argc >= 5 && std::strcmp(argv[4], "single") == 0;
  const int words = single ? 5 : 4;
  const auto number = [argv](int i) { return static_cast<std::size_t>(std::strtoull(argv[i], nullptr, 10)); };
  const std::size_t days = argc > words ? number(words) : 1;
  if (argc < 4 || argc > words + 1 || number(1) == 0 || number(3) == 0 || days == 0) {
    std::fputs("usage: bench_make_bundle FEEDS RUNS LINES_A_RUN [single] [DAYS]\n", stderr);
    return 64;
  }
  return ssblog::make(number(1), number(2), number(3),
                      single ? ssblog::Packing::line_per_message : ssblog::Packing::full,
                      static_cast<ssblog::Millis>(days) * ssblog::day);
}
