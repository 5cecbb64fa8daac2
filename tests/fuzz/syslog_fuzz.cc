// SPDX-License-Identifier: MIT
// fuzz/syslog_fuzz.cc - syslog over TCP and as datagrams: the same messages however the bytes are cut, and events of
// which nothing can break a line's frame.
#include "fuzz/input.h"
#include "intake/syslog_frames.h"
#include "intake/syslog_message.h"

#include <vector>

using namespace ssblog;
using namespace ssblog::fuzz;

namespace {

constexpr std::size_t longest = 300;

struct Frames {
  explicit Frames(ByteView bytes, std::uint8_t seed) {
    SyslogFrames frames(longest);
    // Of a counted message whose stream has ended, what never came counts as cut.
    const auto take = [this](const std::optional<SyslogFrame>& frame, bool ended) {
      if (!frame) return false;
      must(frame->message.size() <= longest, "a message is bounded");
      must(ended || frame->cut == 0 || frame->message.size() == longest, "only what is too long is cut");
      all.push_back(std::string(frame->message) + "+" + std::to_string(frame->cut));
      return true;
    };
    const auto feed = [&](ByteView piece) {
      frames.feed(piece);
      while (take(frames.next(), false)) {
      }
    };
    if (seed == 0)
      feed(bytes);
    else
      in_pieces(bytes, seed, feed);
    while (take(frames.rest(), true)) {
    }
    must(!frames.is_inside(), "nothing is left behind the rest");
  }
  std::vector<std::string> all;
};

void read(std::string_view text, SyslogWay way) {
  static const auto zone = Zone::named("Europe/Berlin");
  const SyslogMessage message = parse_syslog(text, way);
  must(!message.priority || (*message.priority >= 0 && *message.priority <= 191), "a priority is one");
  for (const std::string_view part : {message.host, message.tag, message.pid, message.id})
    for (const char c : part) must(static_cast<unsigned char>(c) > 0x20 && c != 0x7f, "a name is one word");
  const std::vector<std::string> own = {"nas"};
  SyslogArrival arrival;
  arrival.now = 1'700'000'000'000;
  arrival.sender = way == SyslogWay::network ? "192.0.2.1" : "";
  arrival.own_names = own;
  arrival.stream = "syslog:{facility}";
  const Event event = syslog_event(message, arrival, *zone);
  must(event.stream == "syslog:" + std::string(facility_keyword(message.priority)),
       "the stream is of the facility");
  must(std::abs(event.time - arrival.now) <= 24 * 3600 * 1000, "a sender's time is at most a day off");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const auto seed = static_cast<std::uint8_t>(input.byte() | 1);
  const ByteView bytes = input.rest();
  const Frames whole(bytes, 0), cut(bytes, seed);
  must(whole.all == cut.all, "cuts change nothing");
  read(as_text(bytes), SyslogWay::local);
  read(as_text(bytes), SyslogWay::network);
  return 0;
}
