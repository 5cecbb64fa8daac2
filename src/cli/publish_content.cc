// SPDX-License-Identifier: MIT
#include "cli/publish_content.h"

#include "cli/words.h"
#include "feed/json.h"
#include "feed/utf.h"
#include "intake/level.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ssblog {
namespace {

constexpr std::array own_table = {
    OwnOption{"path", true},        OwnOption{"port", true},
    OwnOption{"host", true},        OwnOption{"config", true},
    OwnOption{"caps.shs", true},    OwnOption{"caps.sign", true},
    OwnOption{"batch", true},       OwnOption{"min-level", true},
    OwnOption{"wait-copies", true}, OwnOption{"timeout", true},
    OwnOption{"help", false},       OwnOption{"json", false},
    OwnOption{"tee", false},        OwnOption{"line-per-message", false},
    OwnOption{"sync", false},       OwnOption{"no-redact", false},
    OwnOption{"field.", true},
};

constexpr std::array<std::string_view, 6> text_names = {"text", "source", "destination",
                                                        "job",  "stream", "level"};
/// The fields of a log in the order in which they are written.
constexpr std::array<std::string_view, 5> head_names = {"source", "destination", "job", "stream", "level"};
constexpr std::array<std::string_view, 2> refused_names = {"chunk", "recps"};

/// syslog's keyword for a level that people spell in several ways. Source: syslog(3), logger(1).
Result<std::string> keyword_of(std::string_view text) {
  if (const auto level = parse_level(text)) return std::string(level_keyword(*level));
  return Error{
      Code::usage,
      fmt::format("--level {}: use one of emerg alert crit err warning notice info debug, or 0 to 7", text)};
}

Error refused_field(std::string_view name) {
  if (names_network_key(name))
    return {Code::usage,
            "`caps` is the network key, which must not stand in a feed; it is given as --caps.shs @FILE"};
  return {Code::usage, name == "chunk"
                           ? "the field `chunk` says how the lines stand in the message; it cannot be set"
                           : "`recps` would make a private message; ssblog does not write these"};
}

const Flag* find_flag(const std::vector<Flag>& flags, std::string_view name) {
  const auto at =
      std::find_if(flags.begin(), flags.end(), [&](const Flag& flag) { return flag.name == name; });
  return at == flags.end() ? nullptr : &*at;
}

/// The flags of the words and of `--field.NAME`, which may have names that are options of ours.
Result<Flags> read_flags(const OwnOptions& own, std::span<const std::string_view> as_text) {
  auto flags = parse_flags(own.rest, as_text);
  if (!flags) return flags;
  for (const OwnOption& option : own_table) {
    // `--path.x 1` has the name of an option, and options never enter content.
    if (find_flag(flags->flags, option.name) == nullptr) continue;
    return Error{
        Code::usage,
        fmt::format("--{0} is an option of publish; a field of that name is written --field.{0}=VALUE",
                    option.name)};
  }
  std::vector<std::string> forced;
  for (const auto& [name, value] : own.fields) forced.push_back(fmt::format("--{}={}", name, value));
  auto fields = parse_flags(forced, as_text);
  if (!fields) return fields;
  for (Flag& field : fields->flags) {
    if (find_flag(flags->flags, field.name) != nullptr) {
      return Error{Code::usage,
                   fmt::format("--field.{} and --{} are the same field", field.name, field.name)};
    }
    flags->flags.push_back(std::move(field));
  }
  for (const std::string_view name : refused_names) {
    if (find_flag(flags->flags, name) != nullptr) return refused_field(name);
  }
  for (const Flag& flag : flags->flags) {
    if (names_network_key(flag.name)) return refused_field(flag.name);
  }
  return flags;
}

void add_member(std::string& object, std::string_view name, std::string_view value) {
  if (object.size() > 1) object += ',';
  append_json_string(object, name);
  object += ':';
  object += value;
}

/// The fields of a log, ours in their order and then the user's.
Result<std::string> log_head(const Flags& flags, std::string_view source) {
  std::string head = R"({"type":"log")";
  for (const std::string_view name : head_names) {
    const Flag* flag = find_flag(flags.flags, name);
    if (flag == nullptr && name == "source") {
      add_member(head, name, json_string(source));
    } else if (flag == nullptr && name == "stream") {
      add_member(head, name, "\"stdout\"");
    } else if (flag != nullptr && name == "level") {
      auto level = keyword_of(text_of(flag->value).value_or(flag->value));
      if (!level) return level;
      add_member(head, name, json_string(*level));
    } else if (flag != nullptr) {
      add_member(head, name, flag->value);
    }
  }
  for (const Flag& flag : flags.flags) {
    if (flag.name == "type" || flag.name == "text" ||
        std::find(head_names.begin(), head_names.end(), flag.name) != head_names.end())
      continue;
    add_member(head, flag.name, flag.value);
  }
  return canonical(head + "}", Layout::compact);
}

Result<void> plan_log(const OwnOptions& own, std::string_view source, PublishPlan& plan) {
  auto flags = read_flags(own, text_names);
  if (!flags) return flags.error();
  if (!flags->bare.empty())
    return Error{Code::usage,
                 fmt::format("--{0} needs a value; one that begins with a dash is given as --{0}=VALUE",
                             flags->bare.front())};
  for (const Flag& flag : flags->flags) {
    if (std::find(text_names.begin(), text_names.end(), flag.name) != text_names.end() &&
        !is_string(flag.value)) {
      return Error{Code::usage, fmt::format("--{} was given more than once", flag.name)};
    }
  }
  auto head = log_head(*flags, source);
  if (!head) return head.error();
  plan.head = std::move(*head);
  if (const Flag* text = find_flag(flags->flags, "text")) plan.text = text_of(text->value);
  return {};
}

}  // namespace

bool names_network_key(std::string_view name) {
  constexpr std::string_view caps = "caps";
  return std::equal(name.begin(), name.end(), caps.begin(), caps.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

std::span<const OwnOption> publish_options() { return own_table; }

Result<PublishPlan> plan_publish(std::span<const std::string> words, std::string_view source) {
  auto own = own_options(words, own_table);
  if (!own) return own.error();
  PublishPlan plan;
  plan.own = std::move(*own);
  if (plan.own.rest == std::vector<std::string>{"."}) {
    plan.json_from_stdin = true;
    return plan;
  }
  auto flags = read_flags(plan.own, {});
  if (!flags) return flags.error();
  if (!flags->words.empty()) {
    return Error{Code::usage, fmt::format("unexpected word {}; a text to publish goes behind --text",
                                          flags->words.front())};
  }
  if (!flags->behind.empty()) {
    return Error{Code::usage,
                 "words behind `--` mean nothing here; give --path and other options without it"};
  }
  const Flag* type = find_flag(flags->flags, "type");
  if (type == nullptr || type->value == "\"log\"") {
    if (auto planned = plan_log(plan.own, source, plan); !planned) return planned.error();
    return plan;
  }
  std::string object = "{";
  for (const Flag& flag : flags->flags) add_member(object, flag.name, flag.value);
  auto content = content_from_json(object + "}");
  if (!content) return content.error();
  plan.content = std::move(*content);
  return plan;
}

Result<std::string> content_from_json(std::string_view text) {
  auto content = is_utf8(as_bytes(text)) ? canonical(text, Layout::compact)
                                         : canonical(decode_utf8(as_bytes(text)), Layout::compact);
  if (!content) return Error{Code::data, fmt::format("the content is {}", content.error().text)};
  for (const std::string_view name : refused_names) {
    if (!member(*content, name).empty()) return refused_field(name);
  }
  for (Members members(*content); members.next();) {
    if (names_network_key(members.name())) return refused_field(members.name());
  }
  return content;
}

}  // namespace ssblog
