// SPDX-License-Identifier: MIT
#include "cli/own_feed.h"
#include "cli/publish_content.h"
#include "cli/publish_daemon.h"
#include "cli/publish_stream.h"
#include "cli/secret_warning.h"
#include "cli/settings.h"
#include "cli/units.h"
#include "cli/wait_copies.h"
#include "feed/json.h"
#include "intake/level_filter.h"
#include "intake/run_packer.h"
#include "store/daemon_door.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

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
  --min-level LEVEL     publish only lines that are as bad, or worse
  --line-per-message    one message a line, without `chunk` where possible, as sbot's
  --batch 200ms         how long a line may wait for others; 0: not at all
  --tee                 copy standard input to standard output
  --json                print the id of the last message
  --no-redact           do not warn of what looks like a password, token or key
  --wait-copies N       end when N other hosts have said that they hold it
  --timeout 60s         ... or, with 75, when they have not for so long
  --path DIR            home of this host
  --caps.sign KEY       sign for a network with this signing key

Examples:
  backup.sh 2>&1 | ssblog publish --job nightly --destination nas
  ssblog publish --text "disk changed" --level notice
)";

/// An option that is kept for later versions: it is never content, and silence would be a lie.
Result<void> refuse_unknown(const OwnOptions& own) {
  if (own.has("config"))
    return Error{Code::usage, "this version of ssblog has no use for --config yet; it is never content"};
  return {};
}

/// What `--min-level` leaves of the lines. A line that says nothing of its level counts as the level that was given for
/// all, else as info.
Result<std::optional<LevelFilter>> filter_of(const PublishPlan& plan) {
  const auto least = plan.own.value("min-level");
  if (!least) return std::optional<LevelFilter>();
  if (plan.content || plan.json_from_stdin)
    return Error{Code::usage, "--min-level chooses among lines; there are none in a message of another type"};
  const auto level = parse_level(*least);
  if (!level)
    return Error{
        Code::usage,
        fmt::format("--min-level {}: use one of emerg alert crit err warning notice info debug, or 0 to 7",
                    *least)};
  const auto given = text_of(member(plan.head, "level"));
  return std::optional(LevelFilter(*level, given ? parse_level(*given).value_or(info_level) : info_level));
}

std::string wanted_lines(std::string_view text, LevelFilter filter) {
  std::string wanted;
  const auto keep = [&wanted](std::string_view lines, Millis) { wanted += lines; };
  filter.add(text, 0, keep);
  filter.end_line(keep);
  if (wanted.ends_with('\n') && !text.ends_with('\n')) wanted.pop_back();
  return wanted;
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

/// Where lines go: into the store, or to the daemon that has it.
struct Target {
  PublishSome publish;
  Home home;
  bool by_daemon = false;
};

Target target_of(OwnFeed& own) {
  return {[&own](std::span<const std::string> contents, Millis now) {
            return own.publisher().publish(contents, now);
          },
          own.settings().home};
}

Target target_of(DaemonPublisher& daemon, const Home& home) {
  return {[&daemon](std::span<const std::string> contents, Millis) { return daemon.publish(contents); }, home,
          true};
}

Result<Published> publish_lines(const Target& target, const PublishPlan& plan) {
  const Packing packing = plan.own.has("line-per-message") ? Packing::line_per_message : Packing::full;
  auto writer = ChunkWriter::create(plan.head, packing, draw_run);
  if (!writer) return writer.error();
  auto filter = filter_of(plan);
  if (!filter) return filter.error();
  if (target.by_daemon || *filter) writer->always_tell_time();
  StreamOptions options;
  options.tee = plan.own.has("tee");
  options.filter = *filter;
  SecretWarning warning(!plan.own.has("no-redact"));
  options.look = [&warning](std::string_view bytes) { warning.look(bytes); };
  if (!target.by_daemon) options.published = [&target] { tell_daemon(target.home); };
  if (const auto batch = plan.own.value("batch")) {
    auto time = parse_duration("--batch", *batch, 1ms);
    if (!time) return time.error();
    options.batch = *time;
  }
  if (plan.text) {
    const std::string text = *filter ? wanted_lines(*plan.text, **filter) : *plan.text;
    if (*filter && text.empty() && !plan.text->empty()) return target.publish({}, clock_now());
    warning.look(text);
    warning.end();
    std::vector<std::string> contents;
    if (auto content = writer->whole_text(text)) {
      contents.push_back(std::move(*content));
    } else {
      const Millis now = clock_now();
      const auto keep = [&contents](std::string_view made) { contents.emplace_back(made); };
      writer->add(text + "\n", now, keep);
      writer->finish(now, keep);
    }
    return target.publish(contents, clock_now());
  }
  if (::isatty(STDIN_FILENO) == 1) say("reading lines from the terminal; Ctrl-D ends them");
  auto end = publish_stdin(target.publish, std::move(*writer), options);
  if (!end) return end.error();
  warning.end();
  if (end->tee_error) say(fmt::format("all lines are published, but not copied: {}", end->tee_error->text));
  return std::move(end->published);
}

Result<Published> publish_plan(const Target& target, PublishPlan& plan) {
  if (plan.json_from_stdin) {
    auto text = read_stdin(max_message_bytes);
    if (!text) return text.error();
    auto content = content_from_json(*text);
    if (!content) return content.error();
    plan.content = std::move(*content);
  }
  if (plan.content) {
    SecretWarning warning(!plan.own.has("no-redact"));
    warning.look(*plan.content);
    warning.end();
    return target.publish(std::span(&*plan.content, 1), clock_now());
  }
  return publish_lines(target, plan);
}

/// A stream has told what is the matter when it began.
Result<int> report(const Published& published, bool json, bool streamed) {
  if (!streamed) say_trouble(published);
  if (json) print(published_json(published));
  return done();
}

/// For users who may not open the store.
Result<int> publish_by_daemon(const Words& words, const Home& home) {
  auto plan = plan_publish(words, host_name());
  if (!plan) return plan.error();
  if (plan->own.has("wait-copies"))
    return Error{Code::usage, "--wait-copies looks into the store, which is another user's"};
  auto daemon = DaemonPublisher::connect(home);
  if (!daemon) return daemon.error();
  auto published = publish_plan(target_of(*daemon, home), *plan);
  if (!published) return published.error();
  return report(*published, plan->own.has("json"), !plan->text && !plan->content);
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
  if (auto filter = filter_of(*plan); !filter) return filter.error();
  auto wait = read_wait_copies(plan->own);
  if (!wait) return wait.error();
  const auto path = plan->own.value("path");
  auto home = path ? Result<Home>(home_at(std::string(*path))) : find_home();
  if (!home) return home.error();
  if (is_anothers(*home)) return publish_by_daemon(words, *home);
  auto settings = settings_for(plan->own);
  if (!settings) return settings.error();
  plan = plan_publish(words, settings->name);  // now with the name that the settings give it
  if (!plan) return plan.error();
  auto own = OwnFeed::open(std::move(*settings));
  if (!own) return own.error();
  auto published = publish_plan(target_of(**own), *plan);
  if (!published) return (*own)->explain_busy(published.error());
  tell_daemon((*own)->settings().home);
  auto reported = report(*published, plan->own.has("json"), !plan->text && !plan->content);
  if (!reported || !*wait) return reported;
  auto waited = wait_for_copies((*own)->settings().home, (*own)->store(), *published, **wait);
  return waited ? reported : waited.error();
}

}  // namespace ssblog
