// SPDX-License-Identifier: MIT
// view/view_files.h - which files the program that serves the view has to reach.
//
// Used by the program ssblog-view.
#pragma once

#include "sandbox/landlock.h"
#include "view/view_options.h"

namespace ssblog {

/// The store, and the index of `search`, with what SQLite has beside it; the tokens; whether there is a daemon, and how it does; the zones of time that
/// rules name. Not the folder of the home: the secret is there. What SQLite has beside them must be there already.
FilePlan view_files(const ViewOptions& options);

}  // namespace ssblog
