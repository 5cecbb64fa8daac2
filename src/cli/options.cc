// SPDX-License-Identifier: MIT
#include "cli/options.h"

#include "cli/command.h"

#include <CLI/CLI.hpp>

#include <fmt/format.h>
#include <algorithm>

namespace ssblog {

struct Options::Parser {
  CLI::App app;
  std::vector<std::pair<std::string, std::string>> exclusive;  ///< CLI11's own would stand in the help
  std::vector<std::pair<std::string, std::string>> needed;

  std::function<bool(std::string_view)> is_word;  ///< behind a dash

  /// `-o,--output FILE`: the names, and what the help calls the value.
  static std::pair<std::string, std::string> split(const std::string& names) {
    const auto blank = names.find(' ');
    return {names.substr(0, blank), blank == std::string::npos ? "" : names.substr(blank + 1)};
  }

  /// The options that were given but do not go together, as a sentence.
  std::optional<std::string> conflict() {
    const auto given = [this](const std::string& name) { return app.get_option(name)->count() > 0; };
    for (const auto& [name, other] : exclusive) {
      if (given(name) && given(other)) return fmt::format("{} and {} do not go together", name, other);
    }
    for (const auto& [name, other] : needed) {
      if (given(name) && !given(other)) return fmt::format("{} goes only with {}", name, other);
    }
    return std::nullopt;
  }

  /// The word takes what stands behind it as its value, as `-g` and `-rg` do.
  bool takes_value(const std::string& word) const {
    if (word.size() < 2 || word[0] != '-') return false;
    const auto* option = app.get_option_no_throw(word[1] == '-' ? word : std::string("-") + word.back());
    return option != nullptr && option->get_type_size() > 0;
  }

  /// A word that wants a `--` before it, as a sentence.
  std::optional<std::string> word_as_option(const Words& words) const {
    if (!is_word) return std::nullopt;
    for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
      const std::string& word = words[i];
      if (word.size() < 2 || word[0] != '-' || !is_word(std::string_view(word).substr(1))) continue;
      if (i > 0 && takes_value(words[i - 1])) continue;
      return fmt::format("{0} would be read as options: write words with a dash behind all else, as `-- {0}`",
                         word);
    }
    return std::nullopt;
  }
};

Options::Options(std::string_view command, std::string_view description, std::string_view examples)
    : parser_(new Parser{CLI::App(std::string(description), fmt::format("ssblog {}", command)), {}, {}, {}}) {
  parser_->app.footer(fmt::format("Examples:\n{}", examples));
  parser_->app.get_formatter()->column_width(30);
  parser_->app.set_help_flag("-h,--help", "Show this and exit");
}

Options::~Options() = default;

void Options::value(const std::string& names, std::optional<std::string>& to, const std::string& help) {
  const auto [options, value] = Parser::split(names);
  parser_->app.add_option(options, to, help)->type_name(value);
}

void Options::values(const std::string& names, std::vector<std::string>& to, const std::string& help) {
  const auto [options, value] = Parser::split(names);
  parser_->app.add_option(options, to, help)->type_name(value)->allow_extra_args(false);
}

void Options::flag(const std::string& names, bool& to, const std::string& help) {
  parser_->app.add_flag(names, to, help);
}

void Options::words(const std::string& name, std::vector<std::string>& to, const std::string& help) {
  parser_->app.add_option(name, to, help)->type_name("");
}

void Options::dashed_words(std::function<bool(std::string_view)> is_word) {
  parser_->is_word = std::move(is_word);
}

void Options::excludes(const std::string& name, const std::string& other) {
  parser_->exclusive.emplace_back(name, other);
}

void Options::needs(const std::string& name, const std::string& other) {
  parser_->needed.emplace_back(name, other);
}

Result<bool> Options::read(const Words& words) {
  if (auto wrong = parser_->word_as_option(words)) return Error{Code::usage, std::move(*wrong)};
  Words reversed(words.rbegin(), words.rend());  // the order that CLI11 wants
  try {
    parser_->app.parse(std::move(reversed));
    if (const auto conflict = parser_->conflict()) {
      return Error{Code::usage, fmt::format("{} (see `{} --help`)", *conflict, parser_->app.get_name())};
    }
    return true;
  } catch (const CLI::CallForHelp&) {
    print(parser_->app.help());
    if (auto printed = done(); !printed) return printed.error();
    return false;
  } catch (const CLI::Error& error) {
    std::string text = error.what();
    std::replace(text.begin(), text.end(), '\n', ' ');
    return Error{Code::usage, fmt::format("{} (see `{} --help`)", text, parser_->app.get_name())};
  }
}

}  // namespace ssblog
