// SPDX-License-Identifier: MIT
// tests/assemble/appended_test.cc - files that only grow and are rotated: each line once, in the order in which it came.
#include "assemble/append/appended_files.h"

#include "assemble/append/appended_file.h"
#include "assemble/merged_file.h"
#include "assemble/split/split_state.h"
#include "assemble/world.h"
#include "temp_dir.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

using namespace ssblog;
namespace fs = std::filesystem;

namespace {

std::string slurp(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// FILE.9 ... FILE.1 FILE, or @... current.
std::string all_of(const std::string& path) {
  std::string text;
  if (fs::is_directory(path)) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(path)) {
      if (const auto name = entry.path().filename().string(); name.starts_with('@')) names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) text += slurp(path + "/" + name);
    return text + slurp(path + "/current");
  }
  for (int number = 2000; number > 0; --number) text += slurp(fmt::format("{}.{}", path, number));
  return text + slurp(path);
}

void append(Store& store, const std::string& directory, const AppendOptions& options) {
  auto appended = append_to_files(store, directory, options);
  if (!appended) FAIL(appended.error().text);
}

AppendOptions rotated(RotateStyle style, unsigned keep) {
  AppendOptions options;
  options.name = *NameTemplate::parse("all");
  options.rotation = {style, 4096, false, keep};
  options.now = 1'795'276'800'000;
  return options;
}

}  // namespace

TEST_CASE("what is rotated is, piece behind piece, what would stand in one file") {
  const FastDir directory;
  for (const RotateStyle style : {RotateStyle::none, RotateStyle::numbered, RotateStyle::s6}) {
    for (std::uint32_t seed = 1; seed <= 8; ++seed) {
      CAPTURE(seed);
      Dice dice(seed);
      const auto hosts = some_hosts(dice, 3, 60, Manner());
      Shelf shelf(hosts);
      AppendOptions options = rotated(style, 2000);
      MergeOptions plain;
      plain.append_only = true;
      const std::string place = directory / fmt::format("{}-{}", static_cast<int>(style), seed);
      const std::string one = place + ".one";
      while (!shelf.complete()) {
        shelf.take_something(dice, 12);
        append(shelf.store(), place, options);
        REQUIRE(update_merged_file(shelf.store(), one, plain));
        REQUIRE(all_of(place + "/all") == slurp(one));
        options.now += dice.below(3) * 1000;
        if (dice.one_in(10)) options.now -= 5000;  // a clock that is set back
      }
      if (style == RotateStyle::none) continue;
      std::size_t pieces = 0;
      for (const auto& entry : fs::recursive_directory_iterator(place)) {
        const std::string name = entry.path().filename().string();
        if (!entry.is_regular_file() || name.starts_with('.') || name == "all" || name == "current") continue;
        ++pieces;
        CHECK(entry.file_size() >= 4096);
        CHECK(entry.file_size() < 9000);
        CHECK(slurp(entry.path()).ends_with('\n'));
      }
      CHECK(pieces > 2);
    }
  }
}

TEST_CASE("a pass that was killed is gone on with, also when more came meanwhile") {
  const FastDir directory;
  for (std::uint32_t seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const auto hosts = some_hosts(dice, 3, 60, Manner());
    Shelf shelf(hosts);
    const AppendOptions options = rotated(seed % 2 == 0 ? RotateStyle::s6 : RotateStyle::numbered, 2000);
    MergeOptions plain;
    plain.append_only = true;
    const std::string place = directory / fmt::format("{}", seed), one = place + ".one";
    shelf.take(0, 20);
    append(shelf.store(), place, options);
    REQUIRE(update_merged_file(shelf.store(), one, plain));
    for (std::size_t host = 0; host < 3; ++host) shelf.take(host, 30);
    // Killed before the directory's state was written: the files are done, or at any place of the pass.
    const auto before = load_split_state(place + "/.ssblog");
    REQUIRE(before);
    append(shelf.store(), place, options);
    REQUIRE(update_merged_file(shelf.store(), one, plain));
    auto killed = *before;
    killed.pass = load_split_state(place + "/.ssblog")->feeds;
    REQUIRE(save_split_state(place + "/.ssblog", killed));
    std::ofstream(seed % 2 == 0 ? place + "/all/current" : place + "/all", std::ios::app) << "half a li";
    shelf.take_all();
    append(shelf.store(), place, options);
    REQUIRE(update_merged_file(shelf.store(), one, plain));
    CHECK(all_of(place + "/all") == slurp(one));
  }
}

TEST_CASE("so many are kept, and the newest ones") {
  const FastDir directory;
  Dice dice(4);
  const auto hosts = some_hosts(dice, 3, 60, Manner());
  for (const RotateStyle style : {RotateStyle::numbered, RotateStyle::s6}) {
    Shelf shelf(hosts);
    const std::string place = directory / fmt::format("{}", static_cast<int>(style));
    MergeOptions plain;
    plain.append_only = true;
    while (!shelf.complete()) {
      shelf.take_something(dice, 40);
      append(shelf.store(), place, rotated(style, 3));
      REQUIRE(update_merged_file(shelf.store(), place + ".one", plain));
    }
    const std::string kept = all_of(place + "/all");
    CHECK(kept.size() > 3 * 4096);
    CHECK(kept.size() < 5 * 6000);
    CHECK(slurp(place + ".one").ends_with(kept));
  }
}

TEST_CASE("a file of another day is put aside, and a foreign one is left alone") {
  const FastDir directory;
  Dice dice(5);
  const auto hosts = some_hosts(dice, 1, 40, Manner());
  Shelf shelf(hosts);
  AppendOptions options = rotated(RotateStyle::numbered, 5);
  options.rotation.size = 0;
  options.rotation.daily = true;
  options.zone = "Europe/Berlin";
  const std::string place = directory / "daily";
  options.now = 1'795'301'999'000;  // 23:59:59 in Berlin
  shelf.take(0, 10);
  append(shelf.store(), place, options);
  const std::string first = slurp(place + "/all");
  options.now += 500;
  shelf.take(0, 10);
  append(shelf.store(), place, options);
  CHECK(!fs::exists(place + "/all.1"));
  CHECK(slurp(place + "/all").starts_with(first));
  const std::string second = slurp(place + "/all");
  options.now += 1000;
  append(shelf.store(), place, options);  // nothing is new
  CHECK(!fs::exists(place + "/all.1"));
  shelf.take(0, 10);
  append(shelf.store(), place, options);
  CHECK(slurp(place + "/all.1") == second);

  const std::string foreign = directory / "foreign";
  fs::create_directories(foreign);
  std::ofstream(foreign + "/all") << "mine\n";
  auto refused = append_to_files(shelf.store(), foreign, options);
  REQUIRE(!refused);
  CHECK(refused.error().code == Code::cannot_create);
  CHECK(slurp(foreign + "/all") == "mine\n");

  // What another logger left as `current` is put aside as not known to be whole.
  const AppendOptions s6 = rotated(RotateStyle::s6, 5);
  fs::create_directories(directory / "s6/all");
  std::ofstream(directory / "s6/all/current") << "theirs\n";
  append(shelf.store(), directory / "s6", s6);
  std::size_t unfinished = 0;
  for (const auto& entry : fs::directory_iterator(directory / "s6/all")) {
    if (entry.path().extension() != ".u") continue;
    ++unfinished;
    CHECK(slurp(entry.path()) == "theirs\n");
  }
  CHECK(unfinished == 1);
}

TEST_CASE("a file that is put aside never gets the name of another line's file") {
  const FastDir directory;
  Dice dice(6);
  const auto hosts = some_hosts(dice, 1, 5, Manner());
  Shelf shelf(hosts);
  shelf.take_all();
  for (const char* name : {"{host}/{job}", "{job}.{stream}", "{job}-{date}", "{job}/log.1"}) {
    CAPTURE(name);
    AppendOptions options = rotated(RotateStyle::numbered, 3);
    options.name = *NameTemplate::parse(name);
    auto refused = append_to_files(shelf.store(), directory / "files", options);
    REQUIRE(!refused);
    CHECK(refused.error().code == Code::usage);
    CHECK(!fs::exists(directory / "files"));
  }
  AppendOptions options = rotated(RotateStyle::numbered, 3);
  options.name = *NameTemplate::parse("{job}");
  options.file = "one";  // no name of the template
  fs::create_directory(directory / "files");
  append(shelf.store(), directory / "files", options);
  options = rotated(RotateStyle::s6, 3);
  options.name = *NameTemplate::parse("{job}");
  append(shelf.store(), directory / "s6", options);
}

TEST_CASE("a file that another one moves or empties between two writes gets no hole") {
  const FastDir directory;
  Dice dice(7);
  const auto hosts = some_hosts(dice, 1, 40, Manner());
  Shelf shelf(hosts);
  shelf.take_all();
  const std::string path = directory / "log", old = directory / "old";
  MergeOptions plain;
  plain.append_only = true;
  REQUIRE(update_merged_file(shelf.store(), directory / "one", plain));
  AppendTerms terms;
  for (const bool is_moved : {true, false}) {
    CAPTURE(is_moved);
    AppendedFile file(path, terms);
    const auto feeds = shelf.store().feeds();
    REQUIRE(feeds);
    REQUIRE(file.open(tips_of(*feeds)));
    auto sweep = Sweep::begin(shelf.store(), {}, LinePosition{});
    REQUIRE(sweep);
    SweptLine line;
    for (int number = 0;; ++number) {
      const auto more = sweep->next(line);
      REQUIRE(more);
      if (!*more) break;
      REQUIRE(file.write(*sweep, line));
      if (number != 20) continue;
      REQUIRE(file.spill());
      fs::copy_file(path, old);
      is_moved ? void(fs::remove(path)) : fs::resize_file(path, 0);
    }
    REQUIRE(file.finish());
    CHECK(!slurp(path).empty());
    CHECK(slurp(old) + slurp(path) == slurp(directory / "one"));
    for (const std::string& name : {old, path, state_path(path)}) fs::remove(name);
  }
}

TEST_CASE("who may read what s6 would call whole is for the umask to say") {
  const FastDir directory;
  Dice dice(8);
  const auto hosts = some_hosts(dice, 2, 60, Manner());
  Shelf shelf(hosts);
  const mode_t before = ::umask(077);
  for (std::size_t host = 0; host < 2; ++host) {
    shelf.take(host, 60);
    append(shelf.store(), directory / "s6", rotated(RotateStyle::s6, 100));
  }
  ::umask(before);
  std::size_t whole = 0;
  for (const auto& entry : fs::directory_iterator(directory / "s6/all")) {
    if (entry.path().filename().string().starts_with('.')) continue;
    CHECK(entry.status().permissions() == fs::perms::owner_all);
    ++whole;
  }
  CHECK(whole > 2);
}

TEST_CASE("files that only grow are not gone on with by a relative time, and that is named") {
  const FastDir directory;
  Dice dice(9);
  const auto hosts = some_hosts(dice, 1, 5, Manner());
  Shelf shelf(hosts);
  shelf.take_all();
  AppendOptions options = rotated(RotateStyle::none, 1);
  options.selection.since = 1'600'000'000'000;
  append(shelf.store(), directory / "files", options);
  append(shelf.store(), directory / "files", options);
  *options.selection.since += 1000;
  auto refused = append_to_files(shelf.store(), directory / "files", options);
  REQUIRE(!refused);
  CHECK(refused.error().code == Code::cannot_create);
  CHECK(refused.error().text.find("a relative time") != std::string::npos);
  options.selection.since.reset();
  refused = append_to_files(shelf.store(), directory / "files", options);
  REQUIRE(!refused);
  CHECK(refused.error().text.find("a relative time") == std::string::npos);
}

TEST_CASE("a label of TAI64N") {
  CHECK(tai64n(0) == "@400000000000000a00000000");
  CHECK(tai64n(1'000'000'000'123) == "@400000003b9aca0a0754d4c0");
}
