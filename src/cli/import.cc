// SPDX-License-Identifier: MIT
#include "store/import.h"

#include "cli/progress.h"
#include "cli/settings.h"
#include "store/publish.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace ssblog {
namespace {

struct ImportOptions {
  std::optional<std::string> path;
  Words files;
  Words feeds;
  bool json = false;
};

struct Input {
  File file;
  std::string name;
};

Result<Input> open_input(const std::string& path) {
  if (path == "-") return Input{File(::dup(STDIN_FILENO)), "standard input"};
  File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return file_error("read", path, errno);
  struct stat status {};
  if (::fstat(file.get(), &status) == 0 && S_ISDIR(status.st_mode))
    return Error{Code::no_input, fmt::format("cannot read {}: it is a directory", path)};
  return Input{std::move(file), path};
}

/// All of them, before anything is taken: a word that is wrong changes nothing.
Result<std::vector<Input>> open_inputs(const Words& files) {
  std::vector<Input> inputs;
  for (const std::string& path : files) {
    auto input = open_input(path);
    if (!input) return input.error();
    inputs.push_back(std::move(*input));
  }
  return inputs;
}

Result<std::set<FeedId>> feed_set(const Words& words) {
  std::set<FeedId> feeds;
  for (const std::string& word : words) {
    const auto id = parse_feed_id(word);
    if (!id) {
      return Error{Code::usage,
                   fmt::format("--feed {}: give the whole id, as `ssblog whoami` prints it there", word)};
    }
    feeds.insert(*id);
  }
  return feeds;
}

void print_report(const ImportReport& report, bool json) {
  const auto print_line = [json](const std::string& who, const ImportCount& count) {
    print(fmt::format(fmt::runtime(json ? R"({{"id":{},"taken":{},"held":{},"refused":{}}})"
                                          "\n"
                                        : "{}: {} taken, {} already held, {} refused\n"),
                      who, count.taken, count.held, count.refused));
  };
  for (const auto& [id, count] : report.feeds) {
    print_line(json ? fmt::format("\"{}\"", to_text(id)) : to_text(id), count);
  }
  if (report.unreadable > 0) print_line(json ? "null" : "no feed", {0, 0, report.unreadable});
}

/// Signs what waited, if the hold is over now, and says if it is not.
Result<void> settle_hold(Store& store, const KeyPair& keys, const Settings& settings, bool own_feed_grew) {
  auto guard = guard_of(store, settings.home, keys.id());
  if (!guard) return guard.error();
  Publisher publisher(store, keys, settings.hmac(), std::move(*guard));
  auto published = publisher.publish({}, clock_now());
  if (!published) return published.error();
  if (published->guard_trouble) say(fmt::format("warning: {}", published->guard_trouble->text));
  if (published->held != Hold::none) {
    say(fmt::format("publishing is held: {}; see `ssblog restore`", explain(published->held)));
  } else if (own_feed_grew) {
    say("this host's own feed is whole again");
  }
  return {};
}

Error forgotten(const std::set<FeedId>& feeds) {
  return {Code::busy,
          fmt::format("{}{} was forgotten while it was imported; import the bundle again if it is wanted",
                      to_text(*feeds.begin()),
                      feeds.size() > 1 ? fmt::format(" (and {} more)", feeds.size() - 1) : "")};
}

Result<int> import(const ImportOptions& wanted) {
  auto feeds = feed_set(wanted.feeds);
  if (!feeds) return feeds.error();
  auto settings = load_settings(wanted.path);
  if (!settings) return settings.error();
  auto keys = load_keys(settings->home);
  if (!keys) return keys.error();
  auto inputs = open_inputs(wanted.files.empty() ? Words{"-"} : wanted.files);
  if (!inputs) return inputs.error();
  auto store = open_own_store(settings->home);
  if (!store) return store.error();

  Progress progress;
  Importer::Options options;
  options.own = keys->id();
  options.hmac = settings->signing_key;
  options.feeds = std::move(*feeds);
  options.now = clock_now;
  options.complain = [&](const std::string& text) {
    progress.clear();
    say(text);
  };
  std::uint64_t objects = 0;
  options.progress = [&](const ImportReport& report) {
    if (!progress.due()) return;
    objects = report.refused;
    for (const auto& [id, count] : report.feeds) objects += count.taken + count.held;
    progress.show(fmt::format("{} messages", objects));
  };
  Importer importer(*store, std::move(options));
  std::optional<Error> broken;
  for (const Input& input : *inputs) {
    if (auto taken = importer.take(source_of(input.file, input.name), input.name); !taken) {
      broken = taken.error();
      break;
    }
  }
  progress.clear();
  // What was taken before something broke stays, and is told.
  const ImportReport& report = importer.report();
  print_report(report, wanted.json);
  if (auto printed = done(); !printed) return printed;
  if (auto settled = settle_hold(*store, *keys, *settings, report.own_feed_grew); !settled && !broken)
    broken = settled.error();
  if (broken) return *broken;
  if (!report.forgotten.empty()) return forgotten(report.forgotten);
  return report.refused > 0 ? static_cast<int>(Code::data) : 0;
}

}  // namespace

Result<int> run_import(const Words& words) {
  Options options(
      "import",
      "Takes the feeds of bundles: every message is checked, and what is false or out of place is "
      "refused (exit 65) and told. Reads `ssblog export` and what `sbot createHistoryStream` and "
      "`sbot log` print, also compressed with zstd.",
      "  ssblog import /media/stick/*.ssblog\n"
      "  sbot createHistoryStream --id @...ed25519 | ssblog import");
  ImportOptions wanted;
  options.words("FILE", wanted.files, "Bundles (default: standard input, as -)");
  options.values("--feed WHO", wanted.feeds, "Only the feed of this id; may be given several times");
  options.value("--path DIR", wanted.path, "Home of this host");
  options.flag("--json", wanted.json, "Print a JSON object for each feed");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  return import(wanted);
}

}  // namespace ssblog
