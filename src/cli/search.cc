// SPDX-License-Identifier: MIT
#include "assemble/pick_messages.h"
#include "cli/line_shower.h"
#include "cli/look_options.h"
#include "cli/pager.h"
#include "cli/progress.h"
#include "cli/select.h"
#include "cli/units.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>

namespace ssblog {
namespace {

constexpr std::uint64_t usual_count = 50;
constexpr std::uint64_t messages_a_step = 2000;  // of one transaction of the index
constexpr std::uint64_t most_unindexed = 200;    // so many messages are looked through sooner than taken
constexpr auto most_waiting = std::chrono::seconds(2);  // for what is new, before a search
constexpr auto long_search = std::chrono::seconds(1);

using Clock = std::chrono::steady_clock;

struct SearchOptions {
  SelectionOptions selection;
  LookOptions look;
  std::optional<std::string> count;
  bool reverse = false, index = false, drop = false;
};

/// All that the index does not know yet, or as much as there is time for.
Result<std::uint64_t> take_news(SearchIndex& index, std::optional<Clock::time_point> until) {
  Progress progress;
  for (;;) {
    auto left = index.take(messages_a_step);
    if (!left || *left == 0 || (until && Clock::now() > *until)) return left;
    if (progress.due()) progress.show(fmt::format("{} messages are not in the index yet", *left));
  }
}

constexpr std::array<const char*, 3> index_files = {"", "-wal", "-shm"};  // what their names end in

/// The bytes that it has on the disk, with what SQLite has not moved into its file yet.
std::int64_t size_of_index(const Home& home) {
  std::int64_t bytes = 0;
  for (const char* side : index_files) {
    struct stat file {};
    if (::stat((home.search_path() + side).c_str(), &file) == 0) bytes += file.st_size;
  }
  return bytes;
}

/// The file first: side files that stay without it, after a kill, are removed before it is made again.
Result<void> drop_index(const Home& home) {
  for (const char* side : index_files) {
    const std::string path = home.search_path() + side;
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return file_error("remove", path, errno);
  }
  return {};
}

Result<std::uint64_t> messages_of(Store& store) {
  auto feeds = store.feeds();
  if (!feeds) return feeds.error();
  std::uint64_t messages = 0;
  for (const FeedRow& feed : *feeds) messages += feed.tip ? feed.tip->sequence : 0;
  return messages;
}

Result<int> make_index(Store& store, const Home& home) {
  if (::access(home.search_path().c_str(), F_OK) != 0) {
    if (auto dropped = drop_index(home); !dropped) return dropped.error();
  }
  auto index = SearchIndex::open(home.search_path(), store, OpenMode::create);
  if (index) {
    auto stale = (*index)->stale();
    if (!stale) return stale.error();
    auto held = messages_of(store);
    if (!held) return held.error();
    // What is no longer held goes when there is much of it.
    if (*stale > *held / 4) {
      index->reset();
      if (auto dropped = drop_index(home); !dropped) return dropped.error();
      index = SearchIndex::open(home.search_path(), store, OpenMode::create);
    }
  } else if (index.error().code == Code::data) {
    say(fmt::format("{}; it is made anew", index.error().text));
    if (auto dropped = drop_index(home); !dropped) return dropped.error();
    index = SearchIndex::open(home.search_path(), store, OpenMode::create);
  }
  if (!index) return index.error();
  if (auto taken = take_news(**index, std::nullopt); !taken) return taken.error();
  if (auto settled = (*index)->settle(); !settled) return settled.error();
  say(fmt::format("the index {} is up to date: {}", home.search_path(), size_text(size_of_index(home))));
  return 0;
}

/// By the index, if there is one that helps. What is wrong with it is told, and the search goes on without.
Picked pick(SelectionOptions::Opened& opened, bool& has_index) {
  has_index = false;
  const std::string path = opened.home.search_path();
  const bool ours = ::access(path.c_str(), W_OK) == 0;
  const bool may_make = opened.keeps_index && ::access(path.c_str(), F_OK) != 0 && !is_anothers(opened.home);
  const OpenMode mode = may_make ? OpenMode::create : ours ? OpenMode::read_write : OpenMode::read_only;
  auto index = SearchIndex::open(path, opened.store, mode);
  const auto without = [](const Error& error) {
    say(fmt::format("searching without the index: {}", error.text));
    return Picked();
  };
  if (!index) return without(index.error());
  if (!*index) return {};
  has_index = true;
  if (mode != OpenMode::read_only) {
    auto behind = (*index)->behind();
    if (!behind) return without(behind.error());
    // Where another program writes to it this one looks through what is new.
    if (*behind > most_unindexed) {
      auto taken = take_news(**index, Clock::now() + most_waiting);
      if (!taken && taken.error().code != Code::busy) return without(taken.error());
    }
  }
  auto picked = pick_messages(**index, opened.selection);
  return picked ? *picked : without(picked.error());
}

Result<int> search(const SearchOptions& wanted) {
  auto count = parse_line_count(wanted.count);
  if (!count) return count.error();
  if (!wanted.count) count = std::optional(usual_count);
  auto format = wanted.look.read_format();
  if (!format) return format.error();
  auto opened = wanted.selection.open();
  if (!opened) return opened.error();
  Selection& selection = opened->selection;
  selection.right_clocks = true;
  auto look = wanted.look.look(std::move(*format), selection);
  if (!look) return look.error();
  const auto begin = Clock::now();
  bool has_index = false;
  Picked picked = pick(*opened, has_index);
  LineShower shower(opened->store, selection, std::move(*look), std::move(picked));
  {
    std::optional<Pager> pager;
    if (wanted.look.wants_pager()) pager.emplace();
    if (wanted.reverse) {
      if (auto shown = shower.backwards(*count); !shown) return shown.error();
    } else {
      if (auto shown = shower.forwards(*count); !shown) return shown.error();
    }
    if (auto arrived = done(); !arrived) return arrived.error();
    if (has_index || pager || Clock::now() - begin < long_search || ::isatty(STDERR_FILENO) != 1) return 0;
  }
  say("`ssblog search --index` makes an index, by which words are found at once");
  return 0;
}

}  // namespace

Result<int> run_search(const Words& words) {
  Options options("search", "Finds the last lines that say something, of all hosts, the newest last.",
                  "  ssblog search 'disk full' host:nas since:-7d\n"
                  "  ssblog search --index");
  SearchOptions wanted;
  options.value("-n,--lines N", wanted.count, "The last N lines, or `all` (default: 50)");
  options.flag("-r,--reverse", wanted.reverse, "The newest first");
  wanted.selection.declare(options);
  wanted.look.declare(options);
  options.flag("--index", wanted.index, "Make the index, or bring it up to date");
  options.flag("--drop", wanted.drop, "Remove the index");
  options.excludes("--index", "--drop");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  if (wanted.index || wanted.drop) {
    if (!wanted.selection.words.empty())
      return Error{Code::usage, "--index and --drop are about the index: leave the words out"};
    auto settings = load_settings(wanted.selection.path);
    if (!settings) return settings.error();
    if (wanted.drop) {
      if (auto dropped = drop_index(settings->home); !dropped) return dropped.error();
      return 0;
    }
    auto store = open_to_read(settings->home);
    if (!store) return store.error();
    return make_index(*store, settings->home);
  }
  if (wanted.selection.words.empty() && !wanted.selection.pattern)
    return Error{Code::usage, "say what to look for, as: ssblog search 'disk full' host:nas"};
  return search(wanted);
}

}  // namespace ssblog
