// SPDX-License-Identifier: MIT
#include "view/gate.h"

#include "view/http_text.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ssblog {
namespace {

/// `Bearer T`, the word in any case, or `T` alone.
std::string_view token_in(std::string_view authorization) {
  constexpr std::string_view bearer = "bearer ";
  if (authorization.size() > bearer.size() && is_same(authorization.substr(0, bearer.size()), bearer))
    authorization.remove_prefix(bearer.size());
  while (authorization.starts_with(' ')) authorization.remove_prefix(1);
  while (authorization.ends_with(' ')) authorization.remove_suffix(1);
  return authorization;
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && std::all_of(text.begin(), text.end(), is_digit);
}

/// Without the port; an IPv6 address stands in brackets. Empty: it is none.
std::string_view without_port(std::string_view host) {
  const auto colon = host.rfind(':');
  if (colon == std::string_view::npos || host.ends_with(']')) return host;
  return is_port(host.substr(colon + 1)) ? host.substr(0, colon) : std::string_view();
}

/// `http://NAME:PORT` of the name by which we are called.
bool is_own_origin(std::string_view origin, std::string_view called) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme)) return !called.empty() && is_same(origin.substr(scheme.size()), called);
  }
  return false;
}

}  // namespace

bool is_host(std::string_view name) {
  constexpr std::size_t longest = 253;
  if (name.empty() || name.size() > longest) return false;
  const bool bracketed = name.starts_with('[') && name.ends_with(']') && name.size() > 2;
  if (bracketed) name = name.substr(1, name.size() - 2);
  return std::all_of(name.begin(), name.end(), [&](char c) {
    return is_letter(c) || is_digit(c) || c == '.' || (bracketed ? c == ':' : c == '-' || c == '_');
  });
}

bool is_authority(std::string_view text) { return is_host(without_port(text)); }

ViewRight right_by(std::string_view authorization, const TokenBook& tokens) {
  const ViewToken* const token = tokens.match(token_in(authorization));
  return token == nullptr ? ViewRight::none : token->right();
}

bool Gate::is_our_host(std::string_view host) const {
  constexpr std::array<std::string_view, 3> loopback = {"localhost", "127.0.0.1", "[::1]"};
  const std::string_view name = without_port(host);
  const auto is_name = [name](std::string_view one) { return is_same(name, one); };
  return std::any_of(loopback.begin(), loopback.end(), is_name) ||
         std::any_of(hosts_.begin(), hosts_.end(), is_name);
}

/// Whatever its token is.
std::optional<HttpRefusal> Gate::refuse_form(const HttpQuestion& question, bool is_public) const {
  if (question.method != "GET" && question.method != "HEAD")
    return HttpRefusal{405, "nothing can be changed here: only GET and HEAD are understood"};
  // A name that somebody else lets point to this address is not ours: its pages must not read here.
  if (!question.local_socket && !is_our_host(question.host)) {
    return HttpRefusal{
        421, "this server is not called so; name it in config.toml, as [view] hosts = [\"nas.lan\"]"};
  }
  // Another port of this machine is the same site, and no less a stranger.
  const bool by_others = question.fetch_site == "cross-site" || question.fetch_site == "same-site" ||
                         (!question.origin.empty() && !is_own_origin(question.origin, question.called));
  if (by_others && !is_public) return HttpRefusal{403, "another site may not ask here"};
  return std::nullopt;
}

Admission Gate::admit(const HttpQuestion& question, const TokenBook& tokens, ViewRight needed) const {
  const bool is_public = needed == ViewRight::none;
  if (auto refusal = refuse_form(question, is_public)) return {std::move(refusal), {}};
  if (question.local_socket) return {std::nullopt, ViewRight::all};
  if (is_public) return {};
  const auto refused = [](int status, std::string why) {
    return Admission{HttpRefusal{status, std::move(why)}, {}};
  };
  if (question.authorization.empty())
    return refused(
        401,
        "a token is needed: `ssblog view open` has the browser know it, `ssblog view token list` shows it");
  const ViewToken* const token = tokens.match(token_in(question.authorization));
  if (token == nullptr)
    return refused(401,
                   "this token is not known, or was revoked: `ssblog view token list` shows those that are");
  const ViewRight right = token->right();
  if (right == ViewRight::none)
    return refused(401, "this token is for something that this version does not know, so it opens nothing");
  if (right < needed)
    return refused(403, "this token is for the board alone, not for files of hosts and their lines");
  return {std::nullopt, right};
}

}  // namespace ssblog
