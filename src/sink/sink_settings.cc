// SPDX-License-Identifier: MIT
#include "sink/sink_settings.h"

#include <algorithm>

namespace ssblog {

bool is_sink_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_sink_name &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
         });
}

}  // namespace ssblog
