// SPDX-License-Identifier: MIT
#include "cli/status_watch.h"

#include "cli/command.h"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <string_view>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto pause = 1s;

volatile std::sig_atomic_t ended_by = 0;
volatile std::sig_atomic_t to_stop = 0;
extern "C" void note_end(int signal) { ended_by = signal; }
extern "C" void note_stop(int) { to_stop = 1; }
extern "C" void note_resize(int) {}  // the poll ends, and the text is made for the new width

/// The other screen of the terminal, without a cursor, with keys that come at once and unseen.
class OtherScreen {
 public:
  OtherScreen() { enter(); }
  OtherScreen(const OtherScreen&) = delete;
  OtherScreen& operator=(const OtherScreen&) = delete;
  ~OtherScreen() { leave(); }

  bool has_keys() const { return has_keys_; }

  /// As any program does that is stopped by Ctrl-Z: the terminal is the shell's until it goes on.
  void stop() {
    leave();
    std::signal(SIGTSTP, SIG_DFL);
    ::raise(SIGTSTP);
    std::signal(SIGTSTP, note_stop);
    enter();
  }

 private:
  void enter() {
    has_keys_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
    if (has_keys_) {
      termios keys = before_;
      keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
      has_keys_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &keys) == 0;
    }
    print("\033[?1049h\033[?25l");
  }
  void leave() {
    print("\033[?25h\033[?1049l");
    static_cast<void>(done());  // there is nobody left to tell
    if (has_keys_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }

  termios before_{};
  bool has_keys_ = false;
};

void note_signals() {
  struct sigaction action {};
  action.sa_handler = note_end;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
  action.sa_handler = note_resize;
  ::sigaction(SIGWINCH, &action, nullptr);
  std::signal(SIGTSTP, note_stop);
}

/// At most so many lines; each is cleared to its end, so that nothing flickers.
std::string frame_of(std::string_view text, std::size_t height) {
  std::string frame = "\033[H";
  for (std::size_t line = 0; line < height && !text.empty(); ++line) {
    const auto end = std::min(text.find('\n'), text.size());
    if (line > 0) frame += "\n";
    frame += text.substr(0, end);
    frame += "\033[K";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return frame + "\033[J";
}

/// True: a person wants to leave.
bool wait_for_key(bool has_keys) {
  pollfd key{has_keys ? STDIN_FILENO : -1, POLLIN, 0};
  if (::poll(&key, 1, static_cast<int>(std::chrono::milliseconds(pause).count())) <= 0) return false;
  char typed = 0;
  const ssize_t size = ::read(STDIN_FILENO, &typed, 1);
  return size == 0 || (size == 1 && (typed == 'q' || typed == 'Q')) || (size < 0 && errno != EINTR);
}

}  // namespace

Result<int> watch_status(const std::function<Result<std::string>(const TerminalLook&)>& text) {
  if (!terminal_look().is_terminal)
    return Error{Code::usage, "--watch needs a terminal; for programs there is `ssblog status --json`"};
  note_signals();
  {
    OtherScreen screen;
    while (ended_by == 0) {
      if (to_stop != 0) {
        to_stop = 0;
        screen.stop();
      }
      const TerminalLook look = terminal_look();
      auto shown = text(look);
      print(frame_of(shown ? *shown : as_talk(shown.error().text), look.height));
      if (auto arrived = done(); !arrived) return arrived;
      if (wait_for_key(screen.has_keys())) break;
    }
  }
  return ended_by == 0 || ended_by == SIGINT ? 0 : 128 + ended_by;
}

}  // namespace ssblog
