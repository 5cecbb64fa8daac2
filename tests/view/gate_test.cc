// SPDX-License-Identifier: MIT
#include "view/gate.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

using namespace ssblog;

namespace {

struct Home {
  std::string path;
  Home() {
    std::string name = std::filesystem::temp_directory_path() / "ssblog-view-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Home() { std::filesystem::remove_all(path); }
};

int status_of(const Gate& gate, const TokenBook& tokens, const HttpQuestion& question,
              bool is_public = false) {
  const auto refusal = gate.refuse(question, tokens, is_public);
  if (refusal) CHECK(!refusal->why.empty());
  return refusal ? refusal->status : 200;
}

}  // namespace

TEST_CASE("tokens are made once, read by others who have the file, and gone when they are revoked") {
  const Home home;
  auto book = TokenBook::open(home.path);
  REQUIRE(book);
  CHECK(book->tokens().empty());
  CHECK_FALSE(book->name_of(""));
  auto first = book->add("first");
  REQUIRE(first);
  CHECK(first->token.size() == 43);
  CHECK(book->name_of(first->token) == "first");
  struct stat status {};
  REQUIRE(::stat((home.path + "/view/tokens").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);

  auto other = TokenBook::open(home.path);
  REQUIRE(other);
  CHECK(other->name_of(first->token) == "first");
  auto second = other->add("grafana");
  REQUIRE(second);
  CHECK(second->token != first->token);
  REQUIRE(book->refresh());
  CHECK(book->name_of(second->token) == "grafana");

  CHECK(*other->revoke("first"));
  CHECK_FALSE(*other->revoke("first"));
  REQUIRE(book->refresh());
  CHECK_FALSE(book->name_of(first->token));
  CHECK(book->name_of(second->token) == "grafana");
  CHECK_FALSE(book->name_of(second->token.substr(0, 42)));
  CHECK_FALSE(book->name_of(second->token + "x"));
}

TEST_CASE("names of tokens, and files that are none of ours") {
  const Home home;
  auto book = TokenBook::open(home.path);
  REQUIRE(book);
  for (const char* name : {"", "a b", "a\nb", "\xc3\xa9", "a/b"}) CHECK_FALSE(book->add(name));
  CHECK_FALSE(book->add(std::string(TokenBook::longest_name + 1, 'a')));
  CHECK(book->add(std::string(TokenBook::longest_name, 'a')));
  CHECK_FALSE(book->add(std::string(TokenBook::longest_name, 'a')));
  REQUIRE(::chmod((home.path + "/view/tokens").c_str(), 0644) == 0);
  const auto open_to_all = TokenBook::open(home.path);
  REQUIRE_FALSE(open_to_all);
  CHECK(open_to_all.error().code == Code::permission);
}

TEST_CASE("who may ask") {
  const Home home;
  auto book = TokenBook::open(home.path);
  REQUIRE(book);
  const std::string token = book->add("first")->token;
  const Gate gate({"nas.lan"});
  const auto status = [&](const HttpQuestion& question, bool is_public = false) {
    return status_of(gate, *book, question, is_public);
  };
  const std::string bearer = "Bearer " + token, shouted = "BEARER  " + token,
                    wrong = "Bearer " + token.substr(1);
  CHECK(status({"GET", "127.0.0.1:3032", bearer, "", false}) == 200);
  CHECK(status({"HEAD", "localhost", shouted, "same-origin", false}) == 200);
  CHECK(status({"GET", "[::1]:80", token, "none", false}) == 200);
  CHECK(status({"GET", "NAS.lan:3032", token, "", false}) == 200);
  CHECK(status({"GET", "localhost", "", "", false}) == 401);
  CHECK(status({"GET", "localhost", wrong, "", false}) == 401);
  CHECK(status({"GET", "localhost", "Basic " + token, "", false}) == 401);
  CHECK(status({"POST", "localhost", bearer, "", false}) == 405);
  CHECK(status({"OPTIONS", "localhost", bearer, "", false}) == 405);
  CHECK(status({"get", "localhost", bearer, "", false}) == 405);
  // A name that somebody has point here, and what is none.
  for (const char* host :
       {"", "evil.example", "evil.example:3032", "localhost.evil.example", "127.0.0.1.evil.example",
        "localhost:", "localhost:x", "127.0.0.1@evil.example", "nas.lan.", "::1"}) {
    CAPTURE(host);
    CHECK(status({"GET", host, bearer, "", false}) == 421);
  }
  CHECK(status({"GET", "localhost", bearer, "cross-site", false}) == 403);
  // The page itself is for everybody who may call us so.
  CHECK(status({"GET", "localhost", "", "cross-site", false}, true) == 200);
  CHECK(status({"GET", "evil.example", "", "", false}, true) == 421);
  CHECK(status({"PUT", "localhost", "", "", false}, true) == 405);
  // The unix socket: its mode says who may.
  CHECK(status({"GET", "anything", "", "", true}) == 200);
  CHECK(status({"DELETE", "anything", "", "", true}) == 405);
}
