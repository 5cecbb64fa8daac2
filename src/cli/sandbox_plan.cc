// SPDX-License-Identifier: MIT
#include "cli/sandbox_plan.h"

#include "cli/view_program.h"
#include "intake/find_files.h"
#include "intake/listen_place.h"
#include "store/files.h"

#include <fmt/format.h>
#ifdef __linux__
#include <link.h>
#endif
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <set>
#include <string_view>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto look_time = 2s;                    // for a look at the folders of all sources
constexpr std::size_t most_entries = 200'000;     // of these folders
constexpr std::size_t most_answer = 1024 * 1024;  // bytes of paths that the look brings

/// Names of hosts, zones of time, libraries that are loaded when a name is looked up, what the kernel says of itself.
/// Folders, since many of these files are replaced while we run.
constexpr std::string_view system_places[] = {
    "/etc", "/usr", "/lib", "/lib64", "/nix/store", "/gnu/store", "/proc", "/dev/random", "/dev/urandom"};

#ifdef __linux__
/// What the kernel starts with a program of ours: the loader, as our own file names it. Empty: none.
std::string program_loader() {
  std::string loader;
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* to) {
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const auto& header = info->dlpi_phdr[i];
          if (header.p_type != PT_INTERP) continue;
          // NOLINTNEXTLINE(performance-no-int-to-ptr): so the format of the file has it
          *static_cast<std::string*>(to) = reinterpret_cast<const char*>(info->dlpi_addr + header.p_vaddr);
        }
        return 1;  // the first one is the program itself
      },
      &loader);
  return loader;
}
#else
std::string program_loader() { return {}; }
#endif

/// The path, or the nearest above it that is there: a folder may be made later.
std::string nearest_of(const std::string& path) {
  std::error_code ignored;
  std::filesystem::path place = path;
  while (place.has_relative_path() && !std::filesystem::exists(place, ignored)) place = place.parent_path();
  return place.string();
}

/// Where the files of a source lie: the folders that its patterns name, and those that symlinks lead to from there.
Result<std::set<std::string>> folders_of(const Source& source) {
  auto patterns = parse_patterns(source.paths);
  if (!patterns) return patterns.error();
  auto exclude = parse_patterns(source.exclude, true);
  if (!exclude) return exclude.error();
  std::set<std::string> folders;
  for (const PathPattern& pattern : *patterns) folders.insert(nearest_of(pattern.root()));
  FindCalls calls;
  calls.found = [&](const FoundFile& file) {
    std::error_code failed;
    const auto target = std::filesystem::canonical(file.path, failed);
    if (!failed) folders.insert(target.parent_path().string());
  };
  calls.trouble = [](const std::string&, const Error&) {};  // told by who reads them
  calls.folder = [](const std::string&) {};
  if (auto found = find_files(*patterns, *exclude, "", calls, most_entries); !found) return found.error();
  return folders;
}

/// In the child: all folders to the pipe, each with a NUL behind it.
bool answer_folders(const std::vector<Source>& sources, const File& to) {
  for (const Source& source : sources) {
    const auto folders = folders_of(source);
    if (!folders) return false;
    for (const std::string& folder : *folders) {
      if (!write_all(to, "a pipe", std::string_view(folder.c_str(), folder.size() + 1))) return false;
    }
  }
  return true;
}

/// What comes out of a pipe until its end; nothing when that takes too long, or is too much.
std::optional<std::string> read_to_end(const File& from) {
  const auto end = std::chrono::steady_clock::now() + look_time;
  std::string text;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd ready{from.get(), POLLIN, 0};
    const int count = left > 0ms ? ::poll(&ready, 1, static_cast<int>(left.count())) : 0;
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::nullopt;
    char block[4096];
    const ssize_t got = ::read(from.get(), block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) return text;
    text.append(block, static_cast<std::size_t>(got));
    if (text.size() > most_answer) return std::nullopt;
  }
}

/// The folders of all sources. Another process looks, since a call to a file system may never come back, and a thread that
/// waits there would stay outside of the sandbox. Nothing: they are not known in time.
std::optional<std::vector<std::string>> look_at_folders(const std::vector<Source>& sources) {
  int ends[2];
  if (::pipe(ends) != 0) return std::nullopt;
  File from(ends[0]), to(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return std::nullopt;
  if (child == 0) ::_exit(answer_folders(sources, to) ? 0 : 1);
  to = File();
  const auto text = read_to_end(from);
  int status = 0;
  if (!text) ::kill(child, SIGKILL);
  // One that hangs is not waited for.
  const pid_t ended = ::waitpid(child, &status, text ? 0 : WNOHANG);
  if (!text || ended != child || status != 0) return std::nullopt;
  std::vector<std::string> folders;
  for (std::size_t at = 0; at < text->size(); at = text->find('\0', at) + 1)
    folders.emplace_back(text->c_str() + at);
  return folders;
}

void add_event_source(const EventSource& source, FilePlan& plan) {
  switch (source.kind) {
    case EventKind::kernel:
      plan.read.push_back(nearest_of(source.path.empty() ? "/dev/kmsg" : source.path));
      if (!source.pstore.empty()) plan.read.push_back(source.pstore);
      break;
    case EventKind::journal:  // journalctl reads them, with its libraries
      plan.read_all = plan.run_all = true;
      break;
    case EventKind::syslog:
    case EventKind::datagrams:
      for (const std::string& text : source.listen) {
        const auto place = ListenPlace::parse(text);
        if (place && place->kind == ListenPlace::Kind::unix_socket)
          plan.sockets.push_back(directory_of(place->path));
      }
      // It is read again when it was replaced.
      if (!source.secret_file.empty()) plan.read.push_back(directory_of(source.secret_file));
      break;
  }
}

}  // namespace

FilePlan sandbox_plan(const Settings& settings, const std::string& guard_directory) {
  FilePlan plan;
  for (const std::string_view place : system_places) plan.read.emplace_back(place);
  // A symlink to where a resolver keeps it, which replaces it.
  std::error_code failed;
  const auto resolver = std::filesystem::canonical("/etc/resolv.conf", failed);
  if (!failed) plan.read.push_back(resolver.parent_path().string());
  if (const char* credentials = std::getenv("CREDENTIALS_DIRECTORY")) plan.read.emplace_back(credentials);
  plan.write = {settings.home.directory, guard_directory, "/dev/null"};
  if (settings.publish_socket) {
    const std::string& path = settings.publish_socket->path;
    plan.sockets.push_back(directory_of(path.empty() ? settings.home.publish_socket_path() : path));
  }
  // A command of a person reads what it likes. What it writes is limited as ours is.
  if (!settings.alerts.command.empty() || settings.alerts.desktop) plan.read_all = plan.run_all = true;
  for (const EventSource& source : settings.event_sources) add_event_source(source, plan);
  for (const SinkSettings& sink : settings.sinks) {
    // Any program, with its libraries and whatever it reads; it writes where it was said that it does.
    plan.read_all = plan.run_all = true;
    plan.write.insert(plan.write.end(), sink.write.begin(), sink.write.end());
  }
  if (settings.has_view) {
    // Which has a narrower sandbox of its own. The program that loads its libraries has to run, too.
    if (auto program = find_view_program()) plan.run = {*program, program_loader()};
    if (!settings.view.socket.empty()) plan.sockets.push_back(directory_of(settings.view.socket));
  }
  if (settings.sources.empty() || plan.read_all) return plan;
  const auto folders = look_at_folders(settings.sources);
  if (folders)
    plan.read.insert(plan.read.end(), folders->begin(), folders->end());
  else
    plan.read_all = true;
  if (std::find(plan.read.begin(), plan.read.end(), "/") != plan.read.end()) plan.read_all = true;
  return plan;
}

}  // namespace ssblog
