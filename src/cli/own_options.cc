// SPDX-License-Identifier: MIT
#include "cli/own_options.h"

#include "cli/flag_word.h"
#include "feed/bytes.h"
#include "feed/utf.h"

#include <algorithm>
#include <cstddef>

namespace ssblog {
namespace {

const OwnOption* find_option(std::span<const OwnOption> table, std::string_view name) {
  const auto found = std::find_if(table.begin(), table.end(), [name](const OwnOption& option) {
    return option.name.ends_with('.') ? name.starts_with(option.name) : name == option.name;
  });
  return found == table.end() ? nullptr : &*found;
}

Error usage(std::string_view word, std::string_view what) {
  return {Code::usage, "--" + decode_utf8(as_bytes(word)) + std::string(what)};
}

}  // namespace

Result<OwnOptions> own_options(std::span<const std::string> words, std::span<const OwnOption> table) {
  OwnOptions out;
  bool open = false;     // the last word kept takes the next one as its value
  bool removed = false;  // an option stood between the last word kept and this one

  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--") {
      out.rest.insert(out.rest.end(), words.begin() + static_cast<std::ptrdiff_t>(i), words.end());
      break;
    }

    const auto body = word.starts_with("--") ? std::string_view(word).substr(2) : std::string_view();
    const std::size_t equals = body.find('=');
    const auto name = body.substr(0, equals);
    const OwnOption* option = find_option(table, name);
    if (option == nullptr) {
      if (name.starts_with("no-") && find_option(table, name.substr(3)) != nullptr) {
        return usage(name, " is not known; leave --" + std::string(name.substr(3)) + " out instead");
      }
      if (open && !looks_like_flag(word)) {
        if (removed) {
          return usage(out.rest.back().substr(out.rest.back().starts_with("--") ? 2 : 1),
                       " and \"" + decode_utf8(as_bytes(word)) +
                           "\" do not stand together; write a flag and its value with = between them");
        }
        open = false;
      } else {
        open = takes_next_word(word);
      }
      out.rest.push_back(word);
      removed = false;
      continue;
    }

    std::string value;
    if (!option->takes_value) {
      if (equals != body.npos) return usage(name, " takes no value");
    } else if (equals != body.npos) {
      value = body.substr(equals + 1);
    } else if (i + 1 < words.size() && words[i + 1] != "--" && !looks_like_flag(words[i + 1])) {
      value = words[++i];
    } else {
      return usage(name, " needs a value: --" + decode_utf8(as_bytes(name)) + "=VALUE");
    }
    removed = true;

    if (!option->name.ends_with('.')) {
      out.values.insert_or_assign(std::string(name), std::move(value));
    } else if (const auto field = name.substr(option->name.size()); !field.empty()) {
      out.fields.emplace_back(decode_utf8(as_bytes(field)), decode_utf8(as_bytes(value)));
    } else {
      return usage(name, " needs a name: --" + std::string(option->name) + "NAME=VALUE");
    }
  }
  return out;
}

}  // namespace ssblog
