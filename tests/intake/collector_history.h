// SPDX-License-Identifier: MIT
// intake/collector_history.h - a random history of log files, and what is wrong with the feed after it.
//
// Dice decide how programs write, how files are rotated, and when the collector looks, reads, is killed, or gets its
// store back from a backup. In the end each numbered line must have come once; missing may be only what a program
// destroyed before it could be read, and for each such gap there must be a `loss` record.
// Used by collector_model_test.cc, which throws the dice by a seed, and by the fuzzer, which chooses each throw.
#pragma once

#include "intake/collector_world.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace ssblog {

using namespace std::chrono_literals;

class Dice {
 public:
  /// `draw` gives any number each time.
  explicit Dice(std::function<std::uint32_t()> draw) : draw_(std::move(draw)) {}
  std::uint32_t below(std::uint32_t below) { return draw_() % below; }
  bool one_in(std::uint32_t n) { return below(n) == 0; }

 private:
  std::function<std::uint32_t()> draw_;
};

/// What a host does to its logs.
struct Manner {
  bool renames = true, truncates = false,
       cuts = false;  ///< rotation by rename, by copytruncate, and `> file`
  bool packs = false, removes = false, copies = false, restores = false, late_writes = false,
       disk_full = false, hangs = false;
  std::size_t width = 40;
};

/// A log, and the program that writes to it.
struct Log {
  std::string path;
  MemoryFiles::File open;  ///< what the program has open
  int next = 0;
  std::string rest;                   ///< of a line that it began
  std::set<int> may_be_lost;          ///< destroyed before it was read for sure
  std::vector<std::set<int>> fallen;  ///< the lines of each file that was removed as the oldest one
  bool cut = false, late = false;
};

class History {
 public:
  /// What hangs is thrown apart. `old_inodes`: a file system without times of birth, which may know whole seconds alone.
  /// `trace`: all that happens is printed.
  History(Dice dice, Dice hang_dice, bool trace, bool old_inodes = false)
      : dice_(std::move(dice)), hang_dice_(std::move(hang_dice)), trace_(trace) {
    manner_.hangs = hang_dice_.one_in(3);
    manner_.truncates = dice_.one_in(3);
    manner_.renames = !manner_.truncates;
    manner_.cuts = dice_.one_in(6);
    manner_.packs = dice_.one_in(2);
    manner_.removes = dice_.one_in(6);
    manner_.copies = dice_.one_in(4);
    manner_.restores = dice_.one_in(4);
    manner_.late_writes = dice_.one_in(4);
    manner_.disk_full = dice_.one_in(4);
    manner_.width = dice_.one_in(2) ? 20 : 200;
    // An inode that was used again before its row was written cannot be told from the file before it without its birth.
    const bool plain = !manner_.disk_full && !manner_.restores && !manner_.copies && !manner_.removes;
    world_.files.tells_birth = !plain || !dice_.one_in(2);
    world_.files.grain = dice_.one_in(2) ? 1 : 4'000'000;
    if (old_inodes) choose_old_inodes();
    world_.open_files = dice_.one_in(2) ? 1 : 50;
    Source literal;
    literal.name = "literal";
    literal.paths = {"/log/syslog"};
    literal.time_zone = "UTC";
    Source pattern = literal;
    pattern.name = "pattern";
    pattern.paths = {"/app/*.log"};
    world_.sources = {literal, pattern};
    for (const char* path : {"/log/syslog", "/app/a.log", "/app/b.log"}) {
      logs_.push_back({path, world_.files.create(path), 0, {}, {}, {}});
      world_.pass(10ms);
    }
    world_.look();
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) step();
    finish();
  }
  /// Everything works again, and all is read.
  void finish() {
    world_.fill_disk(false);
    world_.hang("");
    for (Log& log : logs_) {
      if (!log.rest.empty()) say_rest(log);
    }
    world_.settle();
    if (trace_) {
      for (const std::string& said : world_.talk) note("  told: {}", said);
      for (const FileStatus& file : world_.collector().files())
        note("    {} {} {} at {}: {} of {}", file.run.substr(0, 6), file.stream, file.state, file.place,
             file.read, file.size);
      for (const FedLoss& loss : world_.fed().losses)
        note("    loss {} {} {} at {}", loss.stream, loss.run, loss.reason, loss.offset);
    }
    world_.kill();
    world_.settle();
  }

  /// One thing happens.
  void step() {
    Log& log = logs_[dice_.below(static_cast<std::uint32_t>(logs_.size()))];
    auto told = [this, said = world_.talk.size()]() mutable {
      for (; said < world_.talk.size(); ++said) note("  told: {}", world_.talk[said]);
    };
    if (manner_.hangs && hang_dice_.one_in(6)) {
      const char* const hung = hangs_ ? "" : hang_dice_.one_in(2) ? "/log/" : "/app/";
      hangs_ = !hangs_;
      note("hangs: {}", hung);
      world_.hang(hung);
    }
    do_one(log);
    if (!trace_) return;
    told();
    for (const std::string& name : world_.files.names()) {
      if (const auto file = world_.files.at(name); name.starts_with(log.path))
        note("    {}: inode {}, {} bytes", name, file->facts.id.inode, file->bytes.size());
    }
    if (!world_.is_running()) return;
    for (const FileStatus& file : world_.collector().files()) {
      if (file.stream != "file:" + log.path) continue;
      note("    {} {} at {}: {} of {}", file.run.substr(0, 6), file.state, file.place, file.read, file.size);
    }
  }

  void do_one(Log& log) {
    switch (dice_.below(16)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return write(log);
      case 4:
        return rotate(log);
      case 5:
        if (manner_.late_writes && log.rest.empty()) return write_late(log);
        return write(log);
      case 6:
        if (manner_.cuts && dice_.one_in(4)) return cut(log);
        return write(log);
      case 7:
        if (manner_.removes && dice_.one_in(4)) return remove(log);
        return write(log);
      case 8:
        if (manner_.copies && dice_.one_in(2)) return replace(log);
        return write(log);
      case 9:
        note("killed");
        return world_.kill();
      case 10:
        if (manner_.restores && !world_.has_backup()) {
          note("backup of the store");
          return world_.back_up();
        }
        if (manner_.restores && dice_.one_in(4)) {
          note("the store is put back");
          return world_.restore();
        }
        return pass();
      case 11:
        if (manner_.disk_full) {
          full_ = !full_;
          note("disk full: {}", full_);
          return world_.fill_disk(full_);
        }
        return pass();
      case 12:
        return pass();
      case 13:
        note("look");
        world_.look();
        return;
      case 14:
        note("round, told of {}", log.path);
        world_.round({{folder_of(log.path), std::string(name_of(log.path))}});
        return;
      default:
        note("look and round");
        world_.look();
        world_.round();
    }
  }

  std::string manner() const {
    return fmt::format(
        "birth {} grain {} renames {} cuts {} packs {} removes {} copies {} restores {} late {} full {} "
        "hangs {} fds "
        "{}",
        world_.files.tells_birth, world_.files.grain, manner_.renames, manner_.cuts, manner_.packs,
        manner_.removes, manner_.copies, manner_.restores, manner_.late_writes, manner_.disk_full,
        manner_.hangs, world_.open_files);
  }

  /// Everything that is wrong, a line each.
  std::vector<std::string> faults() {
    const Fed fed = world_.fed();
    std::vector<std::string> faults = fed.wrong;
    std::map<std::string, std::vector<std::pair<int, const FedLine*>>> came;
    for (const FedLine& line : fed.lines) {
      if (line.text.find("=s") != std::string::npos)
        faults.push_back(fmt::format("{}: a secret: {}", line.stream, line.text.substr(0, 60)));
      const auto blank = line.text.find(' ');
      const std::string number = line.text.substr(0, blank);
      if (number.empty() || number.find_first_not_of("0123456789") != std::string::npos) {
        faults.push_back(fmt::format("{}: a torn line: {}", line.stream, line.text.substr(0, 60)));
        continue;
      }
      came[line.stream].emplace_back(std::stoi(number), &line);
    }
    for (const Log& log : logs_) check(log, came["file:" + log.path], fed, faults);
    for (const auto& [stream, lines] : came) {
      if (std::none_of(logs_.begin(), logs_.end(),
                       [&stream = stream](const Log& log) { return stream == "file:" + log.path; }))
        faults.push_back(fmt::format("{}: a stream that is none, {} lines from {}", stream, lines.size(),
                                     lines.empty() ? -1 : lines.front().first));
    }
    return faults;
  }

 private:
  void check(const Log& log, const std::vector<std::pair<int, const FedLine*>>& came, const Fed& fed,
             std::vector<std::string>& faults) {
    // Without a time of birth, a file with the inode of a removed one may be taken for that one, cut off; and nobody knows
    // what a file was of which nothing was read.
    const bool sure =
        world_.files.tells_birth && world_.files.grain == 1 && !manner_.removes && !manner_.restores;
    std::set<int> seen;
    int before = -1;
    for (const auto& [number, line] : came) {
      if (!seen.insert(number).second)
        faults.push_back(fmt::format("{}: line {} came twice", log.path, number));
      if (number < before && sure && !log.late)
        faults.push_back(fmt::format("{}: line {} came behind {}", log.path, number, before));
      before = number;
    }
    // Nobody knows of a file of which nothing was read before it was removed.
    std::set<int> untold;
    for (const std::set<int>& lines : log.fallen) {
      if (std::none_of(lines.begin(), lines.end(), [&](int number) { return seen.contains(number); }))
        untold.insert(lines.begin(), lines.end());
    }
    std::size_t gaps = 0;
    bool in_gap = false;
    for (int number = 0; number < log.next; ++number) {
      if (seen.contains(number)) {
        in_gap = false;
        continue;
      }
      if (!log.may_be_lost.contains(number))
        faults.push_back(fmt::format("{}: line {} is missing", log.path, number));
      if (!in_gap && !untold.contains(number)) {
        in_gap = true;
        ++gaps;
      }
    }
    const auto losses = static_cast<std::size_t>(
        std::count_if(fed.losses.begin(), fed.losses.end(),
                      [&](const FedLoss& loss) { return loss.stream == "file:" + log.path; }));
    // What was cut off before anybody looked at the file leaves no trace, nor does a copy of a file that is gone itself.
    if (gaps > losses && !manner_.cuts && !manner_.removes && !manner_.restores && !manner_.copies)
      faults.push_back(fmt::format("{}: {} gaps, {} loss records", log.path, gaps, losses));
    if (sure && !log.cut && std::any_of(fed.losses.begin(), fed.losses.end(), [&](const FedLoss& loss) {
          return loss.stream == "file:" + log.path && loss.offset > 0;
        }))
      faults.push_back(fmt::format("{}: a loss record for nothing", log.path));
    for (const FedLoss& loss : fed.losses) {
      const auto at = fed.instances.find(loss.stream + " " + loss.run);
      if (loss.stream == "file:" + log.path &&
          loss.offset > (at == fed.instances.end() ? 0 : at->second.size()))
        faults.push_back(fmt::format("{}: a loss at {} of {}", log.path, loss.offset, loss.run));
    }
  }

  template <class... Args>
  void note(fmt::format_string<Args...> text, Args&&... args) {
    if (trace_)
      fmt::print("{:>8} {}\n", world_.clock() % 100'000'000, fmt::format(text, std::forward<Args>(args)...));
  }

  /// Of what makes inodes used again, one at a time.
  void choose_old_inodes() {
    world_.files.tells_birth = false;
    world_.files.grain = std::array<std::int64_t, 3>{1, 4'000'000, 1'000'000'000}[dice_.below(3)];
    const auto only = dice_.below(5);
    manner_.copies = only == 1;
    manner_.removes = only == 2;
    manner_.restores = only == 3;
    manner_.disk_full = only == 4;
  }

  void pass() {
    const auto time = std::chrono::milliseconds(dice_.one_in(3) ? 7000 : dice_.below(900));
    note("{} ms pass", time.count());
    world_.pass(time);
  }

  std::string line(Log& log) {
    // Every other one has a secret: a file is to be known again though the feed has it masked.
    const int number = log.next++;
    return fmt::format("{} {} {}{}\n", number, log.path, number % 2 == 0 ? "password=" : "",
                       std::string(1 + dice_.below(static_cast<std::uint32_t>(manner_.width)), 's'));
  }
  void say_rest(Log& log) { world_.files.append(log.open, std::exchange(log.rest, {})); }

  void write(Log& log) {
    world_.pass(1ms);
    std::string text = std::exchange(log.rest, {});
    const auto count = 1 + dice_.below(dice_.one_in(4) ? 60 : 6);
    for (std::uint32_t i = 0; i < count; ++i) text += line(log);
    if (dice_.one_in(4)) {
      const std::size_t kept = 1 + dice_.below(5);
      log.rest = text.substr(text.size() - kept);
      text.erase(text.size() - kept);
    }
    world_.files.append(log.open, text);
    note("{} up to {}{}, {} bytes", log.path, log.next - 1, log.rest.empty() ? "" : " in part",
         log.open->bytes.size());
  }

  std::string rotated(const Log& log, int n) const { return fmt::format("{}.{}", log.path, n); }

  /// Shifts the numbers of what was rotated before. What falls off the end must have been read or is lost.
  void make_room(Log& log) {
    constexpr int most = 6;
    for (const std::string& ending : {std::string(), std::string(".gz")}) {
      if (const auto oldest = world_.files.at(rotated(log, most) + ending)) {
        fell_off(log, ending.empty() ? oldest->bytes : oldest->plain);
        world_.files.remove(rotated(log, most) + ending);
      }
      for (int n = most - 1; n >= 1; --n) {
        if (world_.files.exists(rotated(log, n) + ending))
          world_.files.rename(rotated(log, n) + ending, rotated(log, n + 1) + ending);
      }
    }
  }
  void fell_off(Log& log, const std::string& text) {
    std::set<int>& lines = log.fallen.emplace_back();
    // The last one may be there in part: its number may be, too.
    std::istringstream whole(text.substr(0, text.rfind('\n') + 1));
    for (std::string line; std::getline(whole, line);) lines.insert(std::stoi(line));
    // It may have been a copy, and what it had may be in others.
    for (int i = 0; i < log.next; ++i) log.may_be_lost.insert(i);
    log.cut = true;
  }

  void rotate(Log& log) {
    if (!log.rest.empty()) say_rest(log);
    world_.pass(20ms);
    make_room(log);
    if (manner_.renames) {
      note("{} rotated by rename", log.path);
      world_.files.rename(log.path, rotated(log, 1));
      if (dice_.one_in(3)) world_.look();
      world_.pass(5ms);
      log.open = world_.files.create(log.path);
    } else {
      // A packed copy of a file that was just made cannot be told from a renamed one.
      world_.pass(100ms);
      note("{} copied and cut", log.path);
      log.cut = true;
      world_.files.copy(log.path, rotated(log, 1), false);
      if (dice_.one_in(3)) world_.look();
      if (dice_.one_in(3)) world_.round();
      if (dice_.one_in(3)) {
        const int first = log.next;
        write(log);
        if (!log.rest.empty()) say_rest(log);
        for (int i = first; i < log.next; ++i) log.may_be_lost.insert(i);
      }
      world_.files.truncate(log.open);
    }
    if (manner_.packs && world_.files.exists(rotated(log, 1)) && dice_.one_in(2)) {
      note("{} packed", rotated(log, 1));
      world_.files.gzip(rotated(log, 1));
    }
    world_.pass(20ms);
  }

  /// A program goes on for a while with the file that was renamed.
  void write_late(Log& log) {
    if (!manner_.renames) return write(log);
    if (!log.rest.empty()) say_rest(log);
    make_room(log);
    world_.pass(20ms);
    world_.files.rename(log.path, rotated(log, 1));
    world_.files.create(log.path);
    note("{} renamed, and written on", log.path);
    if (dice_.one_in(2)) world_.look();
    if (dice_.one_in(2)) world_.round();
    world_.pass(20ms);
    write(log);
    if (!log.rest.empty()) say_rest(log);
    log.late = true;
    log.open = world_.files.at(log.path);
    world_.pass(20ms);
  }

  void cut(Log& log) {
    note("{} cut", log.path);
    log.cut = true;
    for (int i = 0; i < log.next; ++i) log.may_be_lost.insert(i);
    log.rest.clear();
    world_.files.truncate(log.open);
    world_.pass(10ms);
  }

  void remove(Log& log) {
    note("{} removed and made anew", log.path);
    log.cut = true;
    for (int i = 0; i < log.next; ++i) log.may_be_lost.insert(i);
    log.rest.clear();
    world_.files.remove(log.path);
    if (dice_.one_in(2)) world_.look();
    world_.pass(10ms);
    log.open = world_.files.create(log.path);
  }

  /// The files are put back from a copy: other inodes, the same bytes and times.
  void replace(Log& log) {
    if (!log.rest.empty()) say_rest(log);
    note("{} replaced by a copy", log.path);
    log.cut =
        true;  // what was never read of the old one may be told as lost: nobody knows that this is the same
    world_.files.copy(log.path, "/tmp/copy", true);
    world_.files.rename("/tmp/copy", log.path);
    log.open = world_.files.at(log.path);
  }

  Dice dice_, hang_dice_;
  bool trace_;
  Manner manner_;
  CollectorWorld world_;
  std::vector<Log> logs_;
  bool full_ = false, hangs_ = false;
};

}  // namespace ssblog
