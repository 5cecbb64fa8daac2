// SPDX-License-Identifier: MIT
#include "assemble/proof.h"

#include "assemble/merged_state.h"
#include "feed/crypto.h"
#include "feed/crypto_sodium.h"
#include "store/files.h"

#include <fmt/format.h>
#include <sodium.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <functional>
#include <memory>

namespace ssblog {
namespace {

constexpr std::size_t longest_proof = std::size_t{1} << 30;
constexpr std::size_t block_bytes = 256 * 1024;
constexpr std::size_t hash_digits = 8;     // of a line
constexpr std::size_t hashes_in_row = 16;  // of the side file

/// Hashes a text that comes in blocks: as a whole, and line by line.
class TextHash {
 public:
  TextHash() {
    must(crypto_hash_sha256_init(&whole_));
    begin_line();
  }

  void add(std::string_view text, const std::function<void(std::uint32_t)>& line_done) {
    must(crypto_hash_sha256_update(&whole_, bytes(text), text.size()));
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      const std::string_view part = text.substr(0, end == std::string_view::npos ? text.size() : end + 1);
      must(crypto_generichash_update(line_.get(), bytes(part), part.size()));
      in_line_ = end == std::string_view::npos;
      if (!in_line_) line_done(end_line());
      text.remove_prefix(part.size());
    }
  }

  /// The last line may have no end.
  std::string finish(const std::function<void(std::uint32_t)>& line_done) {
    if (in_line_) line_done(end_line());
    std::array<std::uint8_t, crypto_hash_sha256_BYTES> hash{};
    must(crypto_hash_sha256_final(&whole_, hash.data()));
    return to_hex(hash);
  }

 private:
  static const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  }
  void begin_line() { must(crypto_generichash_init(line_.get(), nullptr, 0, crypto_generichash_BYTES_MIN)); }
  std::uint32_t end_line() {
    std::array<std::uint8_t, crypto_generichash_BYTES_MIN> hash{};
    must(crypto_generichash_final(line_.get(), hash.data(), hash.size()));
    begin_line();
    in_line_ = false;
    return std::uint32_t{hash[0]} << 24 | std::uint32_t{hash[1]} << 16 | std::uint32_t{hash[2]} << 8 |
           hash[3];
  }

  crypto_hash_sha256_state whole_;
  // Not in this object: it wants more of an alignment than a stack gives.
  std::unique_ptr<crypto_generichash_state> line_ = std::make_unique<crypto_generichash_state>();
  bool in_line_ = false;
};

/// Gives up to `most` bytes of a file, block by block.
Result<void> read_blocks(const std::string& path, std::uint64_t most,
                         const std::function<void(std::string_view)>& use) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return file_error("read", path, errno);
  std::string block(block_bytes, '\0');
  while (most > 0 && file) {
    file.read(block.data(), static_cast<std::streamsize>(std::min<std::uint64_t>(block.size(), most)));
    const auto got = static_cast<std::size_t>(file.gcount());
    use(std::string_view(block).substr(0, got));
    most -= got;
  }
  if (file.bad()) return file_error("read", path, errno);
  return {};
}

Error no_proof(const std::string& path, std::string_view why) {
  return {Code::data, fmt::format("{} is no proof of ssblog: {}; make it anew with `ssblog assemble --proof`",
                                  path, why)};
}

std::optional<FeedState> state_of(const nlohmann::json& object, const char* sequence, const char* key) {
  if (!object.contains(sequence) || !object.contains(key) || !object[sequence].is_number_unsigned() ||
      !object[key].is_string())
    return std::nullopt;
  const auto parsed = parse_message_key(object[key].get_ref<const std::string&>());
  const auto number = object[sequence].get<std::uint64_t>();
  if (!parsed || number < 1 || number > max_sequence) return std::nullopt;
  return FeedState{static_cast<Seq>(number), *parsed};
}

}  // namespace

std::string proof_path(const std::string& output) { return output + ".proof"; }

Result<void> write_proof(Store& store, const std::string& output) {
  const auto state = load_state(output);
  if (!state)
    return Error{Code::io,
                 fmt::format("cannot prove {}: another program wrote to it meanwhile; try again", output)};
  std::string feeds;
  for (const auto& [id, last] : state->feeds) {
    if (last.sequence == 0) continue;
    auto row = store.feed(id);
    if (!row) return row.error();
    if (!*row) continue;
    auto first = store.key_of(**row, 1);
    if (!first) return first.error();
    if (!*first)
      return Error{Code::data,
                   fmt::format("cannot prove {}: the first message of feed {} cannot be read; see `ssblog "
                               "verify`",
                               output, to_text(id))};
    feeds += fmt::format(R"({}{{"id":"{}","first":1,"firstKey":"{}","last":{},"lastKey":"{}"}})",
                         feeds.empty() ? "" : ",", to_text(id), to_text(**first), last.sequence,
                         to_text(last.key));
  }
  TextHash hash;
  std::string rows;
  std::uint64_t lines = 0;
  const auto add_line = [&](std::uint32_t line) {
    fmt::format_to(std::back_inserter(rows), "{:08x}", line);
    if (++lines % hashes_in_row == 0) rows += '\n';
  };
  auto read =
      read_blocks(output, state->end.offset, [&](std::string_view block) { hash.add(block, add_line); });
  if (!read) return read;
  const std::string whole = hash.finish(add_line);
  if (lines % hashes_in_row != 0) rows += '\n';
  const std::string head =
      fmt::format("{{\"ssblog-proof\":1,\"bytes\":{},\"lines\":{},\"sha256\":\"{}\",\"feeds\":[{}]}}\n",
                  state->end.offset, lines, whole, feeds);
  return replace_file(proof_path(output), head + rows, 0644);
}

Result<Proof> read_proof(const std::string& path) {
  auto text = read_file(path, longest_proof);
  if (!text) return text.error();
  const std::size_t end = text->find('\n');
  if (end == std::string::npos) return no_proof(path, "it has no whole line");
  const auto head =
      nlohmann::json::parse(text->begin(), text->begin() + static_cast<std::ptrdiff_t>(end), nullptr, false);
  if (!head.is_object() || !head.contains("ssblog-proof"))
    return no_proof(path, "its first line does not say so");
  if (head["ssblog-proof"] != 1) return no_proof(path, "it was made by a newer ssblog");
  for (const char* number : {"bytes", "lines"})
    if (!head.contains(number) || !head[number].is_number_unsigned())
      return no_proof(path, fmt::format("it has no number of {}", number));
  if (!head.contains("sha256") || !head["sha256"].is_string() || !head.contains("feeds") ||
      !head["feeds"].is_array())
    return no_proof(path, "it has no hash, or no feeds");
  Proof proof;
  proof.bytes = head["bytes"].get<std::uint64_t>();
  proof.sha256 = head["sha256"].get<std::string>();
  for (const auto& feed : head["feeds"]) {
    const auto id = feed.is_object() && feed.contains("id") && feed["id"].is_string()
                        ? parse_feed_id(feed["id"].get_ref<const std::string&>())
                        : std::nullopt;
    const auto first = id ? state_of(feed, "first", "firstKey") : std::nullopt;
    const auto last = id ? state_of(feed, "last", "lastKey") : std::nullopt;
    if (!first || !last) return no_proof(path, "a feed of it is damaged");
    proof.feeds.push_back({*id, *first, *last});
  }
  std::string_view rows = std::string_view(*text).substr(end + 1);
  while (!rows.empty()) {
    if (rows.front() == '\n') {
      rows.remove_prefix(1);
      continue;
    }
    std::uint32_t hash = 0;
    const auto digits = rows.substr(0, hash_digits);
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), hash, 16);
    if (error != std::errc() || digits.size() != hash_digits || stop != digits.data() + digits.size())
      return no_proof(path, "its hashes of lines are damaged");
    proof.line_hashes.push_back(hash);
    rows.remove_prefix(hash_digits);
  }
  if (proof.line_hashes.size() != head["lines"].get<std::uint64_t>())
    return no_proof(path, "hashes of lines are missing");
  return proof;
}

Result<ProofVerdict> check_proof(const Proof& proof, const std::string& output) {
  ProofVerdict verdict;
  verdict.lines = proof.line_hashes.size();
  TextHash hash;
  std::uint64_t line = 0, bytes = 0;
  std::optional<std::uint64_t> altered;
  const auto look = [&](std::uint32_t found) {
    if (!altered && (line >= proof.line_hashes.size() || proof.line_hashes[line] != found))
      altered = line + 1;
    ++line;
  };
  auto read = read_blocks(output, proof.bytes, [&](std::string_view block) {
    hash.add(block, look);
    bytes += block.size();
  });
  if (!read) return read.error();
  const std::uint64_t whole_lines = line;
  const std::string found = hash.finish(look);
  if (bytes == proof.bytes && found == proof.sha256) {
    std::ifstream file(output, std::ios::binary | std::ios::ate);
    if (file) verdict.more = static_cast<std::uint64_t>(file.tellg()) - bytes;
    return verdict;
  }
  // A last line without its end is not altered where the text was cut in the middle of it.
  if (bytes < proof.bytes && (!altered || *altered > whole_lines)) {
    verdict.standing = ProofVerdict::Standing::missing_tail;
    verdict.line = whole_lines + 1;
  } else {
    verdict.standing = ProofVerdict::Standing::altered;
    verdict.line = altered.value_or(proof.line_hashes.size());
  }
  return verdict;
}

Result<std::vector<std::string>> compare_feeds(const Proof& proof, Store& store) {
  std::vector<std::string> differences;
  for (const ProvenFeed& feed : proof.feeds) {
    auto row = store.feed(feed.id);
    if (!row) return row.error();
    const Seq held = *row && (*row)->tip ? (*row)->tip->sequence : 0;
    if (held < feed.last.sequence) {
      differences.push_back(fmt::format("feed {}: {} of its {} messages are held here: the tail is missing",
                                        to_text(feed.id), held, feed.last.sequence));
      continue;
    }
    for (const FeedState& state : {feed.first, feed.last}) {
      auto key = store.key_of(**row, state.sequence);
      if (!key) return key.error();
      if (*key != state.key) {
        differences.push_back(
            fmt::format("feed {}: message {} is another one here", to_text(feed.id), state.sequence));
        break;
      }
    }
  }
  return differences;
}

}  // namespace ssblog
