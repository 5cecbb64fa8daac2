// SPDX-License-Identifier: MIT
// sim/alerts_node.h - one host of alerts_world.h: its store, what it publishes, and its watch.
#pragma once

#include "board/alert_turns.h"
#include "board/watch.h"
#include "feed/keys.h"
#include "store/batch.h"

#include <string>
#include <vector>

namespace ssblog::sim {

class AlertsNode {
 public:
  AlertsNode(KeyPair keys, Store store) : keys_(std::move(keys)), store_(std::move(store)) {}

  const FeedId& id() const { return keys_.id(); }
  Store& store() { return store_; }
  bool is_on() const { return since_.has_value(); }
  void switch_on(Millis now);
  void switch_off() { since_.reset(); }

  void publish(const std::string& content, Millis time);
  /// Takes what the other one holds and this one does not. True: there was something.
  bool copy_from(AlertsNode& other, Millis now);

  /// Makes the alerts whose turn it is. @return how many
  std::size_t watch(const std::vector<FeedId>& connected, Millis now);
  /// Something happened since the last look, or time may have brought something.
  bool has_to_look(Millis now) const { return changed_ || now >= wake_; }
  void note_change() { changed_ = true; }

 private:
  KeyPair keys_;
  Store store_;
  std::optional<Millis> since_;
  AlertTurns turns_;
  bool changed_ = true;
  Millis wake_ = 0;
};

}  // namespace ssblog::sim
