// SPDX-License-Identifier: MIT
#include "cli/options.h"

#include "cli/command.h"

#include <CLI/CLI.hpp>

#include <fmt/format.h>
#include <algorithm>

namespace ssblog {

struct Options::Parser {
  CLI::App app;
};

Options::Options(std::string_view command, std::string_view description, std::string_view examples)
    : parser_(new Parser{CLI::App(std::string(description), fmt::format("ssblog {}", command))}) {
  parser_->app.footer(fmt::format("Examples:\n{}", examples));
  parser_->app.get_formatter()->column_width(30);
  parser_->app.set_help_flag("-h,--help", "Show this and exit");
}

Options::~Options() = default;

void Options::value(const std::string& names, std::optional<std::string>& to, const std::string& help) {
  parser_->app.add_option(names, to, help)->type_name("");
}

void Options::values(const std::string& names, std::vector<std::string>& to, const std::string& help) {
  parser_->app.add_option(names, to, help)->type_name("")->allow_extra_args(false);
}

void Options::flag(const std::string& names, bool& to, const std::string& help) {
  parser_->app.add_flag(names, to, help);
}

void Options::words(const std::string& name, std::vector<std::string>& to, const std::string& help) {
  parser_->app.add_option(name, to, help)->type_name("");
}

void Options::excludes(const std::string& name, const std::string& other) {
  parser_->app.get_option(name)->excludes(other);
}

void Options::needs(const std::string& name, const std::string& other) {
  parser_->app.get_option(name)->needs(other);
}

Result<bool> Options::read(const Words& words) {
  Words reversed(words.rbegin(), words.rend());  // the order that CLI11 wants
  try {
    parser_->app.parse(std::move(reversed));
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
