// SPDX-License-Identifier: MIT
// loop/listening.h - taking connections at a bound socket, and what to do where there is no descriptor for one.
//
// Used by the listeners of TCP and of unix sockets. Not libuv's own way: its version 1.50 tells nobody that descriptors are
// lacking, and asks for the connection again and again.
#pragma once

#include "loop/loop.h"

#include <chrono>
#include <string_view>

namespace ssblog {

/// Listens at `socket`, which must outlive what is returned, and calls `heard` while a connection waits there. `owner` is in
/// its `data`. `doing` begins the text of an error.
Result<Handle<uv_poll_t>> listen_at(Loop& loop, int socket, int backlog, void* owner, uv_poll_cb heard,
                                    std::string_view doing);

/// Takes a connection that waits at `socket`.
/// @return its descriptor, the caller's; negative: libuv's code of why there is none
int accept_at(int socket);

/// Whether that connection alone could not be taken, and the next one may be. Otherwise (descriptors or memory are lacking, or
/// what nobody thought of) the same would be said again at once, for as long as it waits.
bool is_passing(int uv_status);

/// How long a listener then rests.
inline constexpr std::chrono::seconds lack_pause{1};

}  // namespace ssblog
