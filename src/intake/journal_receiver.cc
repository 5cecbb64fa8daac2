// SPDX-License-Identifier: MIT
#include "intake/journal_receiver.h"

#include "feed/utf.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto first_pause = 1s, longest_pause = 60s;  // before journalctl is started again
constexpr std::size_t longest_words = 512;             // bytes of what it says that are told
constexpr std::size_t longest_cursor = 1024;           // bytes; systemd's have about 150

bool is_folder(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace

JournalReceiver::JournalReceiver(Loop& loop, const EventSource& source, EventInlet& inlet,
                                 std::function<Millis()> clock, EventSay say)
    : loop_(loop),
      source_(source),
      stream_(source.stream.empty() ? "journal" : source.stream),
      inlet_(inlet),
      clock_(std::move(clock)),
      say_(std::move(say)),
      pause_(first_pause),
      soon_(loop, [this] { go_on(); }),
      again_(loop, [this] { run_child(); }) {}

JournalReceiver::~JournalReceiver() { inlet_.when_room({}); }

void JournalReceiver::start() {
  cursor_ = inlet_.cursor();
  inlet_.when_room([this] { soon_.start(0ms); });
  run_child();
}

std::vector<std::string> JournalReceiver::words() const {
  std::vector<std::string> words = {"journalctl", "--output=export", "--follow",
                                    "--no-tail",  "--no-pager",      "--quiet"};
  if (!source_.path.empty())
    words.push_back((is_folder(source_.path) ? "--directory=" : "--file=") + source_.path);
  if (!cursor_.empty())
    words.push_back("--after-cursor=" + cursor_);
  else if (!source_.since.empty())
    words.push_back("--since=" + source_.since);
  return words;
}

void JournalReceiver::run_child() {
  export_ = {};
  broken_ = false;
  exit_.reset();
  last_words_.clear();
  auto child = ChildProcess::start(loop_, {.words = words()},
                                   {[this](ByteView bytes) { take(bytes); },
                                    [this](ByteView bytes) {
                                      last_words_.append(as_text(bytes));
                                      if (last_words_.size() > longest_words)
                                        last_words_.erase(0, last_words_.size() - longest_words);
                                    },
                                    [this](const ChildProcess::Exit& exit) {
                                      exit_ = exit;
                                      soon_.start(0ms);
                                    }});
  if (!child) {
    return trouble(
        child.error().code == Code::unavailable
            ? fmt::format("{}; install systemd's, or take the source out of config.toml", child.error().text)
            : child.error().text);
  }
  child_ = std::move(*child);
}

void JournalReceiver::take(ByteView bytes) {
  if (broken_) return;
  held_.insert(held_.end(), bytes.begin(), bytes.end());
  read_on();
}

/// Reads what is held until there is no room.
void JournalReceiver::read_on() {
  ByteView in = held_;
  while (!waiting_) {
    auto entry = export_.next(in);
    if (!entry) {
      last_words_ = entry.error().text;
      // What follows cannot be read: it is asked for again, behind the last entry that could.
      broken_ = true;
      if (child_) child_->pause();
      exit_ = ChildProcess::Exit{};
      in = {};
      soon_.start(0ms);
      break;
    }
    if (!*entry) break;
    told_.clear();
    pause_ = first_pause;
    if ((*entry)->cursor.empty() || (*entry)->cursor.size() > longest_cursor) {
      inlet_.lose({stream_, clock_(), 1, "journal entries without a cursor"});
      continue;
    }
    Event event = event_of(**entry, stream_, clock_());
    cursor_ = (*entry)->cursor;
    // NOLINTNEXTLINE(bugprone-use-after-move): untouched where put says false
    if (!inlet_.put(std::move(event), cursor_)) waiting_ = Waiting{std::move(event), cursor_};
  }
  held_.erase(held_.begin(), held_.end() - static_cast<std::ptrdiff_t>(in.size()));
  if (child_ && !exit_) waiting_ ? child_->pause() : child_->resume();
}

void JournalReceiver::go_on() {
  if (waiting_) {
    if (!inlet_.put(std::move(waiting_->event), waiting_->cursor)) return;
    waiting_.reset();
  }
  read_on();
  if (exit_ && !waiting_) ended(*exit_);
}

void JournalReceiver::ended(const ChildProcess::Exit& exit) {
  child_.reset();
  exit_.reset();
  held_.clear();
  while (last_words_.ends_with('\n')) last_words_.pop_back();
  const std::string said =
      decode_utf8(as_bytes(std::string_view(last_words_).substr(last_words_.rfind('\n') + 1)));
  const std::string how = exit.signal != 0 ? fmt::format("was ended by signal {}", exit.signal)
                                           : fmt::format("ended with {}", exit.status);
  trouble(fmt::format("journalctl {}{}{}", how, said.empty() ? "" : ": ", said));
}

void JournalReceiver::trouble(const std::string& text) {
  if (text != told_) say_(true, fmt::format("{}; it is started again in {} s", text, pause_ / 1s));
  told_ = text;
  again_.start(pause_);
  pause_ = std::min<std::chrono::milliseconds>(pause_ * 2, longest_pause);
}

}  // namespace ssblog
