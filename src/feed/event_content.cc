// SPDX-License-Identifier: MIT
#include "feed/event_content.h"

#include "feed/json.h"

#include <fmt/format.h>

#include <iterator>

namespace ssblog {
namespace {

/// Members in the order in which they are added.
class Object {
 public:
  explicit Object(std::string_view type) : text_(fmt::format(R"({{"type":"{}")", type)) {}
  Object& text(std::string_view name, std::string_view value) {
    fmt::format_to(std::back_inserter(text_), R"(,"{}":)", name);
    append_json_string(text_, value);
    return *this;
  }
  Object& text_if_any(std::string_view name, std::string_view value) {
    return value.empty() ? *this : text(name, value);
  }
  template <class Number>
  Object& number(std::string_view name, Number value) {
    fmt::format_to(std::back_inserter(text_), R"(,"{}":{})", name, value);
    return *this;
  }
  std::string end() { return std::move(text_ += '}'); }

 private:
  std::string text_;
};

Object job_object(const JobRun& run, std::string_view event, Millis time) {
  Object object("job");
  object.text_if_any("source", run.source)
      .text_if_any("destination", run.destination)
      .text_if_any("job", run.job)
      .text("run", run.run)
      .text("event", event)
      .number("time", time);
  return object;
}

}  // namespace

std::string job_start_content(const JobRun& run, Millis time) { return job_object(run, "start", time).end(); }

std::string job_end_content(const JobRun& run, const JobEnd& end, Millis time) {
  Object object = job_object(run, "end", time);
  object.number("status", end.status);
  if (end.signal) object.number("signal", *end.signal);
  return object.number("duration", end.duration.count())
      .number("lines", end.lines)
      .number("errors", end.error_lines)
      .text_if_any("reason", end.reason)
      .end();
}

std::string loss_content(const Loss& loss, Millis time) {
  Object object("loss");
  object.text_if_any("source", loss.source)
      .text_if_any("destination", loss.destination)
      .text_if_any("job", loss.job)
      .text("stream", loss.stream)
      .text("run", loss.run)
      .number("offset", loss.offset)
      .number("time", time);
  if (loss.bytes) object.number("bytes", *loss.bytes);
  if (loss.records) object.number("records", *loss.records);
  return object.text_if_any("reason", loss.reason).end();
}

}  // namespace ssblog
