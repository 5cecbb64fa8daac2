// SPDX-License-Identifier: MIT
#include "intake/syslog_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace ssblog {
namespace {

constexpr int highest_priority = 191;  // local7.debug
constexpr Millis day_ms = 86'400'000;
constexpr std::size_t longest_tag = 128;  // bytes with its pid; what is longer is a text

bool is_digit(char c) { return c >= '0' && c <= '9'; }
/// Of a word: no blank, no control character.
bool is_printed(char c) { return static_cast<unsigned char>(c) > ' ' && c != '\x7f'; }

/// The printed bytes at the front.
std::string_view first_word(std::string_view text) {
  return text.substr(
      0, static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_printed) - text.begin()));
}

bool take(std::string_view& text, std::string_view wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(wanted.size());
  return true;
}

/// `<13>`. Nothing, and nothing taken: there is none.
std::optional<int> take_priority(std::string_view& text) {
  if (!text.starts_with('<')) return std::nullopt;
  int value = 0;
  std::size_t at = 1;
  for (; at < text.size() && at <= 3 && is_digit(text[at]); ++at) value = value * 10 + (text[at] - '0');
  if (at == 1 || at >= text.size() || text[at] != '>' || value > highest_priority) return std::nullopt;
  text.remove_prefix(at + 1);
  return value;
}

/// A word and the blank behind it. Nothing: another byte ends it, or it is empty.
std::optional<std::string_view> take_field(std::string_view& text) {
  const auto word = first_word(text);
  if (word.empty() || word.size() == text.size() || text[word.size()] != ' ') return std::nullopt;
  text.remove_prefix(word.size() + 1);
  return word;
}

/// Length of the `[...]` at the front, with quotes and escapes; 0: it does not end.
std::size_t element_length(std::string_view text) {
  if (!text.starts_with('[')) return 0;
  bool quoted = false;
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (quoted && text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      quoted = !quoted;
    } else if (!quoted && text[at] == ']') {
      return at + 1;
    }
  }
  return 0;
}

std::string_view unless_nil(std::string_view field) { return field == "-" ? std::string_view() : field; }

/// What stands behind `<PRI>1 `. False: it is no RFC 5424.
bool parse_new(std::string_view text, SyslogMessage& message) {
  SyslogMessage parsed;
  parsed.priority = message.priority;
  const auto time = take_field(text);
  if (!time) return false;
  if (*time != "-") {
    parsed.time = find_time(*time);
    if (!parsed.time || !parsed.time->has_year()) return false;
  }
  for (auto* field : {&parsed.host, &parsed.tag, &parsed.pid}) {
    const auto word = take_field(text);
    if (!word) return false;
    *field = unless_nil(*word);
  }
  // Some senders end behind MSGID.
  const auto id = first_word(text);
  if (id.empty()) return false;
  parsed.id = unless_nil(id);
  text.remove_prefix(id.size());
  const bool ends_here = text.empty();
  if (!ends_here && !take(text, " ")) return false;
  if (text == "-" || text.starts_with("- ")) {
    text.remove_prefix(1);
  } else {
    std::size_t length = 0;
    while (const std::size_t one = element_length(text.substr(length))) length += one;
    // Data that do not end as they should are a text as good as any.
    if (length == text.size() || text[length] == ' ') {
      parsed.data = text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  take(text, " ");
  take(text, "\xef\xbb\xbf");
  parsed.text = text;
  message = parsed;
  return true;
}

/// Takes a number of `digits` digits.
bool take_number(std::string_view& text, std::size_t digits, int& value) {
  if (text.size() < digits ||
      !std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(digits), is_digit))
    return false;
  value = 0;
  for (std::size_t i = 0; i < digits; ++i) value = value * 10 + (text[i] - '0');
  text.remove_prefix(digits);
  return true;
}

/// Takes `Nov 21 14:02:11`, also with a year before or behind the clock, with a fraction, and Cisco's signs around it.
std::optional<LineTime> take_old_time(std::string_view& text) {
  std::string_view rest = text;
  if (!take(rest, "*")) take(rest, ".");
  constexpr std::size_t date_size = 7;  // "Nov 21 "
  if (rest.size() < date_size || rest[3] != ' ' || rest[6] != ' ') return std::nullopt;
  const auto date = rest.substr(0, date_size);
  rest.remove_prefix(date_size);
  int year = 0, number = 0;
  std::string_view ahead = rest;
  if (take_number(ahead, 4, number) && take(ahead, " ")) {
    year = number;
    rest = ahead;
  }
  const std::size_t end = std::min(rest.find_first_not_of("0123456789:.,"), rest.size());
  auto clock = rest.substr(0, end);
  if (clock.size() > 8 && clock.ends_with(':')) clock.remove_suffix(1);
  auto time = find_time(std::string(date).append(clock));
  if (!time) return std::nullopt;
  rest.remove_prefix(end);
  ahead = rest;
  if (year == 0 && take(ahead, " ") && take_number(ahead, 4, number) && ahead.starts_with(' ') &&
      number >= 1990 && number <= 2100) {
    year = number;
    rest = ahead;
  }
  if (year != 0) {
    time = find_time(fmt::format("{}{} {}", date, clock, year));
    if (!time) return std::nullopt;
  }
  if (!rest.empty() && rest[0] != ' ') return std::nullopt;
  take(rest, " ");
  text = rest;
  return time;
}

/// Takes a time of ISO 8601, as rsyslog forwards it, or one of RFC 3164.
std::optional<LineTime> take_time(std::string_view& text) {
  constexpr std::size_t shortest = 19, longest = 40;  // 2026-11-21T14:02:11
  const auto word = first_word(text.substr(0, longest));
  if (word.size() < shortest || !is_digit(word[0]) || word[4] != '-' || word[10] != 'T')
    return take_old_time(text);
  auto time = find_time(word);
  if (!time || !time->has_year()) return std::nullopt;
  text.remove_prefix(word.size());
  take(text, " ");
  return time;
}

/// Takes `tag:`, `tag[pid]:` or `tag[pid]` and the blank behind it. False: there is none, and nothing is taken.
bool take_tag(std::string_view& text, SyslogMessage& message) {
  const auto word = first_word(text.substr(0, longest_tag + 1));
  if (word.empty() || word.size() > longest_tag || word[0] == '[' || word[0] == ':') return false;
  std::string_view tag = word;
  const auto open = word.find('[');
  if (open != std::string_view::npos) {
    const auto close = word.find(']', open);
    if (close == std::string_view::npos) return false;
    const bool ends_so = close + 1 == word.size() || word[close + 1] == ':';
    if (!ends_so) return false;
    message.pid = word.substr(open + 1, close - open - 1);
    tag = word.substr(0, open);
    text.remove_prefix(close + 1);
    take(text, ":");
  } else {
    if (!word.ends_with(':')) return false;
    tag.remove_suffix(1);
    text.remove_prefix(word.size());
  }
  message.tag = tag;
  take(text, " ");
  return true;
}

void parse_old(std::string_view text, SyslogMessage& message, SyslogWay way) {
  message.time = take_time(text);
  if (!take_tag(text, message) && message.time) {
    // The first word is the host: surely when a tag follows, or when RFC 3164 says so.
    std::string_view ahead = text;
    const auto host = take_field(ahead);
    if (host && (take_tag(ahead, message) || way == SyslogWay::network)) {
      message.host = *host;
      if (message.host.ends_with(':')) message.host.remove_suffix(1);
      text = ahead;
    }
  }
  message.text = text;
}

std::string_view short_name(std::string_view host) { return host.substr(0, host.find('.')); }

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

/// With or without a domain. Numeric addresses have dots too, and are compared whole.
bool is_own(std::string_view host, std::span<const std::string> own_names) {
  const bool numeric = is_digit(host.empty() ? '0' : host[0]) || host.find(':') != std::string_view::npos;
  return same_name(host, "localhost") ||
         std::any_of(own_names.begin(), own_names.end(), [&](std::string_view own) {
           return same_name(host, own) || (!numeric && same_name(short_name(host), short_name(own)));
         });
}

/// The `stream` of a source with its facility in it.
std::string filled_in(std::string_view stream, std::optional<int> priority) {
  constexpr std::string_view place = "{facility}";
  std::string filled(stream);
  if (const auto at = filled.find(place); at != std::string::npos)
    filled.replace(at, place.size(), facility_keyword(priority));
  return filled;
}

}  // namespace

SyslogMessage parse_syslog(std::string_view text, SyslogWay way) {
  while (text.ends_with('\0')) text.remove_suffix(1);
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  SyslogMessage message;
  message.priority = take_priority(text);
  if (message.priority && text.starts_with("1 ") && parse_new(text.substr(2), message)) return message;
  parse_old(text, message, way);
  return message;
}

std::string_view facility_keyword(std::optional<int> priority) {
  static constexpr std::array<std::string_view, 24> keywords = {
      "kern",   "user",   "mail",     "daemon", "auth",   "syslog",   "lpr",     "news",
      "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "security", "console", "clock",
      "local0", "local1", "local2",   "local3", "local4", "local5",   "local6",  "local7"};
  return priority ? keywords.at(static_cast<std::size_t>(*priority / 8)) : "unknown";
}

Event syslog_event(const SyslogMessage& message, const SyslogArrival& arrival, const Zone& zone) {
  Event event;
  event.stream = filled_in(arrival.stream, message.priority);
  if (message.priority) event.level = *message.priority % 8;
  event.time = arrival.now;
  if (message.time) {
    const Millis said = resolve(*message.time, zone, {std::nullopt, arrival.now});
    const Millis behind = arrival.now - said;
    // A time in whole seconds that are not over yet says less than our own clock.
    const bool is_now = behind >= 0 && behind < message.time->precision;
    if (!is_now && std::abs(behind) <= day_ms) {
      event.time = said;
      event.from = TimeFrom::line;
    }
  }
  // A machine elsewhere that calls itself localhost, or as we are called, is not this one.
  const bool unnamed = message.host.empty() || is_own(message.host, arrival.own_names);
  const std::string_view host = unnamed ? std::string_view(arrival.sender) : message.host;
  std::string& text = event.text;
  text.reserve(message.text.size() + message.data.size() + host.size() + message.tag.size() + 64);
  const auto add = [&text](std::string_view part) {
    if (part.empty()) return;
    if (!text.empty()) text += ' ';
    text += part;
  };
  add(host);
  // Not its process: a script has a new one for each line.
  event.sender = fmt::format("{} {}", host, message.tag);
  if (!message.tag.empty() || !message.pid.empty()) {
    std::string name(message.tag);
    if (!message.pid.empty()) name.append("[").append(message.pid).append("]");
    add(name + ':');
  }
  add(message.id);
  add(message.data);
  add(message.text);
  if (arrival.cut > 0) text += fmt::format(" [{} bytes were cut off here]", arrival.cut);
  return event;
}

}  // namespace ssblog
