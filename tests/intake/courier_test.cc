// SPDX-License-Identifier: MIT
// tests/intake/courier_test.cc - a courier between a stream that does not wait and a store that fails, stalls, returns.
#include "intake/courier.h"
#include <doctest/doctest.h>
#include "feed/record.h"

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

using namespace ssblog;
using namespace std::chrono_literals;

namespace {

/// A store that takes `most` contents a call while it is `open`.
class Store {
 public:
  Courier::Deliver deliver() {
    return [this](std::span<const std::string> contents, std::size_t& delivered) -> Result<void> {
      std::unique_lock lock(mutex_);
      ++tries_;
      changed_.notify_all();
      changed_.wait(lock, [this] { return !stalled_; });
      for (const std::string& content : contents) {
        if (!open_ || (most_ > 0 && delivered == most_)) return Error{Code::busy, "not now"};
        contents_.push_back(content);
        ++delivered;
      }
      return {};
    };
  }
  template <class Change>
  void change(const Change& change) {
    const std::lock_guard lock(mutex_);
    change(*this);
    changed_.notify_all();
  }
  bool wait_for_tries(int tries) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 10s, [&] { return tries_ >= tries; });
  }
  std::vector<Record> records() {
    const std::lock_guard lock(mutex_);
    std::vector<Record> all(contents_.size());
    for (std::size_t i = 0; i < all.size(); ++i) read_record(contents_[i], 0, all[i]);
    return all;
  }
  std::string bytes() {
    std::string bytes;
    for (const Record& record : records()) {
      if (record.kind != RecordKind::log) continue;
      CHECK(record.chunk->offset == bytes.size());
      bytes += record.bytes;
      if (record.ends_line()) bytes += '\n';
    }
    return bytes;
  }

  bool open_ = true, stalled_ = false;
  std::size_t most_ = 0;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int tries_ = 0;
  std::vector<std::string> contents_;
};

struct World {
  explicit World(std::size_t room = 1 << 20) {
    Courier::Options options;
    options.most_bytes = room;
    options.batch = 0ms;
    options.first_pause = options.longest_pause = 1ms;
    options.clock = [] { return Millis{1000}; };
    options.trouble = [this](const Error&) { ++told; };
    options.loss_reason = "no room";
    courier.emplace(*RunPacker::create({run, {}, {}, {{"stdout"}}}), store.deliver(), options);
  }
  JobRun run{"nas", "j", "", "0123456789abcdef"};
  Store store;
  std::atomic<int> told = 0;
  std::optional<Courier> courier;
};

std::uint64_t number_behind(const std::string& note, const std::string& name) {
  const auto at = note.find(name + "=");
  REQUIRE(at != std::string::npos);
  return std::stoull(note.substr(at + name.size() + 1));
}

}  // namespace

TEST_CASE("records and bytes come in order, the last record behind all") {
  World world;
  world.courier->add_record(job_start_content(world.run, 1));
  CHECK(world.courier->wait_until_delivered(10s));
  CHECK(world.store.records().size() == 1);
  for (int i = 0; i < 1000; ++i) world.courier->add(0, "line " + std::to_string(i) + "\n", 1000);
  const auto end = world.courier->close(job_end_content(world.run, {}, 2));
  CHECK(!end.error);
  const auto records = world.store.records();
  CHECK(records.front().note.find("event=start") != std::string::npos);
  CHECK(records.back().note.find("event=end") != std::string::npos);
  CHECK(world.told == 0);
}

TEST_CASE("trouble is told once, and what waits is published when it is over") {
  World world;
  world.store.change([](Store& store) { store.open_ = false; });
  world.courier->add_record(job_start_content(world.run, 1));
  world.courier->add(0, "one\n", 1);
  REQUIRE(world.store.wait_for_tries(5));
  CHECK(world.courier->is_in_trouble());
  CHECK(!world.courier->wait_until_delivered(1ms));
  world.store.change([](Store& store) { store.open_ = true; });
  CHECK(world.courier->wait_until_delivered(10s));
  CHECK(!world.courier->is_in_trouble());
  CHECK(world.told == 1);
  CHECK(world.store.bytes() == "one\n");
  CHECK(world.store.records().front().kind == RecordKind::job);
}

TEST_CASE("what was delivered before an error is not sent again") {
  World world;
  world.store.change([](Store& store) { store.most_ = 1; });
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "a line of some length, number " + std::to_string(i) + "\n";
  world.courier->add(0, text, 1);
  CHECK(world.courier->wait_until_delivered(20s));
  CHECK(world.store.bytes() == text);
}

TEST_CASE("a try that comes too late for anybody ends it, and says why") {
  World world;
  world.store.change([](Store& store) { store.open_ = false; });
  world.courier->add(0, "one\n", 1);
  const auto end = world.courier->close("{}");
  REQUIRE(end.error);
  CHECK(end.error->text == "not now");
  CHECK(!end.any);
}

TEST_CASE("what has no room is lost as whole lines, counted, and told where it is missing") {
  World world(4000);
  world.store.change([](Store& store) { store.stalled_ = true; });
  std::string all;
  std::uint64_t sent_lines = 0;
  const auto send = [&](std::string_view bytes) {
    world.courier->add(0, bytes, 1);
    all += bytes;
    sent_lines += static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), '\n'));
  };
  // Pieces that end inside lines.
  for (int i = 0; i < 3000; ++i) send("piece " + std::to_string(i) + (i % 3 == 2 ? "\n" : ","));
  CHECK(!world.courier->has_room());
  world.store.change([](Store& store) { store.stalled_ = false; });
  CHECK(world.courier->wait_until_delivered(10s));
  CHECK(world.courier->has_room());
  send("of the lost line\nwhole again\n");
  CHECK(!world.courier->close(std::nullopt).error);

  std::uint64_t lost_bytes = 0, lost_lines = 0;
  for (const Record& record : world.store.records()) {
    if (record.kind != RecordKind::loss) continue;
    lost_bytes += number_behind(record.note, "bytes");
    lost_lines += number_behind(record.note, "records");
  }
  const std::string kept = world.store.bytes();
  CHECK(kept.ends_with("whole again\n"));
  CHECK(kept.size() + lost_bytes == all.size());
  CHECK(static_cast<std::uint64_t>(std::count(kept.begin(), kept.end(), '\n')) + lost_lines == sent_lines);
}

TEST_CASE("bytes that nobody looked at are lost without a count of lines") {
  World world;
  world.courier->add(0, "one\n", 1);
  world.courier->lose(0, 1234, 2);
  world.courier->add(0, "the rest of a line\ntwo\n", 3);
  CHECK(!world.courier->close(std::nullopt).error);
  CHECK(world.store.bytes() == "one\ntwo\n");
  const auto records = world.store.records();
  REQUIRE(records.size() == 3);
  CHECK(number_behind(records[1].note, "bytes") == 1234 + 19);
  CHECK(records[1].note.find("records=") == std::string::npos);
}

TEST_CASE("while it rests nothing is under way") {
  World world;
  world.courier->add(0, "one\n", 1);
  CHECK(world.courier->wait_until_delivered(10s));
  {
    const auto rest = world.courier->rest();
    CHECK(rest.owns_lock());
    world.courier->add(0, "two\n", 2);
    CHECK(!world.courier->wait_until_delivered(20ms));
  }
  CHECK(world.courier->wait_until_delivered(10s));
}
