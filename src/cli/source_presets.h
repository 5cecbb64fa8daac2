// SPDX-License-Identifier: MIT
// cli/source_presets.h - ready tables [[source]] for what common systems write.
//
// Used by the command `source`. They are printed, to be appended to config.toml by the person whose file it is.
#pragma once

#include <span>
#include <string_view>

namespace ssblog {

struct SourcePreset {
  std::string_view name;
  std::string_view summary;
  std::string_view text;  ///< of TOML, with comments
};

std::span<const SourcePreset> source_presets();

}  // namespace ssblog
