// SPDX-License-Identifier: MIT
#include "view/http_head_check.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using namespace ssblog;
using namespace std::string_literals;

namespace {

const std::string line = "GET /jobs HTTP/1.1\r\n";

/// Bytes of the head; 0: more have to come; -1: it is none.
int length_of(std::string_view bytes) {
  HttpHeadCheck check;
  const auto looked = check.look(bytes);
  if (!looked) {
    CHECK(looked.error().code == Code::usage);
    CHECK_FALSE(looked.error().text.empty());
    return -1;
  }
  return *looked ? static_cast<int>(**looked) : 0;
}

/// As one part comes after the other, `step` bytes each.
int length_in_steps(std::string_view bytes, std::size_t step) {
  HttpHeadCheck check;
  for (std::size_t there = 0; there < bytes.size();) {
    there = std::min(bytes.size(), there + step);
    const auto looked = check.look(bytes.substr(0, there));
    if (!looked) return -1;
    if (*looked) return static_cast<int>(**looked);
  }
  return 0;
}

}  // namespace

TEST_CASE("a head ends at its empty line, however its bytes arrive") {
  for (const std::string& head :
       {line + "\r\n", line + "Host: nas\r\n\r\n", line + "Host:nas\r\nX-Any:\r\nx: \t a\tb \r\n\r\n",
        line + "Content-Length: 5\r\n\r\n", line + "transfer-encoding: Chunked\r\n\r\n",
        line + "!#$%&'*+-.^_`|~09Az: \xc3\xa4\x80\xff\r\n\r\n", "GET /\xc3\xa4 HTTP/1.1\r\n\r\n"s}) {
    CAPTURE(head);
    const int length = static_cast<int>(head.size());
    for (const std::string& behind : {""s, "\r\n"s, "GET / HTTP/1.1\r\n\r\n"s, "\0\n\n\r"s}) {
      CHECK(length_of(head + behind) == length);
      for (std::size_t step = 1; step < head.size(); ++step)
        CHECK(length_in_steps(head + behind, step) == length);
    }
    for (std::size_t cut = 0; cut < head.size(); ++cut) CHECK(length_of(head.substr(0, cut)) == 0);
  }
}

TEST_CASE("what could be read in two ways is no head") {
  const std::string host = "Host: nas\r\n";
  for (const std::string& headers :
       {// A line that a reader ends somewhere else, or passes over.
        "X: a\0b\r\n"s, "X: a\x01\r\n"s, "X: a\x7f\r\n"s, "X: a\rb\r\n"s, "X: a\r\r\n"s, "X: a\nY: b\r\n"s,
        "X: a\n"s, "X: a\x0bY: b\r\n"s, "no colon\r\n"s, "\0\r\n"s,
        // Names.
        ": a\r\n"s, "X : a\r\n"s, "X\t: a\r\n"s, "X Y: a\r\n"s, "X\0Y: a\r\n"s, "X\xc3\xa4: a\r\n"s,
        "X(y): a\r\n"s, "[x]: a\r\n"s, "Host : evil\r\n"s, "Content-Length : 5\r\n"s,
        // Folded, and what stands before the first.
        " folded\r\n"s, "\tfolded\r\n"s, " X: a\r\n"s, " \r\n"s, "\t\r\n"s,
        // Twice, and together.
        "Host: nas\r\n"s, "HOST: evil\r\n"s, "hOsT:\r\n"s, "Content-Length: 5\r\nContent-Length: 5\r\n"s,
        "Content-Length: 5\r\ncontent-length: 6\r\n"s, "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"s,
        "Transfer-Encoding: chunked\r\nX: a\r\nContent-Length: 5\r\n"s,
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"s,
        // Lengths of what nobody knows the end of.
        "Content-Length: -1\r\n"s, "Content-Length: +5\r\n"s, "Content-Length: 5, 5\r\n"s,
        "Content-Length: 0x5\r\n"s, "Content-Length: 5 5\r\n"s, "Content-Length:\r\n"s,
        "Transfer-Encoding: gzip\r\n"s, "Transfer-Encoding: chunked, identity\r\n"s,
        "Transfer-Encoding: xchunked\r\n"s, "Transfer-Encoding:\r\n"s,
        "Transfer-Encoding: \x0b"
        "chunked\r\n"s}) {
    CAPTURE(headers);
    const std::string alone =
        line + (headers.size() > 4 && (headers[0] | 0x20) == 'h' ? host : "") + headers + "\r\n";
    for (const std::string& head :
         {alone, line + host + headers + "\r\n", line + host + headers + "X: b\r\n\r\n"}) {
      CHECK(length_of(head) == -1);
      for (std::size_t step = 1; step < head.size(); ++step) CHECK(length_in_steps(head, step) == -1);
    }
  }
  for (const std::string& first :
       {"\r\n"s, "\n"s, "GET / HTTP/1.1\n"s, "GET /\0 HTTP/1.1\r\n"s, "GET /\t HTTP/1.1\r\n"s,
        "GE\0T / HTTP/1.1\r\n"s, "GET / HTTP/1.1\r\r\n"s, "\x16\x03\x01\r\n"s, "GET / \x7fHTTP/1.1\r\n"s}) {
    CAPTURE(first);
    CHECK(length_of(first + host + "\r\n") == -1);
  }
}

TEST_CASE("a head without an end is refused when it is too long") {
  for (const std::string& part :
       {"A"s, "X: y\r\n"s, "X:yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n"s}) {
    std::string head = line;
    while (head.size() + part.size() < HttpHeadCheck::longest) head += part;
    CHECK(length_of(head) == 0);
    head += std::string(HttpHeadCheck::longest - head.size(), 'z');
    CHECK(length_of(head) == -1);
  }
  // One with an end, too.
  const std::string rest = "X: " + std::string(HttpHeadCheck::longest - line.size() - 7, 'y') + "\r\n\r\n";
  CHECK(length_of(line + rest) == static_cast<int>(HttpHeadCheck::longest));
  CHECK(length_of(line + "X" + rest) == -1);
  CHECK(length_of(line + "X:\r\n" + rest) == -1);
}
