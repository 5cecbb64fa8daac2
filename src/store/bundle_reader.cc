// SPDX-License-Identifier: MIT
#include "store/bundle_reader.h"

#include "feed/json.h"
#include "feed/message.h"
#include "feed/utf.h"

#include <array>

namespace ssblog {
namespace {

constexpr std::size_t block = 64 * 1024;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";  // some editors write one
constexpr const char* no_object = "it is no JSON object";
constexpr const char* cut_short = "the JSON object is cut short";
constexpr const char* too_long = "the JSON object is longer than a message can be";

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// Where the first byte from `at` on stands that means something inside a string, or the end.
std::size_t skip_plain(std::string_view text, std::size_t at) {
  static constexpr auto means = [] {
    std::array<bool, 256> table{};
    table['"'] = table['\\'] = table['\n'] = true;
    return table;
  }();
  while (at < text.size() && !means[static_cast<std::uint8_t>(text[at])]) ++at;
  return at;
}

}  // namespace

BundleReader::BundleReader(ByteSource source) : source_(std::move(source)) {}

/// More bytes behind those that are held. False: there are no more.
Result<bool> BundleReader::fill() {
  if (ended_) return false;
  if (begin_ > 0) {
    held_.erase(0, begin_);
    at_ -= begin_;
    begin_ = 0;
  }
  const std::size_t size = held_.size();
  held_.resize(size + block);
  auto got = source_(std::span(held_).subspan(size));
  held_.resize(size + (got ? *got : 0));
  if (!got) return got.error();
  ended_ = *got == 0;
  return !ended_;
}

/// Looks at the first bytes: they may be those of zstd.
Result<void> BundleReader::open() {
  opened_ = true;
  while (held_.size() < zstd_magic.size()) {
    auto more = fill();
    if (!more) return more.error();
    if (!*more) break;
  }
  if (!held_.starts_with(zstd_magic)) {
    if (held_.starts_with(byte_order_mark)) begin_ = byte_order_mark.size();
    return {};
  }
  // What was read so far goes first.
  auto packed = [first = std::move(held_), at = std::size_t{0},
                 rest = std::move(source_)](std::span<char> out) mutable -> Result<std::size_t> {
    if (at == first.size()) return rest(out);
    const std::size_t size = first.copy(out.data(), out.size(), at);
    at += size;
    return size;
  };
  source_ = [zstd = std::make_shared<ZstdSource>(std::move(packed))](std::span<char> out) {
    return (*zstd)(out);
  };
  held_.clear();
  ended_ = false;
  return {};
}

/// To the next byte that is not blank. False: there is none.
Result<bool> BundleReader::skip_blank() {
  for (;;) {
    while (begin_ < held_.size() && is_blank(held_[begin_])) {
      if (held_[begin_] == '\n') ++line_;
      ++begin_;
    }
    if (begin_ < held_.size()) return true;
    auto more = fill();
    if (!more || !*more) return more;
  }
}

/// Behind a fault: to the next line that begins with `{`, or to the end.
Result<void> BundleReader::skip_to_object() {
  for (;;) {
    const std::size_t line_end = held_.find('\n', begin_);
    if (line_end == std::string::npos) {
      begin_ = at_ = held_.size();
    } else if (line_end + 1 < held_.size()) {
      ++line_;
      begin_ = line_end + 1;
      if (held_[begin_] == '{') return {};
      continue;
    } else {
      begin_ = line_end;  // whether the next line begins with `{` is not known yet
    }
    at_ = begin_;
    auto more = fill();
    if (!more) return more.error();
    if (!*more) {
      begin_ = held_.size();
      return {};
    }
  }
}

/// Goes on with the object at begin_. True: it ends before at_, or fault_ says why not.
bool BundleReader::scan() {
  for (; at_ < held_.size(); ++at_) {
    if (in_string_) {
      at_ = skip_plain(held_, at_);
      if (at_ == held_.size()) return false;
    }
    const char c = held_[at_];
    if (in_string_) {
      if (c == '"') {
        in_string_ = false;
      } else if (c == '\\') {
        // The escaped character is not looked at; when it has not come yet, the escape is read again.
        if (at_ + 1 == held_.size()) return false;
        if (held_[at_ + 1] != '\n') ++at_;
      } else if (c == '\n') {
        fault_ = cut_short;
        return true;
      }
      continue;
    }
    switch (c) {
      case '"':
        in_string_ = true;
        break;
      case '{':
        if (depth_ > 0 && held_[at_ - 1] == '\n') {
          fault_ = cut_short;
          return true;
        }
        [[fallthrough]];
      case '[':
        ++depth_;
        break;
      case '}':
      case ']':
        if (--depth_ == 0) {
          ++at_;
          return true;
        }
        break;
      case '\n':
        ++lines_inside_;
        break;
      default:
        break;
    }
  }
  return false;
}

BundleItem BundleReader::take(std::size_t size) {
  BundleItem item{line_, held_.substr(begin_, size), {}};
  begin_ += size;
  line_ += lines_inside_;
  return item;
}

Result<std::optional<BundleItem>> BundleReader::next() {
  if (!opened_) {
    if (auto opened = open(); !opened) return opened.error();
  }
  auto there = skip_blank();
  if (!there) return there.error();
  if (!*there) return std::optional<BundleItem>();
  at_ = begin_;
  depth_ = 0;
  in_string_ = false;
  lines_inside_ = 0;
  fault_ = held_[begin_] == '{' ? nullptr : no_object;
  while (fault_ == nullptr) {
    const bool ends = scan();
    if (at_ - begin_ > max_object) {
      fault_ = too_long;
    } else if (ends && fault_ == nullptr) {
      return std::optional(take(at_ - begin_));
    } else if (!ends) {
      auto more = fill();
      if (!more) return more.error();
      if (!*more) fault_ = cut_short;
    }
  }
  BundleItem item{line_, {}, fault_};
  // A line that begins the next object may have been reached already.
  const bool at_object = fault_ == cut_short && at_ < held_.size() && held_[at_] == '{';
  begin_ = at_;
  line_ += lines_inside_;
  if (!at_object) {
    if (auto skipped = skip_to_object(); !skipped) return skipped.error();
  }
  return std::optional(std::move(item));
}

std::string_view message_value(std::string_view object, std::string& buffer) {
  // The first member tells what it is without a look at the rest; longer texts may be made of white space.
  const auto first = object.find_first_not_of(" \t\r\n", 1);
  if (object.size() <= max_message_bytes && first != std::string_view::npos &&
      object.substr(first).starts_with("\"previous\"")) {
    return object;
  }
  const auto made = is_utf8(as_bytes(object))
                        ? canonical(object, Layout::compact, buffer)
                        : canonical(decode_utf8(as_bytes(object)), Layout::compact, buffer);
  if (!made) return object;  // inspect will say why
  if (const auto value = member(buffer, "value"); is_object(value) && !member(buffer, "key").empty())
    return value;
  if (member(buffer, "sync") == "true") return {};
  return buffer;
}

}  // namespace ssblog
