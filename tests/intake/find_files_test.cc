// SPDX-License-Identifier: MIT
#include "intake/find_files.h"

#include "temp_dir.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace ssblog;

namespace {

/// A folder that goes with the test.
struct Tree {
  const TempDir folder;
  const std::filesystem::path root = folder.path();
  void file(const std::string& path) const {
    std::filesystem::create_directories((root / path).parent_path());
    std::ofstream(root / path) << "x\n";
  }
};

struct Walked {
  std::string files, troubles, folders;
  std::optional<Code> error;
};

/// Patterns are below the tree.
Walked walk(const Tree& tree, const std::vector<std::string>& patterns,
            const std::vector<std::string>& exclude = {}, std::size_t most = 1000) {
  const auto found = parse_patterns(patterns);
  const auto excluded = parse_patterns(exclude, true);
  REQUIRE(found);
  REQUIRE(excluded);
  Walked walked;
  const FindCalls calls = {[&](const FoundFile& file) {
                             CHECK(S_ISREG(file.status.st_mode));
                             walked.files += file.path + " ";
                           },
                           [&](const std::string& path, const Error& why) {
                             CHECK(why.text.find(tree.root.string()) != std::string::npos);
                             walked.troubles += path + " ";
                           },
                           [&](const std::string& path) { walked.folders += path + " "; }};
  const auto done = find_files(*found, *excluded, tree.root.string(), calls, most);
  if (!done) walked.error = done.error().code;
  return walked;
}

}  // namespace

TEST_CASE("files are found once, in order, with the folders to be watched") {
  const Tree tree;
  for (const char* path : {"var/log/b.log", "var/log/a.log", "var/log/x", "var/log/n/c.log",
                           "var/log/n/m/d.log", "var/log/.h/e.log", "srv/f.log"})
    tree.file(path);
  const auto flat = walk(tree, {"/var/log/*.log", "/var/log/{a,b}.log"});
  CHECK(flat.files == "/var/log/a.log /var/log/b.log ");
  CHECK(flat.folders == "/var/log ");
  CHECK(flat.troubles.empty());
  const auto deep = walk(tree, {"/var/**/*.log", "/var/log/n/c.log"});
  CHECK(deep.files == "/var/log/a.log /var/log/b.log /var/log/n/c.log /var/log/n/m/d.log ");
  CHECK(deep.folders == "/var /var/log /var/log/n /var/log/n/m ");
  const auto excluded = walk(tree, {"/var/**/*.log"}, {"/var/log/n", "a.*"});
  CHECK(excluded.files == "/var/log/b.log ");
  CHECK(walk(tree, {"/var/**/*.log"}, {}, 3).error == Code::config);
}

TEST_CASE("what is named and cannot be read is told, and the walk goes on") {
  const Tree tree;
  tree.file("log/a.log");
  std::filesystem::create_directories(tree.root / "log/d.log");
  REQUIRE(::mkfifo((tree.root / "log/p.log").c_str(), 0600) == 0);
  const auto walked = walk(tree, {"/none/here/*.log", "/log/*.log", "/log/d.log", "/log/gone.log"});
  CHECK(walked.files == "/log/a.log ");
  CHECK(walked.troubles == "/log/d.log /log/p.log /none/here /log/gone.log ");
  // The missing folder can come to be in the one above.
  CHECK(walked.folders == "/log / ");
  CHECK(walk(tree, {"/log/*"}).troubles == "/log/p.log ");  // a folder that a sign matches is no mistake
}

TEST_CASE("symlinked folders are followed only where they are named") {
  const Tree tree;
  tree.file("real/a.log");
  std::filesystem::create_symlink(tree.root / "real", tree.root / "link");
  std::filesystem::create_symlink(tree.root, tree.root / "real/loop");
  std::filesystem::create_symlink("a.log", tree.root / "real/current.log");
  std::filesystem::create_symlink("nowhere", tree.root / "real/dead.log");
  CHECK(walk(tree, {"/link/*.log"}).files == "/link/a.log /link/current.log ");
  CHECK(walk(tree, {"/**/*.log"}).files == "/real/a.log /real/current.log ");
  CHECK(walk(tree, {"/**/a.log", "/link/a.log"}).files == "/real/a.log /link/a.log ");
  CHECK(walk(tree, {"/real/*.log"}).troubles == "/real/dead.log ");
}

TEST_CASE("a closed folder hides its list, but not what is named in it") {
  const Tree tree;
  tree.file("closed/a.log");
  ::chmod((tree.root / "closed").c_str(), 0311);
  if (::geteuid() == 0) return;  // root reads everything
  const auto walked = walk(tree, {"/closed/a.log"});
  CHECK(walked.files == "/closed/a.log ");
  CHECK(walked.troubles.empty());
  CHECK(walk(tree, {"/closed/*.log"}).troubles == "/closed ");
  ::chmod((tree.root / "closed").c_str(), 0700);
}

TEST_CASE("a symlink of another user to somebody else's file is not followed") {
  if (::geteuid() != 0) return;  // needs to give files away
  const Tree tree;
  tree.file("log/secret.txt");
  tree.file("log/own.txt");
  for (const char* name : {"secret", "own", "root"}) {
    const auto link = tree.root / "log" / (std::string(name) + ".log");
    std::filesystem::create_symlink(name == std::string("own") ? "own.txt" : "secret.txt", link);
    if (name != std::string("root")) REQUIRE(::lchown(link.c_str(), 12345, 12345) == 0);
  }
  REQUIRE(::chown((tree.root / "log/own.txt").c_str(), 12345, 12345) == 0);
  const auto walked = walk(tree, {"/log/*.log"});
  CHECK(walked.files == "/log/own.log /log/root.log ");
  CHECK(walked.troubles == "/log/secret.log ");
}
