// SPDX-License-Identifier: MIT
// intake/cut_rules.h - what a LineCutter knows of its source.
//
// Used by line_cutter.cc and year_scan.cc alone.
#pragma once

#include "intake/line_cutter.h"
#include "intake/zone.h"

#include <re2/re2.h>

namespace ssblog {

struct LineCutter::Rules {
  bool raw = false;
  Multiline multiline = Multiline::automatic;
  std::unique_ptr<RE2> record_start;
  Zone zone;
};

}  // namespace ssblog
