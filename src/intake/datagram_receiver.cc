// SPDX-License-Identifier: MIT
#include "intake/datagram_receiver.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto overrun_memory = 60s;  // a gap that shows later has another cause

}  // namespace

DatagramReceiver::DatagramReceiver(Loop& loop, EventInlet& inlet, ReceiverOptions options)
    : loop_(loop),
      inlet_(inlet),
      options_(std::move(options)),
      stream_(options_.source.stream.empty() ? "datagrams" : options_.source.stream),
      secret_(loop, options_.source.secret_file, options_.say),
      seen_(options_.source.ttl),
      dropped_(loop, "dropped", "datagram",
               [this](const std::string& sentence) { options_.say(true, sentence); }),
      lost_(loop, inlet, stream_, options_.clock, [this] { settle(); }),
      doors_(loop, door_events()),
      retry_(loop, [this] { start(); }) {}

DatagramReceiver::~DatagramReceiver() {
  doors_.drain();
  lost_.flush();
  dropped_.settle();
}

Result<void> DatagramReceiver::check() {
  auto networks = Networks::of(options_.source.accept_from);
  if (!networks) return networks.error();
  networks_ = std::move(*networks);
  return doors_.take(options_.source.listen);
}

void DatagramReceiver::start() {
  if (auto started = secret_.start(); !started) {
    if (trouble_ != started.error().text) {
      trouble_ = started.error().text;
      options_.say(true, fmt::format("{}; until then it listens nowhere", trouble_));
    }
    return retry_.start(ListenDoors::retry);
  }
  retry_.stop();
  started_ = options_.clock();
  newest_ = newest_before_ = newest_of_cursor();
  doors_.open();
}

void DatagramReceiver::reload() { retry_.running() ? start() : secret_.look_again(); }

/// A clock that was far ahead when it was written must not shut everybody out.
Millis DatagramReceiver::newest_of_cursor() const {
  const std::string& cursor = inlet_.cursor();
  Millis newest = 0;
  const auto read = std::from_chars(cursor.data(), cursor.data() + cursor.size(), newest);
  if (read.ec != std::errc() || read.ptr != cursor.data() + cursor.size()) return 0;
  return newest > started_ + options_.source.ttl.count() ? 0 : newest;
}

ListenDoors::Events DatagramReceiver::door_events() {
  ListenDoors::Events events;
  events.take = [this](const Datagram& datagram) { took(datagram); };
  events.dropped = [this](std::uint64_t count) {
    overrun_ += count;
    overrun_last_ = loop_.now();
    lost_.add("receive buffer overrun", count);
  };
  events.say = options_.say;
  return events;
}

void DatagramReceiver::took(const Datagram& datagram) {
  // Who an unsigned datagram is from, only its address says.
  const auto address = [&] { return datagram.from == nullptr ? "this machine" : datagram.from->host(); };
  if (datagram.from != nullptr && !networks_.have(*datagram.from))
    return dropped_.count(address(), "accept-from does not name its address");
  if (datagram.cut > 0)
    return dropped_.count(address(), fmt::format("it has more than {} bytes", DatagramSocket::longest));
  const auto split = split_datagram(datagram.bytes);
  if (!split) return dropped_.count(address(), "it is no signed datagram");
  if (!secret_.signs(split->mac, split->text)) return dropped_.count(address(), "its signature is wrong");
  const auto record = read_app_record(split->text);
  if (!record) return dropped_.count(address(), record.error().text);
  const std::string sender = record->from.empty() ? address() : record->from;
  const Millis now = options_.clock();
  if (std::abs(now - record->time) > options_.source.ttl.count())
    return dropped_.count(
        sender, fmt::format("its time is further than {} ms from ours", options_.source.ttl.count()));
  // What was taken before this program began is not known any more.
  if (record->time < started_) return dropped_.count(sender, "its time is before the start of this daemon");
  if (record->time <= newest_before_)
    return dropped_.count(sender, "a time that is not before it was taken before the start of this daemon");
  const auto answer = seen_.take(split->mac, record->time, loop_.now());
  if (answer == SeenMacs::Answer::repeated) return dropped_.count(sender, "it came before");
  if (answer == SeenMacs::Answer::too_old)
    return dropped_.count(sender, "our clock was set back, and whether it came before is not known any more");
  // Whatever becomes of it, it is none that never came.
  if (record->seq && !record->from.empty()) {
    counts_.take(record->from, *record->seq);
    lost_.wake();
  }
  if (answer == SeenMacs::Answer::full) {
    lost_.add("too many within the ttl", 1);
    return dropped_.count(sender, fmt::format("more than {} came within the ttl", SeenMacs::most));
  }
  newest_ = std::max(newest_, record->time);
  if (!inlet_.put(app_event(*record, stream_), std::to_string(newest_))) lost_.add("no room", 1);
}

/// What the kernel dropped is counted already, and shows in the counters of the senders too.
void DatagramReceiver::settle() {
  if (loop_.now() - overrun_last_ > overrun_memory) overrun_ = 0;
  counts_.settle([this](const std::string& sender, std::uint64_t count) {
    const std::uint64_t known = std::min(count, overrun_);
    overrun_ -= known;
    if (count > known) lost_.add(fmt::format("datagrams of {} that never came", sender), count - known);
  });
}

}  // namespace ssblog
