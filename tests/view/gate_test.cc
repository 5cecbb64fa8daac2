// SPDX-License-Identifier: MIT
#include "view/gate.h"

#include "temp_dir.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace ssblog;

namespace {

int status_of(const Gate& gate, const TokenBook& tokens, const HttpQuestion& question,
              ViewRight needed = ViewRight::all) {
  const auto [refusal, right] = gate.admit(question, tokens, needed);
  if (refusal) {
    CHECK(!refusal->why.empty());
    CHECK(right == ViewRight::none);
  } else {
    CHECK(right >= needed);
  }
  return refusal ? refusal->status : 200;
}

std::string name_of(const TokenBook& book, const std::string& token) {
  const ViewToken* const found = book.match(token);
  return found == nullptr ? "" : found->name;
}

}  // namespace

TEST_CASE("tokens are made once, read by others who have the file, and gone when they are revoked") {
  const TempDir home;
  auto book = TokenBook::open(home.path());
  REQUIRE(book);
  CHECK(book->tokens().empty());
  CHECK_FALSE(book->match(""));
  auto first = book->add("first");
  REQUIRE(first);
  CHECK(first->token.size() == 43);
  CHECK(name_of(*book, first->token) == "first");
  struct stat status {};
  REQUIRE(::stat((home / "view/tokens").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);

  auto other = TokenBook::open(home.path());
  REQUIRE(other);
  CHECK(name_of(*other, first->token) == "first");
  auto second = other->add("grafana");
  REQUIRE(second);
  CHECK(second->token != first->token);
  REQUIRE(book->refresh());
  CHECK(name_of(*book, second->token) == "grafana");

  CHECK(*other->revoke("first"));
  CHECK_FALSE(*other->revoke("first"));
  REQUIRE(book->refresh());
  CHECK_FALSE(book->match(first->token));
  CHECK(name_of(*book, second->token) == "grafana");
  CHECK_FALSE(book->match(second->token.substr(0, 42)));
  CHECK_FALSE(book->match(second->token + "x"));
}

TEST_CASE("names of tokens, and files that are none of ours") {
  const TempDir home;
  auto book = TokenBook::open(home.path());
  REQUIRE(book);
  for (const char* name : {"", "a b", "a\nb", "\xc3\xa9", "a/b"}) CHECK_FALSE(book->add(name));
  CHECK_FALSE(book->add(std::string(TokenBook::longest_name + 1, 'a')));
  CHECK(book->add(std::string(TokenBook::longest_name, 'a')));
  CHECK_FALSE(book->add(std::string(TokenBook::longest_name, 'a')));
  REQUIRE(::chmod((home / "view/tokens").c_str(), 0644) == 0);
  const auto open_to_all = TokenBook::open(home.path());
  REQUIRE_FALSE(open_to_all);
  CHECK(open_to_all.error().code == Code::permission);
}

TEST_CASE("who may ask") {
  const TempDir home;
  auto book = TokenBook::open(home.path());
  REQUIRE(book);
  const std::string token = book->add("first")->token;
  const Gate gate({"nas.lan"});
  const auto status = [&](const HttpQuestion& question, bool is_public = false) {
    return status_of(gate, *book, question, is_public ? ViewRight::none : ViewRight::all);
  };
  const std::string bearer = "Bearer " + token, shouted = "BEARER  " + token,
                    wrong = "Bearer " + token.substr(1);
  CHECK(status({"GET", "127.0.0.1:3032", bearer, "", "", "127.0.0.1:3032", false}) == 200);
  CHECK(status({"HEAD", "localhost", shouted, "same-origin", "", "localhost", false}) == 200);
  CHECK(status({"GET", "[::1]:80", token, "none", "", "[::1]:80", false}) == 200);
  CHECK(status({"GET", "NAS.lan:3032", token, "", "", "NAS.lan:3032", false}) == 200);
  CHECK(status({"GET", "localhost", "", "", "", "localhost", false}) == 401);
  CHECK(status({"GET", "localhost", wrong, "", "", "localhost", false}) == 401);
  CHECK(status({"GET", "localhost", "Basic " + token, "", "", "localhost", false}) == 401);
  CHECK(status({"POST", "localhost", bearer, "", "", "localhost", false}) == 405);
  CHECK(status({"OPTIONS", "localhost", bearer, "", "", "localhost", false}) == 405);
  CHECK(status({"get", "localhost", bearer, "", "", "localhost", false}) == 405);
  // A name that somebody has point here, and what is none.
  for (const char* host : {"",
                           "evil.example",
                           "evil.example:3032",
                           "localhost.evil.example",
                           "127.0.0.1.evil.example",
                           "localhost:",
                           "localhost:x",
                           "localhost:000080",
                           "localhost:80:80",
                           "localhost.",
                           "localhost.:80",
                           "a:b@localhost",
                           "a@localhost:80",
                           "0.0.0.0",
                           "127.1",
                           "2130706433",
                           "[::1",
                           "[::]",
                           "localhost/",
                           "localhost ",
                           "http://localhost",
                           "127.0.0.1@evil.example",
                           "nas.lan.",
                           "::1"}) {
    CAPTURE(host);
    CHECK(status({"GET", host, bearer, "", "", host, false}) == 421);
  }
  CHECK(status({"GET", "localhost", bearer, "cross-site", "", "localhost", false}) == 403);
  CHECK(status({"GET", "localhost", bearer, "same-site", "", "localhost", false}) == 403);
  CHECK(status({"GET", "anything", "", "cross-site", "", "anything", true}) == 403);
  // The page that asks.
  for (const char* origin : {"http://localhost:3032", "https://localhost:3032", "http://LOCALHOST:3032"})
    CHECK(status({"GET", "localhost:3032", bearer, "", origin, "localhost:3032", false}) == 200);
  for (const char* origin : {"null", "http://localhost:8080", "http://localhost", "http://evil.example",
                             "localhost:3032", "http://localhost:3032.evil.example", "file://", "http://"}) {
    CAPTURE(origin);
    CHECK(status({"GET", "localhost:3032", bearer, "", origin, "localhost:3032", false}) == 403);
    CHECK(status({"GET", "x", "", "", origin, "logs.example", true}) == 403);
  }
  CHECK(status({"GET", "x", "", "", "https://logs.example", "logs.example", true}) == 200);
  // The page itself is for everybody who may call us so.
  CHECK(status({"GET", "localhost", "", "cross-site", "", "localhost", false}, true) == 200);
  CHECK(status({"GET", "evil.example", "", "", "", "evil.example", false}, true) == 421);
  CHECK(status({"PUT", "localhost", "", "", "", "localhost", false}, true) == 405);
  // The unix socket: its mode says who may.
  CHECK(status({"GET", "anything", "", "", "", "anything", true}) == 200);
  CHECK(status({"DELETE", "anything", "", "", "", "anything", true}) == 405);
}

TEST_CASE("a token for the board opens the board, and one for what nobody knows opens nothing") {
  const TempDir home;
  auto book = TokenBook::open(home.path());
  REQUIRE(book);
  const std::string all = book->add("first")->token, board = book->add("prometheus", "board")->token;
  REQUIRE(replace_file(
      home / "view/tokens",
      "first " + all + "\nprometheus " + board + " board\nlater " + std::string(43, 'x') + " hosts=nas\n",
      0600));
  REQUIRE(book->refresh());
  const Gate gate({});
  const auto status = [&](const std::string& token, ViewRight needed) {
    return status_of(gate, *book, {"GET", "localhost", token, "", "", "localhost", false}, needed);
  };
  CHECK(status(all, ViewRight::all) == 200);
  CHECK(status(all, ViewRight::board) == 200);
  CHECK(status(board, ViewRight::all) == 403);
  CHECK(status(board, ViewRight::board) == 200);
  CHECK(status(board + " board", ViewRight::board) == 401);
  CHECK(status(std::string(43, 'x'), ViewRight::all) == 401);
  CHECK(status(std::string(43, 'x'), ViewRight::board) == 401);
  CHECK(status(std::string(43, 'x'), ViewRight::none) == 200);
  CHECK(status("", ViewRight::board) == 401);
  // What is answered depends on it.
  CHECK(gate.admit({"GET", "localhost", board, "", "", "localhost", false}, *book, ViewRight::board).right ==
        ViewRight::board);
  CHECK(right_by("Bearer " + board, *book) == ViewRight::board);
  CHECK(right_by("Bearer " + std::string(43, 'x'), *book) == ViewRight::none);
}

TEST_CASE("which address needs which right") {
  const auto needed = [](std::string_view target) { return right_needed(*parse_target(target)); };
  for (const char* target : {"/jobs", "/jobs/", "/alerts?limit=1", "/info", "/metrics", "/healthz"}) {
    CAPTURE(target);
    CHECK(needed(target) == ViewRight::board);
  }
  // What is not known either.
  for (const char* target : {"/?limit=1", "/hosts", "/hosts/nas", "/hosts/nas/logs", "/stream", "/jobs/x",
                             "/JOBS", "/new", "/hosts/jobs", "/"}) {
    CAPTURE(target);
    CHECK(needed(target) == ViewRight::all);
  }
}

TEST_CASE("what can be the name of a server") {
  for (const char* good :
       {"localhost", "nas.lan:3032", "[::1]", "[fe80::1]:80", "127.0.0.1", "my_nas-2.example"})
    CHECK(is_authority(good));
  for (const char* bad : {"", ":80", "a b", "a\"b", "<b>", "a/b", "a@b", "::1", "[]", "[x y]", "a:99999999",
                          "a:", "a,b", "a\r\nX: y"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_authority(bad));
  }
  CHECK_FALSE(is_authority(std::string(300, 'a')));
}
