// SPDX-License-Identifier: MIT
// cli/doctor/check_sources.cc - what comes into the feed: files that nobody can read, or that logrotate cuts off.
#include "cli/doctor/checks.h"
#include "cli/doctor/logrotate.h"
#include "cli/source_files.h"
#include "intake/find_files.h"

#include <fmt/format.h>
#include <glob.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace ssblog {
namespace {

constexpr std::size_t most_told = 5;  // troubles of one source

/// The files of a pattern that are there; at most `most_files`.
std::vector<std::string> files_of(const std::string& pattern) {
  constexpr std::size_t most_files = 10'000;
  glob_t found{};
  std::vector<std::string> files;
  if (::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0)
    files.assign(found.gl_pathv, found.gl_pathv + std::min<std::size_t>(found.gl_pathc, most_files));
  ::globfree(&found);
  return files;
}

void check_files(const Source& source, const ReadSoFar& read, DoctorReport& report) {
  auto matched = match_files(source, read);
  if (!matched) {
    report.wrong("sources", fmt::format("source {}: {}", source.name, matched.error().text),
                 "mend config.toml");
    return;
  }
  for (std::size_t i = 0; i < matched->troubles.size() && i < most_told; ++i) {
    report.wrong(
        "sources", fmt::format("source {}: {}", source.name, matched->troubles[i]),
        "let the daemon's user read it: add it to the group of the file (adm on Debian), or see files.conf "
        "in the drop-ins of the unit");
  }
  if (matched->files == 0 && matched->troubles.empty()) {
    report.hint("sources", fmt::format("source {} matches no file", source.name),
                "look at its paths; `ssblog source list` shows all");
  }
}

void check_copytruncate(const std::vector<Source>& sources, const std::string& root, DoctorReport& report) {
  for (const CopytruncateRule& rule : copytruncate_rules(root)) {
    const auto files = files_of(rule.pattern);
    for (const Source& source : sources) {
      const auto patterns = parse_patterns(source.paths);
      const auto exclude = parse_patterns(source.exclude, true);
      if (!patterns || !exclude) continue;
      const auto ours = std::find_if(files.begin(), files.end(), [&](const std::string& file) {
        return any_matches(*patterns, file) && !any_matches(*exclude, file);
      });
      // A pattern that is the source's own says it before there is a file.
      if (ours == files.end() && !any_matches(*patterns, rule.pattern)) continue;
      report.hint(
          "sources",
          fmt::format("{} has copytruncate for {}, which source {} reads: lines that are written between the "
                      "copy and the cut are lost, for everybody",
                      rule.file, rule.pattern, source.name),
          "take `create` instead, with a postrotate that has the program open its log anew");
    }
  }
}

void check_events(const EventSource& source, DoctorReport& report) {
  std::string path;
  if (source.kind == EventKind::kernel) path = source.path.empty() ? "/dev/kmsg" : source.path;
  if (source.kind == EventKind::datagrams) path = source.secret_file;
  if (path.empty() || ::access(path.c_str(), R_OK) == 0) return;
  report.wrong("sources",
               fmt::format("source {}: {} cannot be read: {}", source.name, path, std::strerror(errno)),
               source.kind == EventKind::kernel ? "see kernel.conf in the drop-ins of the unit"
                                                : "make the secret, and let the daemon's user alone read it");
}

}  // namespace

void check_sources(const Patient& patient, DoctorReport& report) {
  const Settings& settings = patient.settings;
  if (settings.sources.empty() && settings.event_sources.empty()) return;
  const ReadSoFar read = read_so_far(settings.home);
  const std::size_t before = report.findings().size();
  for (const Source& source : settings.sources) check_files(source, read, report);
  for (const EventSource& source : settings.event_sources) check_events(source, report);
  check_copytruncate(settings.sources, patient.root, report);
  if (report.findings().size() == before) {
    const auto count = settings.sources.size() + settings.event_sources.size();
    report.good("sources", fmt::format("{} source{} can be read", count, count == 1 ? "" : "s"));
  }
}

}  // namespace ssblog
