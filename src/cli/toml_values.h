// SPDX-License-Identifier: MIT
// cli/toml_values.h - reads values of config.toml, and goes on after a mistake so that all of them can be said.
//
// Used by settings.cc and those that read its tables alone: toml++ takes longer to compile than they do. Each reading function
// gives nothing for what is wrong, and remembers why.
#pragma once

#define TOML_EXCEPTIONS 0
#include "feed/result.h"

#include <toml++/toml.h>

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

class ConfigReader {
 public:
  /// `place` is what errors call the file.
  explicit ConfigReader(std::string place) : place_(std::move(place)) {}

  /// The mistakes so far, by the line that they are in.
  std::vector<Error> mistakes() const;

  void wrong(const toml::source_region& where, std::string_view what);
  void wrong(const toml::node& node, std::string_view what) { wrong(node.source(), what); }

  /// "network.port" and the like are what a person calls the value.
  std::optional<std::string> text(const toml::node& node, std::string_view name);
  std::optional<bool> flag(const toml::node& node, std::string_view name);
  /// A whole number from `least` to `most`.
  std::optional<int> number(const toml::node& node, std::string_view name, int least, int most);
  /// "5s": at most a day.
  std::optional<std::chrono::milliseconds> duration(const toml::node& node, std::string_view name);
  /// "256M"
  std::optional<std::uint64_t> size(const toml::node& node, std::string_view name);
  /// Of files: "0660".
  std::optional<unsigned> permissions(const toml::node& node, std::string_view name);
  /// The name of a group of this machine.
  std::optional<gid_t> group(const toml::node& node, std::string_view name);
  /// A list of texts, or one text.
  std::optional<std::vector<std::string>> texts(const toml::node& node, std::string_view name);
  /// One of a few words; `meant` gives what each stands for.
  template <class T, std::size_t N>
  std::optional<T> word(const toml::node& node, std::string_view name,
                        const std::pair<std::string_view, T> (&meant)[N]) {
    const auto said = text(node, name);
    if (!said) return std::nullopt;
    std::string known;
    for (const auto& [word, value] : meant) {
      if (word == *said) return value;
      known.append(known.empty() ? "\"" : ", \"").append(word).append("\"");
    }
    wrong(node, std::string(name) + " must be one of " + known);
    return std::nullopt;
  }

 private:
  struct Mistake {
    toml::source_index line;
    Error error;
  };
  std::string place_;
  std::vector<Mistake> mistakes_;
};

/// What must not come to toml++, outside of quotes and comments: more dots in a line than any setting has, since it goes
/// down a level for each part of a key, a table without a name, over which it ends the program, letters of other scripts,
/// among which it gets lost, and a quote inside a word, behind which nobody could tell what is quoted.
struct TomlTrap {
  std::size_t line = 1;
  std::string_view why;
};
std::optional<TomlTrap> find_toml_trap(std::string_view text);

}  // namespace ssblog
