// SPDX-License-Identifier: MIT
#include "store/home.h"

#include "store/feeds.h"

using namespace ssblog;

TEST_CASE("without a secret, a store that holds no feed is one of an init that was interrupted") {
  const TempDir folder;
  const Home home{folder.path(), folder / "guard"};
  auto store = open_own_store(home);
  REQUIRE(store);
  auto keys = load_keys(home);
  REQUIRE_FALSE(keys);
  CHECK(keys.error().text.find("make one with: ssblog init") != std::string::npos);
  REQUIRE_FALSE(import_into(*store, lines(feed_of(keys_of(1), 2))).error);
  keys = load_keys(home);
  REQUIRE_FALSE(keys);
  CHECK(keys.error().text.find("bring its secret back") != std::string::npos);
}
