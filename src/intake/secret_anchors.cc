// SPDX-License-Identifier: MIT
#include "intake/secret_anchors.h"

#include "intake/secret_presets.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <iterator>

namespace ssblog {
namespace {

constexpr std::size_t shortest = 3;  // bytes of an anchor
constexpr std::uint32_t multiplier = 0x9e3779b1;

/// Three bytes as one number. Letters of both cases are alike; so are some signs, but this is no more than a first look.
std::uint32_t three_bytes(const char* at) {
  const auto byte = [at](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(at[i])} | 0x20; };
  return byte(0) | byte(1) << 8 | byte(2) << 16;
}

std::uint8_t bucket_of(const char* at) {
  return static_cast<std::uint8_t>(three_bytes(at) * multiplier >> 24);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool begins_with(std::string_view text, std::string_view begin, bool any_case) {
  if (!any_case) return text.starts_with(begin);
  return text.size() >= begin.size() && std::equal(begin.begin(), begin.end(), text.begin(),
                                                   [](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace

const SecretAnchors& SecretAnchors::all() {
  static const SecretAnchors made;
  return made;
}

SecretAnchors::SecretAnchors() {
  add(pem_begin, false, key_in_pem);
  Presets preset = 1;
  for (const SecretPreset& one : secret_presets()) {
    assert(preset != key_in_pem);
    for (const std::string_view anchor : one.anchors) add(anchor, one.any_case, preset);
    preset <<= 1;
  }
  std::stable_sort(anchors_.begin(), anchors_.end(),
                   [](const Anchor& a, const Anchor& b) { return a.bucket < b.bucket; });
  assert(anchors_.size() <= UINT8_MAX);
  for (std::size_t i = anchors_.size(); i-- > 0;) {
    Bucket& bucket = buckets_.at(anchors_[i].bucket);
    bucket.begin = static_cast<std::uint8_t>(i);
    if (bucket.end == 0) bucket.end = static_cast<std::uint8_t>(i + 1);
  }
}

void SecretAnchors::add(std::string_view anchor, bool any_case, Presets preset) {
  assert(anchor.size() >= shortest && anchor.size() <= longest);
  anchors_.push_back({anchor, any_case, preset, bucket_of(anchor.data())});
  const auto see = [this](const char* three) {
    const std::uint32_t hash = three_bytes(three) * multiplier >> (32 - seen_bits);
    seen_.at(hash / 64) |= std::uint64_t{1} << hash % 64;
  };
  see(anchor.data());
  // It may begin one byte before the place that is looked at.
  if (anchor.size() > shortest) return see(anchor.data() + 1);
  for (int any = 0; any < 256; ++any) {
    const char three[] = {anchor[1], anchor[2], static_cast<char>(any)};
    see(three);
  }
}

inline bool SecretAnchors::is_seen(const char* three_and_one_more) const {
  std::uint32_t bytes = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&bytes, three_and_one_more, sizeof bytes);  // one load instead of three
    bytes = (bytes | 0x202020) & 0xffffff;
  } else {
    bytes = three_bytes(three_and_one_more);
  }
  const std::uint32_t hash = bytes * multiplier >> (32 - seen_bits);
  return (seen_[hash / 64] >> hash % 64 & 1) != 0;
}

SecretAnchors::Presets SecretAnchors::at_begin(std::string_view text) const {
  if (text.size() < shortest) return 0;
  Presets found = 0;
  const Bucket bucket = buckets_[bucket_of(text.data())];
  for (std::size_t i = bucket.begin; i < bucket.end; ++i) {
    const Anchor& anchor = anchors_[i];
    if (begins_with(text, anchor.text, anchor.any_case)) found |= anchor.preset;
  }
  return found;
}

std::size_t SecretAnchors::next(std::string_view text, std::size_t from, std::size_t end) const {
  constexpr std::size_t step = 8;
  const auto is_anchor = [&](std::size_t at) { return at_begin(text.substr(at, end - at)) != 0; };
  std::size_t at = from;
  for (; at < end && at + step + 2 <= text.size(); at += step) {
    const char* const bytes = text.data() + at;
    const bool seen[] = {is_seen(bytes), is_seen(bytes + 2), is_seen(bytes + 4), is_seen(bytes + 6)};
    if (!(seen[0] | seen[1] | seen[2] | seen[3])) continue;
    for (std::size_t i = 0; i < std::size(seen); ++i) {
      if (!seen[i]) continue;
      const std::size_t place = at + 2 * i;
      if (place >= end + 1) break;
      if (place > from && is_anchor(place - 1)) return place - 1;
      if (place < end && is_anchor(place)) return place;
    }
  }
  // The last bytes; an anchor may begin in front of them.
  for (at = at > from ? at - 1 : at; at < end; ++at) {
    if (is_anchor(at)) return at;
  }
  return end;
}

std::size_t SecretAnchors::unfinished(std::string_view text, std::size_t from) const {
  for (std::size_t at = std::max(from, text.size() - std::min(text.size(), longest - 1)); at < text.size();
       ++at) {
    const std::string_view last = text.substr(at);
    for (const Anchor& anchor : anchors_) {
      if (last.size() < anchor.text.size() && begins_with(anchor.text, last, anchor.any_case)) return at;
    }
  }
  return text.size();
}

}  // namespace ssblog
