// SPDX-License-Identifier: MIT
#include "feed/job_record.h"

#include "feed/json.h"

namespace ssblog {
namespace {

std::optional<std::int64_t> count_in(std::string_view content, std::string_view name) {
  const auto count = integer_of(member(content, name));
  return count && *count >= 0 ? count : std::nullopt;
}

}  // namespace

std::optional<JobRecord> read_job_record(std::string_view content) {
  const std::string_view event = member(content, "event");
  if (event != R"("start")" && event != R"("end")") return std::nullopt;
  JobRecord record;
  record.ended = event == R"("end")";
  if (!record.ended) return record;
  record.status = integer_of(member(content, "status"));
  record.signal = integer_of(member(content, "signal"));
  record.duration = count_in(content, "duration");
  record.lines = count_in(content, "lines");
  record.errors = count_in(content, "errors");
  if (!text_of(member(content, "reason"), record.reason)) record.reason.clear();
  return record;
}

}  // namespace ssblog
