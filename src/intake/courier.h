// SPDX-License-Identifier: MIT
// intake/courier.h - brings the streams of a run into the feed on a thread of its own.
//
// Used by run and tap, whose own thread must never wait for a disk or a daemon: a backup runs on, and a pipe flows on,
// whatever becomes of its log. What waits is bounded; what finds no room is counted, and told in a `loss` record as soon
// as there is room again. The methods are for one thread, that of the owner; the packer and `Deliver` run on the
// courier's.
#pragma once

#include "intake/run_packer.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace ssblog {

class Courier {
 public:
  using Clock = std::chrono::steady_clock;
  /// Publishes contents in order, durable when it returns; `delivered` hears how many were, also before an error. It is
  /// tried again with what is left.
  using Deliver = std::function<Result<void>(std::span<const std::string> contents, std::size_t& delivered)>;

  struct Options {
    std::size_t most_bytes = 16 * 1024 * 1024;   ///< that wait
    std::chrono::milliseconds batch{200};        ///< how long a whole line may wait for others
    std::chrono::milliseconds first_pause{500};  ///< before another try; doubled each time
    std::chrono::milliseconds longest_pause{10'000};
    std::function<Millis()> clock;              ///< ms since 1970
    std::function<void(const Error&)> trouble;  ///< hears the first error, on the courier's thread
    std::string loss_reason;
  };

  Courier(RunPacker packer, Deliver deliver, Options options);
  ~Courier();
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  /// Takes a record of the run. It is published before what is added later. There is always room for it.
  void add_record(std::string content);

  /// Takes bytes of a stream that were read at `time`, or counts them as lost where there is no room. After a loss it goes
  /// on with a whole line.
  void add(std::size_t stream, std::string_view bytes, Millis time);

  /// Counts bytes as lost that nobody looked at.
  void lose(std::size_t stream, std::uint64_t bytes, Millis time);

  bool has_room() const { return waiting_bytes_ < options_.most_bytes; }

  /// Publishing has failed, or has not moved for ten seconds: not worth to be waited for.
  bool is_in_trouble();

  /// Waits until all records and whole lines that were added are published. False: not in that time.
  bool wait_until_delivered(std::chrono::milliseconds patience);

  /// Keeps publishing at rest for as long as it lives: nothing of the store is locked meanwhile.
  using Rest = std::unique_lock<std::timed_mutex>;
  Rest rest() { return Rest(delivering_, std::chrono::seconds(1)); }

  /// How it ended.
  struct End {
    std::optional<Error> error;  ///< why what is left could not be published; nothing: all is
    bool any = false;            ///< something of the run was published
  };
  /// Publishes what is left, and behind it a last record, if there is one. Where there was trouble one more try is made.
  End close(std::optional<std::string> last_record);

 private:
  struct Event {
    enum class Kind { bytes, lost, record } kind = Kind::bytes;
    std::size_t stream = 0;
    Millis time = 0;
    std::string text;
    LostBytes lost;
    std::size_t cost() const { return sizeof(Event) + text.size(); }
  };
  struct Stream {
    LostBytes lost;
    bool cut_line = false;  ///< the line that was lost last did not end yet
  };

  void queue(Event event);
  void queue_losses();
  bool skip_cut_line(Stream& stream, std::string_view& bytes, Millis time);
  void work();
  bool take();
  void pack(const Event& event);
  bool deliver_some();

  RunPacker packer_;
  const Deliver deliver_;
  const Options options_;
  std::vector<Stream> streams_;  // the owner's thread alone

  std::mutex mutex_;
  std::condition_variable wake_, settled_;
  std::deque<Event> events_;
  std::atomic<std::size_t> waiting_bytes_ = 0;  ///< of events_
  bool closing_ = false;
  bool idle_ = false;  ///< nothing was left to do when the courier looked last
  bool trouble_ = false;
  std::optional<Clock::time_point> trying_since_;
  std::optional<std::string> last_record_;

  std::timed_mutex delivering_;
  // The courier's thread alone.
  std::vector<std::string> contents_;
  bool finished_ = false;
  std::chrono::milliseconds pause_;
  bool told_ = false;
  End end_;
  std::thread thread_;
};

}  // namespace ssblog
