// SPDX-License-Identifier: MIT
#include "store/home.h"

#include "store/batch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace ssblog {
namespace {

constexpr const char* system_home = "/var/lib/ssblog";
constexpr const char* system_guard = "/var/lib/ssblog-guard";
constexpr std::string_view guard_name = "guard_directory";  // in the store's meta
constexpr std::size_t longest_secret_file = 64 * 1024;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::string user_directory() {
  if (std::string home = environment("HOME"); !home.empty()) return home;
  const passwd* user = ::getpwuid(::getuid());
  return user != nullptr && user->pw_dir != nullptr ? user->pw_dir : "/";
}

/// An XDG base directory: the variable if it is set to an absolute path, else its default.
std::string xdg_directory(const char* variable, const char* fallback) {
  std::string value = environment(variable);
  return value.starts_with('/') ? value : user_directory() + fallback;
}

bool is_directory(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

}  // namespace

Home home_at(const std::string& directory) {
  std::error_code failed;
  // Absolute first: a directory that is not there yet would stay relative.
  auto whole = std::filesystem::absolute(directory, failed);
  if (!failed) whole = std::filesystem::weakly_canonical(whole, failed);
  std::string path = failed ? directory : whole.string();
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const bool is_system = path == std::filesystem::weakly_canonical(system_home, failed).string();
  return {path, is_system ? system_guard : xdg_directory("XDG_STATE_HOME", "/.local/state") + "/ssblog"};
}

Home default_home(bool system) {
  return home_at(system ? system_home : xdg_directory("XDG_DATA_HOME", "/.local/share") + "/ssblog");
}

Result<Home> find_home() {
  if (const std::string path = environment("SSBLOG_PATH"); !path.empty()) return home_at(path);
  for (const bool system : {false, true}) {
    const Home home = default_home(system);
    if (is_directory(home.directory)) return home;
  }
  return Error{Code::config,
               fmt::format("this host has no ssblog home yet (neither {} nor {}); make one with: ssblog init",
                           default_home(false).directory, system_home)};
}

Result<KeyPair> load_secret_file(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return file_error("read the secret", path, errno);
  if (!S_ISREG(status.st_mode))
    return Error{Code::config, fmt::format("the secret {} is no regular file", path)};
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Error{Code::permission,
                 fmt::format("the secret {} can be read by others (mode {:04o}): make it private with "
                             "`chmod 600 {}`, and if others were on this machine, make a new identity",
                             path, status.st_mode & 07777U, path)};
  }
  auto text = read_file(path, longest_secret_file);
  if (!text) return text.error();
  auto keys = parse_secret_file(*text);
  if (!keys) return Error{keys.error().code, fmt::format("{}: {}", path, keys.error().text)};
  return keys;
}

Result<KeyPair> load_keys(const Home& home) {
  if (::access(home.secret_path().c_str(), F_OK) != 0 && errno == ENOENT) {
    return Error{Code::config, fmt::format("there is no identity in {}; make one with: ssblog init --path {}",
                                           home.directory, home.directory)};
  }
  return load_secret_file(home.secret_path());
}

Result<void> save_keys(const Home& home, const KeyPair& keys) {
  return create_file(home.secret_path(), format_secret_file(keys), S_IRUSR | S_IWUSR);
}

Result<Store> open_to_read(const Home& home) {
  if (::access(home.store_path().c_str(), F_OK) != 0 && errno == ENOENT) {
    const bool has_key = ::access(home.secret_path().c_str(), F_OK) == 0;
    return Error{Code::config,
                 has_key
                     ? fmt::format("the store {} is missing: bring it back from a backup, or import a bundle",
                                   home.store_path())
                     : fmt::format("there is no store in {}; make one with: ssblog init --path {}",
                                   home.directory, home.directory)};
  }
  return Store::open(home.store_path(), OpenMode::read_only);
}

Result<Store> open_own_store(const Home& home) {
  return Store::open(home.store_path(), OpenMode::create_held);
}

Result<Guard> guard_of(Store& store, const Home& home, const FeedId& own) {
  auto directory = store.meta(guard_name);
  if (!directory) return directory.error();
  return Guard(directory->empty() ? home.guard_directory : std::string(as_text(*directory)), own);
}

Result<void> begin_guard(Batch& batch, const Home& home) {
  return batch.set_meta(guard_name, as_bytes(home.guard_directory));
}

}  // namespace ssblog
