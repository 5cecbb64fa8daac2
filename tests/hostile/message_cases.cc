// SPDX-License-Identifier: MIT
#include "hostile/message_cases.h"

#include "feed/json.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace ssblog::hostile {
namespace {

const std::string suffix = ".sig.ed25519";
const std::string content_text = R"({"type":"log","text":"FAKE"})";

/// The members of a message, each as JSON, in their order.
using Members7 = std::vector<std::pair<std::string, std::string>>;

Members7 third(const OwnFeed& feed) {
  return {{"previous", json_string(to_text(feed.messages[1]->key))},
          {"author", json_string(to_text(feed.keys.id()))},
          {"sequence", "3"},
          {"timestamp", "1700000000002"},
          {"hash", R"("sha256")"},
          {"content", content_text}};
}

std::string object(const Members7& members) {
  std::string text = "{";
  for (const auto& [name, value] : members)
    text += fmt::format(R"({}"{}":{})", text.size() > 1 ? "," : "", name, value);
  return text + "}";
}

/// Signed as it stands, whatever it is.
std::string signed_by(const KeyPair& keys, const std::string& text) {
  const auto indented = canonical(text, Layout::indented);
  const Signature signature = keys.sign(as_bytes(indented ? *indented : text), nullptr);
  return fmt::format(R"({},"signature":"{}{}"}})", text.substr(0, text.size() - 1), to_base64(signature),
                     suffix);
}

std::string& value_of(Members7& members, std::string_view name) {
  const auto at =
      std::find_if(members.begin(), members.end(), [&](const auto& one) { return one.first == name; });
  if (at == members.end()) std::abort();
  return at->second;
}

/// By the author itself, with a form that no message has.
FalseMessage by_author(const std::string& name, const std::function<void(Members7&)>& change) {
  return {name, [change](const OwnFeed& feed) {
            Members7 members = third(feed);
            change(members);
            return signed_by(feed.keys, object(members));
          }};
}

/// By somebody who has not the key.
FalseMessage by_stranger(const std::string& name, const std::function<void(Members7&)>& change) {
  return {name, [change](const OwnFeed& feed) {
            Members7 members = third(feed);
            change(members);
            return signed_by(KeyPair::generate(), object(members));
          }};
}

/// Made of the text of the true message.
FalseMessage of_true(const std::string& name, const std::function<void(std::string&)>& change) {
  return {name, [change](const OwnFeed& feed) {
            std::string text = feed.messages[2]->text;
            change(text);
            return text;
          }};
}

void add_members(std::vector<FalseMessage>& all) {
  for (const char* name : {"previous", "author", "sequence", "timestamp", "hash", "content"}) {
    all.push_back(by_author(fmt::format("without {}", name), [name](Members7& members) {
      std::erase_if(members, [&](const auto& one) { return one.first == name; });
    }));
    for (const char* value : {"null", "true", "[]", "{}", "7.5", R"("FAKE")"}) {
      const std::string_view wrong = value;
      // A number is a timestamp, and null the key before the first message: then it would be a fork.
      if ((std::string_view(name) == "timestamp" && wrong == "7.5") ||
          (std::string_view(name) == "previous" && wrong == "null"))
        continue;
      all.push_back(by_author(fmt::format("{} is {}", name, value),
                              [=](Members7& members) { value_of(members, name) = value; }));
    }
  }
  for (const char* number :
       {"0", "-3", "3.5", R"("3")", "2147483648", "9007199254740993", "1e300", "1e999"}) {
    all.push_back(by_author(fmt::format("sequence {}", number),
                            [number](Members7& members) { value_of(members, "sequence") = number; }));
  }
  for (const auto& [from, to] :
       std::vector<std::pair<std::size_t, std::size_t>>{{0, 2}, {0, 5}, {3, 4}, {1, 5}}) {
    all.push_back(
        by_author(fmt::format("members {} and {} exchanged", from, to),
                  [from = from, to = to](Members7& members) { std::swap(members[from], members[to]); }));
  }
  all.push_back(
      by_author("a member more", [](Members7& members) { members.emplace_back("more", R"("FAKE")"); }));
  all.push_back(by_author("hash is of another kind",
                          [](Members7& members) { value_of(members, "hash") = R"("sha1")"; }));
}

void add_contents(std::vector<FalseMessage>& all) {
  const auto content = [&](const std::string& name, const std::string& text) {
    all.push_back(by_author(name, [text](Members7& members) { value_of(members, "content") = text; }));
  };
  content("no type", R"({"text":"FAKE"})");
  content("a type of two characters", R"({"type":"ab","text":"FAKE"})");
  content("a type of 53 characters", fmt::format(R"({{"type":"{}","text":"FAKE"}})", std::string(53, 't')));
  content("a type that is a number", R"({"type":7,"text":"FAKE"})");
  content("a text that is no box", R"("FAKE")");
  content("a text that only looks like a box", R"("FAKE.bo")");
  content("a text too long", fmt::format(R"("{}FAKE.box")", std::string(8200, 'A')));
  content("a message too long", fmt::format(R"({{"type":"log","text":"FAKE{}"}})", std::string(8200, 'x')));
  content("a message of 60,000 bytes",
          fmt::format(R"({{"type":"log","text":"FAKE{}"}})", std::string(59'000, 'x')));
  content("a message of 200,000 bytes",
          fmt::format(R"({{"type":"log","text":"FAKE{}"}})", std::string(200'000, 'x')));
  content("escapes that grow", [] {
    std::string text = R"({"type":"log","text":"FAKE)";
    for (int i = 0; i < 2000; ++i) text += "\\u0001";
    return text + "\"}";
  }());
  content("arrays deeper than JSON is read", fmt::format(R"({{"type":"log","text":"FAKE","deep":{}{}}})",
                                                         std::string(5000, '['), std::string(5000, ']')));
}

void add_signatures(std::vector<FalseMessage>& all) {
  all.push_back(by_stranger("signed by another key", [](Members7&) {}));
  all.push_back(by_stranger("a fork by another key", [](Members7& members) {
    value_of(members, "previous") = json_string(to_text(MessageKey{}));
  }));
  all.push_back(
      by_stranger("a gap by another key", [](Members7& members) { value_of(members, "sequence") = "4"; }));
  all.push_back(by_stranger("a second message 2 by another key",
                            [](Members7& members) { value_of(members, "sequence") = "2"; }));
  all.push_back(by_stranger("an author of low order", [](Members7& members) {
    value_of(members, "author") = json_string(to_text(FeedId{}));
  }));
  for (const std::size_t back : {14, 15, 40, 95, 100}) {
    all.push_back(
        of_true(fmt::format("character {} of the signature changed", back), [back](std::string& text) {
          char& one = text[text.size() - 2 - back];
          one = one == 'A' ? 'B' : 'A';
        }));
  }
  all.push_back(
      of_true("no suffix", [](std::string& text) { text.erase(text.rfind(suffix), suffix.size()); }));
  all.push_back(
      of_true("another suffix", [](std::string& text) { text.replace(text.rfind(suffix), 4, ".box"); }));
  all.push_back(of_true("no signature", [](std::string& text) {
    text.erase(text.rfind(R"(,"signature")"));
    text += "}";
  }));
  all.push_back(of_true("a signature of zeros", [](std::string& text) {
    text.replace(text.rfind(suffix) - 88, 88, to_base64(Signature{}));
  }));
  all.push_back(of_true("another text under its signature",
                        [](std::string& text) { text.replace(text.find("true 3"), 6, "FAKE"); }));
  // The key of a message drops the high byte of each unit: the chain would not see this.
  all.push_back(of_true("a letter with another high byte",
                        [](std::string& text) { text.replace(text.find("true 3"), 1, "\xc5\xb4"); }));
  all.push_back(of_true("another timestamp",
                        [](std::string& text) { text.replace(text.find("1700000000002"), 13, "1"); }));
}

void add_texts(std::vector<FalseMessage>& all) {
  all.push_back(of_true("cut in the middle", [](std::string& text) { text.resize(text.size() / 2); }));
  all.push_back(of_true("without its last brace", [](std::string& text) { text.pop_back(); }));
  all.push_back(of_true("with garbage behind it", [](std::string& text) { text += "FAKE"; }));
  all.push_back(of_true("in an array", [](std::string& text) { text = "[" + text + "]"; }));
  all.push_back(of_true("in an object", [](std::string& text) { text = R"({"value":)" + text + "}"; }));
  all.push_back(of_true("bytes that are no UTF-8",
                        [](std::string& text) { text.replace(text.find("true"), 4, "\xff\xc0\x80\xed"); }));
  all.push_back(of_true("a zero byte", [](std::string& text) { text[text.find("true")] = '\0'; }));
  all.push_back(of_true("a control character", [](std::string& text) { text[text.find("true")] = '\x01'; }));
  all.push_back(of_true("two contents, the false one last", [](std::string& text) {
    text.insert(text.rfind(R"(,"signature")"), R"(,"content":{"type":"log","text":"FAKE"})");
  }));
  all.push_back(of_true("two authors", [](std::string& text) {
    text.insert(text.rfind(R"(,"signature")"),
                fmt::format(R"(,"author":"{}")", to_text(KeyPair::generate().id())));
  }));
  all.push_back(of_true("two sequences", [](std::string& text) {
    text.insert(text.rfind(R"(,"signature")"), R"(,"sequence":9)");
  }));
  all.push_back(of_true("a mebibyte of blanks in it", [](std::string& text) {
    text.insert(text.size() - 1, std::size_t{1000} * 1000, ' ');
  }));
}

}  // namespace

std::vector<FalseMessage> false_messages() {
  std::vector<FalseMessage> all;
  add_members(all);
  add_contents(all);
  add_signatures(all);
  add_texts(all);
  return all;
}

}  // namespace ssblog::hostile
