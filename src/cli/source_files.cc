// SPDX-License-Identifier: MIT
#include "cli/source_files.h"

#include "intake/find_files.h"
#include "store/files.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

namespace ssblog {

ReadSoFar read_so_far(const Home& home) {
  ReadSoFar read;
  auto store = open_to_read(home);
  if (!store) return read;
  auto rows = read_positions(*store, position_prefix);
  if (!rows) return read;
  for (const PositionRow& row : *rows) {
    auto position = parse_position(row.source, row.position);
    if (!position) continue;
    FileId file = position->file;
    file.birth = 0;  // the walk does not know it
    const auto [at, is_new] = read.try_emplace(file, *position);
    if (!is_new && at->second.truncations < position->truncations) at->second = std::move(*position);
  }
  return read;
}

Result<MatchedFiles> match_files(const Source& source, const ReadSoFar& read) {
  constexpr std::size_t most_troubles = 20;
  auto patterns = parse_patterns(source.paths);
  if (!patterns) return patterns.error();
  auto exclude = parse_patterns(source.exclude, true);
  if (!exclude) return exclude.error();
  MatchedFiles matched;
  const auto trouble = [&](const std::string&, const Error& why) {
    if (matched.troubles.size() < most_troubles)
      matched.troubles.push_back(why.text);
    else
      ++matched.more_troubles;
  };
  FindCalls calls;
  calls.trouble = trouble;
  calls.found = [&](const FoundFile& found) {
    ++matched.files;
    matched.bytes += found.status.st_size;
    const auto known = read.find(FileId{found.status.st_dev, found.status.st_ino, 0});
    if (known == read.end() || known->second.source != source.name) {
      ++matched.unmet;
    } else if (!known->second.packed) {
      matched.unread += std::max<std::int64_t>(
          0, found.status.st_size - static_cast<std::int64_t>(known->second.next_byte()));
    }
    const File file(::open(found.path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (!file) trouble(found.path, file_error("read", found.path, errno));
  };
  if (auto walked = find_files(*patterns, *exclude, "", calls); !walked) return walked.error();
  return matched;
}

}  // namespace ssblog
