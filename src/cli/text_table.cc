// SPDX-License-Identifier: MIT
#include "cli/text_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace ssblog {
namespace {

constexpr std::size_t between = 2;  // blanks
constexpr std::size_t indent = 4;   // of the line below a row

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; }

std::string cut(std::string_view utf8, std::size_t width) {
  if (width == 0) return "";
  std::size_t characters = 0, last = 0;
  for (std::size_t at = 0; at < utf8.size(); ++at) {
    if (!begins_character(utf8[at])) continue;
    if (++characters == width) last = at;
  }
  return characters <= width ? std::string(utf8) : std::string(utf8.substr(0, last)) + "~";
}

/// Of a cell, in its middle.
std::string cut_cell(std::string_view cell, std::size_t width) {
  if (cell.size() <= width || width < 3) return std::string(cell.substr(0, width));
  const std::size_t head = width / 2, tail = width - head - 1;
  return fmt::format("{}~{}", cell.substr(0, head), cell.substr(cell.size() - tail));
}

std::size_t total(const std::vector<std::size_t>& widths) {
  const auto shown =
      static_cast<std::size_t>(std::count_if(widths.begin(), widths.end(), [](auto w) { return w > 0; }));
  return std::accumulate(widths.begin(), widths.end(), std::size_t{0}) +
         (shown > 0 ? between * (shown - 1) : 0);
}

void trim_end(std::string& text) { text.erase(text.find_last_not_of(' ') + 1); }

}  // namespace

/// Of the columns that are shown; nothing when all of them stay.
std::optional<std::size_t> TextTable::first_to_go(const std::vector<std::size_t>& widths) const {
  const auto says_the_same = [this](std::size_t column) {
    return rows_.size() > 1 && std::all_of(rows_.begin(), rows_.end(), [&](const Row& row) {
             return row.cells[column] == rows_[0].cells[column];
           });
  };
  std::optional<std::size_t> last;
  std::pair<bool, int> greatest;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (widths[i] == 0 || columns_[i].drop == 0) continue;
    const std::pair worth(says_the_same(i), columns_[i].drop);
    if (last && worth <= greatest) continue;
    last = i;
    greatest = worth;
  }
  return last;
}

/// The width of each column; 0: it is not shown.
std::vector<std::size_t> TextTable::fit(std::size_t width) const {
  std::vector<std::size_t> widths(columns_.size(), 0), least(columns_.size(), 0);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    bool is_empty = true;
    for (const Row& row : rows_) {
      widths[i] = std::max(widths[i], row.cells[i].size());
      is_empty = is_empty && (row.cells[i].empty() || row.cells[i] == "-");
    }
    // What says nothing in any row is not worth its room.
    widths[i] = is_empty && columns_[i].drop > 0 ? 0 : std::max(widths[i], columns_[i].title.size());
    least[i] = columns_[i].least > 0
                   ? std::min(widths[i], std::max(columns_[i].least, columns_[i].title.size()))
                   : widths[i];
  }
  while (total(least) > width) {
    const auto last = first_to_go(widths);
    if (!last) break;
    widths[*last] = least[*last] = 0;
  }
  // The widest gives first.
  while (total(widths) > width) {
    std::size_t widest = columns_.size();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (widths[i] > least[i] && (widest == columns_.size() || widths[i] > widths[widest])) widest = i;
    }
    if (widest == columns_.size()) break;
    --widths[widest];
  }
  return widths;
}

std::string TextTable::text(std::size_t width, bool colours) const {
  const auto widths = fit(width);
  std::string out;
  const auto put = [&](std::string& line, std::size_t column, std::string_view cell) {
    if (widths[column] == 0) return;
    if (!line.empty()) line.append(between, ' ');
    const std::string fitting = cut_cell(cell, widths[column]);
    line += columns_[column].to_right ? fmt::format("{:>{}}", fitting, widths[column])
                                      : fmt::format("{:<{}}", fitting, widths[column]);
  };
  std::string line;
  for (std::size_t i = 0; i < columns_.size(); ++i) put(line, i, columns_[i].title);
  trim_end(line);
  out += line + "\n";
  for (const Row& row : rows_) {
    line.clear();
    for (std::size_t i = 0; i < columns_.size(); ++i) put(line, i, row.cells[i]);
    trim_end(line);
    const std::size_t first = std::min(row.cells[0].size(), line.size());
    if (colours && !row.colour.empty()) {
      out += fmt::format("\033[{}m{}\033[0m{}\n", row.colour, line.substr(0, first), line.substr(first));
    } else {
      out += line + "\n";
    }
    if (!row.below.empty())
      out += std::string(indent, ' ') + cut(row.below, width > indent ? width - indent : 0) + "\n";
  }
  return out;
}

}  // namespace ssblog
