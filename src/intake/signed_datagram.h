// SPDX-License-Identifier: MIT
// intake/signed_datagram.h - what an application sends in one datagram: `ssblog1 MAC JSON`.
//
// Used by the datagram receiver. Pure, any thread. Source: docs/datagrams.md.
#pragma once

#include "feed/hmac.h"
#include "intake/event.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ssblog {

/// A datagram, taken apart but not believed. The view is into it.
struct SignedDatagram {
  HmacKey::Mac mac{};
  std::string_view text;  ///< what is signed: all behind the blank that follows the MAC
};

/// Nothing: it does not have the form.
std::optional<SignedDatagram> split_datagram(ByteView datagram);

/// What an application says of one event.
struct AppRecord {
  static constexpr std::size_t longest_name = 64;       ///< bytes of `from`, `svc`, `env`
  static constexpr std::size_t longest_function = 256;  ///< bytes of `fn`

  Millis time = 0;
  std::string from;                  ///< who sends; empty: it does not say
  std::optional<std::uint64_t> seq;  ///< counts the datagrams of `from`
  std::optional<Level> level;
  std::string text;
  std::string env, svc, fn;
  std::string stack;  ///< lines behind the text
};

/// Of the signed text. Code::data, with the field that is wrong; fields of other names are skipped.
Result<AppRecord> read_app_record(std::string_view text);

/// `SVC FROM ENV FN: TEXT`, as `shop from=shop-1 env=prod fn=pay: text`, absent parts left out; without `svc` the name in
/// front is `from`. The stack follows on lines of its own.
Event app_event(const AppRecord& record, std::string_view stream);

}  // namespace ssblog
