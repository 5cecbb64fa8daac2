// SPDX-License-Identifier: MIT
#include "assemble/merged_file.h"

#include "assemble/merged_state.h"
#include "assemble/reference.h"
#include "store/files.h"
#include "temp_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <fstream>

using namespace ssblog;

namespace {

std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void spit(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

Merged update(Store& store, const std::string& path, const MergeOptions& options = {}) {
  auto merged = update_merged_file(store, path, options);
  if (!merged) FAIL(merged.error().text);
  CHECK(merged->bytes == std::filesystem::file_size(path));
  return *merged;
}

std::string rebuilt(Store& store, const std::string& path) {
  MergeOptions options;
  options.rebuild = true;
  update(store, path, options);
  return slurp(path);
}

MergeOptions append_only() {
  MergeOptions options;
  options.append_only = true;
  return options;
}

std::vector<std::string> sorted_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

/// Hosts whose few messages make a file of megabytes: many short lines with long names.
std::vector<Host> loud_hosts(Dice& dice, std::size_t messages) {
  Manner manner;
  manner.long_name = std::string(60, 'n');
  manner.line_size = 2;
  manner.lines = 400;
  return some_hosts(dice, 3, messages, manner);
}

}  // namespace

TEST_CASE("a merged file equals a rebuild after every round, in whatever order messages come") {
  const FastDir directory;
  std::uint64_t cuts = 0;
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const auto hosts = some_hosts(dice, 2 + seed % 3, 30, Manner());
    Shelf shelf(hosts);
    const std::string file = directory / fmt::format("{}.log", seed);
    for (int round = 0; !shelf.complete(); ++round) {
      CAPTURE(round);
      shelf.take_something(dice, 10);
      if (dice.one_in(5)) continue;
      cuts += update(shelf.store(), file).cut_back ? 1 : 0;
      REQUIRE(slurp(file) == Reference(hosts, shelf.counts()).text());
    }
    update(shelf.store(), file);
    REQUIRE(slurp(file) == rebuilt(shelf.store(), directory / "rebuilt"));

    // Another host, other ways, the same file.
    Shelf other(hosts);
    const std::string elsewhere = directory / "elsewhere";
    std::filesystem::remove(elsewhere);
    std::filesystem::remove(state_path(elsewhere));
    while (!other.complete()) {
      other.take_something(dice, 40);
      update(other.store(), elsewhere);
    }
    REQUIRE(slurp(elsewhere) == slurp(file));
  }
  CHECK(cuts > 100);
}

TEST_CASE("a merged file of any format equals a rebuild, also where lines are gathered in batches") {
  const FastDir directory;
  for (const std::string_view name : format_names()) {
    CAPTURE(name);
    Dice dice(7);
    const auto hosts = loud_hosts(dice, 12);
    Shelf shelf(hosts);
    MergeOptions options;
    options.format.format = *format_of(name);
    MergeOptions anew = options;
    anew.rebuild = true;
    const std::string file = directory / std::string(name), other = directory / "rebuilt";
    while (!shelf.complete()) {
      shelf.take_something(dice, 5);
      update(shelf.store(), file, options);
      update(shelf.store(), other, anew);
      REQUIRE(slurp(file) == slurp(other));
      REQUIRE(update(shelf.store(), file, options).lines == 0);
      REQUIRE(slurp(file) == slurp(other));
    }
    CHECK(std::filesystem::file_size(file) > 1024 * 1024);
  }
}

TEST_CASE("a merged file of megabytes is cut back to a checkpoint, and equals a rebuild") {
  const FastDir directory;
  for (std::uint32_t seed = 1; seed <= 2; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const auto hosts = loud_hosts(dice, 30);
    Shelf shelf(hosts);
    const std::string file = directory / fmt::format("{}.log", seed);
    std::size_t inner_cuts = 0;
    while (!shelf.complete()) {
      shelf.take_something(dice, 8);
      const std::string before = slurp(file);
      const Merged merged = update(shelf.store(), file);
      const std::string now = slurp(file);
      REQUIRE(now == rebuilt(shelf.store(), directory / "rebuilt"));
      const auto same = static_cast<std::size_t>(
          std::mismatch(before.begin(), before.end(), now.begin(), now.end()).first - before.begin());
      const auto written = static_cast<std::uint64_t>(std::count(now.begin(), now.end(), '\n'));
      if (merged.cut_back && same > 1024 * 1024 && merged.lines < written) ++inner_cuts;
    }
    CHECK(std::filesystem::file_size(file) > 2 * 1024 * 1024);
    CHECK(inner_cuts > 0);
  }
}

TEST_CASE("a line that goes on later grows where it stands") {
  const FastDir directory;
  const std::string file = directory / "log";
  std::vector<Host> hosts;
  hosts.emplace_back(1, Manner());
  std::string whole;
  for (int i = 0; i < 6; ++i) {
    Said said{.kind = Kind::chunk, .time = 1000, .stamp = 1000 + i, .run = "0000000000000001"};
    said.offset = whole.size();
    said.bytes = std::string(5, static_cast<char>('a' + i));
    said.more = i < 5;
    whole += said.bytes;
    hosts.back().say(said);
    hosts.back().say({.kind = Kind::alone, .time = 2000 + i, .stamp = 2000 + i, .bytes = "later"});
  }
  Shelf shelf(hosts);
  for (std::size_t round = 1; round <= 6; ++round) {
    shelf.take(0, 2);
    update(shelf.store(), file);
    CHECK(slurp(file) == Reference(hosts, shelf.counts()).text());
    CHECK(slurp(file).find(": " + whole.substr(0, round * 5) + "\n") != std::string::npos);
  }
}

TEST_CASE("an append-only file never changes what it has, and has each line once") {
  const FastDir directory;
  for (std::uint32_t seed = 1; seed <= 25; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    Manner manner;
    manner.wild = seed % 2 == 0;
    auto hosts = some_hosts(dice, 3, 30, manner);
    Shelf shelf(hosts);
    const std::string file = directory / fmt::format("{}.log", seed);
    std::string before;
    while (!shelf.complete()) {
      shelf.take_something(dice, 10);
      update(shelf.store(), file, append_only());
      const std::string now = slurp(file);
      REQUIRE(now.starts_with(before));
      before = now;
    }
    // A line that went on after it was shown stands there in pieces; all bytes are there, and no line twice.
    const std::string reference = Reference(hosts, shelf.counts()).text();
    std::vector<std::string> missing, odd;
    const auto shown = sorted_lines(before), wanted = sorted_lines(reference);
    std::set_difference(wanted.begin(), wanted.end(), shown.begin(), shown.end(),
                        std::back_inserter(missing));
    std::set_difference(shown.begin(), shown.end(), wanted.begin(), wanted.end(), std::back_inserter(odd));
    CHECK(odd.size() >= missing.size());
    const auto text_size = [](const std::vector<std::string>& lines) {
      std::size_t size = 0;
      for (const std::string& line : lines) size += line.size() - line.find("]: ") - 3;
      return size;
    };
    CHECK(text_size(odd) == text_size(missing));
    CHECK(update(shelf.store(), file, append_only()).lines == 0);
    CHECK(slurp(file) == before);
  }
}

TEST_CASE("an append-only file that was moved away goes on in a new one") {
  const FastDir directory;
  Dice dice(7);
  const auto hosts = some_hosts(dice, 2, 40, Manner());
  const std::string file = directory / "log";
  for (const bool with_foreign_bytes : {false, true}) {
    std::filesystem::remove(file);
    std::filesystem::remove(state_path(file));
    Shelf whole(hosts), shelf(hosts);
    std::string all;
    int rotation = 0;
    while (!shelf.complete()) {
      shelf.take_something(dice, 10);
      update(shelf.store(), file, append_only());
      if (!dice.one_in(3)) continue;
      const std::string moved = directory / fmt::format("moved{}", ++rotation);
      std::filesystem::rename(file, moved);
      all += slurp(moved);
      if (with_foreign_bytes) spit(file, "begun by logrotate\n");
    }
    update(shelf.store(), file, append_only());
    std::string last = slurp(file);
    if (with_foreign_bytes) {
      CHECK(last.starts_with("begun by logrotate\n"));
      last.erase(0, last.find('\n') + 1);
    }
    // Rotation changes nothing of what is written: only where.
    std::size_t lines = 0;
    for (const char c : all + last) lines += c == '\n' ? 1 : 0;
    if (with_foreign_bytes) lines -= static_cast<std::size_t>(rotation - 1);
    CHECK(lines >= Reference(hosts, shelf.counts()).lines().size());
    CHECK(rotation > 0);
  }
}

TEST_CASE("a file that is not as it was left is made anew, or refused") {
  const FastDir directory;
  Dice dice(3);
  const auto hosts = some_hosts(dice, 2, 30, Manner());
  Shelf shelf(hosts);
  for (std::size_t host = 0; host < hosts.size(); ++host) shelf.take(host, 20);
  const std::string file = directory / "log";
  CHECK(update(shelf.store(), file).rebuilt_because.empty());
  const std::string good = slurp(file);

  SUBCASE("shorter") { std::filesystem::resize_file(file, good.size() / 2); }
  SUBCASE("changed at its end") {
    std::string other = good;
    other[other.size() - 2] ^= 1;
    spit(file, other);
  }
  SUBCASE("changed far before its end, by a program that writes in place") {
    REQUIRE(good.size() > 4096 + 200);
    std::fstream there(file, std::ios::binary | std::ios::in | std::ios::out);
    there.seekp(100);
    there << "!";
  }
  SUBCASE("changed, by a program that puts another file in its place") {
    std::string other = good;
    other[100] ^= 1;
    spit(directory / "other", other);
    std::filesystem::rename(directory / "other", file);
  }
  SUBCASE("state damaged") { spit(state_path(file), "{\"version\":1"); }
  SUBCASE("state of another version") { spit(state_path(file), "{\"version\":2}"); }
  SUBCASE("state empty") { spit(state_path(file), ""); }
  SUBCASE("other options") {
    MergeOptions options;
    options.selection.job = "job0";
    CHECK(update(shelf.store(), file, options).rebuilt_because.find("options") != std::string::npos);
  }
  SUBCASE("made from another store") {
    Shelf other(hosts);
    other.take_all();
    CHECK(!update(other.store(), file).rebuilt_because.empty());
  }
  CHECK(!update(shelf.store(), file).rebuilt_because.empty());
  CHECK(slurp(file) == good);
  CHECK(update(shelf.store(), file).rebuilt_because.empty());
  shelf.take_all();
  update(shelf.store(), file);
  CHECK(slurp(file) == Reference(hosts, shelf.counts()).text());
}

TEST_CASE("an append-only file is never made anew, but refused where it cannot be gone on with") {
  const FastDir directory;
  Dice dice(3);
  const auto hosts = some_hosts(dice, 2, 30, Manner());
  Shelf shelf(hosts), other(hosts);
  shelf.take_all();
  other.take_all();
  const std::string file = directory / "log";
  const auto refused = [&](Store& store, const MergeOptions& options) {
    const std::string before = slurp(file);
    auto merged = update_merged_file(store, file, options);
    REQUIRE(!merged);
    CHECK(merged.error().code == Code::cannot_create);
    CHECK(merged.error().text.find(file) != std::string::npos);
    CHECK(slurp(file) == before);
  };
  update(shelf.store(), file);
  refused(shelf.store(), append_only());  // it was not append-only
  std::filesystem::remove(file);
  std::filesystem::remove(state_path(file));
  update(shelf.store(), file, append_only());
  refused(other.store(), append_only());
  MergeOptions options = append_only();
  options.selection.job = "job0";
  refused(shelf.store(), options);
  spit(state_path(file), "damaged");
  refused(shelf.store(), append_only());
  options = append_only();
  options.rebuild = true;
  CHECK(update(shelf.store(), file, options).lines > 0);
}

TEST_CASE("bytes behind the end of a merged file were a run that was killed, and go") {
  const FastDir directory;
  Dice dice(3);
  const auto hosts = some_hosts(dice, 2, 30, Manner());
  Shelf shelf(hosts);
  shelf.take_all();
  const std::string file = directory / "log";
  update(shelf.store(), file);
  const std::string good = slurp(file);
  spit(file, good + "half a li");
  CHECK(update(shelf.store(), file).rebuilt_because.empty());
  CHECK(slurp(file) == good);
}

TEST_CASE("messages that are no longer held make a file anew") {
  const FastDir directory;
  Dice dice(3);
  const auto hosts = some_hosts(dice, 2, 30, Manner());
  const std::string file = directory / "log";
  const std::string database = directory / "db";
  Shelf shelf(hosts, database);
  for (std::size_t host = 0; host < hosts.size(); ++host) shelf.take(host, 20);
  REQUIRE(shelf.store().database().run(fmt::format("VACUUM INTO '{}'", directory / "backup").c_str()));
  shelf.take_all();
  update(shelf.store(), file);
  auto backup = Store::open(directory / "backup", OpenMode::read_write);
  REQUIRE(backup);
  const Merged merged = update(*backup, file);
  CHECK(merged.rebuilt_because.find("not held any more") != std::string::npos);
  CHECK(slurp(file) == Reference(hosts, {20, 20}).text());
}

TEST_CASE("a file that ssblog did not write is not touched") {
  const FastDir directory;
  Dice dice(3);
  const auto hosts = some_hosts(dice, 1, 10, Manner());
  Shelf shelf(hosts);
  shelf.take_all();
  const std::string file = directory / "notes.txt";
  spit(file, "my notes\n");
  for (const MergeOptions& options : {MergeOptions(), append_only()}) {
    auto merged = update_merged_file(shelf.store(), file, options);
    REQUIRE(!merged);
    CHECK(merged.error().code == Code::cannot_create);
    CHECK(merged.error().text.find(file) != std::string::npos);
    CHECK(slurp(file) == "my notes\n");
  }
  CHECK(rebuilt(shelf.store(), file) == Reference(hosts, shelf.counts()).text());
}

TEST_CASE("one file has one writer") {
  const FastDir directory;
  Dice dice(3);
  const auto hosts = some_hosts(dice, 1, 10, Manner());
  Shelf shelf(hosts);
  shelf.take_all();
  const std::string file = directory / "log";
  update(shelf.store(), file);
  const std::string good = slurp(file);
  const File other(::open(file.c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(::flock(other.get(), LOCK_EX | LOCK_NB) == 0);
  auto merged = update_merged_file(shelf.store(), file, {});
  REQUIRE(!merged);
  CHECK(merged.error().code == Code::busy);
  CHECK(slurp(file) == good);
}

TEST_CASE("what cannot be a merged file is refused") {
  const FastDir directory;
  Shelf shelf({});
  auto to_directory = update_merged_file(shelf.store(), directory / "", {});
  REQUIRE(!to_directory);
  REQUIRE(::mkfifo((directory / "pipe").c_str(), 0600) == 0);
  auto to_pipe = update_merged_file(shelf.store(), directory / "pipe", {});
  REQUIRE(!to_pipe);
  CHECK(to_pipe.error().code == Code::cannot_create);
}

TEST_CASE("an empty store makes an empty file, which grows") {
  const FastDir directory;
  Dice dice(3);
  const auto hosts = some_hosts(dice, 1, 10, Manner());
  Shelf shelf(hosts);
  const std::string file = directory / "log";
  CHECK(update(shelf.store(), file).bytes == 0);
  shelf.take_all();
  update(shelf.store(), file);
  CHECK(slurp(file) == Reference(hosts, shelf.counts()).text());
}

TEST_CASE("a state survives being saved and read") {
  const FastDir directory;
  const std::string file = directory / "log";
  MergedState state;
  state.store = "abc";
  state.selection = "all \"of\" it";
  state.feeds[keys_of(1).id()] = {7, MessageKey{{1, 2, 3}}};
  state.end = {99, {12, keys_of(2).id(), 3, 4}};
  state.tail = "def";
  state.stamp = "1 2.3 4";
  state.add_checkpoint({0, {}});
  state.add_checkpoint({50, {11, keys_of(1).id(), 2, 1}});
  REQUIRE(save_state(file, state));
  const auto back = load_state(file);
  REQUIRE(back);
  CHECK(back->store == state.store);
  CHECK(back->selection == state.selection);
  CHECK(back->feeds == state.feeds);
  CHECK(back->end.offset == 99);
  CHECK(back->end.next == state.end.next);
  CHECK(back->tail == state.tail);
  CHECK(back->stamp == state.stamp);
  REQUIRE(back->checkpoints.size() == 2);
  CHECK(back->checkpoints[1].next == state.checkpoints[1].next);
}

TEST_CASE("a file of another format is made anew, and the default names none") {
  Dice dice(5);
  const auto hosts = some_hosts(dice, 2, 20, Manner());
  Shelf shelf(hosts);
  shelf.take_all();
  FastDir dir;
  const std::string path = dir / "out";
  update(shelf.store(), path);
  const std::string text = slurp(path);
  MergeOptions json;
  json.format.format = Format::jsonl;
  CHECK(update(shelf.store(), path, json).rebuilt_because == "it was made with other options");
  CHECK(slurp(path).starts_with("{\"time\":"));
  CHECK(update(shelf.store(), path, json).lines == 0);
  update(shelf.store(), path);
  CHECK(slurp(path) == text);
  CHECK(load_state(path)->selection == to_text(Selection()));
}

TEST_CASE("checkpoints are thinned out, never the first, and cut to the last before a place") {
  MergedState state;
  for (std::uint64_t i = 0; i < 5000; ++i) {
    state.add_checkpoint({i * 10, {static_cast<Millis>(i), {}, 0, 0}});
    REQUIRE(state.checkpoints.size() <= 1024);
    REQUIRE(state.checkpoints.front().offset == 0);
    REQUIRE(state.checkpoints.back().offset == i * 10);
  }
  CHECK(std::is_sorted(state.checkpoints.begin(), state.checkpoints.end(),
                       [](const Checkpoint& a, const Checkpoint& b) { return a.offset < b.offset; }));
  const Checkpoint cut = state.cut_before({4990, {}, 0, 0});
  CHECK(cut.next.order <= 4990);
  CHECK(state.checkpoints.back().offset == cut.offset);
  CHECK(state.cut_before({-1, {}, 0, 0}).offset == 0);
  CHECK(state.checkpoints.empty());
}
