// SPDX-License-Identifier: MIT
// What several do to the tokens of one home at once.
#include "view/token_book.h"

#include "temp_dir.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

using namespace ssblog;

namespace {

/// Each with a book of its own, that was read before anybody changed anything.
std::vector<TokenBook> books(const TempDir& home, std::size_t count) {
  std::vector<TokenBook> all;
  for (std::size_t i = 0; i < count; ++i) {
    auto book = TokenBook::open(home.path());
    REQUIRE(book);
    all.push_back(std::move(*book));
  }
  return all;
}

}  // namespace

TEST_CASE("what several change at once is all there") {
  const TempDir home;
  constexpr std::size_t count = 24;
  auto start = TokenBook::open(home.path());
  REQUIRE(start);
  for (std::size_t i = 0; i < count; i += 2) REQUIRE(start->add(fmt::format("old{}", i)));
  auto all = books(home, count);
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (std::size_t i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      if (i % 2 == 0) {
        const auto revoked = all[i].revoke(fmt::format("old{}", i));
        good += revoked && *revoked ? 1 : 0;
      } else {
        const auto added = all[i].add(fmt::format("new{}", i));
        good += added && all[i].match(added->token) == all[i].find(fmt::format("new{}", i)) ? 1 : 0;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(good == count);
  auto end = TokenBook::open(home.path());
  REQUIRE(end);
  CHECK(end->tokens().size() == count / 2);
  for (std::size_t i = 1; i < count; i += 2) CHECK(end->find(fmt::format("new{}", i)) != nullptr);
}

TEST_CASE("who did not read of a revoked token does not write it back") {
  const TempDir home;
  auto first = TokenBook::open(home.path());
  REQUIRE(first);
  REQUIRE(first->add("lost"));
  auto second = TokenBook::open(home.path());
  REQUIRE(second);
  REQUIRE(first->revoke("lost"));
  REQUIRE(second->add("other"));
  REQUIRE(first->refresh());
  CHECK(first->find("lost") == nullptr);
  CHECK(first->find("other") != nullptr);
}

TEST_CASE("of several who make the first token one does") {
  const TempDir home;
  auto all = books(home, 4);
  int made = 0;
  for (auto& book : all) {
    const auto added = book.add_if_none("first");
    REQUIRE(added);
    made += *added ? 1 : 0;
    CHECK(book.tokens().size() == 1);
  }
  CHECK(made == 1);
  auto late = TokenBook::open(home.path());
  REQUIRE(late);
  CHECK(late->tokens().front().token == all.back().tokens().front().token);
}

TEST_CASE("to revoke what is not there needs nothing to write to") {
  const TempDir home;
  auto book = TokenBook::open(home.path());
  REQUIRE(book);
  const auto revoked = book->revoke("none");
  REQUIRE(revoked);
  CHECK_FALSE(*revoked);
  CHECK_FALSE(std::filesystem::exists(TokenBook::folder_of(home.path())));
}

TEST_CASE("a right stands behind its token, and outlives what else is changed") {
  const TempDir home;
  auto book = TokenBook::open(home.path());
  REQUIRE(book);
  const auto board = book->add("prometheus", "board");
  REQUIRE(board);
  CHECK(board->right() == ViewRight::board);
  CHECK(book->first_for_all() == nullptr);
  const auto all = book->add("first");
  REQUIRE(all);
  CHECK(all->right() == ViewRight::all);
  REQUIRE(book->first_for_all() != nullptr);
  CHECK(book->first_for_all()->name == "first");
  const auto unknown = book->add("x", "everything");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == Code::usage);
  CHECK(*read_file(TokenBook::folder_of(home.path()) + "/tokens", 1000) ==
        "prometheus " + board->token + " board\nfirst " + all->token + "\n");
  REQUIRE(book->revoke("first"));
  auto again = TokenBook::open(home.path());
  REQUIRE(again);
  CHECK(again->match(board->token)->right() == ViewRight::board);
  CHECK(again->match(board->token + " board") == nullptr);
}

TEST_CASE("a file of the older form is read; a right of a later one opens nothing, and stays") {
  const TempDir home;
  REQUIRE(std::filesystem::create_directories(TokenBook::folder_of(home.path())));
  const std::string file = TokenBook::folder_of(home.path()) + "/tokens", token(43, 'a');
  REQUIRE(replace_file(file, "old " + token + "\n", 0600));
  auto book = TokenBook::open(home.path());
  REQUIRE(book);
  CHECK(book->match(token)->right() == ViewRight::all);
  for (const char* right :
       {"hosts=nas", "boards", "all", "board all", "board ", " board", "BOARD", "board\r"}) {
    CAPTURE(right);
    REQUIRE(replace_file(file, "new " + token + " " + right + "\n", 0600));
    REQUIRE(book->refresh());
    REQUIRE(book->match(token) != nullptr);
    CHECK(book->match(token)->right() == ViewRight::none);
    REQUIRE(book->add("other"));
    CHECK(book->find("new")->only == right);
    REQUIRE(book->revoke("other"));
  }
  for (const std::string& line : {"new " + token + " ", std::string("new short board"), "new  " + token}) {
    REQUIRE(replace_file(file, line + "\n", 0600));
    CHECK_FALSE(TokenBook::open(home.path()));
  }
}

TEST_CASE("what was revoked is no token any more, even where times and sizes do not tell") {
  const TempDir home;
  auto server = TokenBook::open(home.path());
  REQUIRE(server);
  auto changed = TokenBook::open(home.path());
  REQUIRE(changed);
  const auto old = changed->add("one");
  REQUIRE(old);
  REQUIRE(server->refresh());
  REQUIRE(server->match(old->token) != nullptr);
  const std::string path = TokenBook::folder_of(home.path()) + "/tokens";
  const auto written = std::filesystem::last_write_time(path);
  REQUIRE(changed->revoke("one"));
  const auto fresh = changed->add("two");
  REQUIRE(fresh);
  std::filesystem::last_write_time(path, written);
  REQUIRE(server->refresh());
  CHECK(server->match(old->token) == nullptr);
  CHECK(server->match(fresh->token) != nullptr);
  // Nor does a file that says nothing to us, and is itself again, leave anything behind.
  const auto good = read_file(path, 1000);
  REQUIRE(good);
  REQUIRE(replace_file(path, *good + "half", S_IRUSR | S_IWUSR));
  CHECK_FALSE(server->refresh());
  REQUIRE(replace_file(path, *good, S_IRUSR | S_IWUSR));
  REQUIRE(server->refresh());
  CHECK(server->tokens().size() == 1);
}

TEST_CASE("a link in the place of the folder for tokens is not followed") {
  const TempDir home, elsewhere;
  const std::string folder = TokenBook::folder_of(home.path());
  std::filesystem::create_symlink(elsewhere.path(), folder);
  auto book = TokenBook::open(home.path());
  REQUIRE(book);
  const auto added = book->add("one");
  REQUIRE_FALSE(added);
  CHECK(added.error().code == Code::permission);
  CHECK(added.error().text.starts_with(folder + " is a symlink"));
  CHECK(std::filesystem::is_empty(elsewhere.path()));
}

TEST_CASE("what root makes for a token is of the home's owner, and a linked folder stays root's") {
  if (::geteuid() != 0) {
    MESSAGE("skipped: only root can give files away");
    return;
  }
  const auto owner = [](const std::string& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_uid;
  };
  const TempDir home, elsewhere;
  REQUIRE(::chown(home.path().c_str(), 4711, 4711) == 0);
  const std::string folder = TokenBook::folder_of(home.path());
  std::filesystem::create_symlink(elsewhere.path(), folder);
  auto book = TokenBook::open(home.path());
  REQUIRE(book);
  CHECK_FALSE(book->add("one"));
  CHECK(owner(elsewhere.path()) == 0);
  std::filesystem::remove(folder);
  // As a call leaves it that was killed.
  std::filesystem::create_directory(folder);
  REQUIRE(book->add("one"));
  CHECK(owner(folder) == 4711);
  CHECK(owner(folder + "/tokens") == 4711);
  // One that root laid out itself, with something in it, is not given away.
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  REQUIRE(create_file(folder + "/notes", "of root", 0600));
  REQUIRE(book->add("two"));
  CHECK(owner(folder) == 0);
  CHECK(owner(folder + "/notes") == 0);
}
