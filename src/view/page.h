// SPDX-License-Identifier: MIT
// view/page.h - the page for people: its HTML, style and script, as they are built into the program.
//
// Used by the server. The files stand in view/page/; nothing of a feed is in them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

struct PageFile {
  std::string_view name;  ///< last part of its address; empty: the page itself
  const char* type;
  std::string_view body;
};

/// Null: there is none of that address.
const PageFile* find_page_file(const std::vector<std::string>& parts);

}  // namespace ssblog
