// SPDX-License-Identifier: MIT
#include "intake/syslog_receiver.h"

#include <fmt/format.h>

#include <utility>

namespace ssblog {

SyslogReceiver::SyslogReceiver(Loop& loop, EventInlet& inlet, ReceiverOptions options)
    : loop_(loop),
      inlet_(inlet),
      options_(std::move(options)),
      stream_(options_.source.stream.empty() ? "syslog" : options_.source.stream),
      refused_(loop, "refused", "sender",
               [this](const std::string& sentence) { options_.say(true, sentence); }),
      lost_(loop, inlet, stream_, options_.clock),
      connections_(loop, [this](const SyslogFrame& frame,
                                const SocketAddress& from) { return took_frame(frame, from); }),
      doors_(loop, door_events()) {}

SyslogReceiver::~SyslogReceiver() {
  inlet_.when_room({});
  doors_.drain();
  connections_.close([this] { lost_.add("the daemon ended", 1); });
  lost_.flush();
  refused_.settle();
}

Result<void> SyslogReceiver::check() {
  auto networks = Networks::of(options_.source.accept_from);
  if (!networks) return networks.error();
  networks_ = std::move(*networks);
  auto zone = Zone::named("");
  if (!zone) return zone.error();
  zone_ = std::move(*zone);
  return doors_.take(options_.source.listen);
}

void SyslogReceiver::start() {
  inlet_.when_room([this] { connections_.go_on(); });
  doors_.open();
}

ListenDoors::Events SyslogReceiver::door_events() {
  ListenDoors::Events events;
  events.take = [this](const Datagram& datagram) { took(datagram); };
  events.dropped = [this](std::uint64_t count) { lost_.add("receive buffer overrun", count); };
  events.accept = [this](std::unique_ptr<TcpStream> stream) { accept(std::move(stream)); };
  events.say = options_.say;
  return events;
}

void SyslogReceiver::accept(std::unique_ptr<TcpStream> stream) {
  const std::string sender = stream->remote().host();
  if (!networks_.have(stream->remote())) {
    refused_.count(sender, "accept-from does not name its address");
  } else if (!connections_.add(std::move(stream))) {
    refused_.count(sender, fmt::format("there are {} connections already", SyslogConnections::most));
  }
}

Event SyslogReceiver::event_of(std::string_view message, std::size_t cut, const SocketAddress* from) {
  if (message.size() > longest_syslog) {
    cut += message.size() - longest_syslog;
    message = message.substr(0, longest_syslog);
  }
  const auto parsed = parse_syslog(message, from == nullptr ? SyslogWay::local : SyslogWay::network);
  SyslogArrival arrival;
  arrival.now = options_.clock();
  arrival.own_names = options_.own_names;
  arrival.stream = stream_;
  arrival.cut = cut;
  if (from != nullptr && !from->loopback()) arrival.sender = from->host();
  return syslog_event(parsed, arrival, zone_);
}

void SyslogReceiver::took(const Datagram& datagram) {
  if (datagram.from != nullptr && !networks_.have(*datagram.from))
    return refused_.count(datagram.from->host(), "accept-from does not name its address");
  if (!inlet_.put(event_of(as_text(datagram.bytes), datagram.cut, datagram.from))) lost_.add("no room", 1);
}

bool SyslogReceiver::took_frame(const SyslogFrame& frame, const SocketAddress& from) {
  return inlet_.put(event_of(frame.message, frame.cut, &from));
}

}  // namespace ssblog
