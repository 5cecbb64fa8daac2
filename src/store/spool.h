// SPDX-License-Identifier: MIT
// store/spool.h - contents that wait, durably, until the own feed may be signed on.
//
// Used by Publisher, inside its transactions. Source: design.md, section 5, "The spool".
#pragma once

#include "store/batch.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ssblog {

/// One content that waits, to be signed with the timestamp at which it came.
struct Spooled {
  std::int64_t id = 0;
  double timestamp = 0;
  std::string content;
};

class Spool {
 public:
  explicit Spool(Batch& batch);

  Result<void> push(std::string_view content, double timestamp);
  /// The first one that waits; nothing when the spool is empty.
  Result<std::optional<Spooled>> front();
  Result<void> pop(const Spooled& spooled);
  /// The timestamp of the last one; nothing when the spool is empty.
  Result<std::optional<double>> last_timestamp();

  /// Calls `use` with what is still to be signed of a spooled content: all of it, what the feed does not
  /// cover yet of its stream, or nothing (a backup may have been taken while lines waited).
  Result<void> unsigned_part(const FeedRow& own, const Spooled& spooled,
                             const std::function<Result<void>(std::string_view content)>& use);

 private:
  Result<bool> is_signed(const FeedRow& own, const Spooled& spooled, const Record& record);

  Batch& batch_;
  BodyPacker packer_;
  BodyReader reader_;
  Statement push_, front_, pop_, last_, candidates_, latest_;
};

}  // namespace ssblog
