// SPDX-License-Identifier: MIT
#include "intake/courier.h"

#include <algorithm>
#include <csignal>
#include <utility>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 10s;                     // for a try that does not come back
constexpr std::size_t most_at_once = 1024 * 1024;  // bytes that go into one transaction
constexpr std::size_t most_joined = 64 * 1024;     // bytes of one event that others are added to

std::uint64_t lines_in(std::string_view bytes) {
  return static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), '\n'));
}

void count_lost(LostBytes& lost, std::string_view bytes, Millis time) {
  lost.lines = lost.bytes == 0 ? lines_in(bytes) : lost.lines ? *lost.lines + lines_in(bytes) : lost.lines;
  lost.bytes += bytes.size();
  lost.time = time;
}

}  // namespace

Courier::Courier(RunPacker packer, Deliver deliver, Options options)
    : packer_(std::move(packer)),
      deliver_(std::move(deliver)),
      options_(std::move(options)),
      streams_(packer_.stream_count()),
      pause_(options_.first_pause) {
  // Signals are for the owner, whose waiting they have to end.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &before);
  thread_ = std::thread([this] { work(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Courier::~Courier() {
  if (thread_.joinable()) close(std::nullopt);
}

void Courier::queue(Event event) {
  {
    const std::lock_guard lock(mutex_);
    waiting_bytes_ += event.cost();
    idle_ = false;
    events_.push_back(std::move(event));
  }
  wake_.notify_one();
}

void Courier::add_record(std::string content) { queue({Event::Kind::record, 0, 0, std::move(content), {}}); }

void Courier::add(std::size_t number, std::string_view bytes, Millis time) {
  if (bytes.empty()) return;
  Stream& stream = streams_.at(number);
  if (!has_room()) {
    count_lost(stream.lost, bytes, time);
    stream.cut_line = !bytes.ends_with('\n');
    return;
  }
  if (stream.cut_line && !skip_cut_line(stream, bytes, time)) return;
  if (stream.lost.bytes > 0)
    queue({Event::Kind::lost, number, stream.lost.time, {}, std::exchange(stream.lost, {})});
  if (bytes.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    // Lines that come one by one, faster than they are published, are not to cost an event each.
    if (!events_.empty() && events_.back().kind == Event::Kind::bytes && events_.back().stream == number &&
        events_.back().time == time && events_.back().text.size() < most_joined) {
      events_.back().text += bytes;
      waiting_bytes_ += bytes.size();
      return;
    }
  }
  queue({Event::Kind::bytes, number, time, std::string(bytes), {}});
}

/// The rest of a line whose beginning is lost is lost too. False: the line does not end in `bytes`.
bool Courier::skip_cut_line(Stream& stream, std::string_view& bytes, Millis time) {
  const auto newline = bytes.find('\n');
  const auto rest = bytes.substr(0, newline == std::string_view::npos ? bytes.size() : newline + 1);
  count_lost(stream.lost, rest, time);
  bytes.remove_prefix(rest.size());
  stream.cut_line = newline == std::string_view::npos;
  return !stream.cut_line;
}

void Courier::lose(std::size_t number, std::uint64_t bytes, Millis time) {
  Stream& stream = streams_.at(number);
  stream.lost.bytes += bytes;
  stream.lost.lines.reset();
  stream.lost.time = time;
  stream.cut_line = true;
}

bool Courier::is_in_trouble() {
  const std::lock_guard lock(mutex_);
  return trouble_ || (trying_since_ && Clock::now() - *trying_since_ > patience);
}

bool Courier::wait_until_delivered(std::chrono::milliseconds most) {
  std::unique_lock lock(mutex_);
  return settled_.wait_for(lock, most, [this] { return idle_; });
}

void Courier::queue_losses() {
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    if (streams_[i].lost.bytes > 0)
      queue({Event::Kind::lost, i, streams_[i].lost.time, {}, std::exchange(streams_[i].lost, {})});
  }
}

Courier::End Courier::close(std::optional<std::string> last_record) {
  queue_losses();
  {
    const std::lock_guard lock(mutex_);
    last_record_ = std::move(last_record);
    closing_ = true;
  }
  wake_.notify_one();
  thread_.join();
  return end_;
}

void Courier::work() {
  while (!contents_.empty() || take()) {
    if (!contents_.empty() && !deliver_some()) return;
  }
}

/// Packs what came, or waits for it. False: everything is done.
bool Courier::take() {
  const auto keep = [this](std::string_view content) { contents_.emplace_back(content); };
  std::vector<Event> taken;
  {
    std::unique_lock lock(mutex_);
    if (events_.empty() && !closing_) {
      const auto since = packer_.waiting_since();
      idle_ = !since;
      if (idle_) settled_.notify_all();
      const auto something = [this] { return !events_.empty() || closing_; };
      if (since) {
        const auto left =
            std::clamp<Millis>(*since + options_.batch.count() - options_.clock(), 0, options_.batch.count());
        wake_.wait_for(lock, std::chrono::milliseconds(left), something);
      } else {
        wake_.wait(lock, something);
      }
    }
    std::size_t bytes = 0;
    while (!events_.empty() && bytes < most_at_once) {
      bytes += events_.front().cost();
      taken.push_back(std::move(events_.front()));
      events_.pop_front();
    }
    waiting_bytes_ -= bytes;
    if (taken.empty() && closing_) {
      if (finished_) return false;
      finished_ = true;
      packer_.finish(keep);
      if (last_record_) contents_.push_back(std::move(*last_record_));
      return true;
    }
  }
  for (const Event& event : taken) pack(event);
  const auto since = packer_.waiting_since();
  if (since && options_.clock() - *since >= options_.batch.count()) packer_.flush(keep);
  return true;
}

void Courier::pack(const Event& event) {
  const auto keep = [this](std::string_view content) { contents_.emplace_back(content); };
  switch (event.kind) {
    case Event::Kind::bytes:
      return packer_.add(event.stream, event.text, event.time, keep);
    case Event::Kind::lost:
      return packer_.lose(event.stream, event.lost, options_.loss_reason, keep);
    case Event::Kind::record:
      packer_.flush(keep);
      contents_.push_back(event.text);
  }
}

/// One try. False: it failed, and nobody waits for another.
bool Courier::deliver_some() {
  bool last_try = false;
  {
    const std::lock_guard lock(mutex_);
    last_try = closing_;
    trying_since_ = Clock::now();
  }
  std::size_t delivered = 0;
  Result<void> result;
  {
    const std::lock_guard at_work(delivering_);
    result = deliver_(contents_, delivered);
  }
  contents_.erase(contents_.begin(), contents_.begin() + static_cast<std::ptrdiff_t>(delivered));
  if (delivered > 0) end_.any = true;
  if (!result && !std::exchange(told_, true) && options_.trouble) options_.trouble(result.error());
  std::unique_lock lock(mutex_);
  trying_since_.reset();
  trouble_ = !result;
  if (result) {
    pause_ = options_.first_pause;
    return true;
  }
  if (last_try) {
    end_.error = result.error();
    return false;
  }
  wake_.wait_for(lock, pause_, [this] { return closing_; });
  pause_ = std::min(pause_ * 2, options_.longest_pause);
  return true;
}

}  // namespace ssblog
