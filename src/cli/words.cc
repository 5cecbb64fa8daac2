// SPDX-License-Identifier: MIT
#include "cli/words.h"

#include "cli/flag_word.h"
#include "feed/bytes.h"
#include "feed/json.h"
#include "feed/utf.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

namespace ssblog {
namespace {

using namespace std::string_view_literals;

/// Most parts of a dotted name. A message cannot be deeper than about 60 levels, and each part may cost
/// two (a list in a list): far below json_max_depth, so what is made here can always be read.
constexpr std::size_t max_parts = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// ---- Numbers ----

/// The JSON spelling of what looks like a number: 0x.., or [-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?
/// Not yet canonical (`1e400` stays); nothing when the text is no number.
std::optional<std::string> number_spelling(std::string_view text) {
  std::string json;
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    const auto digits = text.substr(2);
    if (!std::all_of(digits.begin(), digits.end(), is_hex)) return std::nullopt;
    double value = 0;
    const auto read =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::hex);
    if (read.ec == std::errc::result_out_of_range) value = std::numeric_limits<double>::infinity();
    append_number(json, value);
    return json;
  }

  auto take_digits = [&text] {
    std::size_t n = 0;
    while (n < text.size() && is_digit(text[n])) ++n;
    const auto digits = text.substr(0, n);
    text.remove_prefix(n);
    return digits;
  };
  auto take = [&text](char c) {
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
  };

  if (take('-')) {
    json += '-';
  } else {
    take('+');
  }
  auto whole = take_digits();
  const bool point = take('.');
  const auto fraction = point ? take_digits() : ""sv;
  if (whole.empty() && fraction.empty()) return std::nullopt;
  while (whole.starts_with('0')) whole.remove_prefix(1);
  json += whole.empty() ? "0"sv : whole;
  if (!fraction.empty()) json.append(".").append(fraction);
  if (take('e')) {
    json += 'e';
    if (take('-')) {
      json += '-';
    } else {
      take('+');
    }
    const auto exponent = take_digits();
    if (exponent.empty()) return std::nullopt;
    json += exponent;
  }
  if (!text.empty()) return std::nullopt;
  return json;
}

// ---- The tree of values ----

struct Value {
  enum class Kind { absent, text, json, list, object };
  Kind kind = Kind::absent;
  std::string text;                // Kind::text: the text; Kind::json: `true`, `false` or a number
  std::vector<std::string> names;  // Kind::object: the names of its items
  std::vector<Value> items;

  bool is_boolean() const { return kind == Kind::json && (text == "true" || text == "false"); }
};

Value boolean(bool yes) { return {Value::Kind::json, yes ? "true" : "false", {}, {}}; }
Value plain_text(std::string text) { return {Value::Kind::text, std::move(text), {}, {}}; }
Value text_or_number(std::string text) {
  if (auto number = number_spelling(text)) return {Value::Kind::json, std::move(*number), {}, {}};
  return plain_text(std::move(text));
}

/// The place of a name in an object, or of an index in a list; it is made when it is not there. Nothing
/// when the value cannot have it.
Value* slot(Value& in, std::string_view name) {
  if (in.kind == Value::Kind::object) {
    const auto found = std::find(in.names.begin(), in.names.end(), name);
    const auto at = static_cast<std::size_t>(found - in.names.begin());
    if (found == in.names.end()) {
      in.names.emplace_back(name);
      in.items.emplace_back();
    }
    return &in.items[at];
  }
  if (in.kind == Value::Kind::list) {
    std::size_t at = 0;
    const char* end = name.data() + name.size();
    const auto read = std::from_chars(name.data(), end, at);
    const bool index = read.ec == std::errc{} && read.ptr == end && (name == "0" || !name.starts_with('0'));
    if (!index || at > in.items.size()) return nullptr;
    if (at == in.items.size()) in.items.emplace_back();
    return &in.items[at];
  }
  return nullptr;
}

/// Stores a value: a second one makes a list, except that it replaces a boolean.
void put(Value& place, Value value) {
  if (place.kind == Value::Kind::absent || place.is_boolean()) {
    place = std::move(value);
  } else if (place.kind == Value::Kind::list) {
    place.items.push_back(std::move(value));
  } else {
    Value list{Value::Kind::list, {}, {}, {}};
    list.items.push_back(std::move(place));
    list.items.push_back(std::move(value));
    place = std::move(list);
  }
}

/// Sets what a dotted name stands for.
Result<void> set(Value& root, std::string_view name, Value value) {
  if (name == "__proto__" || name == "constructor") {
    return Error{Code::usage, "a flag cannot be named --" + std::string(name)};
  }
  const auto dots = static_cast<std::size_t>(std::count(name.begin(), name.end(), '.'));
  if (dots + 1 > max_parts) {
    return Error{Code::usage, "a flag's name has " + std::to_string(dots + 1) + " parts; at most " +
                                  std::to_string(max_parts) + " are allowed"};
  }
  Value* at = &root;
  for (std::size_t begin = 0;;) {
    const std::size_t dot = std::min(name.find('.', begin), name.size());
    const auto part = name.substr(begin, dot - begin);
    if (part == "__proto__" || part == "constructor") return {};
    Value* place = slot(*at, part);
    if (place == nullptr) {
      return Error{Code::usage, "cannot set --" + std::string(name) + ": --" +
                                    std::string(name.substr(0, begin == 0 ? 0 : begin - 1)) +
                                    " already has a value that has no part named " + json_string(part)};
    }
    if (dot == name.size()) {
      put(*place, std::move(value));
      return {};
    }
    if (place->kind == Value::Kind::absent) place->kind = Value::Kind::object;
    at = place;
    begin = dot + 1;
  }
}

/// JSON without white space. As deep as names have parts, so recursion is bounded.
void print(const Value& value, std::string& out) {
  switch (value.kind) {
    case Value::Kind::absent:
      out += "null";
      break;
    case Value::Kind::text:
      append_json_string(out, value.text);
      break;
    case Value::Kind::json:
      out += value.text;
      break;
    case Value::Kind::list:
    case Value::Kind::object: {
      const bool object = value.kind == Value::Kind::object;
      out += object ? '{' : '[';
      for (std::size_t i = 0; i < value.items.size(); ++i) {
        if (i > 0) out += ',';
        if (object) {
          append_json_string(out, value.names[i]);
          out += ':';
        }
        print(value.items[i], out);
      }
      out += object ? '}' : ']';
      break;
    }
  }
}

Result<std::string> canonical_of(const Value& value) {
  std::string text;
  print(value, text);
  return canonical(text, Layout::compact);
}

// ---- All words ----

struct Parsed {
  Value flags{Value::Kind::object, {}, {"_"}, {Value{Value::Kind::list, {}, {}, {}}}};
  std::vector<std::string> bare;

  /// minimist keeps the plain words as the flag `_`, so that `--_ x` adds one.
  const std::vector<Value>& words() const { return flags.items[0].items; }
  bool has_flags() const { return flags.items.size() > 1; }

  /// The object of the flags alone.
  Value object() const {
    Value all = flags;
    all.names.erase(all.names.begin());
    all.items.erase(all.items.begin());
    return all;
  }
};

/// `words` has no lone `--`.
Result<Parsed> parse(std::span<const std::string> words, std::span<const std::string_view> text_names) {
  Parsed out;
  auto apply = [&](Setting setting) {
    const bool is_text = std::find(text_names.begin(), text_names.end(), setting.name) != text_names.end();
    if (!setting.text) {
      if (is_text) out.bare.push_back(setting.name);
      return set(out.flags, setting.name, boolean(setting.yes));
    }
    auto value = is_text ? plain_text(std::move(*setting.text)) : text_or_number(std::move(*setting.text));
    return set(out.flags, setting.name, std::move(value));
  };

  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string text = decode_utf8(as_bytes(words[i]));
    auto word = read_word(text);
    if (!word) return word.error();
    if (!word->flag) {
      out.flags.items[0].items.push_back(text_or_number(std::move(text)));
      continue;
    }
    for (Setting& setting : word->settings) {
      if (auto done = apply(std::move(setting)); !done) return done.error();
    }
    if (!word->open) continue;
    Setting open{std::move(*word->open), std::nullopt};
    if (i + 1 < words.size() && !looks_like_flag(words[i + 1]) &&
        (word->takes_empty || !words[i + 1].empty())) {
      open.text = decode_utf8(as_bytes(words[++i]));
    }
    if (auto done = apply(std::move(open)); !done) return done.error();
  }
  return out;
}

/// The words before a lone `--`.
std::span<const std::string> before_dashes(std::span<const std::string> words) {
  const auto dashes = std::find(words.begin(), words.end(), "--");
  return words.first(static_cast<std::size_t>(dashes - words.begin()));
}

/// ECMAScript's String(value) of the first plain word.
Result<std::string> command_text(const Value& value) {
  if (value.kind == Value::Kind::text) return value.text;
  auto text = canonical_of(value);
  if (text && *text == "null") return std::string(value.text.starts_with('-') ? "-Infinity" : "Infinity");
  return text;
}

}  // namespace

Result<Call> parse_call(std::span<const std::string> words) {
  const auto own = before_dashes(words);
  auto parsed = parse(own, {});
  if (!parsed) return parsed.error();

  Call call;
  Value args{Value::Kind::list, {}, {}, {}};
  if (!parsed->words().empty()) {
    auto name = command_text(parsed->words()[0]);
    if (!name) return name.error();
    for (std::size_t begin = 0; begin <= name->size();) {
      const std::size_t dot = std::min(name->find('.', begin), name->size());
      call.command.push_back(name->substr(begin, dot - begin));
      begin = dot + 1;
    }
    args.items.assign(parsed->words().begin() + 1, parsed->words().end());
  }
  if (parsed->has_flags()) args.items.push_back(parsed->object());
  auto text = canonical_of(args);
  if (!text) return text.error();
  call.args = std::move(*text);

  if (own.size() < words.size()) {
    auto config = parse(before_dashes(words.subspan(own.size() + 1)), {});
    if (!config) return config.error();
    auto config_text = canonical_of(config->object());
    if (!config_text) return config_text.error();
    call.config = std::move(*config_text);
  }
  return call;
}

Result<Flags> parse_flags(std::span<const std::string> words, std::span<const std::string_view> text_names) {
  const auto own = before_dashes(words);
  auto parsed = parse(own, text_names);
  if (!parsed) return parsed.error();

  Flags out;
  for (std::size_t i = 1; i < parsed->flags.items.size(); ++i) {
    auto value = canonical_of(parsed->flags.items[i]);
    if (!value) return value.error();
    out.flags.push_back({parsed->flags.names[i], std::move(*value)});
  }
  for (const Value& word : parsed->words()) {
    auto value = canonical_of(word);
    if (!value) return value.error();
    out.words.push_back(std::move(*value));
  }
  out.bare = std::move(parsed->bare);
  if (own.size() < words.size()) {
    const auto behind = words.subspan(own.size() + 1);
    out.behind.assign(behind.begin(), behind.end());
  }
  return out;
}

}  // namespace ssblog
