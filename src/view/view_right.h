// SPDX-License-Identifier: MIT
// view/view_right.h - what a token is good for, and what each address needs.
//
// Used by the book of tokens, the gate, the server, the API, `ssblog view token` and the doctor. Pure, any thread.
#pragma once

#include "view/http_target.h"

#include <string_view>

namespace ssblog {

/// Each has what stands before it, too.
enum class ViewRight {
  none,   ///< of a token: it opens nothing; of an address: it is for everybody, as the page itself is
  board,  ///< the jobs, the hosts, the alerts, how the server does: no line of a log
  all,
};

/// The right that a word names, as the book of tokens has it: `board`, or nothing at all for all of them. A word that is not
/// known, as one of a later version, opens nothing.
ViewRight right_of_word(std::string_view word);

/// What an address needs. One that is not known needs all: so no new address is open by an oversight.
ViewRight right_needed(const HttpTarget& target);

}  // namespace ssblog
