// SPDX-License-Identifier: MIT
#include "feed/event_content.h"

#include "feed/content_object.h"

namespace ssblog {
namespace {

ContentObject job_object(const JobRun& run, std::string_view event, Millis time) {
  ContentObject object("job");
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
  ContentObject object = job_object(run, "end", time);
  object.number("status", end.status);
  if (end.signal) object.number("signal", *end.signal);
  return object.number("duration", end.duration.count())
      .number("lines", end.lines)
      .number("errors", end.error_lines)
      .text_if_any("reason", end.reason)
      .end();
}

std::string loss_content(const Loss& loss, Millis time) {
  ContentObject object("loss");
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
