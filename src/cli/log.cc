// SPDX-License-Identifier: MIT
#include "cli/line_shower.h"
#include "cli/look_options.h"
#include "cli/pager.h"
#include "cli/select.h"

namespace ssblog {
namespace {

constexpr std::uint64_t follow_lines = 10;  // shown first by -f, as journalctl does

struct LogOptions {
  SelectionOptions selection;
  LookOptions look;
  std::optional<std::string> count;
  bool follow = false, reverse = false, all = false;
};

Result<int> show_log(const LogOptions& wanted) {
  auto count = parse_line_count(wanted.count);
  if (!count) return count.error();
  if (wanted.follow && !wanted.count) count = std::optional(follow_lines);
  auto format = wanted.look.read_format();
  if (!format) return format.error();
  auto opened = wanted.selection.open();
  if (!opened) return opened.error();
  Selection& selection = opened->selection;
  selection.all_types = wanted.all;
  selection.right_clocks = true;
  auto look = wanted.look.look(std::move(*format), selection);
  if (!look) return look.error();
  LineShower shower(opened->store, selection, std::move(*look));
  std::optional<Pager> pager;
  if (!wanted.follow && wanted.look.wants_pager()) pager.emplace();
  if (wanted.reverse) {
    if (auto shown = shower.backwards(*count); !shown) return shown.error();
    return done();
  }
  if (auto shown = shower.forwards(*count); !shown) return shown.error();
  if (wanted.follow) {
    if (auto followed = shower.follow(); !followed) return followed.error();
    return 0;
  }
  return done();
}

}  // namespace

Result<int> run_log(const Words& words) {
  Options options("log", "Shows the lines of all feeds in the order of time, the newest last.",
                  "  ssblog log -n 20\n"
                  "  ssblog log -f host:nas job:nightly level:err since:yesterday");
  LogOptions wanted;
  options.value("-n,--lines N", wanted.count, "Only the last N lines, or `all`");
  options.flag("-f,--follow", wanted.follow, "Go on with what comes in (shows the last 10 first)");
  options.flag("-r,--reverse", wanted.reverse, "The newest first");
  wanted.selection.declare(options);
  wanted.look.declare(options);
  options.flag("-a,--all", wanted.all, "Messages that are no log lines, too");
  options.excludes("--reverse", "--follow");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  return show_log(wanted);
}

}  // namespace ssblog
