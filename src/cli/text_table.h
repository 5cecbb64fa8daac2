// SPDX-License-Identifier: MIT
// cli/text_table.h - a table for a terminal that fits its width.
//
// Used by status. Pure, any thread. Cells are of ASCII, so that a byte is a column of the terminal; the lines below rows
// are UTF-8, a column for each code point.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

class TextTable {
 public:
  struct Column {
    std::string_view title;
    bool to_right = false;  ///< numbers
    /// Characters to which its cells may be cut, `~` in their middle: names differ at either end. 0: they are never cut.
    std::size_t least = 0;
    /// Where there is no room the columns with the greatest go first, those before them that say the same in each row; 0:
    /// it stays.
    int drop = 0;
  };
  struct Row {
    std::vector<std::string> cells;  ///< one a column
    std::string below;               ///< a line of its own under the row, as far as it fits; empty: none
    std::string_view colour;         ///< of the first cell: what stands in `ESC [ ... m`; empty: none
  };

  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}
  void add(Row row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }

  /// Lines of at most `width` characters, colours aside, as long as the columns that stay can be cut so far.
  std::string text(std::size_t width, bool colours) const;

 private:
  std::optional<std::size_t> first_to_go(const std::vector<std::size_t>& widths) const;
  std::vector<std::size_t> fit(std::size_t width) const;
  std::vector<Column> columns_;
  std::vector<Row> rows_;
};

}  // namespace ssblog
