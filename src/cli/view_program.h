// SPDX-License-Identifier: MIT
// cli/view_program.h - the program that serves the view: where it is, what it is told, and the first token.
//
// Used by `ssblog view` and by the daemon.
#pragma once

#include "cli/settings.h"
#include "feed/id.h"
#include "store/daemon_state.h"
#include "view/token_book.h"

#include <string>
#include <vector>

namespace ssblog {

/// Beside this program, where the installation put it, or where a build has it. Code::unavailable: nowhere, or the system does
/// not tell where this program is.
Result<std::string> find_view_program();

/// How the program is tied to who starts it.
struct ViewTie {
  bool held = false;  ///< it ends when its stdin does
  bool sandboxed = true;
};

/// The program and its words.
std::vector<std::string> view_words(const std::string& program, const Home& home, const ViewPlace& place,
                                    const FeedId& own, const ViewTie& tie);

/// Sees to it that there is a token at all. True: one was made, by the name of first_view_token.
Result<bool> make_first_token(TokenBook& tokens);
inline constexpr std::string_view first_view_token = "first";

/// The view's address, as a person opens it; `port`: that it has in truth.
std::string view_text(const ViewPlace& place, int port);
/// Where the daemon serves it.
std::string view_text(const ViewState& served);

}  // namespace ssblog
