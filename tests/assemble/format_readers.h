// SPDX-License-Identifier: MIT
// tests/assemble/format_readers.h - readers of the formats, written from their specifications.
//
// Used by formats_test. They share nothing with the writers but the escaped form of lines: nlohmann/json for what is JSON,
// and small readers of logfmt, RFC 5424 and the journal's export format.
#pragma once

#include "assemble/escape.h"
#include "assemble/time_text.h"
#include "feed/record.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <vector>

namespace ssblog {

using nlohmann::json;

/// A line, as far as a format says it.
struct Got {
  std::string time, host, feed, type, source, destination, job, stream, level, bytes;
  std::uint64_t sequence = 0, line = 0;
  std::string env{}, service{}, function{};
  bool operator==(const Got&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Got& got) {
  return out << json{got.time,        got.host, got.feed,   got.type,    got.source,
                     got.destination, got.job,  got.stream, got.level,   to_hex(as_bytes(got.bytes)),
                     got.sequence,    got.line, got.env,    got.service, got.function}
                    .dump(-1, ' ', true, json::error_handler_t::replace);
}

/// What the format calls by the names of the feed, where it says it.
template <class ValueOf>
void take_origin(Got& got, const ValueOf& value_of) {
  got.env = value_of("env");
  got.service = value_of("service");
  got.function = value_of("function");
}

inline std::string iso(Millis time) {
  std::string text;
  append_utc_time(text, time);
  return text;
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = text.find('\n', begin);
    REQUIRE(end != std::string::npos);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

inline std::string unescaped(const std::string& text) {
  const auto bytes = unescape_line(text);
  REQUIRE(bytes);
  return std::string(as_text(*bytes));
}

/// Nothing that a terminal would obey leaves in what is read as text.
inline void check_is_safe(const std::string& text) {
  std::string escaped;
  for (const std::string& line : lines_of(text)) {
    escaped.clear();
    escape_line(as_bytes(line), escaped);
    const auto backslashes = std::count(line.begin(), line.end(), '\\');
    CHECK(escaped.size() == line.size() + static_cast<std::size_t>(backslashes));
  }
}

inline std::vector<Got> read_jsonl(const std::string& text) {
  std::vector<Got> all;
  for (const std::string& line : lines_of(text)) {
    const json object = json::parse(line);
    Got got{object["time"],
            object["host"],
            object["id"],
            object["type"],
            object.value("source", ""),
            object.value("destination", ""),
            object.value("job", ""),
            object.value("stream", ""),
            object.value("level", ""),
            {}};
    got.sequence = object["sequence"];
    take_origin(got, [&](const std::string& name) { return object.value(name, ""); });
    CHECK(object.contains("text") != object.contains("base64"));
    if (object.contains("text")) got.bytes = object["text"];
    if (object.contains("base64"))
      got.bytes = as_text(from_base64(object["base64"].get<std::string>()).value());
    all.push_back(std::move(got));
  }
  return all;
}

inline std::vector<Got> read_gelf(const std::string& text) {
  static const std::set<std::string> standard = {"version",      "host",  "short_message",
                                                 "full_message", "level", "timestamp"};
  std::vector<Got> all;
  for (const std::string& line : lines_of(text)) {
    const json object = json::parse(line);
    CHECK(object["version"] == "1.1");
    CHECK(!object["host"].get<std::string>().empty());
    CHECK(!object["short_message"].get<std::string>().empty());
    CHECK(object["level"].is_number_integer());
    CHECK(object["timestamp"].is_number());
    for (const auto& [name, value] : object.items()) {
      CHECK((standard.count(name) == 1 || (name.starts_with('_') && name != "_id")));
      CHECK((value.is_string() || value.is_number()));
    }
    Got got{iso(std::llround(object["timestamp"].get<double>() * 1000)),
            object.value("_host", ""),
            object["_feed"],
            object["_type"],
            object.value("_source", ""),
            object.value("_destination", ""),
            object.value("_job", ""),
            object.value("_stream", ""),
            object.value("_level", ""),
            object.value("full_message", object["short_message"].get<std::string>())};
    got.sequence = object["_sequence"];
    take_origin(got, [&](const std::string& name) { return object.value("_" + name, ""); });
    got.line = object["_line"];
    if (object.contains("_escaped")) got.bytes = unescaped(got.bytes);
    all.push_back(std::move(got));
  }
  return all;
}

inline std::vector<Got> read_ecs(const std::string& text) {
  std::vector<Got> all;
  std::set<std::string> ids;
  const auto lines = lines_of(text);
  REQUIRE(lines.size() % 2 == 0);
  for (std::size_t i = 0; i < lines.size(); i += 2) {
    const json action = json::parse(lines[i]);
    REQUIRE(action.size() == 1);
    const std::string id = action["create"]["_id"];
    CHECK(id.size() <= 512);
    CHECK(ids.insert(id).second);
    const json object = json::parse(lines[i + 1]);
    const json& own = object["ssblog"];
    Got got{object["@timestamp"],
            object.contains("host") ? object["host"]["name"].get<std::string>() : "",
            own["feed"],
            own["type"],
            own.value("source", ""),
            own.value("destination", ""),
            own.value("job", ""),
            own.value("stream", ""),
            object.contains("log") ? object["log"]["level"].get<std::string>() : "",
            object["message"]};
    got.sequence = own["sequence"];
    take_origin(got, [&](const std::string& name) { return own.value(name, ""); });
    got.line = own["line"];
    CHECK(object["ecs"]["version"].is_string());
    if (object.contains("tags")) got.bytes = unescaped(got.bytes);
    all.push_back(std::move(got));
  }
  return all;
}

inline std::vector<Got> read_loki(const std::string& text) {
  std::vector<Got> all;
  std::set<std::string> times;
  for (const std::string& line : lines_of(text)) {
    const json body = json::parse(line);
    REQUIRE(body.size() == 1);
    for (const json& stream : body["streams"]) {
      const json& labels = stream["stream"];
      for (const auto& [name, value] : labels.items()) CHECK(value.get<std::string>().size() <= 2048);
      CHECK(!stream["values"].empty());
      for (const json& value : stream["values"]) {
        REQUIRE(value.size() == 3);
        const json& own = value[2];
        const std::string time = value[0];
        CHECK(times.insert(time).second);
        const auto name = [&](const std::string& label) {
          return own.contains("full_" + label) ? own["full_" + label].get<std::string>()
                                               : labels.value(label, "");
        };
        Got got{iso(std::stoll(time.substr(0, time.size() - 6))),
                name("host"),
                own["feed"],
                own["type"],
                own.value("source", ""),
                own.value("destination", ""),
                name("job"),
                name("stream"),
                own.value("level", ""),
                value[1]};
        got.sequence = std::stoull(own["sequence"].get<std::string>());
        take_origin(got, [&](const std::string& member) { return own.value(member, ""); });
        got.line = std::stoull(own["line"].get<std::string>());
        if (own.contains("escaped")) got.bytes = unescaped(got.bytes);
        all.push_back(std::move(got));
      }
    }
  }
  return all;
}

inline std::vector<Got> read_logfmt(const std::string& text) {
  std::vector<Got> all;
  for (const std::string& line : lines_of(text)) {
    std::map<std::string, std::string> values;
    for (std::size_t at = 0; at < line.size();) {
      const auto equals = line.find('=', at);
      REQUIRE(equals != std::string::npos);
      const std::string name = line.substr(at, equals - at);
      at = equals + 1;
      std::size_t end = at;
      std::string value;
      if (at < line.size() && line[at] == '"') {
        for (++end; end < line.size() && line[end] != '"'; ++end) end += line[end] == '\\' ? 1 : 0;
        ++end;
        value = json::parse(line.substr(at, end - at));
      } else {
        end = std::min(line.find(' ', at), line.size());
        value = line.substr(at, end - at);
        CHECK(value.find_first_of("\"=") == std::string::npos);
      }
      CHECK(values.try_emplace(name, value).second);
      if (end < line.size()) CHECK(line[end] == ' ');
      at = end + 1;
    }
    Got got{values["time"],        values["host"], values["id"],     values["type"],  values["source"],
            values["destination"], values["job"],  values["stream"], values["level"], values["text"]};
    got.sequence = std::stoull(values["sequence"]);
    take_origin(got, [&](const std::string& name) { return values[name]; });
    got.line = std::stoull(values["line"]);
    if (values.contains("escaped")) got.bytes = unescaped(got.bytes);
    all.push_back(std::move(got));
  }
  return all;
}

/// One message of RFC 5424, by its grammar.
inline Got read_syslog(const std::string& message) {
  std::size_t at = 0;
  const auto upto = [&](char end) {
    const auto found = message.find(end, at);
    REQUIRE(found != std::string::npos);
    std::string part = message.substr(at, found - at);
    at = found + 1;
    return part;
  };
  REQUIRE(message[at++] == '<');
  const int priority = std::stoi(upto('>'));
  CHECK((priority >= 8 && priority < 16));
  REQUIRE(upto(' ') == "1");
  Got got;
  got.time = upto(' ');
  for (const std::size_t longest : {255, 48, 128, 32}) {
    const std::string field = upto(' ');
    CHECK((!field.empty() && field.size() <= longest));
    CHECK(std::all_of(field.begin(), field.end(), [](char c) { return c >= 33 && c <= 126; }));
  }
  REQUIRE(message.compare(at, 14, "[ssblog@32473 ") == 0);
  at += 13;
  std::map<std::string, std::string> values;
  while (message[at] == ' ') {
    ++at;
    const std::string name = upto('=');
    REQUIRE(message[at++] == '"');
    std::string value;
    for (; message[at] != '"'; ++at) {
      REQUIRE(message[at] != ']');
      if (message[at] == '\\') ++at;
      value += message[at];
    }
    ++at;
    CHECK(values.try_emplace(name, unescaped(value)).second);
  }
  REQUIRE(message.compare(at, 2, "] ") == 0);
  got.bytes = message.substr(at + 2);
  if (values.contains("escaped")) got.bytes = unescaped(got.bytes);
  got.host = values["host"];
  got.feed = values["id"];
  got.type = values["type"];
  got.source = values["source"];
  got.destination = values["destination"];
  got.job = values["job"];
  got.stream = values["stream"];
  got.level = values["level"];
  take_origin(got, [&](const std::string& name) { return values[name]; });
  got.sequence = std::stoull(values["sequence"]);
  got.line = std::stoull(values["line"]);
  return got;
}

inline std::vector<Got> read_export(const std::string& text) {
  std::vector<Got> all;
  std::map<std::string, std::string> values;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    REQUIRE(end != std::string::npos);
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line.empty()) {
      Got got{iso(std::stoll(values["__REALTIME_TIMESTAMP"]) / 1000),
              values["SSBLOG_HOST"],
              values["SSBLOG_FEED"],
              values["SSBLOG_TYPE"],
              values["SSBLOG_SOURCE"],
              values["SSBLOG_DESTINATION"],
              values["SSBLOG_JOB"],
              values["SSBLOG_STREAM"],
              values["SSBLOG_LEVEL"],
              values["MESSAGE"]};
      got.sequence = std::stoull(values["SSBLOG_SEQUENCE"]);
      got.env = values["SSBLOG_ENV"];
      got.service = values["SSBLOG_SERVICE"];
      got.function = values["SSBLOG_FUNCTION"];
      got.line = std::stoull(values["SSBLOG_LINE"]);
      all.push_back(std::move(got));
      values.clear();
      continue;
    }
    const auto equals = line.find('=');
    if (equals != std::string::npos) {
      CHECK(values.try_emplace(line.substr(0, equals), line.substr(equals + 1)).second);
      continue;
    }
    std::uint64_t size = 0;
    for (std::size_t i = 0; i < 8; ++i)
      size |= static_cast<std::uint64_t>(static_cast<unsigned char>(text.at(at + i))) << (8 * i);
    CHECK(values.try_emplace(line, text.substr(at + 8, size)).second);
    at += 8 + size;
    REQUIRE(text.at(at) == '\n');
    ++at;
  }
  CHECK(values.empty());
  return all;
}

}  // namespace ssblog
