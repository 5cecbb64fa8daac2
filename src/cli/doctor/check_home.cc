// SPDX-License-Identifier: MIT
// cli/doctor/check_home.cc - the directory of the host, its secret, its configuration.
#include "cli/doctor/checks.h"
#include "intake/mounts.h"
#include "store/files.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace ssblog {
namespace {

constexpr const char* about = "home";

std::string real_path(const std::string& path) {
  char* resolved = ::realpath(path.c_str(), nullptr);
  std::string text = resolved == nullptr ? path : resolved;
  std::free(resolved);
  return text;
}

void check_directory(const Home& home, DoctorReport& report) {
  struct stat status {};
  if (::stat(home.directory.c_str(), &status) != 0) return;
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    report.wrong(about, fmt::format("other users may write into {}", home.directory),
                 fmt::format("chmod go-w {}", home.directory));
  } else if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    report.hint(about, fmt::format("other users may look into {}", home.directory),
                fmt::format("chmod 700 {}", home.directory));
  }
  const auto mounts = read_mounts();
  if (!mounts) return;
  const Mount* mount = mount_of(*mounts, real_path(home.directory));
  if (mount != nullptr && mount->is_remote()) {
    report.wrong(about,
                 fmt::format("{} lies on {} ({}), where a store is not safe: locks and memory are not shared",
                             home.directory, mount->point, mount->type),
                 "move the home to a disk of this machine, and name it with --path or SSBLOG_PATH");
  }
}

void check_config(const Home& home, Patient& patient, DoctorReport& report) {
  const std::string path = home.config_path();
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) {
      report.hint("config", fmt::format("there is no {}: every key has its default", path),
                  "put the network key of your other hosts there, under [network]");
    } else {
      report.wrong("config", fmt::format("{} cannot be looked at: {}", path, std::strerror(errno)),
                   "look at the modes of the folders above it");
    }
    return;
  }
  auto text = read_file(path, longest_config);
  if (!text) {
    report.wrong("config", text.error().text, fmt::format("let this user read {}", path));
    return;
  }
  std::vector<Error> mistakes;
  patient.settings = read_settings(*text, path, true, mistakes);
  patient.settings.home = home;
  for (const Error& mistake : mistakes)
    report.wrong("config", mistake.text, fmt::format("mend {}, and restart the daemon", path));
  if (patient.settings.network_key && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    report.wrong(
        "config", fmt::format("other users may read the network key in {}", path),
        fmt::format("chmod 600 {}; whoever read it can join the network: change it on all hosts", path));
  }
  if (!patient.settings.network_key) {
    report.wrong("config", fmt::format("there is no network key in {}: the daemon will not start", path),
                 "put the key of your other hosts under [network]; `ssblog config --help` shows how");
  }
  if (mistakes.empty()) report.good("config", fmt::format("{} has no mistakes", path));
}

}  // namespace

bool check_home(const std::optional<std::string>& path, Patient& patient, DoctorReport& report) {
  auto found = path ? Result<Home>(home_at(*path)) : find_home();
  if (!found) {
    report.wrong(about, found.error().text, "ssblog init");
    return false;
  }
  const Home& home = *found;
  patient.settings.home = home;
  patient.settings.name = host_name();
  if (::access(home.directory.c_str(), F_OK) != 0 && !is_anothers(home)) {
    report.wrong(about, fmt::format("there is no {}", home.directory),
                 fmt::format("ssblog init --path {}", home.directory));
    return false;
  }
  if (is_anothers(home)) {
    report.wrong(about, fmt::format("{} is another user's", home.directory),
                 fmt::format("run `ssblog doctor` as that user, or as root: sudo ssblog doctor --path {}",
                             home.directory));
    return false;
  }
  check_directory(home, report);
  auto keys = load_keys(home);
  if (keys) {
    patient.own = keys->id();
    report.good(about, fmt::format("{} is the home of {}", home.directory, to_text(keys->id())));
  } else {
    report.wrong(
        about, keys.error().text,
        "the secret is a file of mode 600 that `ssblog init` makes; if it is lost, restore it from a "
        "backup: no one else has it");
  }
  check_config(home, patient, report);
  // Both a user's and the system's home: commands may take the other one.
  if (!path && std::getenv("SSBLOG_PATH") == nullptr) {
    const Home other = default_home(true);
    if (other.directory != home.directory && ::access(other.directory.c_str(), F_OK) == 0) {
      report.hint(about,
                  fmt::format("there is a second home, {}: this user's commands take {}", other.directory,
                              home.directory),
                  "name the one that you mean with --path or SSBLOG_PATH");
    }
  }
  auto daemon = read_daemon_state(home);
  if (daemon)
    patient.daemon = std::move(*daemon);
  else
    report.wrong("daemon", daemon.error().text, "restart the daemon");
  return true;
}

}  // namespace ssblog
