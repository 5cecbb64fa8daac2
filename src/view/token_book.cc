// SPDX-License-Identifier: MIT
#include "view/token_book.h"

#include "feed/crypto.h"
#include "store/owned_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium/utils.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr const char* folder_name = "view";
constexpr auto lock_patience = 30s;  // with others who change the tokens now; each takes some ms
constexpr auto lock_pause = 5ms;
constexpr std::size_t longest_file = TokenBook::most_tokens * 128;

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= TokenBook::longest_name &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view("._-").find(c) != std::string_view::npos;
         });
}

/// `NAME TOKEN`, or `NAME TOKEN RIGHT`. What stands behind the token is never part of it, nor left out: it takes rights away.
std::optional<ViewToken> parse_line(std::string_view line) {
  constexpr std::size_t shortest_token = 32;
  const auto blank = line.find(' ');
  if (blank == std::string_view::npos || !is_name(line.substr(0, blank))) return std::nullopt;
  ViewToken token;
  token.name = line.substr(0, blank);
  line.remove_prefix(blank + 1);
  token.token = line.substr(0, line.find(' '));
  if (token.token.size() < shortest_token) return std::nullopt;
  line.remove_prefix(token.token.size());
  if (line.empty()) return token;
  token.only = line.substr(1);
  if (token.only.empty()) return std::nullopt;
  return token;
}

std::string new_token() {
  std::array<std::uint8_t, 32> bytes;
  random_bytes(bytes);
  return to_base64_url(bytes);
}

}  // namespace

std::string TokenBook::folder_of(const std::string& directory) { return directory + "/" + folder_name; }

Result<TokenBook> TokenBook::open(const std::string& directory) {
  TokenBook book(folder_of(directory) + "/tokens");
  if (auto read = book.refresh(); !read) return read.error();
  return book;
}

const ViewToken* TokenBook::find(std::string_view name) const {
  const auto at =
      std::find_if(tokens_.begin(), tokens_.end(), [&](const ViewToken& one) { return one.name == name; });
  return at == tokens_.end() ? nullptr : &*at;
}

const ViewToken* TokenBook::first_for_all() const {
  const auto at = std::find_if(tokens_.begin(), tokens_.end(),
                               [](const ViewToken& one) { return one.right() == ViewRight::all; });
  return at == tokens_.end() ? nullptr : &*at;
}

Result<ViewToken> TokenBook::add(const std::string& name, const std::string& only) {
  if (!is_name(name))
    return Error{Code::usage, fmt::format("a token is named by 1 to {} of A-Z a-z 0-9 . _ -", longest_name)};
  if (right_of_word(only) == ViewRight::none)
    return Error{Code::usage, fmt::format("\"{}\" is no right of a token; there is board", only)};
  auto lock = lock_for_change();
  if (!lock) return lock.error();
  return add_locked(*lock, name, only);
}

Result<bool> TokenBook::add_if_none(const std::string& name) {
  if (!tokens_.empty()) return false;
  auto lock = lock_for_change();
  if (!lock) return lock.error();
  if (!tokens_.empty()) return false;
  auto added = add_locked(*lock, name, {});
  if (!added) return added.error();
  return true;
}

Result<ViewToken> TokenBook::add_locked(const File& folder, const std::string& name,
                                        const std::string& only) {
  if (find(name) != nullptr) return Error{Code::usage, fmt::format("there is a token {} already", name)};
  if (tokens_.size() >= most_tokens)
    return Error{Code::usage, fmt::format("there are {} tokens; revoke some", most_tokens)};
  auto tokens = tokens_;
  tokens.push_back({name, new_token(), only});
  if (auto written = write(folder, tokens); !written) return written.error();
  return tokens.back();
}

Result<bool> TokenBook::revoke(std::string_view name) {
  if (auto fresh = refresh(); !fresh) return fresh.error();
  if (find(name) == nullptr) return false;
  auto lock = lock_for_change();
  if (!lock) return lock.error();
  auto tokens = tokens_;
  if (std::erase_if(tokens, [&](const ViewToken& one) { return one.name == name; }) == 0) return false;
  if (auto written = write(*lock, tokens); !written) return written.error();
  return true;
}

/// Made if needed. Root may do this in the home of a service, and the folder is that service's to read: but a link that the
/// service put there is not followed.
Result<File> TokenBook::open_folder() const {
  const std::string folder = directory_of(path_), home = directory_of(folder);
  if (auto made = make_directories(home); !made) return made.error();
  const File around(::open(home.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!around) return file_error("open", home, errno);
  if (::mkdirat(around.get(), folder_name, S_IRWXU) != 0 && errno != EEXIST)
    return file_error("make the directory", folder, errno);
  File opened(::openat(around.get(), folder_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!opened) {
    const int why = errno;
    struct stat status {};
    if (::fstatat(around.get(), folder_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode))
      return Error{Code::permission,
                   fmt::format("{} is a symlink, and no folder for tokens: remove it", folder)};
    return file_error("open", folder, why);
  }
  auto owned = OwnedFolder::opened(around, folder);
  if (!owned) return owned.error();
  if (auto handed = owned->hand_over_left(opened, folder); !handed) return handed.error();
  return opened;
}

/// What is written is what the file says now, but for one change: of two at once each would undo the other's.
Result<File> TokenBook::lock_for_change() {
  const std::string folder = directory_of(path_);
  const auto lock_opened = [&]() -> Result<File> {
    auto opened = open_folder();
    if (!opened) return opened.error();
    return lock_directory(std::move(*opened), folder);
  };
  const auto deadline = std::chrono::steady_clock::now() + lock_patience;
  auto lock = lock_opened();
  while (!lock && lock.error().code == Code::busy && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(lock_pause);
    lock = lock_opened();
  }
  if (!lock) return lock;
  if (auto fresh = refresh(); !fresh) return fresh.error();
  return lock;
}

Result<void> TokenBook::refresh() {
  // One descriptor for all: of another file the mode would say nothing.
  const File file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) {
    if (errno != ENOENT) return file_error("read", path_, errno);
    tokens_.clear();
    digests_.clear();
    text_.clear();
    return {};
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return Error{Code::permission, fmt::format("{0} can be read by others: chmod 600 {0}", path_)};
  // No time or size tells that it is as it was: both can be equal where times are whole seconds, and what was revoked must
  // not live on.
  ByteBuf bytes(longest_file + 1);
  auto size = read_at(file, path_, bytes, 0);
  if (!size) return size.error();
  if (*size > longest_file)
    return Error{Code::data, fmt::format("{} is longer than {} bytes", path_, longest_file)};
  const std::string_view text = as_text(ByteView(bytes).first(*size));
  if (text == text_) return {};
  if (auto done = parse(text); !done) return done;
  text_ = text;
  return {};
}

Result<void> TokenBook::parse(std::string_view rest) {
  std::vector<ViewToken> tokens;
  std::vector<std::array<std::uint8_t, 32>> digests;
  for (std::size_t line = 1; !rest.empty(); ++line) {
    const std::string_view one = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
    if (one.empty()) continue;
    auto token = parse_line(one);
    if (!token)
      return Error{
          Code::config,
          fmt::format("{}, line {}: a line is a name, a blank and a token, and maybe a blank and what "
                      "it is good for",
                      path_, line)};
    digests.push_back(sha256(as_bytes(token->token)));
    tokens.push_back(std::move(*token));
  }
  tokens_ = std::move(tokens);
  digests_ = std::move(digests);
  return {};
}

Result<void> TokenBook::write(const File& folder, const std::vector<ViewToken>& tokens) {
  std::string text;
  for (const ViewToken& one : tokens)
    text += one.name + " " + one.token + (one.only.empty() ? "" : " ") + one.only + "\n";
  if (auto written = replace_file(folder, path_, text, S_IRUSR | S_IWUSR); !written) return written;
  return refresh();
}

const ViewToken* TokenBook::match(std::string_view token) const {
  // Of hashes, so that neither the length nor the beginning of a token can be felt out; all of them, for the same reason.
  const auto digest = sha256(as_bytes(token));
  const ViewToken* found = nullptr;
  for (std::size_t i = 0; i < digests_.size(); ++i) {
    if (sodium_memcmp(digests_[i].data(), digest.data(), digest.size()) == 0) found = &tokens_[i];
  }
  return found;
}

}  // namespace ssblog
