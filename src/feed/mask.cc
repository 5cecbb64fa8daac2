// SPDX-License-Identifier: MIT
#include "feed/mask.h"

#include <algorithm>

namespace ssblog {
namespace {

constexpr std::string_view marker_begin = "[redacted";
constexpr char filler = '*';
constexpr std::size_t longest_marker = marker_begin.size() + 1 + longest_mask_name + 1;

bool is_of_name(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }

/// The length of the marker at the front of `text`, also of one that is cut off at its end; 0: there is none.
std::size_t marker_length(std::string_view text) {
  const auto begin = text.substr(0, marker_begin.size());
  if (!marker_begin.starts_with(begin)) return 0;
  std::size_t at = begin.size();
  if (at < text.size() && text[at] == ':') {
    ++at;
    for (std::size_t length = 0; at < text.size() && is_of_name(text[at]); ++at) {
      if (++length > longest_mask_name) return 0;
    }
  }
  if (at == text.size()) return at;
  return text[at] == ']' ? at + 1 : 0;
}

std::size_t filler_end(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(filler, at), text.size());
}

}  // namespace

void write_mask(std::span<char> secret, std::string_view name) {
  std::string marker(marker_begin);
  if (!name.empty() && name.size() <= longest_mask_name) marker.append(":").append(name);
  marker += ']';
  if (marker.size() > secret.size()) marker = std::string(marker_begin) + ']';
  if (marker.size() > secret.size()) marker.clear();
  std::fill(std::copy(marker.begin(), marker.end(), secret.begin()), secret.end(), filler);
}

std::size_t mask_end(std::string_view text, std::size_t at) {
  if (text[at] == filler) return filler_end(text, at);
  const std::size_t begin = text.rfind('[', at);
  if (begin == std::string_view::npos || at - begin >= longest_marker) return at;
  const std::size_t end = begin + marker_length(text.substr(begin));
  return end > at ? filler_end(text, end) : at;
}

std::size_t first_mask(std::string_view text) {
  for (std::size_t at = 0; (at = text.find_first_of("[*", at)) != std::string_view::npos; ++at) {
    if (mask_end(text, at) > at) return at;
  }
  return text.size();
}

std::size_t MaskedComparison::alike(std::string_view fed, std::string_view other) {
  const std::size_t behind = before_.size();
  const std::size_t most = std::min(fed.size(), other.size());
  std::string text;  // made only where it is needed
  std::size_t at = 0;
  while (at < most) {
    const auto left = fed.begin() + static_cast<std::ptrdiff_t>(at);
    const auto last = fed.begin() + static_cast<std::ptrdiff_t>(most);
    at += static_cast<std::size_t>(
        std::mismatch(left, last, other.begin() + static_cast<std::ptrdiff_t>(at)).first - left);
    if (at == most) break;
    if (text.empty()) text.append(before_).append(fed);
    const std::size_t end = mask_end(text, behind + at) - behind;
    // A mask has no newline, and so had what it stands for.
    if (end == at ||
        std::string_view(other).substr(at, std::min(end, most) - at).find('\n') != std::string_view::npos)
      return at;
    at = std::min(end, most);
  }
  before_.append(fed.substr(0, most));
  if (before_.size() > longest_marker) before_.erase(0, before_.size() - longest_marker);
  return most;
}

}  // namespace ssblog
