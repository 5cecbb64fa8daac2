// SPDX-License-Identifier: MIT
#include "sandbox/landlock.h"

#ifdef __linux__

#include "store/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace ssblog {
namespace {

// The kernel's own names and numbers, which the headers of an older system lack. Source: linux/landlock.h.
constexpr long create_ruleset = 444, add_rule = 445, restrict_self = 446;
constexpr unsigned ask_version = 1;
constexpr int rule_of_path = 1;
constexpr std::uint64_t execute = 1 << 0, write_file = 1 << 1, read_file_bit = 1 << 2, read_dir = 1 << 3,
                        remove_dir = 1 << 4, remove_file = 1 << 5, make_device = 1 << 6 | 1 << 11,
                        make_dir = 1 << 7, make_regular = 1 << 8, make_socket = 1 << 9, make_fifo = 1 << 10,
                        make_symlink = 1 << 12, refer = 1 << 13, truncate_file = 1 << 14,
                        device_control = 1 << 15;
constexpr std::uint64_t scope_signals = 1 << 1;

constexpr std::uint64_t reading = read_file_bit | read_dir;
constexpr std::uint64_t changing = write_file | remove_dir | remove_file | make_device | make_dir |
                                   make_regular | make_socket | make_fifo | make_symlink | refer |
                                   truncate_file;
/// What a rule for a file, not a folder, may say.
constexpr std::uint64_t of_files = execute | write_file | read_file_bit | truncate_file | device_control;

struct Ruleset {
  std::uint64_t files = 0, net = 0, scoped = 0;
};
struct [[gnu::packed]] PathRule {
  std::uint64_t allowed;
  std::int32_t folder;
};

/// What each version of Landlock knows.
std::uint64_t known_rights(long version) {
  std::uint64_t rights = (refer - 1);
  if (version >= 2) rights |= refer;
  if (version >= 3) rights |= truncate_file;
  if (version >= 5) rights |= device_control;
  return rights;
}

Error refused(std::string_view what, std::string_view path = {}) {
  return {Code::unavailable,
          fmt::format("this kernel does not limit files ({}{}: {})", what, path, std::strerror(errno))};
}

class Limits {
 public:
  Limits(File ruleset, std::uint64_t handled) : ruleset_(std::move(ruleset)), handled_(handled) {}

  Result<void> allow(const std::string& path, std::uint64_t rights) const {
    const File place(::open(path.c_str(), O_PATH | O_CLOEXEC));
    if (!place) return {};  // nothing there to be allowed
    struct stat status {};
    if (::fstat(place.get(), &status) != 0) return refused("stat ", path);
    rights &= handled_;
    if (!S_ISDIR(status.st_mode)) rights &= of_files;
    if (rights == 0) return {};
    const PathRule rule{rights, place.get()};
    if (::syscall(add_rule, ruleset_.get(), rule_of_path, &rule, 0) != 0) return refused("a rule for ", path);
    return {};
  }

  Result<void> enter() const {
    if (::syscall(restrict_self, ruleset_.get(), 0) != 0) return refused("landlock_restrict_self");
    return {};
  }

 private:
  File ruleset_;
  std::uint64_t handled_;
};

}  // namespace

Result<void> limit_files(const FilePlan& plan) {
  const long version = ::syscall(create_ruleset, nullptr, 0, ask_version);
  if (version < 1) return refused("Landlock");
  Ruleset rules{known_rights(version), 0, version >= 6 ? scope_signals : 0};
  if (plan.read_all) rules.files &= ~reading;
  if (plan.run_all) rules.files &= ~(execute | device_control);
  const long made = ::syscall(create_ruleset, &rules, sizeof rules, 0);
  if (made < 0) return refused("landlock_create_ruleset");
  const Limits limits(File(static_cast<int>(made)), rules.files);

  const auto allow_each = [&](const std::vector<std::string>& paths, std::uint64_t rights) -> Result<void> {
    for (const std::string& path : paths) {
      if (auto allowed = limits.allow(path, rights); !allowed) return allowed;
    }
    return {};
  };
  if (auto allowed = allow_each(plan.read, reading); !allowed) return allowed;
  if (auto allowed = allow_each(plan.write, reading | changing); !allowed) return allowed;
  if (auto allowed = allow_each(plan.sockets, read_dir | make_socket | remove_file); !allowed) return allowed;
  if (auto allowed = allow_each(plan.run, execute | read_file_bit); !allowed) return allowed;
  return limits.enter();
}

}  // namespace ssblog

#else

namespace ssblog {

Result<void> limit_files(const FilePlan&) { return Error{Code::unavailable, "this system has no Landlock"}; }

}  // namespace ssblog

#endif
