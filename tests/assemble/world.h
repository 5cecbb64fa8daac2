// SPDX-License-Identifier: MIT
// assemble/world.h - hosts that say random things: streams with gaps, overlaps and clocks that jump, signed.
//
// Used by tests of the merge. What a host said is kept as plain values beside the signed messages, so that
// reference.h can say what has to come out without reading a message.
#pragma once

#include "feed/json.h"
#include "feed/utf.h"
#include "store/batch.h"
#include "store/feeds.h"

#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace ssblog {

/// Random numbers that are the same everywhere.
class Dice {
 public:
  explicit Dice(std::uint32_t seed) : engine_(seed) {}
  /// A number of [0, below).
  std::uint32_t below(std::uint32_t below) { return static_cast<std::uint32_t>(engine_() % below); }
  bool one_in(std::uint32_t n) { return below(n) == 0; }
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint32_t>(high - low + 1)));
  }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[below(static_cast<std::uint32_t>(from.size()))];
  }

 private:
  std::mt19937 engine_;
};

enum class Kind { chunk, alone, job, loss, about, other };

/// What one message says.
struct Said {
  Kind kind = Kind::alone;
  Millis time = 0;   ///< of the message's first line
  Millis stamp = 0;  ///< of the message
  std::string source{}, job{}, stream{}, run{};
  std::uint64_t offset = 0;
  std::string bytes{};  ///< without the newline that follows the last line
  bool more = false, end = false;
  std::vector<std::int64_t> steps{};  ///< empty, or one for each line but the first
  std::string note{};                 ///< what is shown of a job or loss
  std::string name{};                 ///< of an about
  std::string env{}, service{}, function{};

  std::uint64_t length() const { return bytes.size() + (more || end ? 0 : 1); }
};

/// How wild the hosts are.
struct Manner {
  std::size_t line_size = 30;  ///< of a line, at most
  std::size_t lines = 5;       ///< of a message, at most
  bool wild = true;            ///< gaps, overlaps, jumping clocks
  std::string long_name;       ///< stands in names, so that few messages make a big file
};

/// The members for where lines come from, as far as it says so.
inline std::string origin_of(const Said& said) {
  std::string members;
  for (const auto& [name, value] : {std::pair("env", &said.env), std::pair("service", &said.service),
                                    std::pair("function", &said.function)}) {
    if (!value->empty()) members += fmt::format(R"(,"{}":{})", name, json_string(*value));
  }
  return members;
}

inline std::string content_of(const Said& said) {
  const auto text = [](std::string_view value) { return json_string(value); };
  switch (said.kind) {
    case Kind::about:
      return said.name;  // made by the host, which knows its id
    case Kind::other:
      return fmt::format(R"({{"type":"post","text":{}}})", text(said.bytes));
    case Kind::job:
      return fmt::format(R"({{"type":"job","job":{},"source":{},"run":{},"event":"start","time":{}}})",
                         text(said.job), text(said.source), text(said.run), said.time);
    case Kind::loss:
      return fmt::format(
          R"({{"type":"loss","job":{},"source":{},"stream":{},"run":{},"offset":7,"time":{},"bytes":9}})",
          text(said.job), text(said.source), text(said.stream), text(said.run), said.time);
    case Kind::alone:
      return fmt::format(R"({{"type":"log","source":{},"job":{},"stream":{},"text":{}{}}})",
                         text(said.source), text(said.job), text(said.stream), text(said.bytes),
                         origin_of(said));
    case Kind::chunk:
      break;
  }
  std::string chunk = fmt::format(R"("run":{},"offset":{})", text(said.run), said.offset);
  if (said.more) chunk += R"(,"more":true)";
  if (said.end) chunk += R"(,"end":true)";
  if (said.time != said.stamp) chunk += fmt::format(R"(,"time":{})", said.time);
  if (!said.steps.empty()) chunk += fmt::format(R"(,"at":"{}")", fmt::join(said.steps, " "));
  std::string shown = text(said.bytes);
  if (!is_utf8(as_bytes(said.bytes))) {
    shown = text(to_base64(as_bytes(said.bytes)));
    chunk += R"(,"encoding":"base64")";
  }
  return fmt::format(R"({{"type":"log","source":{},"job":{},"stream":{},"text":{},"chunk":{{{}}}}})",
                     text(said.source), text(said.job), text(said.stream), shown, chunk);
}

class Host {
 public:
  Host(std::uint8_t number, Manner manner)
      : keys_(keys_of(number)), manner_(std::move(manner)), name_(fmt::format("host{}", number)) {}

  const FeedId& id() const { return keys_.id(); }
  const std::vector<Said>& said() const { return said_; }
  const std::vector<Verified>& messages() const { return messages_; }

  void say(Said said) {
    std::string content = content_of(said);
    if (said.kind == Kind::about) {
      content =
          fmt::format(R"({{"type":"about","about":"{}","name":{}}})", to_text(id()), json_string(said.name));
    }
    auto message = sign(keys_, state_, static_cast<double>(said.stamp), content, nullptr);
    REQUIRE(message);
    state_ = message->state();
    messages_.push_back(std::move(*message));
    said_.push_back(std::move(said));
  }

  /// One more message, whatever comes to its mind.
  void say_something(Dice& dice) {
    tick(dice);
    Said said;
    said.stamp = clock_;
    said.time = clock_;
    said.source = name_ + manner_.long_name;
    const std::size_t stream = dice.below(3);
    said.job = fmt::format("job{}{}", stream / 2, manner_.long_name);
    said.stream = (stream % 2 == 0 ? "stdout" : "stderr") + manner_.long_name;
    said.run = fmt::format("{:016x}", stream / 2 * 16 + dice.below(2));
    const std::uint32_t what = dice.below(100);
    if (what < 75) {
      say_chunk(dice, std::move(said));
    } else if (what < 83) {
      said.kind = Kind::alone;
      said.bytes = words(dice);
      if (dice.one_in(4)) said.bytes += "\n" + words(dice);
      say(std::move(said));
    } else if (what < 92) {
      said.kind = Kind::job;
      said.stream.clear();
      said.note = fmt::format("job event=start run={}", said.run);
      if (dice.one_in(2)) said.time -= std::min<Millis>(said.time, dice.below(20000));
      say(std::move(said));
    } else if (what < 95) {
      said.kind = Kind::loss;
      said.note = fmt::format("loss run={} offset=7 bytes=9", said.run);
      say(std::move(said));
    } else if (what < 98) {
      said.kind = Kind::about;
      said.name = fmt::format("name{}{}", dice.below(100), manner_.long_name);
      say(std::move(said));
    } else {
      said.kind = Kind::other;
      said.bytes = "hello";
      say(std::move(said));
    }
  }

 private:
  struct Writer {
    std::uint64_t high = 0;
    bool open = false;
  };

  void tick(Dice& dice) {
    // Whole seconds, so that hosts often say something at the same time.
    clock_ += 1000 * dice.below(4);
    if (!manner_.wild) return;
    if (dice.one_in(25)) clock_ -= 1000 * dice.between(1, 3 * 3600);
    if (dice.one_in(40)) clock_ += 1000 * dice.between(1, 3 * 3600);
    if (dice.one_in(200)) clock_ = dice.one_in(2) ? 0 : max_time - 5000;
    if (clock_ < 0 || clock_ > max_time - 100'000) clock_ = begin_of_time;
  }

  std::string words(Dice& dice) {
    static const std::vector<std::string> parts = {"a",    "b\t", "\xc3\xa9", "\\",
                                                   "\x01", " ",   "zz",       "\xe2\x80\xae"};
    std::string line;
    const std::size_t size = dice.below(static_cast<std::uint32_t>(manner_.line_size));
    while (line.size() < size) line += dice.pick(parts);
    return line;
  }

  void say_chunk(Dice& dice, Said said) {
    said.kind = Kind::chunk;
    Writer& writer = writers_[said.run + said.stream];
    const auto lines = dice.between(1, static_cast<std::int64_t>(manner_.lines));
    for (std::int64_t i = 0; i < lines; ++i) said.bytes += (i > 0 ? "\n" : "") + words(dice);
    said.offset = writer.high;
    if (manner_.wild && dice.one_in(6)) said.offset += dice.below(30);
    if (manner_.wild && dice.one_in(6)) said.offset -= std::min<std::uint64_t>(said.offset, dice.below(40));
    if (manner_.wild && dice.one_in(30)) said.offset = 0;
    if (manner_.wild && dice.one_in(12)) said.bytes += '\xff';  // no UTF-8 any more
    if (dice.one_in(3)) {
      said.more = dice.below(3) > 0;
      said.end = !said.more && manner_.wild;
    }
    if (dice.one_in(4)) said.time -= std::min<Millis>(said.time, dice.below(5000));
    if (lines > 1 && dice.one_in(2)) {
      for (std::int64_t i = 1; i < lines; ++i) {
        said.steps.push_back(dice.one_in(9) ? dice.between(-8'000'000, 8'000'000) : dice.between(-20, 9000));
      }
    }
    writer.high = std::max(writer.high, said.offset + said.length());
    say(std::move(said));
  }

  static constexpr Millis begin_of_time = 1'700'000'000'000;
  KeyPair keys_;
  Manner manner_;
  std::string name_;
  Millis clock_ = begin_of_time;
  std::optional<FeedState> state_;
  std::map<std::string, Writer> writers_;
  std::vector<Said> said_;
  std::vector<Verified> messages_;
};

/// A store and how many messages of each host it has.
class Shelf {
 public:
  explicit Shelf(const std::vector<Host>& hosts, const std::string& path = ":memory:")
      : hosts_(hosts), store_(*Store::open(path, OpenMode::create)), counts_(hosts.size()) {}

  Store& store() { return store_; }
  const std::vector<std::size_t>& counts() const { return counts_; }

  /// Takes up to `most` further messages of a host, in one transaction.
  void take(std::size_t host, std::size_t most) {
    const auto& messages = hosts_[host].messages();
    const std::size_t end = std::min(messages.size(), counts_[host] + most);
    if (counts_[host] == end) return;
    auto batch = Batch::begin(store_, Durability::normal);
    REQUIRE(batch);
    while (counts_[host] < end) REQUIRE(batch->append(messages[counts_[host]++]));
    REQUIRE(batch->commit(0));
  }

  void take_all() {
    for (std::size_t host = 0; host < hosts_.size(); ++host) take(host, hosts_[host].messages().size());
  }

  /// Something of somebody, as replication would bring it.
  void take_something(Dice& dice, std::uint32_t most) {
    take(dice.below(static_cast<std::uint32_t>(hosts_.size())), 1 + dice.below(most));
  }

  bool complete() const {
    for (std::size_t host = 0; host < hosts_.size(); ++host) {
      if (counts_[host] < hosts_[host].messages().size()) return false;
    }
    return true;
  }

 private:
  const std::vector<Host>& hosts_;
  Store store_;
  std::vector<std::size_t> counts_;
};

inline std::vector<Host> some_hosts(Dice& dice, std::size_t count, std::size_t messages,
                                    const Manner& manner) {
  std::vector<Host> hosts;
  for (std::size_t i = 0; i < count; ++i) {
    hosts.emplace_back(static_cast<std::uint8_t>(i + 1), manner);
    for (std::size_t n = 0; n < messages; ++n) hosts.back().say_something(dice);
  }
  return hosts;
}

}  // namespace ssblog
