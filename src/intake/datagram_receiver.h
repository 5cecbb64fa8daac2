// SPDX-License-Identifier: MIT
// intake/datagram_receiver.h - a `[[source]]` of kind datagrams: what applications sign, checked and put in.
//
// Used by the daemon. Wrong, late and repeated ones are dropped, counted for each sender, and said once a minute; what a
// sender's counter shows to be missing becomes a loss. On the loop's thread. Source: docs/datagrams.md.
#pragma once

#include "intake/event_inlet.h"
#include "intake/event_receiver.h"
#include "intake/listen_doors.h"
#include "intake/loss_tally.h"
#include "intake/minute_talk.h"
#include "intake/networks.h"
#include "intake/secret_file.h"
#include "intake/seen_macs.h"
#include "intake/sender_counts.h"
#include "intake/signed_datagram.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ssblog {

class DatagramReceiver final : public EventReceiver {
 public:
  /// `inlet` lives longer.
  DatagramReceiver(Loop& loop, EventInlet& inlet, ReceiverOptions options);
  /// What was lost is told to the inlet.
  ~DatagramReceiver() override;

  /// Comes before `start`. Code::config when the source says what cannot be.
  Result<void> check();
  /// Without a secret that is fit it listens nowhere, says so, and looks for one each 10 s.
  void start() override;
  void reload() override;

  /// Where it listens in truth, as `udp:127.0.0.1:8010`.
  const std::vector<std::string>& places() const { return doors_.places(); }

 private:
  ListenDoors::Events door_events();
  void took(const Datagram& datagram);
  void settle();
  Millis newest_of_cursor() const;

  Loop& loop_;
  EventInlet& inlet_;
  const ReceiverOptions options_;
  const std::string stream_;
  Networks networks_;
  SecretFile secret_;
  SeenMacs seen_;
  SenderCounts counts_;
  MinuteTalk dropped_;
  LossTally lost_;
  Millis started_ = 0;         ///< wall clock
  Millis newest_ = 0;          ///< greatest time that was taken: the cursor
  Millis newest_before_ = 0;   ///< the same, of the daemons before this one
  std::uint64_t overrun_ = 0;  ///< dropped by the kernel, and not yet met by a gap in a counter
  std::chrono::milliseconds overrun_last_{0};
  ListenDoors doors_;
  std::string trouble_;  ///< said last
  Timer retry_;
};

}  // namespace ssblog
