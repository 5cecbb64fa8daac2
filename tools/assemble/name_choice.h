// SPDX-License-Identifier: MIT
// assemble/name_choice.h - which values of a field are wanted: some, or all but some.
//
// Used by Selection for hosts, jobs, streams and the like. Pure values.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ssblog {

/// One value of a field as a person says it.
struct WantedName {
  std::string text;
  bool wildcards = false;  ///< a `*` in it stands for any bytes, none included

  bool fits(std::string_view name) const;
  bool operator==(const WantedName&) const = default;
};

struct NameChoice {
  std::vector<WantedName> any;   ///< one of them; empty: all
  std::vector<WantedName> none;  ///< and none of them

  NameChoice() = default;
  /// That name alone.
  NameChoice(std::string name) : any{{std::move(name)}} {}         // NOLINT(google-explicit-constructor)
  NameChoice(const char* name) : NameChoice(std::string(name)) {}  // NOLINT(google-explicit-constructor)

  explicit operator bool() const { return !any.empty() || !none.empty(); }
  bool wants(std::string_view name) const;
  /// The same by another way to compare than `WantedName::fits`.
  bool wants_by(const std::function<bool(const WantedName&)>& fits) const;
};

/// A text that is equal for equal choices.
std::string to_text(const NameChoice& choice);

}  // namespace ssblog
