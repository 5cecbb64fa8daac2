// SPDX-License-Identifier: MIT
#include "view/page.h"

#include "view/page_bytes.h"

#include <algorithm>
#include <array>

namespace ssblog {
namespace {

const std::array<PageFile, 4> files = {{
    {"", "text/html; charset=utf-8", page_index_html},
    {"page.css", "text/css; charset=utf-8", page_page_css},
    {"page.js", "text/javascript; charset=utf-8", page_page_js},
    {"favicon.svg", "image/svg+xml", page_favicon_svg},
}};

}  // namespace

const PageFile* find_page_file(const std::vector<std::string>& parts) {
  if (parts.size() > 1) return nullptr;
  const std::string_view name = parts.empty() ? std::string_view() : std::string_view(parts[0]);
  const auto* const at =
      std::find_if(files.begin(), files.end(), [&](const PageFile& file) { return file.name == name; });
  return at == files.end() ? nullptr : at;
}

}  // namespace ssblog
