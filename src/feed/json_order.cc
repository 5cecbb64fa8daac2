// SPDX-License-Identifier: MIT
#include "feed/json_order.h"

#include <limits>
#include <numeric>
#include <string>
#include <vector>

namespace ssblog {
namespace {

std::string_view key(const Output& out, const JsonMember& member) {
  return out.from(member.begin).substr(0, member.name_size);
}

/// The members' positions, equal keys side by side, the first of them first.
std::vector<std::size_t> by_key(const Output& out, std::span<const JsonMember> members) {
  std::vector<std::size_t> order(members.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    // The length first: it costs no look at the text.
    if (members[a].name_size != members[b].name_size) return members[a].name_size < members[b].name_size;
    const int keys = key(out, members[a]).compare(key(out, members[b]));
    return keys != 0 ? keys < 0 : a < b;
  });
  return order;
}

/// One member as it will be printed.
struct Slice {
  std::optional<std::uint32_t> index;
  std::size_t place;  // of the first of equal keys
  std::size_t begin;  // of the last of them
  std::size_t end;
};

bool goes_before(const Slice& a, const Slice& b) {
  if (a.index && b.index) return *a.index < *b.index;
  if (a.index || b.index) return a.index.has_value();
  return a.place < b.place;
}

}  // namespace

/// The value of a key (spelled with its quotes) that ECMAScript takes for an array index; nothing for others.
std::optional<std::uint32_t> array_index(std::string_view quoted) {
  const std::string_view digits = quoted.substr(1, quoted.size() - 2);
  if (digits.empty() || digits.size() > 10 || (digits[0] == '0' && digits.size() > 1)) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (value >= std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(value);
}

bool has_duplicates(const Output& out, std::span<const JsonMember> members) {
  constexpr std::size_t few = 16;
  const auto same = [&](std::size_t a, std::size_t b) {
    return members[a].name_size == members[b].name_size && key(out, members[a]) == key(out, members[b]);
  };
  if (members.size() > few) {
    const auto order = by_key(out, members);
    return std::adjacent_find(order.begin(), order.end(), same) != order.end();
  }
  for (std::size_t i = 1; i < members.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (same(i, j)) return true;
    }
  }
  return false;
}

void put_in_order(Output& out, std::span<const JsonMember> members, std::string_view separator) {
  const std::size_t begin = members.front().begin;
  const std::string before(out.from(begin));
  std::vector<Slice> slices;
  std::optional<std::string_view> last;
  for (const std::size_t i : by_key(out, members)) {
    const std::size_t from = members[i].begin;
    const std::size_t to = i + 1 < members.size() ? members[i + 1].begin - separator.size() : out.size();
    const std::string_view name = key(out, members[i]);
    if (last == name) {
      slices.back().begin = from;
      slices.back().end = to;
    } else {
      slices.push_back({array_index(name), i, from, to});
    }
    last = name;
  }
  std::sort(slices.begin(), slices.end(), goes_before);

  out.cut(begin);
  for (const Slice& slice : slices) {
    if (&slice != &slices.front()) out.put(separator);
    out.put(std::string_view(before).substr(slice.begin - begin, slice.end - slice.begin));
  }
}

}  // namespace ssblog
