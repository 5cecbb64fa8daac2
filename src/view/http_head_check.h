// SPDX-License-Identifier: MIT
// view/http_head_check.h - whether the head of a request can be read in one way only.
//
// Used by SocketStream, before cpp-httplib reads it: that ends a line at a NUL and passes over one without a colon, so a proxy
// in front could take the same bytes for another request. Pure, one thread an object; an object for each request.
// Source: RFC 9112, sections 2.2, 3.2, 5, 6.1 and 6.3; RFC 9110, sections 5.5, 5.6.2 and 8.6.
#pragma once

#include "feed/result.h"

#include <cstddef>
#include <optional>
#include <string_view>

namespace ssblog {

class HttpHeadCheck {
 public:
  static constexpr std::size_t longest = 64 * 1024;  // bytes of the request's line and its headers

  /// `bytes`: those of the request so far, from its first one on; more of them each time.
  /// @return how many of them are the head, with the empty line that ends it; nothing until more come. Code::usage for what is
  ///         no head, or one that others may read otherwise: the connection is to end, nobody knows where the next begins.
  Result<std::optional<std::size_t>> look(std::string_view bytes);

 private:
  Result<void> take_field(std::string_view line);

  std::size_t line_ = 0;    ///< where the first line begins that is not whole yet
  std::size_t looked_ = 0;  ///< up to there no line ends but those before
  bool has_line_ = false;   ///< that of the request
  bool has_host_ = false, has_length_ = false, has_coding_ = false;
};

}  // namespace ssblog
