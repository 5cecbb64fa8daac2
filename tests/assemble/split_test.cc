// SPDX-License-Identifier: MIT
// tests/assemble/split_test.cc - names that come from content never leave the directory, and many files equal a rebuild.
#include "assemble/split/split_files.h"

#include "assemble/append/appended_files.h"
#include "assemble/format/text.h"
#include "assemble/merged_state.h"
#include "assemble/split/split_state.h"
#include "assemble/world.h"
#include "temp_dir.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

using namespace ssblog;
namespace fs = std::filesystem;

namespace {

NameTemplate name_of(const char* text) {
  auto parsed = NameTemplate::parse(text);
  if (!parsed) FAIL(parsed.error().text);
  return std::move(*parsed);
}

std::string slurp(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// All visible files of a directory, by their names in it.
std::map<std::string, std::string> files_of(const std::string& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file() || entry.path().filename().string().starts_with('.')) continue;
    files[fs::relative(entry.path(), directory).string()] = slurp(entry.path());
  }
  return files;
}

/// What must be in the files, found by one sweep over all.
std::map<std::string, std::string> wanted_files(Store& store, const SplitOptions& options) {
  std::map<std::string, std::string> files;
  auto clock = ClockText::make({options.zone, ""});
  REQUIRE(clock);
  auto sweep = Sweep::begin(store, options.selection, LinePosition{});
  REQUIRE(sweep);
  SweptLine line;
  for (;;) {
    auto more = sweep->next(line);
    REQUIRE(more);
    if (!*more) break;
    std::string& text = files[options.name.path_of(line, clock->day_of(line.position.order))];
    TextWriter writer([&text](std::string_view more_text) {
      text += more_text;
      return Result<void>();
    });
    REQUIRE(writer.write(*sweep, line));
    REQUIRE(writer.flush());
  }
  return files;
}

Split update(Store& store, const std::string& directory, const SplitOptions& options) {
  auto split = update_split_files(store, directory, options);
  if (!split) FAIL(split.error().text);
  return *split;
}

}  // namespace

TEST_CASE("a value is a part of a name and nothing else") {
  CHECK(name_part("nightly") == "nightly");
  CHECK(name_part("") == "_");
  CHECK(name_part("_") == "%5F");
  CHECK(name_part("a_b") == "a_b");
  CHECK(name_part(".") == "%2E");
  CHECK(name_part("..") == "%2E.");
  CHECK(name_part(".profile") == "%2Eprofile");
  CHECK(name_part("-rf") == "%2Drf");
  CHECK(name_part("../../etc/passwd") == "%2E.%2F..%2Fetc%2Fpasswd");
  CHECK(name_part("file:/var/log/x") == "file%3A%2Fvar%2Flog%2Fx");
  CHECK(name_part(std::string_view("a\0b\n\x1b", 5)) == "a%00b%0A%1B");
  CHECK(name_part("\xc3\xa4") == "%C3%A4");
  CHECK(name_part("a-b", '-') == "a%2Db");
}

TEST_CASE("templates that could lead out of the directory, or mix values up, are refused") {
  for (const char* bad : {"", "/etc/{job}", "{job}/", "a//b", "../{job}", "{host}/../x", ".{job}", "a/.x",
                          "{job", "job}", "{nothing}", "{host}{job}", "{host}x{job}", "{host}{date}-{job}",
                          "100%", "a\nb", "1/2/3/4/5/6/7/8/9"}) {
    CAPTURE(bad);
    auto parsed = NameTemplate::parse(bad);
    REQUIRE(!parsed);
    CHECK(parsed.error().code == Code::usage);
  }
  CHECK(!NameTemplate::parse(std::string(501, 'a')));
  for (const char* good : {"all.log", "{host}@{id}/{job}.log", "{job}-{host}", "{date}{job}",
                           "{job}{date}.log", "{year}/{month}/{day}/{host}.log", "{id}{host}"}) {
    CAPTURE(good);
    CHECK(NameTemplate::parse(good));
  }
}

TEST_CASE("whatever lines say, two files are one only if all that their names say is equal") {
  Dice dice(3);
  static const std::vector<std::string> parts = {"a", "b", "-",    ".",    "_",   "/", "%",
                                                 "@", "x", "\x01", "\xff", "%2D", "E", ".."};
  for (const char* text : {"{host}-{job}", "{host}/{job}.log", "{host}_{job}x{id}",
                           "{job}.{host}-{stream}/{source}", "{host}@{job}-{date}"}) {
    CAPTURE(text);
    const NameTemplate name = name_of(text);
    std::map<std::string, std::vector<std::string>> seen;
    for (int round = 0; round < 20'000; ++round) {
      const auto word = [&] {
        std::string value;
        for (std::uint32_t n = dice.below(4); n > 0; --n) value += dice.pick(parts);
        if (dice.one_in(50)) value += std::string(dice.between(150, 400), 'y') + dice.pick(parts);
        return value;
      };
      SweptMessage message;
      message.host = word();
      message.record.job = word();
      if (std::string_view(text).find("stream") != std::string_view::npos) {
        message.record.stream = word();
        message.record.source = word();
      }
      SweptLine line;
      line.message = &message;
      const std::string path = name.path_of(line, CivilDay());
      const std::vector<std::string> values = {message.host, message.record.job, message.record.stream,
                                               message.record.source};
      const auto [found, is_new] = seen.try_emplace(path, values);
      if (!is_new) CHECK(found->second == values);
      REQUIRE(!path.starts_with('/'));
      for (const auto& component : fs::path(path)) {
        const std::string part = component.string();
        CHECK(!part.starts_with('.'));
        CHECK(!part.starts_with('-'));
        CHECK(part.size() <= longest_name);
        CHECK(std::all_of(part.begin(), part.end(), [](char c) { return c > 0x20 && c < 0x7f; }));
      }
      CHECK(std::count(path.begin(), path.end(), '/') == std::count(text, text + std::strlen(text), '/'));
    }
  }
}

TEST_CASE("each of many files equals a rebuild after every round, in whatever order messages come") {
  const FastDir directory;
  std::uint64_t partly = 0;
  for (std::uint32_t seed = 1; seed <= 24; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const auto hosts = some_hosts(dice, 2 + seed % 3, 30, Manner());
    Shelf shelf(hosts);
    SplitOptions options;
    static const char* const names[] = {"{host}@{id}/{job}.log", "{date}/{job}-{stream}",
                                        "{year}-{month}-{day}", "all"};
    options.name = name_of(names[seed % 4]);
    if (seed % 2 == 0) options.zone = "America/St_Johns";
    const std::string place = directory / fmt::format("{}", seed);
    std::size_t round = 0;
    while (!shelf.complete()) {
      CAPTURE(++round);
      shelf.take_something(dice, 10);
      const Split split = update(shelf.store(), place, options);
      const auto files = files_of(place);
      REQUIRE(files == wanted_files(shelf.store(), options));
      if (split.files > 0 && split.files < files.size()) ++partly;
      CHECK(split.rebuilt_because.empty());
      CHECK(update(shelf.store(), place, options).lines == 0);
    }
    options.rebuild = true;
    update(shelf.store(), place, options);
    REQUIRE(files_of(place) == wanted_files(shelf.store(), options));
  }
  CHECK(partly > 50);
}

TEST_CASE("a line that is not wanted any more since it grew goes out of its file") {
  const FastDir directory;
  std::vector<Host> hosts;
  hosts.emplace_back(std::uint8_t{1}, Manner());
  const auto say = [&](const char* job, std::uint64_t offset, const char* bytes, bool more) {
    Said said;
    said.kind = Kind::chunk;
    said.time = said.stamp = 1'700'000'000'000 + static_cast<Millis>(offset);
    said.source = "host1";
    said.job = job;
    said.stream = "stdout";
    said.run = job[0] == 'a' ? "00000000000000aa" : "00000000000000bb";
    said.offset = offset;
    said.bytes = bytes;
    said.more = more;
    hosts.front().say(said);
  };
  say("a", 0, "one\nnothing", true);
  say("b", 0, "alone", true);
  say("a", 11, " but a secret", false);
  say("b", 5, " with a secret", false);
  for (const bool wants_secret : {false, true}) {
    CAPTURE(wants_secret);
    Shelf shelf(hosts);
    SplitOptions options;
    options.name = name_of("{job}.log");
    options.selection.texts = {{"secret", false, false, !wants_secret}};
    const std::string place = directory / fmt::format("{}", wants_secret);
    for (const std::size_t count : {2, 1, 1}) {
      shelf.take(0, count);
      update(shelf.store(), place, options);
      CHECK(files_of(place) == wanted_files(shelf.store(), options));
      CHECK(update(shelf.store(), place, options).files == 0);
    }
    CHECK(files_of(place).size() == (wants_secret ? 2 : 1));
    CHECK(!fs::exists(state_path(place + "/b.log")) == !wants_secret);
  }
}

TEST_CASE(
    "a file that was removed, cut or changed is made anew, and one that we did not write is left alone") {
  const FastDir directory;
  Dice dice(11);
  const auto hosts = some_hosts(dice, 3, 40, Manner());
  Shelf shelf(hosts);
  SplitOptions options;
  options.name = name_of("{job}.log");
  const std::string place = directory / "files";
  for (std::size_t host = 0; host < hosts.size(); ++host) shelf.take(host, 20);
  update(shelf.store(), place, options);
  fs::remove(place + "/job0.log");
  update(shelf.store(), place, options);
  CHECK(files_of(place) == wanted_files(shelf.store(), options));

  std::ofstream(place + "/job0.log", std::ios::app) << "something else\n";
  fs::resize_file(place + "/job1.log", 100);
  shelf.take_all();
  update(shelf.store(), place, options);
  CHECK(files_of(place) == wanted_files(shelf.store(), options));

  // Another name: the old files go, and the folders that were made for them.
  SplitOptions deep = options;
  deep.name = name_of("{host}/{stream}/{job}.log");
  update(shelf.store(), place, deep);
  CHECK(files_of(place) == wanted_files(shelf.store(), deep));
  fs::create_directories(place + "/mine/too");
  options.name = name_of("{stream}.log");
  CHECK(update(shelf.store(), place, options).rebuilt_because == "they were made with other options");
  CHECK(files_of(place) == wanted_files(shelf.store(), options));
  std::vector<std::string> folders;
  for (const auto& entry : fs::recursive_directory_iterator(place)) {
    if (entry.is_directory()) folders.push_back(entry.path().filename());
  }
  CHECK(folders == std::vector<std::string>{"mine", "too"});

  std::ofstream(place + "/job0.log") << "mine\n";
  options.name = name_of("{job}.log");
  auto refused = update_split_files(shelf.store(), place, options);
  REQUIRE(!refused);
  CHECK(refused.error().code == Code::cannot_create);
  CHECK(slurp(place + "/job0.log") == "mine\n");
  fs::remove(place + "/job0.log");
  fs::create_directory(place + "/job0.log");
  refused = update_split_files(shelf.store(), place, options);
  REQUIRE(!refused);
  CHECK(refused.error().text.find("a directory of that name is there") != std::string::npos);
  fs::remove(place + "/job0.log");
  update(shelf.store(), place, options);
  CHECK(files_of(place) == wanted_files(shelf.store(), options));
}

TEST_CASE("a feed that names a new job in each message takes no files of others") {
  const FastDir directory;
  std::vector<Host> hosts;
  for (std::uint8_t number = 1; number <= 2; ++number) {
    hosts.emplace_back(number, Manner());
    for (int i = 0; i < 12; ++i) {
      Said said;
      said.time = said.stamp = 1'700'000'000'000 + i;
      said.source = fmt::format("host{}", number);
      said.job = number == 1 ? fmt::format("job{}", i) : fmt::format("good{}", i / 4);
      said.stream = "stdout";
      said.bytes = "x";
      hosts.back().say(said);
    }
  }
  Shelf shelf(hosts);
  SplitOptions split;
  split.name = name_of("{source}.{job}.log");
  split.limits.of_feed = 5;
  AppendOptions append;
  append.name = split.name;
  append.limits = split.limits;
  std::uint64_t left_out = 0, left_out_of_append = 0;
  while (!shelf.complete()) {
    shelf.take(0, 3);
    shelf.take(1, 3);
    left_out += update(shelf.store(), directory / "split", split).left_out;
    auto appended = append_to_files(shelf.store(), directory / "append", append);
    REQUIRE(appended);
    left_out_of_append += appended->left_out;
  }
  auto wanted = wanted_files(shelf.store(), split);
  for (const char* kind : {"split", "append"}) {
    const auto files = files_of(directory / kind);
    CHECK(files.size() == 5 + 3);
    for (const auto& [name, text] : files) {
      if (name.starts_with("host2")) CHECK(text == wanted[name]);
    }
  }
  CHECK(left_out == 7);
  CHECK(left_out_of_append == 7);
}

TEST_CASE("a list of files that somebody changed leads nowhere else") {
  const FastDir directory;
  const std::string place = directory / "files";
  fs::create_directory(place);
  std::ofstream(directory / "victim") << "keep";
  std::ofstream(place + "/.ssblog-files")
      << "../victim\n/etc/passwd\n.hidden\na/../../victim\ngood\nknown\t@Xq3vT0aB\nhalf";
  auto names = FileNames::load(place + "/.ssblog");
  REQUIRE(names);
  CHECK(names->all() == std::map<std::string, std::string>{{"good", ""}, {"known", "@Xq3vT0aB"}});
}

TEST_CASE("a name that was cut short in the list never becomes one") {
  const FastDir directory;
  const std::string place = directory / ".ssblog";
  for (const std::string whole : {"", "a/b.log\n", "\n"}) {
    for (const std::size_t size : {0, 1, 7, 4000}) {
      CAPTURE(whole);
      CAPTURE(size);
      std::ofstream(place + "-files", std::ios::trunc) << whole << std::string(size, 'h');
      auto names = FileNames::load(place);
      REQUIRE(names);
      REQUIRE(names->admit("c.log", FeedId(), FileLimits()));
      REQUIRE(names->save_new());
      CHECK(slurp(place + "-files") == whole + "c.log\t" + short_id(FeedId()) + "\n");
    }
  }
}
