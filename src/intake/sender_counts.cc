// SPDX-License-Identifier: MIT
#include "intake/sender_counts.h"

#include "feed/record.h"

#include <algorithm>
#include <utility>

namespace ssblog {
namespace {

constexpr std::uint64_t most_late = 4;  // a 1 that is further behind is rather the first one than a late one

}  // namespace

/// What is missing stays so.
void SenderCounts::begin_anew(Sender& sender, std::uint64_t seq) {
  sender.left = std::exchange(sender.highest, seq);
  sender.before = 0;
}

void SenderCounts::take(const std::string& name, std::uint64_t seq) {
  auto found = senders_.find(name);
  if (found == senders_.end()) {
    if (senders_.size() >= most) {
      // Who was silent for the longest is forgotten; who misses something is kept until that is told.
      const auto oldest =
          std::min_element(senders_.begin(), senders_.end(), [](const auto& a, const auto& b) {
            return std::pair(a.second.missing > 0, a.second.used) <
                   std::pair(b.second.missing > 0, b.second.used);
          });
      if (oldest->second.missing > 0) return;
      senders_.erase(oldest);
    }
    senders_.emplace(name, Sender{seq, 0, 0, 0, taken_++});
    return;
  }
  Sender& sender = found->second;
  sender.used = taken_++;
  if (seq > sender.highest) {
    const std::uint64_t step = seq - sender.highest;
    const bool is_left = step > most_behind && seq > sender.left && seq - sender.left <= most_behind;
    if (step > most_ahead || (is_left && sender.left > 0)) return begin_anew(sender, seq);
    const std::uint64_t between = step - 1;
    sender.missing = std::min(sender.missing + between, max_offset);
    // The bits of what lies between are set; what is too far back falls out.
    sender.before = step >= most_behind ? 0 : sender.before << step;
    const std::uint64_t set = std::min<std::uint64_t>(between, most_behind);
    if (set == most_behind) {
      sender.before = ~std::uint64_t{0};
    } else {
      sender.before |= (std::uint64_t{1} << set) - 1;
    }
    sender.highest = seq;
    return;
  }
  const std::uint64_t behind = sender.highest - seq;
  if (behind == 0) return;
  if (behind > most_behind) return begin_anew(sender, seq);
  const std::uint64_t bit = std::uint64_t{1} << (behind - 1);
  if ((sender.before & bit) == 0) {
    if (seq <= 1 && behind > most_late) begin_anew(sender, seq);
    return;
  }
  sender.before &= ~bit;
  if (sender.missing > 0) --sender.missing;
}

void SenderCounts::settle(const std::function<void(const std::string&, std::uint64_t)>& missing) {
  for (auto& [name, sender] : senders_) {
    if (sender.missing == 0) continue;
    missing(name, std::exchange(sender.missing, 0));
    sender.before = 0;
  }
}

}  // namespace ssblog
