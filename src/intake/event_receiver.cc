// SPDX-License-Identifier: MIT
#include "intake/event_receiver.h"

#include "intake/datagram_receiver.h"
#include "intake/journal_receiver.h"
#include "intake/kernel_receiver.h"
#include "intake/syslog_receiver.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>

namespace ssblog {
namespace {

/// What senders of this machine call it.
std::vector<std::string> own_names() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return {name.data()};
}

template <class Receiver>
Result<std::unique_ptr<EventReceiver>> checked(std::unique_ptr<Receiver> receiver) {
  if (auto done = receiver->check(); !done) return done.error();
  return std::unique_ptr<EventReceiver>(std::move(receiver));
}

}  // namespace

Result<std::unique_ptr<EventReceiver>> make_receiver(Loop& loop, const EventSource& source, EventInlet& inlet,
                                                     std::function<Millis()> clock, EventSay say) {
  say = [say = std::move(say), name = source.name](bool trouble, const std::string& text) {
    say(trouble, fmt::format("source {}: {}", name, text));
  };
  switch (source.kind) {
    case EventKind::kernel:
      return std::unique_ptr<EventReceiver>(
          std::make_unique<KernelReceiver>(loop, source, inlet, std::move(clock), std::move(say)));
    case EventKind::journal:
      return std::unique_ptr<EventReceiver>(
          std::make_unique<JournalReceiver>(loop, source, inlet, std::move(clock), std::move(say)));
    case EventKind::syslog:
      return checked(std::make_unique<SyslogReceiver>(
          loop, inlet, ReceiverOptions{source, own_names(), std::move(clock), std::move(say)}));
    case EventKind::datagrams:
      return checked(std::make_unique<DatagramReceiver>(
          loop, inlet, ReceiverOptions{source, own_names(), std::move(clock), std::move(say)}));
  }
  return Error{Code::config, fmt::format("source {}: this program does not know its kind", source.name)};
}

}  // namespace ssblog
