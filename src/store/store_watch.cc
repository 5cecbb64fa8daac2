// SPDX-License-Identifier: MIT
#include "store/store_watch.h"

#include <poll.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/inotify.h>
#endif

#include <algorithm>
#include <array>

namespace ssblog {
namespace {

constexpr auto first_question = std::chrono::milliseconds(2);
constexpr auto last_question = std::chrono::milliseconds(200);

}  // namespace

StoreWatch::StoreWatch(const std::string& store) : log_(store + "-wal") {
#ifdef __linux__
  ear_ = File(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
#endif
  watches_log_ = watch();
}

/// The log is gone when the last program closes the store, and made anew by the next.
bool StoreWatch::watch() {
#ifdef __linux__
  return ear_ &&
         ::inotify_add_watch(ear_.get(), log_.c_str(), IN_MODIFY | IN_DELETE_SELF | IN_MOVE_SELF) >= 0;
#else
  return false;
#endif
}

bool StoreWatch::wait(bool news, int output) {
  std::chrono::milliseconds time = watches_log_ ? std::chrono::milliseconds(heard) : unheard;
  if (news) soon_ = first_question;
  if (soon_.count() > 0) {
    time = std::min(time, soon_);
    soon_ = soon_ < last_question ? soon_ * 2 : std::chrono::milliseconds(0);
  }
  // Of an output only its end is waited for; a file or terminal has none.
  std::array<pollfd, 2> wish{pollfd{watches_log_ ? ear_.get() : -1, POLLIN, 0}, pollfd{output, 0, 0}};
  const int ready = ::poll(wish.data(), wish.size(), static_cast<int>(time.count()));
  if (ready > 0 && (wish[1].revents & (POLLERR | POLLHUP)) != 0) return false;
  if (ready > 0 && wish[0].revents != 0) {
    soon_ = first_question;
    // What exactly happened does not matter.
    std::array<char, 4096> said;
    while (::read(ear_.get(), said.data(), said.size()) > 0) {
    }
  }
  if (ready <= 0 || soon_ == first_question) watches_log_ = watch();
  return true;
}

}  // namespace ssblog
