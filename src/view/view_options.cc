// SPDX-License-Identifier: MIT
#include "view/view_options.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <limits>

namespace ssblog {
namespace {

constexpr std::string_view count_word = "count=", patience_word = "patience=", mode_word = "mode=",
                           group_word = "group=", held_word = "stdin=held", free_word = "sandbox=none";

Result<std::uint64_t> number_behind(std::string_view name, std::string_view word, std::uint64_t least,
                                    std::uint64_t most, int base = 10) {
  const std::string_view digits = word.substr(name.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  if (error != std::errc() || end != digits.data() + digits.size() || number < least || number > most)
    return Error{Code::usage,
                 base == 8 ? fmt::format("{} is followed by permissions in octal", name)
                           : fmt::format("{} is followed by a number from {} to {}", name, least, most)};
  return number;
}

}  // namespace

std::string view_text(const std::string& address, int port, const std::string& socket_path) {
  if (!socket_path.empty()) return socket_path;
  const bool is_v6 = address.find(':') != std::string::npos;
  return fmt::format("http://{}{}{}:{}/", is_v6 ? "[" : "", address, is_v6 ? "]" : "", port);
}

std::vector<std::string> limit_words(std::size_t most_count, std::chrono::milliseconds patience) {
  return {fmt::format("{}{}", count_word, most_count), fmt::format("{}{}", patience_word, patience.count())};
}

std::vector<std::string> socket_words(unsigned mode, std::optional<gid_t> group) {
  std::vector<std::string> words = {fmt::format("{}{:o}", mode_word, mode)};
  if (group) words.push_back(fmt::format("{}{}", group_word, *group));
  return words;
}

std::vector<std::string> tie_words(bool held, bool sandboxed) {
  std::vector<std::string> words;
  if (held) words.emplace_back(held_word);
  if (!sandboxed) words.emplace_back(free_word);
  return words;
}

Result<void> take_word(std::string_view word, ViewOptions& options) {
  if (word.starts_with(count_word)) {
    auto count = number_behind(count_word, word, 1, ViewOptions::largest_most_count);
    if (!count) return count.error();
    options.most_count = *count;
  } else if (word.starts_with(patience_word)) {
    constexpr std::chrono::milliseconds most = ViewOptions::longest_patience;
    auto patience = number_behind(patience_word, word, 0, static_cast<std::uint64_t>(most.count()));
    if (!patience) return patience.error();
    options.patience = std::chrono::milliseconds(*patience);
  } else if (word.starts_with(mode_word)) {
    auto mode = number_behind(mode_word, word, 0, 0777, 8);
    if (!mode) return mode.error();
    options.socket_mode = static_cast<unsigned>(*mode);
  } else if (word.starts_with(group_word)) {
    auto group = number_behind(group_word, word, 0, std::numeric_limits<gid_t>::max() - 1);
    if (!group) return group.error();
    options.socket_group = static_cast<gid_t>(*group);
  } else if (word == held_word) {
    options.held = true;
  } else if (word == free_word) {
    options.sandboxed = false;
  } else {
    options.hosts.emplace_back(word);
  }
  return {};
}

}  // namespace ssblog
