// SPDX-License-Identifier: MIT
#include "cli/own_feed.h"
#include "cli/publish_content.h"
#include "cli/publish_stream.h"
#include "cli/settings.h"
#include "cli/units.h"
#include "cli/wait_copies.h"
#include "feed/crypto.h"
#include "store/daemon_door.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <iostream>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view help =
    R"(Usage: ssblog publish [OPTIONS] [--NAME VALUE]...

Publishes the lines of standard input, or one text, into this host's feed. When
it ends with 0, everything is on the disk, once, and survives a power cut.

  --job NAME            what the lines are of; also --destination, --stream, --source
  --level LEVEL         emerg alert crit err warning notice info debug, or 0 to 7
  --text TEXT           publish this, instead of standard input
  --type TYPE           another type than `log`: the flags are the whole content;
                        a lone `.`: the content is JSON on standard input
  --NAME VALUE          any other flag becomes a field, as with sbot: --n 5 is a
                        number, a bare --NAME is true; --field.NAME=VALUE forces it
  --line-per-message    one message a line, without `chunk` where possible, as sbot's
  --batch 200ms         how long a line may wait for others; 0: not at all
  --tee                 copy standard input to standard output
  --json                print the id of the last message
  --wait-copies N       end when N other hosts have said that they hold it
  --timeout 60s         ... or, with 75, when they have not for so long
  --path DIR            home of this host
  --caps.sign KEY       sign for a network with this signing key

Examples:
  backup.sh 2>&1 | ssblog publish --job nightly --destination nas
  ssblog publish --text "disk changed" --level notice
)";

std::string draw_run() {
  std::array<std::uint8_t, 8> bytes;
  random_bytes(bytes);
  return to_hex(bytes);
}

/// Options that are kept for later versions: they are never content, and silence would be a lie.
Result<void> refuse_unknown(const OwnOptions& own) {
  for (const std::string_view name : {"min-level", "config"}) {
    if (own.has(name))
      return Error{Code::usage,
                   fmt::format("this version of ssblog has no use for --{} yet; it is never content", name)};
  }
  return {};
}

Result<Settings> settings_for(const OwnOptions& own) {
  std::optional<std::string> path;
  if (const auto given = own.value("path")) path = std::string(*given);
  auto settings = load_settings(path);
  if (!settings) return settings;
  if (const auto key = own.value("caps.shs")) {
    auto network_key = network_key_option(std::string(*key));
    if (!network_key) return network_key.error();
  }
  if (const auto key = own.value("caps.sign")) {
    auto signing_key = parse_signing_key(*key);
    if (!signing_key) return signing_key.error();
    settings->signing_key = *signing_key;
  }
  return settings;
}

Result<Published> publish_lines(Publisher& publisher, const PublishPlan& plan, const Home& home) {
  const Packing packing = plan.own.has("line-per-message") ? Packing::line_per_message : Packing::full;
  auto writer = ChunkWriter::create(plan.head, packing, draw_run);
  if (!writer) return writer.error();
  StreamOptions options;
  options.tee = plan.own.has("tee");
  options.published = [&home] { tell_daemon(home); };
  if (const auto batch = plan.own.value("batch")) {
    auto time = parse_duration("--batch", *batch, 1ms);
    if (!time) return time.error();
    options.batch = *time;
  }
  if (plan.text) {
    std::vector<std::string> contents;
    if (auto content = writer->whole_text(*plan.text)) {
      contents.push_back(std::move(*content));
    } else {
      const Millis now = clock_now();
      const auto keep = [&contents](std::string_view made) { contents.emplace_back(made); };
      writer->add(*plan.text + "\n", now, keep);
      writer->finish(now, keep);
    }
    return publisher.publish(contents, clock_now());
  }
  if (::isatty(STDIN_FILENO) == 1) say("reading lines from the terminal; Ctrl-D ends them");
  auto end = publish_stdin(publisher, std::move(*writer), options);
  if (!end) return end.error();
  if (end->tee_error) say(fmt::format("all lines are published, but not copied: {}", end->tee_error->text));
  return std::move(end->published);
}

Result<Published> publish_plan(Publisher& publisher, PublishPlan& plan, const Home& home) {
  if (plan.json_from_stdin) {
    std::string text(max_message_bytes + 1, '\0');
    std::cin.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(std::cin.gcount()));
    if (text.size() > max_message_bytes)
      return Error{Code::data, "the content on standard input is longer than any message"};
    auto content = content_from_json(text);
    if (!content) return content.error();
    plan.content = std::move(*content);
  }
  if (plan.content) return publisher.publish(std::span(&*plan.content, 1), clock_now());
  return publish_lines(publisher, plan, home);
}

/// A stream has told what is the matter when it began.
Result<int> report(const Published& published, bool json, bool streamed) {
  if (!streamed) say_trouble(published);
  if (json) print(published_json(published));
  return done();
}

}  // namespace

Result<int> run_publish(const Words& words) {
  for (const std::string& word : words) {
    if (word == "--help" || word == "-h") {
      print(help);
      return done();
    }
  }
  // The words are looked at before anything of the host: a wrong flag must be told even where nothing is set up.
  auto plan = plan_publish(words, "");
  if (!plan) return plan.error();
  if (auto known = refuse_unknown(plan->own); !known) return known.error();
  auto wait = read_wait_copies(plan->own);
  if (!wait) return wait.error();
  auto settings = settings_for(plan->own);
  if (!settings) return settings.error();
  plan = plan_publish(words, settings->name);  // now with the name that the settings give it
  if (!plan) return plan.error();
  auto own = OwnFeed::open(std::move(*settings));
  if (!own) return own.error();
  auto published = publish_plan((*own)->publisher(), *plan, (*own)->settings().home);
  if (!published) return (*own)->explain_busy(published.error());
  tell_daemon((*own)->settings().home);
  auto reported = report(*published, plan->own.has("json"), !plan->text && !plan->content);
  if (!reported || !*wait) return reported;
  auto waited = wait_for_copies((*own)->settings().home, (*own)->store(), *published, **wait);
  return waited ? reported : waited.error();
}

}  // namespace ssblog
