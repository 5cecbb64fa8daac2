// SPDX-License-Identifier: MIT
// fuzz/datagram_fuzz.cc - signed datagrams and what applications say in them; networks and places to listen at.
#include "feed/utf.h"
#include "fuzz/input.h"
#include "intake/listen_place.h"
#include "intake/networks.h"
#include "intake/seen_macs.h"
#include "intake/signed_datagram.h"

using namespace ssblog;
using namespace ssblog::fuzz;

namespace {

void read(std::string_view text) {
  const auto record = read_app_record(text);
  if (!record) return;
  must(record->from.size() <= AppRecord::longest_name && record->svc.size() <= AppRecord::longest_name &&
           record->env.size() <= AppRecord::longest_name && record->fn.size() <= AppRecord::longest_function,
       "names are bounded");
  must(record->time >= 0 && record->time <= max_time, "a time is one that can be shown");
  const Event event = app_event(*record, "app");
  must(is_utf8(as_bytes(event.text)), "an event of an application is text");
  must(event.text.find(record->text) != std::string::npos, "its text is in it");
}

void split(ByteView datagram, Input& choice) {
  static const HmacKey key(as_bytes("secret of the test"));
  if (const auto parts = split_datagram(datagram)) {
    must(parts->text.data() + parts->text.size() == as_text(datagram).data() + datagram.size(),
         "what is signed reaches to the end");
    must(!key.holds(parts->mac, as_bytes(parts->text)), "nobody guesses a MAC");
  }
  std::string text = "ssblog1 " + to_hex(key.mac_of(datagram)) + " " + std::string(as_text(datagram));
  const ByteBuf honest(text.begin(), text.end());
  const auto parts = split_datagram(honest);
  must(parts && key.holds(parts->mac, as_bytes(parts->text)), "what is signed is believed");
  ByteBuf changed = honest;
  damage(changed, choice);
  const auto others = split_datagram(changed);
  if (changed != honest && others && key.holds(others->mac, as_bytes(others->text)))
    must(others->text == parts->text && others->mac == parts->mac, "what was changed is not believed");
}

void look_up(std::string_view text) {
  const auto networks = Networks::of({std::string(text)});
  if (networks) {
    const std::string host(text.substr(0, text.find('/')));
    const auto address = SocketAddress::from(host, 1);
    must(address && networks->have(*address), "a network has the address that it is written with");
  }
  if (const auto place = ListenPlace::parse(text))
    must(place->kind != ListenPlace::Kind::unix_socket || place->path.starts_with('/'),
         "a socket has a place");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Input choice(input.bytes(12));
  const ByteView bytes = input.rest();
  read(as_text(bytes));
  split(bytes, choice);
  if (bytes.size() < 200) look_up(as_text(bytes));
  return 0;
}
