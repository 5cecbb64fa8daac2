// SPDX-License-Identifier: MIT
#include "cli/doctor/logrotate.h"

#include "store/files.h"

#include <algorithm>
#include <filesystem>
#include <optional>

namespace ssblog {
namespace {

constexpr std::size_t longest_file = 1024 * 1024;  // bytes
constexpr std::size_t most_files = 1000;

/// The words of a line; those in quotes may hold blanks. What stands behind a `#` that begins a word is left out.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while (at < line.size()) {
    if (line[at] == ' ' || line[at] == '\t' || line[at] == '\r') {
      ++at;
      continue;
    }
    if (line[at] == '#') break;
    std::string word;
    const char quote = line[at] == '"' || line[at] == '\'' ? line[at++] : '\0';
    while (at < line.size()) {
      const char c = line[at];
      if (quote != '\0' ? c == quote : (c == ' ' || c == '\t' || c == '\r' || c == '{' || c == '}')) break;
      word += c;
      ++at;
    }
    if (quote != '\0' && at < line.size()) ++at;
    if (quote == '\0' && word.empty()) word = line[at++];  // a brace
    words.push_back(std::move(word));
  }
  return words;
}

bool begins_script(std::string_view word) {
  constexpr std::string_view scripts[] = {"prerotate", "postrotate", "firstaction", "lastaction",
                                          "preremove"};
  return std::find(std::begin(scripts), std::end(scripts), word) != std::end(scripts);
}

}  // namespace

LogrotateText parse_logrotate(std::string_view text, bool copytruncate) {
  LogrotateText all;
  all.copytruncate = copytruncate;
  std::vector<std::string> patterns;          // of the block that may come
  std::optional<LogrotateText::Block> block;  // that we are in
  bool in_script = false;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto words = words_of(line);
    if (words.empty()) continue;
    if (in_script) {
      in_script = words.front() != "endscript";
      continue;
    }
    bool& cuts = block ? block->copytruncate : all.copytruncate;
    if (words.front() == "copytruncate") {
      cuts = true;
    } else if (words.front() == "nocopytruncate") {
      cuts = false;
    } else if (words.front() == "include" && words.size() > 1 && !block) {
      all.includes.push_back(words[1]);
    } else if (begins_script(words.front())) {
      in_script = true;
    } else {
      for (const std::string& word : words) {
        if (word == "{" && !block) {
          block = LogrotateText::Block{std::move(patterns), all.copytruncate};
          patterns.clear();
        } else if (word == "}" && block) {
          all.blocks.push_back(std::move(*block));
          block.reset();
        } else if (!block && (word.starts_with('/') || word.starts_with('~'))) {
          patterns.push_back(word);
        }
      }
    }
  }
  return all;
}

std::vector<CopytruncateRule> copytruncate_rules(const std::string& root) {
  std::vector<CopytruncateRule> rules;
  // In the order in which logrotate reads them: an include stands for the text that it names.
  std::vector<std::string> waiting = {"/etc/logrotate.conf"};
  bool copytruncate = false;
  for (std::size_t i = 0; i < waiting.size() && i < most_files; ++i) {
    const std::string path = waiting[i];
    std::error_code error;
    if (std::filesystem::is_directory(root + path, error)) {
      std::vector<std::string> entries;
      for (auto at = std::filesystem::directory_iterator(root + path, error);
           !error && at != std::filesystem::directory_iterator() && entries.size() < most_files;
           at.increment(error))
        entries.push_back(path + "/" + at->path().filename().string());
      std::sort(entries.begin(), entries.end());
      waiting.insert(waiting.end(), entries.begin(), entries.end());
      continue;
    }
    const auto text = read_file(root + path, longest_file);
    if (!text) continue;
    const LogrotateText parsed = parse_logrotate(*text, copytruncate);
    copytruncate = parsed.copytruncate;
    for (const auto& block : parsed.blocks) {
      if (!block.copytruncate) continue;
      for (const std::string& pattern : block.patterns) rules.push_back({path, pattern});
    }
    waiting.insert(waiting.end(), parsed.includes.begin(), parsed.includes.end());
  }
  return rules;
}

}  // namespace ssblog
