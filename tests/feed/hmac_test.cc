// SPDX-License-Identifier: MIT
#include "feed/hmac.h"

#include <doctest/doctest.h>

#include <string>

using namespace ssblog;

TEST_CASE("HMAC-SHA-256 gives what RFC 4231 says") {
  struct Vector {
    std::string secret, text, mac;
  };
  const Vector vectors[] = {
      {std::string(20, '\x0b'), "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", "what do ya want for nothing?",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
  };
  for (const Vector& one : vectors) {
    CAPTURE(one.text);
    const HmacKey key(as_bytes(one.secret));
    auto mac = key.mac_of(as_bytes(one.text));
    CHECK(to_hex(mac) == one.mac);
    CHECK(key.holds(mac, as_bytes(one.text)));
    CHECK_FALSE(key.holds(mac, as_bytes(one.text + "x")));
    for (std::size_t bit = 0; bit < mac.size() * 8; ++bit) {
      auto other = mac;
      other[bit / 8] = static_cast<std::uint8_t>(other[bit / 8] ^ 1U << bit % 8);
      CHECK_FALSE(key.holds(other, as_bytes(one.text)));
    }
  }
}
