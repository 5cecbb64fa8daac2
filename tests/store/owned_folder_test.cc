// SPDX-License-Identifier: MIT
// What root makes in the home of another user, and what that user puts in its way.
#include "store/owned_folder.h"

#include "store/file_beside.h"
#include "store/guard.h"
#include "store/private_file.h"
#include "temp_dir.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

using namespace ssblog;

namespace {

constexpr uid_t service = 4711;

bool may_give_away() {
  if (::geteuid() == 0) return true;
  MESSAGE("skipped: only root can give files away");
  return false;
}

/// A directory of the service.
struct ServiceHome : TempDir {
  ServiceHome() { REQUIRE(::chown(path().c_str(), service, service) == 0); }
};

uid_t owner(const std::string& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status.st_uid;
}

void put(const std::string& path, std::string_view text) { REQUIRE(create_file(path, text, 0600)); }

}  // namespace

TEST_CASE("files of a home are its owner's, and others are the maker's") {
  if (!may_give_away()) return;
  const ServiceHome home;
  REQUIRE(create_file(home / "secret", "x", 0600, OwnedBy::directory));
  REQUIRE(replace_file(home / "config", "x", 0600, OwnedBy::directory));
  CHECK(owner(home / "secret") == service);
  CHECK(owner(home / "config") == service);
  REQUIRE(create_file(home / "bundle", "x", 0600));
  REQUIRE(replace_file(home / "state", "x", 0600));
  CHECK(owner(home / "bundle") == 0);
  CHECK(owner(home / "state") == 0);
  auto file = FileBeside::make(home / "store", OwnedBy::directory);
  REQUIRE(file);
  CHECK(owner(file->name()) == 0);  // until it is whole
  REQUIRE(file->settle(false));
  CHECK(owner(home / "store") == service);
  CHECK(*create_private(home / "search.db"));
  CHECK(owner(home / "search.db") == service);
  // Root's own directories are as they were.
  const TempDir own;
  REQUIRE(create_file(own / "secret", "x", 0600, OwnedBy::directory));
  CHECK(owner(own / "secret") == 0);
}

TEST_CASE("what has the name of the written file by now is not given away") {
  if (!may_give_away()) return;
  const ServiceHome home;
  const TempDir of_root;
  put(of_root / "shadow", "x");
  auto file = FileBeside::make(home / "store", OwnedBy::directory);
  REQUIRE(file);
  std::filesystem::rename(file->name(), home / "aside");
  std::filesystem::create_symlink(of_root / "shadow", file->name());
  static_cast<void>(file->settle(false));
  CHECK(owner(of_root / "shadow") == 0);
  CHECK(owner(home / "aside") == service);
}

TEST_CASE("a directory that is put in the place of another gets nothing, and gives nothing away") {
  if (!may_give_away()) return;
  const ServiceHome home;
  const TempDir of_root;
  std::filesystem::create_directory(home / "view");
  REQUIRE(::chown((home / "view").c_str(), service, service) == 0);
  const File view(::open((home / "view").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  std::filesystem::rename(home / "view", home / "aside");
  std::filesystem::create_symlink(of_root.path(), home / "view");
  REQUIRE(replace_file(view, home / "view/tokens", "x", 0600));
  CHECK(owner(home / "aside/tokens") == service);
  CHECK(std::filesystem::is_empty(of_root.path()));
}

TEST_CASE(
    "an empty file that a killed call left to root is handed over; a link and what says something are not") {
  if (!may_give_away()) return;
  const ServiceHome home;
  const TempDir of_root;
  put(home / "left.db", "");
  put(home / "full.db", "of root");
  put(of_root / "linked", "");
  put(of_root / "two", "");
  std::filesystem::create_symlink(of_root / "linked", home / "link.db");
  REQUIRE(::link((of_root / "two").c_str(), (home / "two.db").c_str()) == 0);
  for (const char* name : {"left.db", "full.db", "link.db", "two.db"}) {
    auto made = create_private(home / name);
    REQUIRE(made);
    CHECK_FALSE(*made);
  }
  CHECK(owner(home / "left.db") == service);
  CHECK(owner(home / "full.db") == 0);
  CHECK(owner(of_root / "linked") == 0);
  CHECK(owner(of_root / "two") == 0);
}

TEST_CASE(
    "a guard that root makes is the owner's of its folder; a file of root's with a second name is not one") {
  if (!may_give_away()) return;
  const ServiceHome home;
  const TempDir of_root;
  const Guard guard(home.path(), FeedId{});
  REQUIRE(guard.write({}));
  CHECK(owner(guard.path()) == service);
  REQUIRE(guard.write({}));
  std::filesystem::remove(guard.path());
  put(guard.path(), "");
  REQUIRE(guard.write({}));
  CHECK(owner(guard.path()) == service);
  std::filesystem::remove(guard.path());
  put(of_root / "shadow", "");
  REQUIRE(::link((of_root / "shadow").c_str(), guard.path().c_str()) == 0);
  const auto refused = guard.write({});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::permission);
  CHECK(owner(of_root / "shadow") == 0);
  CHECK(std::filesystem::is_empty(of_root / "shadow"));
  std::filesystem::remove(guard.path());
  std::filesystem::create_symlink(of_root / "shadow", guard.path());
  CHECK_FALSE(guard.write({}));
  CHECK(owner(of_root / "shadow") == 0);
  CHECK(std::filesystem::is_empty(of_root / "shadow"));
}

TEST_CASE("a guard of one's own may have other names, as a backup by links gives it") {
  const TempDir folder;
  const Guard guard(folder.path(), FeedId{});
  REQUIRE(guard.write({}));
  std::filesystem::create_hard_link(guard.path(), folder / "backup");
  CHECK(guard.write({}));
}
