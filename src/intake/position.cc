// SPDX-License-Identifier: MIT
#include "intake/position.h"

#include "feed/crypto.h"
#include "feed/crypto_sodium.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>

namespace ssblog {
namespace {

using nlohmann::json;

constexpr std::size_t hash_digits = 32;
constexpr std::size_t run_digits = 16;
constexpr std::size_t longest_row = 96 * 1024;  // two paths, a stream's name, the end of a line, and numbers
constexpr std::uint64_t most_order = std::uint64_t{1} << 62;  // the next ones have room above it
constexpr std::array<std::string_view, 3> stages = {"live", "rotated", "finished"};

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string hash_of(std::string_view bytes, std::size_t digits) {
  return to_hex(sha256(as_bytes(bytes))).substr(0, digits);
}

// A path is any bytes; what JSON cannot hold, and `%`, stands as %XX.
std::string escape_path(std::string_view path) {
  std::string text;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7f || c == '%') {
      fmt::format_to(std::back_inserter(text), "%{:02x}", byte);
    } else {
      text += c;
    }
  }
  return text;
}

std::optional<std::string> unescape_path(std::string_view text) {
  std::string path;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      path += text[at];
      continue;
    }
    const auto digits = text.substr(at + 1, 2);
    if (digits.size() != 2 || !is_hex(digits)) return std::nullopt;
    path += static_cast<char>(std::stoi(std::string(digits), nullptr, 16));
    at += 2;
  }
  return path;
}

json to_json(const Fingerprint& print) { return json::array({print.length, print.hash}); }

/// Takes members out of an object one by one; what is wrong with one is remembered.
class Reader {
 public:
  explicit Reader(json object) : object_(std::move(object)) {}

  std::string text(const char* name) {
    json value = take(name);
    if (!value.is_string()) return fail(std::string());
    return value.get<std::string>();
  }
  std::string path(const char* name) {
    auto path = unescape_path(text(name));
    return path ? std::move(*path) : fail(std::string());
  }
  std::uint64_t number(const char* name, std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) {
    const json value = take(name);
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > most) return fail(std::uint64_t{0});
    return value.get<std::uint64_t>();
  }
  std::int64_t signed_number(const char* name) {
    const json value = take(name);
    if (!value.is_number_integer()) return fail(std::int64_t{0});
    if (value.is_number_unsigned() &&
        value.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return fail(std::int64_t{0});
    return value.get<std::int64_t>();
  }
  bool yes(const char* name) {
    const json value = take(name);
    if (!value.is_boolean()) return fail(false);
    return value.get<bool>();
  }
  Fingerprint print(const char* name) {
    const json value = take(name);
    if (!value.is_array() || value.size() != 2 || !value[0].is_number_unsigned() || !value[1].is_string())
      return fail(Fingerprint());
    Fingerprint print{value[0].get<std::uint64_t>(), value[1].get<std::string>()};
    const std::size_t digits = print.length == 0 ? 0 : hash_digits;
    if (print.length > Fingerprint::most || print.hash.size() != digits || !is_hex(print.hash))
      return fail(Fingerprint());
    return print;
  }
  json take(const char* name) {
    const auto at = object_.find(name);
    if (at == object_.end()) return fail(json());
    json value = std::move(*at);
    object_.erase(at);
    return value;
  }
  bool has(const char* name) const { return object_.contains(name); }
  template <class T>
  T fail(T value) {
    failed_ = true;
    return value;
  }
  /// Everything was there, as it should be, and nothing else.
  bool done() const { return !failed_ && object_.empty(); }

 private:
  json object_;
  bool failed_ = false;
};

}  // namespace

Fingerprint Fingerprint::of(std::string_view bytes) {
  if (bytes.empty()) return {};
  return {bytes.size(), hash_of(bytes, hash_digits)};
}

GrowingFingerprint::GrowingFingerprint(std::string_view bytes) : left_(bytes) {
  must(crypto_hash_sha256_init(&state_));
}

Fingerprint GrowingFingerprint::of_first(std::size_t length) {
  assert(length >= taken_ && length - taken_ <= left_.size() && "shorter ones first");
  const auto more = as_bytes(left_.substr(0, length - taken_));
  left_.remove_prefix(more.size());
  taken_ = length;
  if (length == 0) return {};
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> hash;
  must(crypto_hash_sha256_update(&state_, more.data(), more.size()));
  crypto_hash_sha256_state at_length = state_;
  must(crypto_hash_sha256_final(&at_length, hash.data()));
  return {length, to_hex(std::span(hash).first(hash_digits / 2))};
}

std::string position_key(std::string_view run) { return std::string(position_prefix) + std::string(run); }

std::string format_position(const Position& position) {
  json row = {
      {"source", position.source},
      {"stream", position.stream},
      {"path", escape_path(position.path)},
      {"place", escape_path(position.place)},
      {"device", position.file.device},
      {"inode", position.file.inode},
      {"birth", position.file.birth},
      {"truncations", position.truncations},
      {"offset", position.offset},
      {"base", position.base},
      {"skipped", position.skipped},
      {"head", to_json(position.head)},
      {"tail", to_json(position.tail)},
      {"modified", position.modified},
      {"size", position.size},
      {"since", position.since},
      {"packed", position.packed},
      {"cut_off", position.cut_off},
      {"in_record", position.cut.in_record},
      {"trace", position.cut.trace},
      {"redact", format_redact_state(position.redact)},
      {"stage", stages[static_cast<std::size_t>(position.stage)]},
  };
  if (position.cut.latest) row["latest"] = *position.cut.latest;
  if (position.order > 0) row["order"] = position.order;
  return row.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Position> parse_position(std::string_view key, std::string_view text) {
  const auto wrong = [&] {
    return Error{Code::data, fmt::format("the store's position {} cannot be read", key)};
  };
  Position position;
  if (!key.starts_with(position_prefix) || text.size() > longest_row) return wrong();
  position.run = key.substr(position_prefix.size());
  if (position.run.size() != run_digits || !is_hex(position.run)) return wrong();
  json row = json::parse(text, nullptr, false);
  if (!row.is_object()) return wrong();
  Reader reader(std::move(row));
  position.source = reader.text("source");
  position.stream = reader.text("stream");
  position.path = reader.path("path");
  position.place = reader.path("place");
  position.file.device = reader.number("device");
  position.file.inode = reader.number("inode");
  position.file.birth = reader.signed_number("birth");
  position.truncations =
      static_cast<std::uint32_t>(reader.number("truncations", std::numeric_limits<std::uint32_t>::max()));
  position.offset = reader.number("offset", max_offset);
  position.base = reader.number("base", max_offset);
  position.skipped = reader.number("skipped", max_offset);
  position.head = reader.print("head");
  position.tail = reader.print("tail");
  position.modified = reader.signed_number("modified");
  position.size = reader.number("size");
  position.since = reader.signed_number("since");
  position.packed = reader.yes("packed");
  position.cut_off = reader.yes("cut_off");
  position.cut.in_record = reader.yes("in_record");
  position.cut.trace = reader.text("trace");
  if (reader.has("latest")) position.cut.latest = reader.signed_number("latest");
  if (reader.has("order")) position.order = reader.number("order", most_order);
  // A row of an older version has none.
  const auto redact = parse_redact_state(reader.has("redact") ? reader.text("redact") : "?");
  const auto stage = std::find(stages.begin(), stages.end(), reader.text("stage"));
  if (!reader.done() || stage == stages.end() || !redact || position.base > position.skipped ||
      position.path.empty())
    return wrong();
  position.redact = *redact;
  position.stage = static_cast<Stage>(stage - stages.begin());
  return position;
}

std::string run_of(const FeedId& feed, const FileId& file, std::uint32_t truncations) {
  std::string bytes(as_text(feed.view()));
  fmt::format_to(std::back_inserter(bytes), "{}:{}:{}:{}", file.device, file.inode, file.birth, truncations);
  return hash_of(bytes, run_digits);
}

}  // namespace ssblog
