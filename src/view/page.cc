// SPDX-License-Identifier: MIT
#include "view/page.h"

#include "view/page_bytes.h"

#include <algorithm>
#include <array>

namespace ssblog {
namespace {

constexpr const char* script = "text/javascript; charset=utf-8";

const std::array<PageFile, 11> files = {{
    {"", "text/html; charset=utf-8", page_index_html},
    {"page.css", "text/css; charset=utf-8", page_page_css},
    {"favicon.svg", "image/svg+xml", page_favicon_svg},
    {"page.js", script, page_page_js},
    {"ask.js", script, page_ask_js},
    {"board.js", script, page_board_js},
    {"line.js", script, page_line_js},
    {"log.js", script, page_log_js},
    {"show.js", script, page_show_js},
    {"spark.js", script, page_spark_js},
    {"stream.js", script, page_stream_js},
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
