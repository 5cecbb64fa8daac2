// SPDX-License-Identifier: MIT
// tests/intake/networks_test.cc - where a source listens, and from where it takes what comes.
#include "intake/networks.h"
#include "intake/listen_place.h"

#include <doctest/doctest.h>

#include <string>

using namespace ssblog;

namespace {

bool have(const std::vector<std::string>& texts, const char* host) {
  const auto networks = Networks::of(texts);
  REQUIRE(networks);
  const auto address = SocketAddress::from(host, 1);
  REQUIRE(address);
  return networks->have(*address);
}

}  // namespace

TEST_CASE("a network has its addresses and no other") {
  CHECK(have({}, "127.0.0.1"));
  CHECK(have({}, "127.9.9.9"));
  CHECK(have({}, "::1"));
  CHECK(have({}, "::ffff:127.0.0.1"));
  CHECK_FALSE(have({}, "10.0.0.1"));
  CHECK_FALSE(have({}, "::2"));
  CHECK_FALSE(have({"10.0.0.0/8"}, "127.0.0.1"));
  CHECK(have({"10.0.0.0/8", "192.168.1.7"}, "192.168.1.7"));
  CHECK_FALSE(have({"10.0.0.0/8", "192.168.1.7"}, "192.168.1.8"));
  CHECK(have({"192.168.1.16/28"}, "192.168.1.31"));
  CHECK_FALSE(have({"192.168.1.16/28"}, "192.168.1.32"));
  CHECK(have({"10.0.0.0/8"}, "::ffff:10.1.2.3"));
  CHECK(have({"fd00::/8"}, "fdff::1"));
  CHECK_FALSE(have({"fd00::/8"}, "fe00::1"));
  CHECK(have({"0.0.0.0/0"}, "8.8.8.8"));
  CHECK_FALSE(have({"0.0.0.0/0"}, "2001:db8::1"));
  CHECK(have({"::/0"}, "2001:db8::1"));
}

TEST_CASE("what is no network is refused with its text") {
  for (const char* text : {"", "nas", "10.0.0.1/33", "10.0.0.1/8", "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/-1",
                           "::/129", "10.0.0.0/8/8", "10.0.0.0/0008"}) {
    CAPTURE(text);
    const auto networks = Networks::of({text});
    REQUIRE_FALSE(networks);
    CHECK(networks.error().code == Code::config);
    CHECK(networks.error().text.find(text) != std::string::npos);
  }
  CHECK_FALSE(Networks::of(std::vector<std::string>(Networks::most + 1, "::1")));
}

TEST_CASE("a place to listen at is a unix socket, UDP or TCP") {
  const auto text_of = [](std::string_view text) {
    const auto place = ListenPlace::parse(text);
    REQUIRE(place);
    return place->kind == ListenPlace::Kind::unix_socket ? place->path
           : place->kind == ListenPlace::Kind::udp       ? "udp " + place->address.text()
                                                         : "tcp " + place->address.text();
  };
  CHECK(text_of("unix:/dev/log") == "/dev/log");
  CHECK(text_of("udp:514") == "udp 127.0.0.1:514");
  CHECK(text_of("udp:0.0.0.0:0") == "udp 0.0.0.0:0");
  CHECK(text_of("tcp:[::1]:601") == "tcp [::1]:601");
  for (const std::string& text :
       {std::string(), std::string("514"), std::string("udp:"), std::string("udp:x"),
        std::string("udp:65536"), std::string("udp:-1"), std::string("udp:nas:514"),
        std::string("tcp:127.0.0.1:"), std::string("unix:dev/log"), std::string("unix:"),
        "unix:/" + std::string(200, 'x'), std::string("tls:127.0.0.1:1"), std::string("udp:1 ")}) {
    CAPTURE(text);
    const auto place = ListenPlace::parse(text);
    REQUIRE_FALSE(place);
    CHECK(place.error().code == Code::config);
  }
}
