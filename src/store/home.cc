// SPDX-License-Identifier: MIT
#include "store/home.h"

#include "store/batch.h"
#include "store/credentials.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <vector>

namespace ssblog {
namespace {

constexpr const char* system_home = "/var/lib/ssblog";
constexpr const char* system_guard = "/var/lib/ssblog-guard";
constexpr const char* system_publish_socket = "/run/ssblog/publish.socket";
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

/// Where a path leads, without links; where this user may not see that, or nothing is there, the path as it is, absolute.
std::string real_path(const std::string& text) {
  std::error_code failed;
  // Absolute first: a directory that is not there yet would stay relative.
  const auto whole = std::filesystem::absolute(text, failed);
  if (failed) return text;
  const auto real = std::filesystem::weakly_canonical(whole, failed);
  std::string path = failed ? whole.lexically_normal().string() : real.string();
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

/// Is there a home of the system? One that this user may not look into is one.
bool has_system_home() {
  std::error_code failed;
  return std::filesystem::is_directory(system_home, failed) || failed == std::errc::permission_denied;
}

/// The whole of a file that only those may open whom `forbidden` leaves; wiped when it goes.
class SecretText {
 public:
  SecretText() = default;
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  ~SecretText() { sodium_memzero(bytes_.data(), bytes_.size()); }

  Result<std::string_view> read(const std::string& path, mode_t forbidden) {
    const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a FIFO must not hang us
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0) return file_error("read the secret", path, errno);
    if (!S_ISREG(status.st_mode))
      return Error{Code::config, fmt::format("the secret {} is no regular file", path)};
    if ((status.st_mode & forbidden) != 0) {
      return Error{Code::permission,
                   fmt::format("the secret {} can be read by others (mode {:04o}): make it private with "
                               "`chmod 600 {}`, and if others were on this machine, make a new identity",
                               path, status.st_mode & 07777U, path)};
    }
    std::size_t size = 0;
    for (;;) {
      const ssize_t got = ::read(file.get(), bytes_.data() + size, bytes_.size() - size);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return file_error("read the secret", path, errno);
      if (got == 0) return std::string_view(bytes_.data(), size);
      size += static_cast<std::size_t>(got);
      if (size == bytes_.size())
        return Error{Code::data, fmt::format("{} is longer than {} bytes", path, longest_secret_file)};
    }
  }

 private:
  std::vector<char> bytes_ = std::vector<char>(longest_secret_file + 1);
};

Result<KeyPair> load_checked(const std::string& path, mode_t forbidden) {
  SecretText file;
  auto text = file.read(path, forbidden);
  if (!text) return text.error();
  auto keys = parse_secret_file(*text);
  if (!keys) return Error{keys.error().code, fmt::format("{}: {}", path, keys.error().text)};
  return keys;
}

/// False, too, for a store that an interrupted init left half made.
bool holds_feeds(const Home& home) {
  auto store = open_to_read(home);
  if (!store) return store.error().code == Code::permission;
  auto rows = store->feeds();
  return !rows ||
         std::any_of(rows->begin(), rows->end(), [](const FeedRow& row) { return row.tip.has_value(); });
}

}  // namespace

Home home_at(const std::string& directory) {
  const std::string path = real_path(directory);
  // Who may not look into the system's home does not see where it leads: a service with a user of its own has it as a link
  // into a folder of root.
  const bool is_system = path == system_home || path == real_path(system_home);
  return {path, is_system ? system_guard : xdg_directory("XDG_STATE_HOME", "/.local/state") + "/ssblog"};
}

Home default_home(bool system) {
  return home_at(system ? system_home : xdg_directory("XDG_DATA_HOME", "/.local/share") + "/ssblog");
}

Home home_to_make(const std::optional<std::string>& path, bool system) {
  if (path) return home_at(*path);
  const std::string named = environment("SSBLOG_PATH");
  return system || named.empty() ? default_home(system) : home_at(named);
}

std::string Home::publish_socket_path() const {
  return guard_directory == system_guard ? system_publish_socket : directory + "/publish.socket";
}

bool is_anothers(const Home& home) {
  return ::access(home.secret_path().c_str(), R_OK) != 0 && errno == EACCES;
}

Result<Home> find_home() {
  if (const std::string path = environment("SSBLOG_PATH"); !path.empty()) return home_at(path);
  if (Home home = default_home(false); is_directory(home.directory)) return home;
  if (has_system_home()) return default_home(true);
  return Error{Code::config,
               fmt::format("this host has no ssblog home yet (neither {} nor {}); make one with: ssblog init",
                           default_home(false).directory, system_home)};
}

std::optional<std::string> key_directory_apart(const Home& home) {
  std::error_code failed;
  const auto secret = std::filesystem::canonical(home.secret_path(), failed);
  if (failed) return std::nullopt;
  const auto own = std::filesystem::canonical(home.directory, failed);
  if (failed || secret.parent_path() == own) return std::nullopt;
  return secret.parent_path().string();
}

Result<KeyPair> load_secret_file(const std::string& path) { return load_checked(path, S_IRWXG | S_IRWXO); }

Result<KeyPair> load_keys(const Home& home) {
  const bool in_home = ::access(home.secret_path().c_str(), F_OK) == 0 || errno != ENOENT;
  const auto credential = credential_path("secret");
  if (!in_home && !credential && holds_feeds(home)) {
    return Error{
        Code::config,
        fmt::format("there is no identity in {}, though there is a store: bring its secret back, or, if "
                    "systemd keeps that, say where in CREDENTIALS_DIRECTORY, as ssblog-daemon(1) has it",
                    home.directory)};
  }
  if (!in_home && !credential) {
    return Error{Code::config, fmt::format("there is no identity in {}; make one with: ssblog init --path {}",
                                           home.directory, home.directory)};
  }
  // A lock would keep them from signing at once, and not from signing in turn.
  const auto apart = in_home ? key_directory_apart(home) : std::nullopt;
  if (apart && ::access(home_at(*apart).store_path().c_str(), F_OK) == 0) {
    return Error{
        Code::config,
        fmt::format("the secret {} is a link to the key of another home, {}, which has a store of its own: "
                    "two stores that sign with one key fork the feed. Use that home (--path {}), or take its "
                    "store away",
                    home.secret_path(), *apart, *apart)};
  }
  if (!credential) return load_secret_file(home.secret_path());
  // systemd lets the user of the service read it by an access list, which shows as a right of the group.
  auto keys = load_checked(*credential, (S_IRWXG | S_IRWXO) & ~S_IRGRP);
  if (!keys || !in_home) return keys;
  const auto other = load_secret_file(home.secret_path());
  if (!other) return other.error();
  if (other->id() == keys->id()) return keys;
  return Error{Code::config,
               fmt::format("the secret {} and the credential {} are of two hosts: take one of them away",
                           home.secret_path(), *credential)};
}

Result<void> save_keys(const Home& home, const KeyPair& keys) {
  return create_file(home.secret_path(), format_secret_file(keys), S_IRUSR | S_IWUSR, OwnedBy::directory);
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
  Guard guard(directory->empty() ? home.guard_directory : std::string(as_text(*directory)), own);
  if (key_directory_apart(home)) guard.lock_too(home.secret_path());
  return guard;
}

Result<void> begin_guard(Batch& batch, const Home& home) {
  return batch.set_meta(guard_name, as_bytes(home.guard_directory));
}

}  // namespace ssblog
