// SPDX-License-Identifier: MIT
// gossip/own_publisher.h - publishing by the daemon, on a worker: it waits for the store's turn, which the loop must not.
//
// Used by Node, for what waited while publishing was held, and for programs that publish through the daemon. One job at
// a time; those that come meanwhile are done together. On the loop's thread.
#pragma once

#include "loop/work.h"
#include "store/home.h"
#include "store/publish.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ssblog {

/// What became of one content.
struct OwnMessage {
  Hold held = Hold::none;  ///< not none: it waits to be signed
  MessageKey key;
  Seq sequence = 0;
  std::string text;     ///< the message, compact; empty where it is published, but could not be read again
  Millis received = 0;  ///< when it was published
};

/// What programs and guests are answered: the message as ssb-server has it, or that it waits.
std::string as_answer(const OwnMessage& message);

/// The last `count` messages of our feed, published at `now`, of which the last is `last`. Published they are, read again
/// or not.
std::vector<OwnMessage> last_messages(Store& store, const FeedId& own, const FeedState& last,
                                      std::size_t count, Millis now);

class OwnPublisher {
 public:
  using Done = std::function<void(Result<OwnMessage>)>;

  /// How publishing stands after a job.
  struct Standing {
    Result<Hold> held = Hold::none;
    std::optional<Error> guard_trouble;  ///< everything is stored, but the guard could not be written
  };

  /// `settled` hears it after each job.
  OwnPublisher(Scheduler& scheduler, Home home, const std::optional<SigningKey>& hmac,
               std::function<Millis()> clock, std::function<void(const Standing&)> settled);

  /// Publishes a canonical compact content. With `together`, which runs on the worker, both or neither, and never
  /// later: Code::busy while publishing is held.
  void publish(std::string content, Done done, Publisher::Together together = nullptr);
  /// Signs what waits, if the hold is over.
  void sign_waiting();
  bool is_idle() const { return !busy_; }
  /// So much waits to be published that no more should come.
  bool is_full() const { return waiting_bytes_ >= most_waiting_bytes; }

 private:
  static constexpr std::size_t most_waiting_bytes = 16 * 1024 * 1024;
  struct Task {
    std::string content;
    Publisher::Together together;
  };
  struct Wish {
    Task task;
    Done done;
  };
  struct Answer {
    std::vector<Result<OwnMessage>> messages;
    Standing standing;
  };
  void start();
  static Answer work(const Home& home, const std::optional<SigningKey>& hmac, std::vector<Task> tasks,
                     Millis now);

  Scheduler& scheduler_;
  const Home home_;
  const std::optional<SigningKey> hmac_;
  std::function<Millis()> clock_;
  std::function<void(const Standing&)> settled_;
  std::vector<Wish> wishes_;
  std::vector<Done> waiting_;  ///< for the job under way
  Ticket ticket_;
  std::size_t waiting_bytes_ = 0;  ///< of wishes_
  bool busy_ = false;
  bool again_ = false;
};

}  // namespace ssblog
