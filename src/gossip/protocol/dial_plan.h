// SPDX-License-Identifier: MIT
// gossip/protocol/dial_plan.h - which addresses are to be dialled, and when.
//
// Used by Dials. Pure: times and chance come in as arguments. An address that fails is tried again, later and later, at
// times that differ from host to host; one that fails for a lasting reason (another network key) much later.
// Source: reliability.md, "Connections".
#pragma once

#include "gossip/protocol/address.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ssblog {

class DialPlan {
 public:
  using Time = std::chrono::milliseconds;  ///< on a clock that never jumps

  /// How a connection ended says how soon it is worth another.
  enum class Outcome {
    lasted,  ///< it worked: again soon
    failed,  ///< later and later
    useless  ///< much later: what is wrong has to be put right by a person
  };

  struct State {
    Address address;
    int failures = 0;
    bool dialling = false;
    Time due{0};
    Time tried{0};        ///< the last try; 0: never
    bool hinted = false;  ///< somebody said so, once: no person did
    bool good = false;    ///< the host was met there
    Time heard{0};        ///< of a hint: the last time
    std::string trouble;  ///< why the last try failed; empty: it did not
  };

  static constexpr Time first_pause = std::chrono::seconds(1);
  static constexpr Time longest_pause = std::chrono::seconds(30);
  static constexpr Time useless_pause = std::chrono::seconds(60);
  static constexpr Time hint_pause = std::chrono::seconds(5);
  static constexpr Time hint_life = std::chrono::minutes(1);     ///< unheard
  static constexpr Time good_hint_life = std::chrono::hours(1);  ///< unheard, but the host was met there
  static constexpr std::size_t max_hints = 4;                    ///< of one host

  /// True: no dial is needed now, or none is wanted.
  using Settled = std::function<bool(const FeedId& host)>;

  /// To be dialled from now on, at once. False: there are too many already.
  bool add(const Address& address, Time now);
  void remove(const Address& address);
  /// Somebody called this address into the LAN, maybe to fool us. It is tried as long as it is heard, in between no
  /// sooner than `hint_pause` after the last try; a host has few of them, and one that was good stays.
  void hint(const Address& address, Time now);
  /// Every address that waits is due now.
  void hurry(Time now);

  /// Hints whose dial began at `since` or before: they count as waiting again, due now.
  std::vector<Address> begin_again(Time since, Time now);

  /// The addresses to dial now; they count as dialled until `connected`, `ended` or `failed`.
  std::vector<Address> take_due(Time now, const Settled& settled);
  /// When the next one is due; nothing while none waits.
  std::optional<Time> next(Time now, const Settled& settled) const;
  /// No dial is under way, nor due.
  bool is_settled(Time now, const Settled& settled) const;

  /// TCP is there; the handshake is not done.
  void connected(const Address& address, Time now);
  /// The handshake is done.
  void worked(const Address& address);
  /// A connection, or the try to make one, has ended. `chance` is random.
  /// @return true when the trouble is another than the last time.
  bool ended(const Address& address, Outcome outcome, const std::string& trouble, Time now,
             std::uint16_t chance);

  std::vector<State> states() const;

 private:
  bool make_room(const FeedId& host, Time now);
  State* find(const Address& address);
  std::map<std::string, State> targets_;  ///< by their text
};

}  // namespace ssblog
