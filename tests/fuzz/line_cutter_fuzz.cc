// SPDX-License-Identifier: MIT
// fuzz/line_cutter_fuzz.cc - the lines of a file, their records and times: the same however the bytes are dealt out.
#include "fuzz/input.h"
#include "intake/line_cutter.h"

#include <vector>

using namespace ssblog;
using namespace ssblog::fuzz;

namespace {

constexpr Millis now = 1'700'000'000'000;

LineCutter cutter_of(Multiline multiline) {
  Source source;
  source.multiline = multiline;
  source.record_start = "^[A-Z]";
  source.time_zone = "Europe/Berlin";
  auto made = LineCutter::create(source);
  must(bool(made), "a cutter is made");
  return std::move(*made);
}

/// Each line with its `joins`, then all.
std::string cut(const LineCutter& cutter, std::string_view bytes, bool old, std::uint8_t seed) {
  CutContext context;
  context.now = now;
  context.old = old;
  context.modified = old ? now : 0;
  CutState state;
  std::vector<CutLine> lines;
  std::string out;
  std::size_t begin = 0, end = 0;
  const auto take = [&] {
    const std::string_view part = bytes.substr(begin, end - begin);
    const std::size_t done = cutter.cut(part, context, state, lines);
    must(done <= part.size(), "only what is there is cut");
    std::size_t sum = 0;
    for (const CutLine& line : lines) {
      must(!line.bytes.empty() && line.bytes.find('\n') >= line.bytes.size() - 1, "a line is one line");
      must(line.stamp.time >= 0 && line.stamp.time <= max_time, "a time can be shown");
      out += line.stamp.joins ? '+' : '.';
      out += line.bytes;
      sum += line.bytes.size();
    }
    must(sum == done, "the lines are the bytes that were cut off");
    begin += done;
  };
  in_pieces(as_bytes(bytes), seed, [&](ByteView piece) {
    end += piece.size();
    context.at_end = end == bytes.size();
    take();
  });
  end = bytes.size();
  context.at_end = context.record_due = context.line_due = true;
  while (begin < end) {
    const std::size_t before = begin;
    take();
    must(begin > before, "what is due is given out");
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const LineCutter cutters[] = {cutter_of(Multiline::automatic), cutter_of(Multiline::pattern),
                                       cutter_of(Multiline::off)};
  Input input(data, size);
  const std::uint8_t choice = input.byte();
  const std::uint8_t seed = input.byte();
  const std::string_view bytes = input.rest_text();
  const LineCutter& cutter = cutters[choice % 3];
  const bool old = (choice & 4) != 0;
  must(cut(cutter, bytes, old, seed) == cut(cutter, bytes, old, static_cast<std::uint8_t>(seed + 1)),
       "cuts change neither lines nor records");

  LineCutter::YearScan whole(cutter), parts(cutter);
  whole.add(bytes);
  in_pieces(as_bytes(bytes), seed, [&](ByteView piece) { parts.add(as_text(piece)); });
  must(whole.before_first(now) == parts.before_first(now), "cuts change no year");

  const std::string_view line = bytes.substr(0, bytes.find('\n'));
  for (const std::optional<Millis> boot : {std::optional<Millis>(), std::optional<Millis>(now)}) {
    const auto time = find_time(line, boot);
    if (!time) continue;
    must(time->month >= 1 && time->month <= 12 && time->day >= 1 && time->day <= 31 && time->precision > 0 &&
             time->of_day >= 0 && time->of_day <= Millis{86'400'999},
         "a time is one");
    static const auto zone = Zone::named("Europe/Berlin");
    const Millis ms = resolve(*time, *zone, {now, now});
    must(ms >= 0 && ms <= max_time, "a time can be shown");
  }
  return 0;
}
