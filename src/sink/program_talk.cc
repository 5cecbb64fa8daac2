// SPDX-License-Identifier: MIT
#include "sink/program_talk.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace ssblog {
namespace {

constexpr std::chrono::minutes a_while{1};
constexpr std::size_t longest_count = 24;  // bytes, blanks included

}  // namespace

std::vector<std::string> ErrorTalk::take(ByteView bytes, std::chrono::milliseconds now) {
  std::vector<std::string> lines;
  if (now - minute_ >= a_while) {
    tell_left_out(lines);
    minute_ = now;
    told_ = 0;
  }
  for (const char c : as_text(bytes)) {
    if (c == '\n')
      end_line(lines);
    else if (line_.size() < longest_line)
      line_ += c;
    else
      cut_ = true;
  }
  return lines;
}

std::vector<std::string> ErrorTalk::finish() {
  std::vector<std::string> lines;
  if (!line_.empty()) end_line(lines);
  tell_left_out(lines);
  return lines;
}

void ErrorTalk::end_line(std::vector<std::string>& lines) {
  if (std::exchange(cut_, false)) line_ += " ...";
  while (!line_.empty() && (line_.back() == '\r' || line_.back() == ' ')) line_.pop_back();
  if (line_.empty()) return;
  last_ = std::exchange(line_, {});
  if (told_ >= most_lines) {
    ++left_out_;
    return;
  }
  ++told_;
  lines.push_back(last_);
}

void ErrorTalk::tell_left_out(std::vector<std::string>& lines) {
  if (left_out_ == 0) return;
  lines.push_back(fmt::format("it said {} line{} more", left_out_, left_out_ == 1 ? "" : "s"));
  left_out_ = 0;
}

Result<void> TakenCount::take(ByteView bytes, std::uint64_t given) {
  for (const char c : as_text(bytes)) {
    if (c != '\n') {
      line_ += c;
      if (line_.size() <= longest_count) continue;
    }
    const std::string text = std::exchange(line_, {});
    const auto first = std::min(text.find_first_not_of(" \t\r"), text.size());
    const auto behind = text.find_last_not_of(" \t\r") + 1;
    std::uint64_t lines = 0;
    const char* const end = text.data() + behind;
    const auto [stop, error] = std::from_chars(text.data() + first, end, lines);
    if (first >= behind || error != std::errc() || stop != end)
      return Error{
          Code::data,
          fmt::format("it said \"{}\" on its stdout, where the number of lines that it took belongs", text)};
    if (lines < lines_)
      return Error{Code::data, fmt::format("it said that it took {} lines, after {}", lines, lines_)};
    if (lines > given)
      return Error{Code::data, fmt::format("it said that it took {} lines, and was given {}", lines, given)};
    lines_ = lines;
  }
  return {};
}

}  // namespace ssblog
