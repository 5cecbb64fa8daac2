// SPDX-License-Identifier: MIT
// cli/publish_content.h - from the words of `publish` to what is published.
//
// Pure: words in, JSON out. Used by publish. Source: design.md, section 7, "publish and its words".
#pragma once

#include "cli/own_options.h"
#include "feed/result.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

/// The options of publish itself; none of them ever becomes content.
std::span<const OwnOption> publish_options();

/// One of sbot's ways to name a network key as a field, or of what fingers make of them: a key in a feed is there for
/// ever.
bool names_network_key(std::string_view name);

/// What is to be published.
struct PublishPlan {
  OwnOptions own;
  /// The whole content as canonical compact JSON, when it is no log: it is published as it is.
  std::optional<std::string> content;
  /// Otherwise: what the log messages say besides their lines, as an object.
  std::string head;
  /// The text of `--text`, without which the lines come from stdin.
  std::optional<std::string> text;
  /// A lone `.`: the content is one JSON value on stdin.
  bool json_from_stdin = false;
};

/// @param words those behind `publish`
/// @param source what this host calls itself, unless `--source` says something else
Result<PublishPlan> plan_publish(std::span<const std::string> words, std::string_view source);

/// The canonical content of a JSON text that was given whole. Code::data when it is none that has a type.
Result<std::string> content_from_json(std::string_view text);

}  // namespace ssblog
