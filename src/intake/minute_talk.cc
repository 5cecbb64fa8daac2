// SPDX-License-Identifier: MIT
#include "intake/minute_talk.h"

#include "feed/utf.h"

#include <fmt/format.h>

#include <utility>

namespace ssblog {

MinuteTalk::MinuteTalk(Scheduler& scheduler, std::string what, std::string thing, Say say)
    : what_(std::move(what)),
      thing_(std::move(thing)),
      say_(std::move(say)),
      minute_(scheduler, [this] { settle(); }) {}

void MinuteTalk::count(std::string_view sender, std::string_view reason, std::uint64_t number) {
  // A sender chooses its name.
  std::string kind = decode_utf8(as_bytes(fmt::format("from {}: {}", sender, reason)));
  for (char& c : kind) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
  }
  auto found = kinds_.find(kind);
  if (found == kinds_.end() && kinds_.size() >= most) {
    // Reasons are words of ours, a handful.
    kind = fmt::format("from other senders: {}", reason);
    found = kinds_.find(kind);
  }
  if (found != kinds_.end()) {
    found->second.unsaid += number;
    return;
  }
  kinds_.emplace(kind, Kind{});
  tell(kind, number, false);
  if (!minute_.running()) minute_.start(window);
}

void MinuteTalk::settle() {
  for (auto at = kinds_.begin(); at != kinds_.end();) {
    if (const auto unsaid = std::exchange(at->second.unsaid, 0); unsaid > 0) {
      tell(at->first, unsaid, true);
      ++at;
    } else {
      at = kinds_.erase(at);
    }
  }
  if (!kinds_.empty()) minute_.start(window);
}

void MinuteTalk::tell(const std::string& kind, std::uint64_t number, bool more) {
  say_(fmt::format("{} {} {}{}{} {}", what_, number, more ? "more " : "", thing_, number == 1 ? "" : "s",
                   kind));
}

}  // namespace ssblog
