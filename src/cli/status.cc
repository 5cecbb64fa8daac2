// SPDX-License-Identifier: MIT
// cli/status.cc - the board: how all jobs stand, how this host does, how fresh and how large the feeds are that it keeps.
#include "cli/status.h"

#include "cli/board_check.h"
#include "cli/board_html.h"
#include "cli/limits_table.h"
#include "cli/status_look.h"
#include "cli/status_text.h"
#include "cli/status_watch.h"

#include <fmt/format.h>

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

namespace ssblog {
namespace {

struct StatusOptions {
  std::optional<std::string> path, html;
  bool json = false, limits = false, all = false, check = false, watch = false;
};

/// A file that is there is replaced only where it is a board, too: a slip must not cost a secret.
Result<void> write_board(const std::string& path, std::string_view html) {
  std::error_code unknown;
  if (std::filesystem::is_regular_file(path, unknown) && std::filesystem::file_size(path, unknown) > 0) {
    auto there = read_beginning(path, board_head().size());
    if (!there) return there.error();
    if (*there != board_head())
      return Error{Code::cannot_create,
                   fmt::format("{} is not a board that ssblog wrote: take another name, or remove it", path)};
  }
  const mode_t mask = ::umask(0);
  ::umask(mask);
  auto file = OutputFile::open(path, 0666 & ~mask);
  if (!file) return file.error();
  if (auto written = file->write(html); !written) return written;
  return file->commit();
}

/// Never an error: a plug-in says what hinders it in its one line.
Result<int> check(const StatusOptions& wanted) {
  auto settings = load_settings(wanted.path);
  auto status = settings ? look_at_status(*settings) : Result<Status>(settings.error());
  const CheckResult result =
      status ? check_board(status->board, warnings_of(*status)) : unknown_check(status.error().text);
  print(result.line);
  return done(static_cast<int>(result.code));
}

Result<int> show(const StatusOptions& wanted) {
  auto settings = load_settings(wanted.path);
  if (!settings) return settings.error();
  const auto text = [&](const TerminalLook& terminal) -> Result<std::string> {
    auto status = look_at_status(*settings);
    if (!status) return status.error();
    return status_text(*status, terminal, wanted.all);
  };
  if (wanted.watch) return watch_status(text);
  auto status = look_at_status(*settings);
  if (!status) return status.error();
  if (wanted.html) {
    const auto self = std::find_if(status->hosts.begin(), status->hosts.end(),
                                   [&](const HostStatus& host) { return host.id == status->own; });
    const std::string html =
        board_html(status->board, host_text(status->own, self == status->hosts.end() ? "" : self->name));
    if (*wanted.html == "-") {
      print(html);
    } else if (auto written = write_board(*wanted.html, html); !written) {
      return written.error();
    }
    return done();
  }
  print(wanted.json ? json_of(*status) : status_text(*status, terminal_look(), wanted.all));
  return done();
}

}  // namespace

Result<std::string> status_json(const Settings& settings) {
  auto status = look_at_status(settings);
  if (!status) return status.error();
  return json_of(*status);
}

Result<int> run_status(const Words& words) {
  Options options(
      "status",
      "The board: how the jobs of all hosts stand, those in trouble first; whether this host publishes and "
      "replicates; and each host that it keeps: how fresh it is, from whom that came, how far behind.",
      "  ssblog status --watch\n"
      "  ssblog status --check       # for a monitoring system: exit 0, 1, 2 or 3");
  StatusOptions wanted;
  options.flag("-a,--all", wanted.all, "Show all jobs that are well, too");
  options.flag("-w,--watch", wanted.watch, "Stay, and show what changes; Ctrl-C ends it");
  options.flag("--check", wanted.check, "One line and an exit code, as a monitoring plug-in");
  options.flag("--json", wanted.json, "Print all of it as a JSON object");
  options.value("--html FILE", wanted.html, "Write the board as one file for a browser (`-`: to stdout)");
  options.flag("--limits", wanted.limits, "Show how much of anything a peer or a program may cost this host");
  options.value("--path DIR", wanted.path, "Home of this host");
  for (const auto& [one, other] :
       {std::pair("--check", "--json"), std::pair("--check", "--html"), std::pair("--check", "--watch"),
        std::pair("--watch", "--json"), std::pair("--watch", "--html"), std::pair("--json", "--html"),
        std::pair("--limits", "--check"), std::pair("--limits", "--watch"), std::pair("--limits", "--html")})
    options.excludes(one, other);
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  if (wanted.html == "") return Error{Code::usage, "--html needs the name of a file"};
  if (wanted.limits) {
    print_limits(wanted.json);
    return done();
  }
  return wanted.check ? check(wanted) : show(wanted);
}

}  // namespace ssblog
