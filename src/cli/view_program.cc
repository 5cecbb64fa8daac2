// SPDX-License-Identifier: MIT
#include "cli/view_program.h"

#include "view/view_options.h"

#include <fmt/format.h>
#include <unistd.h>

#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

#include <cstdint>
#include <filesystem>
#include <optional>

namespace ssblog {
namespace {

constexpr std::string_view program = "ssblog-view";

/// The folder of this program; nothing: the system does not tell.
std::optional<std::filesystem::path> own_folder() {
#ifdef __APPLE__
  std::string name(1, '\0');
  auto size = static_cast<std::uint32_t>(name.size());
  // Too small it says what it takes, with the NUL.
  if (::_NSGetExecutablePath(name.data(), &size) != 0) {
    name.resize(size);
    if (::_NSGetExecutablePath(name.data(), &size) != 0) return std::nullopt;
  }
  std::error_code failed;
  const auto own = std::filesystem::canonical(name.c_str(), failed);
#else
  std::error_code failed;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", failed);
#endif
  if (failed || !own.is_absolute()) return std::nullopt;
  return own.parent_path();
}

}  // namespace

Result<std::string> find_view_program() {
  const auto own = own_folder();
  if (!own)
    return Error{
        Code::unavailable,
        fmt::format("cannot tell where this program is, so nor where {} is; is /proc there?", program)};
  // The folders are those of meson; the whole may have been moved.
  const auto installed = std::filesystem::path(SSBLOG_LIBEXECDIR).lexically_relative(SSBLOG_BINDIR);
  for (const auto& place :
       {*own / program, *own / installed / "ssblog" / program, *own / ".." / "view" / program}) {
    if (::access(place.c_str(), X_OK) == 0) return place.lexically_normal().string();
  }
  return Error{Code::unavailable,
               fmt::format("{} is not installed: it needs cpp-httplib when ssblog is built", program)};
}

std::vector<std::string> view_words(const std::string& path, const Home& home, const ViewPlace& place,
                                    const FeedId& own, const ViewTie& tie) {
  std::vector<std::string> words = {path,         home.directory, home.store_path(),
                                    to_text(own), place.address,  std::to_string(place.port),
                                    place.socket};
  const auto add = [&words](const std::vector<std::string>& more) {
    words.insert(words.end(), more.begin(), more.end());
  };
  add(place.hosts);
  add(limit_words(static_cast<std::size_t>(place.most_count), place.patience));
  add(socket_words(place.socket_mode, place.socket_group));
  add(tie_words(tie.held, tie.sandboxed));
  return words;
}

Result<bool> make_first_token(TokenBook& tokens) { return tokens.add_if_none(std::string(first_view_token)); }

std::string view_text(const ViewPlace& place, int port) {
  return view_text(place.address, port, place.socket);
}

std::string view_text(const ViewState& served) {
  return view_text(served.address, served.port, served.socket);
}

}  // namespace ssblog
