// SPDX-License-Identifier: MIT
// intake/syslog_receiver.h - a `[[source]]` of kind syslog: listens, parses, and puts events in.
//
// Used by the daemon. TCP senders are held back where there is no room; of datagrams it is counted what is lost. On the
// loop's thread.
#pragma once

#include "intake/event_inlet.h"
#include "intake/event_receiver.h"
#include "intake/event_source.h"
#include "intake/listen_doors.h"
#include "intake/loss_tally.h"
#include "intake/minute_talk.h"
#include "intake/networks.h"
#include "intake/syslog_connections.h"
#include "intake/syslog_message.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ssblog {

class SyslogReceiver final : public EventReceiver {
 public:
  /// `inlet` lives longer.
  SyslogReceiver(Loop& loop, EventInlet& inlet, ReceiverOptions options);
  /// What was lost is told to the inlet.
  ~SyslogReceiver() override;

  /// Comes before `start`. Code::config when the source says what cannot be.
  Result<void> check();
  void start() override;

  /// Where it listens in truth, as `udp:127.0.0.1:514`.
  const std::vector<std::string>& places() const { return doors_.places(); }

 private:
  ListenDoors::Events door_events();
  void accept(std::unique_ptr<TcpStream> stream);
  void took(const Datagram& datagram);
  bool took_frame(const SyslogFrame& frame, const SocketAddress& from);
  Event event_of(std::string_view message, std::size_t cut, const SocketAddress* from);

  Loop& loop_;
  EventInlet& inlet_;
  const ReceiverOptions options_;
  const std::string stream_;
  Networks networks_;
  Zone zone_;
  MinuteTalk refused_;
  LossTally lost_;
  SyslogConnections connections_;
  ListenDoors doors_;
};

}  // namespace ssblog
