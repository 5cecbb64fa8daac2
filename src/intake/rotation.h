// SPDX-License-Identifier: MIT
// intake/rotation.h - what a rotated file may be called.
//
// Used by the collector to look for what became of a file that no longer stands at its path, and by own_output.cc. A name
// alone decides nothing: the file is then known by its inode or by its bytes. Pure, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

/// `sibling`, a name in the same folder, may be what a rotation made of the file `name`: "syslog.1", "syslog-20261120.gz",
/// "app.2026-11-20.log" or "app-1.log.zst" of "app.log", "syslog.old".
bool may_be_rotated(std::string_view name, std::string_view sibling);

/// The names that a file may have had before, if a rotation gave it this one.
std::vector<std::string> names_before(std::string_view name);

}  // namespace ssblog
