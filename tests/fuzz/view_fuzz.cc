// SPDX-License-Identifier: MIT
// fuzz/view_fuzz.cc - what a request to the REST API says: its address, its parameters, its headers.
//
// The promises: an address that is read is the same when it is written again; every answer is JSON (or Prometheus' text) and
// is about the request, not about us; a name that the gate takes for a server's has no byte that could leave a link; what
// `next` says is read as it was written.
#include "feed/json.h"
#include "fuzz/folder.h"
#include "fuzz/input.h"
#include "fuzz/written_store.h"
#include "view/alert_rows.h"
#include "view/api.h"
#include "view/gate.h"
#include "view/newest.h"

#include <fmt/format.h>

#include <chrono>
#include <string>

using namespace ssblog;
using namespace ssblog::fuzz;

namespace {

/// Two hosts, one of them with a slash in its name; lines, a run that failed.
Store make_store(const std::string& path) {
  return written_store(path, 2, [](std::uint8_t number, const Say& say) {
    say(fmt::format(R"({{"type":"about","about":"{}","name":"{}"}})", to_text(keys_of(number).id()),
                    number == 1 ? "nas" : "a/b"));
    for (int i = 0; i < 6; ++i)
      say(fmt::format(R"({{"type":"log","job":"web","stream":"stdout","text":"Line {}\n<b>\u001b[1m"}})", i));
    say(R"({"type":"job","job":"web","run":"0123456789abcdef","event":"start","time":1000000000000})");
    say(R"({"type":"job","job":"web","run":"0123456789abcdef","event":"end","time":1000000005000,"status":1})");
  });
}

std::string written(const HttpTarget& target) {
  std::string text = "/";
  for (const std::string& part : target.parts) text += percent_encoded(part) + "/";
  char mark = '?';
  for (const auto& [name, value] : target.parameters) {
    text += fmt::format("{}{}={}", mark, percent_encoded(name), percent_encoded(value));
    mark = '&';
  }
  return text;
}

void ask(const HttpTarget& target) {
  static const Folder folder;
  static Store store = make_store(folder / "ssblog.db");
  ViewOptions options;
  options.home = folder / ".";
  options.store_path = folder / "ssblog.db";
  options.own = keys_of(1).id();
  const HttpReply reply =
      ViewApi(store, options)
          .answer(target, {"http://localhost", 1'500'000'000'000, std::chrono::hours(1), 1, 1});
  must(reply.status == 200 || reply.status == 400 || reply.status == 404, "it is about the request");
  must(reply.type.starts_with("text/plain") || bool(canonical(reply.body, Layout::compact)),
       "an answer is JSON");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::string_view header = input.text(64), cursor = input.text(128);
  if (is_authority(header))
    must(header.find_first_of("\"\\/<>@%?# \r\n,'") == std::string_view::npos, "a name stays in a link");
  if (const auto place = parse_cursor(cursor))
    must(parse_cursor(to_cursor(*place)) == place, "a place is read again");
  if (const auto place = parse_alert_cursor(cursor))
    must(parse_alert_cursor(to_cursor(*place)) == place, "an alert is found again");
  const auto target = parse_target(input.rest_text());
  if (!target) {
    must(target.error().code == Code::usage && !target.error().text.empty(), "a refusal has a reason");
    return 0;
  }
  must(target->parts.size() <= HttpTarget::most_parts &&
           target->parameters.size() <= HttpTarget::most_parameters,
       "an address is bounded");
  const std::string text = written(*target);
  if (text.size() <= HttpTarget::longest) {
    const auto again = parse_target(text);
    must(again && again->parts == target->parts && again->parameters == target->parameters,
         "an address is the same when it is written again");
  }
  ask(*target);
  return 0;
}
