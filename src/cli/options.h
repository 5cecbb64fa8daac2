// SPDX-License-Identifier: MIT
// cli/options.h - the options and the help of one command.
//
// Used by every command but publish, whose words are sbot's (own_options.h). CLI11 does the work, behind one
// file, since its headers take longer to compile than a command.
#pragma once

#include "feed/result.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

using Words = std::vector<std::string>;

class Options {
 public:
  /// `examples` are two lines, shown at the end of the help.
  Options(std::string_view command, std::string_view description, std::string_view examples);
  ~Options();

  /// Options are named as typed, with what the help calls their value: `-o,--output FILE`. What they fill must
  /// outlive `read`.
  void value(const std::string& names, std::optional<std::string>& to, const std::string& help);
  void values(const std::string& names, std::vector<std::string>& to, const std::string& help);
  void flag(const std::string& names, bool& to, const std::string& help);
  /// Words without a dash.
  void words(const std::string& name, std::vector<std::string>& to, const std::string& help);
  /// What `is_word` knows is one of the words even behind a dash: before `--` it is refused, with the way to write it,
  /// instead of being read as a heap of short options.
  void dashed_words(std::function<bool(std::string_view)> is_word);
  /// The two cannot be given together; the first needs the second.
  void excludes(const std::string& name, const std::string& other);
  void needs(const std::string& name, const std::string& other);

  /// Reads the words. True: go on. False: the help was asked for and printed. Code::usage for wrong words.
  Result<bool> read(const Words& words);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace ssblog
