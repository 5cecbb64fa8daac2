// SPDX-License-Identifier: MIT
// cli/words.h - sbot's command line: words in, JSON out.
//
// sbot takes arbitrary flags; `publish --type log --text x --anything 5` puts them all into the message.
// The rules are minimist's without declared types, as muxrpcli uses it (tests/vectors/cli.json). Words are
// bytes as main() got them; what is not UTF-8 is read as node reads it. Used by publish, and wherever sbot's
// commands are imitated. Pure, any thread.
//
// Where minimist trips over JavaScript's own objects we do not follow: a flag that has the name of an
// inherited function (`--toString x`) is a flag like any other, and what would become a property of a list
// and be lost on the way to JSON (`--a 1 --a 2 --a.b 3`) is an error.
// Source: local-api.md, "The sbot command line".
#pragma once

#include "feed/result.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

/// One remote call, as sbot's command line makes it.
struct Call {
  std::vector<std::string> command;   ///< `gossip.connect` is two; empty when there is no plain word
  std::optional<std::string> config;  ///< compact object of the flags behind a lone `--`, if that stood there
  std::string args;  ///< compact array: the other plain words, then the flags if there are any
};

/// The call that words mean. @return Code::usage when two flags contradict each other (`--a 1 --a.b 2`).
Result<Call> parse_call(std::span<const std::string> words);

struct Flag {
  std::string name;   ///< without dashes; of a dotted name the first part
  std::string value;  ///< compact canonical JSON
};

/// Words taken apart, for a command that looks at its flags one by one.
struct Flags {
  std::vector<Flag> flags;          ///< each name once, in order of first appearance
  std::vector<std::string> words;   ///< the plain words, each as compact canonical JSON (`5` is a number)
  std::vector<std::string> bare;    ///< those of `text_names` that stood without a value or as `--no-NAME`
  std::vector<std::string> behind;  ///< what stood behind a lone `--`, as it was
};

/// The flags of words, the command's own name not among them. The values of `text_names` stay texts, even
/// if they look like numbers.
Result<Flags> parse_flags(std::span<const std::string> words,
                          std::span<const std::string_view> text_names = {});

}  // namespace ssblog
