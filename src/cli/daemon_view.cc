// SPDX-License-Identifier: MIT
#include "cli/daemon_view.h"

#include "loop/child_environment.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <utility>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds longest_rest = 30s;  // a page that is gone is missed soon
constexpr auto term_patience = 1s;                       // before it is killed
constexpr auto output_patience = 1s;                     // for the end of its output, when it has ended
constexpr std::size_t longest_port = 8;                  // bytes
constexpr std::size_t most_first_words = 20;

}  // namespace

DaemonView::DaemonView(Loop& loop, Options options)
    : loop_(loop),
      options_(std::move(options)),
      again_(loop, [this] { run(); }),
      kill_late_(loop,
                 [this] {
                   if (child_) child_->send(SIGKILL);
                 }),
      over_late_(loop, [this] {
        if (child_) ended(child_->exit());
      }) {
  state_.state = "starting";
}

void DaemonView::start() { run(); }

void DaemonView::run() {
  if (stopping_) return;
  ended_child_.reset();
  started_ = loop_.now();
  serves_ = false;
  if (auto begun = run_program(); !begun) rest(begun.error().text);
}

Result<void> DaemonView::run_program() {
  auto program = find_view_program();
  if (!program) return program.error();
  auto tokens = TokenBook::open(options_.home.directory);
  if (!tokens) return tokens.error();
  auto made = make_first_token(*tokens);
  if (!made) return made.error();
  if (*made)
    say(false,
        fmt::format("made the token \"{}\"; `ssblog view open` opens the page with it", first_view_token));
  port_line_.clear();
  first_words_.clear();
  errors_ = {};
  auto child = ChildProcess::start(
      loop_,
      {.words = view_words(*program, options_.home, options_.place, options_.own, {true, options_.sandboxed}),
       .takes_in = true,
       .leads_group = true,  // a ^C at our terminal is for us to pass on
       .environment = child_environment({})},
      {[this](ByteView bytes) { heard(bytes); }, [this](ByteView bytes) { said(bytes); },
       [this](const ChildProcess::Exit& exit) { ended(exit); },
       [this] { over_late_.start(output_patience); }});
  if (!child) return child.error();
  child_ = std::move(*child);
  return {};
}

/// Its port, as soon as it listens.
void DaemonView::heard(ByteView bytes) {
  if (serves_) return;
  port_line_ += as_text(bytes.subspan(0, std::min(bytes.size(), longest_port)));
  const auto end = port_line_.find('\n');
  if (end == std::string::npos) return;
  int port = 0;
  std::from_chars(port_line_.data(), port_line_.data() + end, port);
  serves_ = true;
  for (const std::string& line : std::exchange(first_words_, {})) say(false, "it said: " + line);
  state_ = {"serving", options_.place.address, port, options_.place.socket, ""};
  const std::string place = view_text(options_.place, port);
  if (std::exchange(told_, place) != place) say(false, fmt::format("serving at {}", place));
  options_.changed();
}

void DaemonView::said(ByteView bytes) {
  for (std::string& line : errors_.take(bytes, loop_.now())) {
    if (serves_)
      say(true, "it said: " + line);
    else if (first_words_.size() < most_first_words)
      first_words_.push_back(std::move(line));
  }
}

void DaemonView::ended(const ChildProcess::Exit& exit) {
  if (!child_) return;
  over_late_.stop();
  kill_late_.stop();
  for (std::string& line : errors_.finish()) first_words_.push_back(std::move(line));
  ended_child_ = std::move(child_);
  if (stopping_) {
    if (stopped_) std::exchange(stopped_, nullptr)();
    return;
  }
  // Before it serves, its last words say why it does not.
  std::string why;
  if (!first_words_.empty()) {
    constexpr std::string_view name = "ssblog: ";
    why = first_words_.back();
    if (why.starts_with(name)) why.erase(0, name.size());
  } else if (exit.signal != 0) {
    why = fmt::format("its program was ended by signal {}", exit.signal);
  } else {
    why = fmt::format("its program ended with {}", exit.status);
  }
  rest(why);
}

/// Said once, until it changes.
void DaemonView::rest(const std::string& why) {
  const auto pause = std::min(backoff_.failed(loop_.now() - started_, serves_), longest_rest);
  if (loop_.now() - started_ >= Backoff::well) last_why_.clear();
  if (std::exchange(last_why_, why) != why) {
    say(true, fmt::format("{}; it is started again in {} s", why, pause / 1s));
    told_.clear();
  }
  state_ = {"resting", options_.place.address, 0, options_.place.socket, why};
  again_.start(pause);
  options_.changed();
}

void DaemonView::stop(std::function<void()> stopped) {
  stopping_ = true;
  again_.stop();
  if (!child_) return stopped();
  stopped_ = std::move(stopped);
  child_->send(SIGTERM);
  kill_late_.start(term_patience);
}

void DaemonView::say(bool trouble, const std::string& text) const {
  options_.log(trouble, fmt::format("view: {}", text));
}

}  // namespace ssblog
