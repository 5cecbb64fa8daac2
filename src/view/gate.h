// SPDX-License-Identifier: MIT
// view/gate.h - who may ask: by what a request says before anything is read for it.
//
// Used by the server, for each request. Pure but for the book of tokens; one thread an object. The page itself (its HTML,
// style and script) holds nothing of a feed and needs no token: it asks for one. Tokens come in a header and never in a
// cookie, so that no other site can have a browser use one.
#pragma once

#include "view/token_book.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ssblog {

/// What a request says of itself.
struct HttpQuestion {
  std::string_view method;
  std::string_view host;           ///< the header; empty: there is none
  std::string_view authorization;  ///< the header
  std::string_view fetch_site;     ///< Sec-Fetch-Site: who had a browser ask
  std::string_view origin;         ///< the header: of the page that asks; empty: there is none
  std::string_view called;         ///< this server, with its port, as who asks knows it
  bool local_socket = false;       ///< by the unix socket, whose mode says who may
};

struct HttpRefusal {
  int status = 400;
  std::string why;  ///< a sentence
};

/// What the gate says to a request.
struct Admission {
  std::optional<HttpRefusal> refusal;  ///< nothing: it may go on
  ViewRight right = ViewRight::none;   ///< and has this, where it does
};

/// A name or an address, without a port; an IPv6 address stands in brackets.
bool is_host(std::string_view text);

/// The same, with a port at most.
bool is_authority(std::string_view text);

/// The right that the token in the header `Authorization` gives; none too where the book does not know it.
ViewRight right_by(std::string_view authorization, const TokenBook& tokens);

class Gate {
 public:
  /// `hosts`: names besides loopback's by which this server may be called, without ports.
  explicit Gate(std::vector<std::string> hosts) : hosts_(std::move(hosts)) {}

  /// `needed`: the right that what it asks for needs.
  Admission admit(const HttpQuestion& question, const TokenBook& tokens, ViewRight needed) const;

 private:
  std::optional<HttpRefusal> refuse_form(const HttpQuestion& question, bool is_public) const;
  bool is_our_host(std::string_view host) const;
  std::vector<std::string> hosts_;
};

}  // namespace ssblog
