// SPDX-License-Identifier: MIT
#include "feed/detached_signature.h"

#include "feed/sha256.h"

#include <doctest/doctest.h>

#include <string>

using namespace ssblog;

namespace {

KeyPair keys_of(std::uint8_t number) {
  std::array<std::uint8_t, 32> seed;
  seed.fill(number);
  return KeyPair::from_seed(seed);
}

Sha256Digest digest_of(std::string_view text) { return sha256(as_bytes(text)); }

}  // namespace

TEST_CASE("a signature says who signed what, and for what purpose") {
  const KeyPair keys = keys_of(1);
  const auto read = check_signature(sign_digest(keys, "backup/nas", digest_of("report")) + "\n");
  REQUIRE(read);
  CHECK(read->author == keys.id());
  CHECK(read->purpose == "backup/nas");
  CHECK(read->digest == digest_of("report"));
}

TEST_CASE("a signature with anything changed is none") {
  const std::string good = sign_digest(keys_of(1), "file", digest_of("report"));
  REQUIRE(check_signature(good));
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char other : {'A', 'b', '"', '0', '=', ' '}) {
      std::string changed = good;
      if (changed[at] == other) continue;
      changed[at] = other;
      CAPTURE(changed);
      CHECK_FALSE(check_signature(changed));
    }
  }
  // Another's name over the same signature.
  std::string stolen = good;
  const std::string id = to_text(keys_of(1).id());
  stolen.replace(stolen.find(id), id.size(), to_text(keys_of(2).id()));
  CHECK_FALSE(check_signature(stolen));
  CHECK_FALSE(check_signature(""));
  CHECK_FALSE(check_signature("[]"));
  CHECK_FALSE(check_signature(std::string(5000, ' ') + good));
}

TEST_CASE("a purpose is one plain word") {
  CHECK(is_purpose("file"));
  CHECK(is_purpose("nightly@nas/1.0_x-y"));
  CHECK(is_purpose(std::string(longest_purpose, 'a')));
  CHECK_FALSE(is_purpose(std::string(longest_purpose + 1, 'a')));
  for (const char* word : {"", "two words", "line\n", "\"", "\xc3\xa9", "a\\b"})
    CHECK_FALSE(is_purpose(word));
}

TEST_CASE("SHA-256 in pieces is that of the whole") {
  const std::string text(1000, 'x');
  for (const std::size_t step : {1U, 7U, 63U, 64U, 65U, 999U, 1000U}) {
    Sha256 hash;
    for (std::size_t at = 0; at < text.size(); at += step)
      hash.add(as_bytes(std::string_view(text).substr(at, step)));
    CHECK(hash.finish() == sha256(as_bytes(text)));
  }
}
