// SPDX-License-Identifier: MIT
// tests/intake/redactor_test.cc - which secrets are found, and that the same ones are however the bytes come.
#include "intake/redactor.h"

#include "feed/mask.h"
#include "intake/redacted_stream.h"
#include "intake/secret_presets.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <vector>

using namespace ssblog;

namespace {

std::string sample(const std::string& name) {
  const char* folder = std::getenv("SSBLOG_DATA");
  REQUIRE_MESSAGE(folder != nullptr, "SSBLOG_DATA must be tests/data");
  std::ifstream file(std::string(folder) + "/redact/" + name, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  REQUIRE_FALSE(text.str().empty());
  return text.str();
}

/// A text whose secrets are marked, and what is to become of it.
struct Marked {
  std::string text, masked;
  std::vector<std::string> secrets;

  Marked& operator+=(const Marked& other) {
    text += other.text;
    masked += other.masked;
    secrets.insert(secrets.end(), other.secrets.begin(), other.secrets.end());
    return *this;
  }
};

Marked read_marks(std::string_view marked, std::string_view name) {
  Marked all;
  while (!marked.empty()) {
    const std::size_t begin = std::min(marked.find("{{"), marked.size());
    all.text += marked.substr(0, begin);
    all.masked += marked.substr(0, begin);
    if (begin == marked.size()) break;
    const std::size_t end = marked.find("}}", begin);
    REQUIRE(end != std::string_view::npos);
    std::string secret(marked.substr(begin + 2, end - begin - 2));
    all.text += secret;
    all.secrets.push_back(secret);
    write_mask(secret, name);
    all.masked += secret;
    marked.remove_prefix(end + 2);
  }
  return all;
}

struct Example {
  std::string name;
  Marked line;  ///< with its newline
};

std::vector<Example> examples() {
  std::vector<Example> all;
  std::istringstream lines(sample("secrets/lines.txt"));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t tab = line.find('\t');
    REQUIRE(tab != std::string::npos);
    const std::string name = line.substr(0, tab);
    all.push_back({name, read_marks(line.substr(tab + 1) + "\n", name)});
  }
  return all;
}

Marked keys() { return read_marks(sample("secrets/keys.txt"), pem_name); }

std::string redacted(std::string text, const std::vector<std::string>& patterns = {}) {
  static const auto presets = Redactor::create();
  if (patterns.empty()) {
    presets->mask(text);
    return text;
  }
  auto redactor = Redactor::create(patterns);
  if (!redactor) FAIL(redactor.error().text);
  redactor->mask(text);
  return text;
}

/// As a stream that comes in the pieces that `size` says.
template <class Size>
std::string streamed(const std::shared_ptr<const Redactor>& redactor, std::string_view text, Size&& size) {
  RedactedStream stream(redactor);
  std::string out;
  const auto keep = [&out](std::string_view bytes, Millis) { out += bytes; };
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view piece = text.substr(at, size());
    stream.add(piece, 0, keep);
    at += piece.size();
    // What is held back is bounded.
    REQUIRE(at - out.size() <= 2 * Redactor::longest_secret);
  }
  stream.end_line(keep);
  return out;
}

/// As a file is read: in blocks, of which the last bytes are looked at alone.
std::string read_in_blocks(const Redactor& redactor, std::string_view text, std::size_t block) {
  RedactState state;
  std::string out;
  while (out.size() < text.size()) {
    std::string bytes(text.substr(out.size(), block + Redactor::most_held));
    const bool at_end = out.size() + bytes.size() == text.size();
    const auto kept = parse_redact_state(format_redact_state(state));
    REQUIRE(kept);
    REQUIRE(*kept == state);
    const std::size_t done = redactor.mask(bytes, block, at_end ? Behind::none : Behind::more, state);
    REQUIRE(done > 0);
    out += bytes.substr(0, done);
  }
  return out;
}

std::string letters(std::mt19937& random, std::size_t count) {
  std::string text;
  for (; count > 0; --count) text += "abcdefghijklmnopqrstuvwxyz      ./:=\"-_eyJAKIAgh"[random() % 49];
  return text;
}

}  // namespace

TEST_CASE("each example of a secret is masked, and nothing beside it") {
  for (const Example& example : examples()) {
    CAPTURE(example.line.text);
    CHECK(redacted(example.line.text) == example.line.masked);
    // What was masked is left alone.
    CHECK(redacted(example.line.masked) == example.line.masked);
  }
  CHECK(redacted(keys().text) == keys().masked);
  CHECK(redacted(keys().masked) == keys().masked);
}

TEST_CASE("the preset is named that found a secret") {
  const auto redactor = Redactor::create();
  REQUIRE(redactor);
  for (const Example& example : examples()) {
    CAPTURE(example.line.text);
    std::string text = example.line.text;
    std::vector<std::string> names;
    redactor->mask(text, [&](std::string_view name, std::size_t begin, std::size_t length) {
      names.emplace_back(name);
      CHECK(example.line.text.substr(begin, length) == example.line.secrets.at(0));
    });
    CHECK(names == std::vector<std::string>{example.name});
  }
}

TEST_CASE("lines that look alike stay as they are") {
  std::istringstream lines(sample("clean/lines.txt"));
  for (std::string line; std::getline(lines, line);) {
    CHECK(redacted(line + "\n") == line + "\n");
    CHECK(redacted(line) == line);  // as a record stands
  }
  CHECK(redacted(sample("clean/lines.txt")) == sample("clean/lines.txt"));
}

TEST_CASE("real logs without secrets stay as they are") {
  for (const std::string name :
       {"nginx-access.log", "nginx-error.log", "dpkg.log", "apt-history.log", "rsync.log", "java.log",
        "python.log", "asan.txt", "rust-crash.txt", "node.txt"})
    CHECK(redacted(sample("../" + name)) == sample("../" + name));
}

TEST_CASE("no secret survives any cutting of the bytes, and all cuttings are masked alike") {
  const auto all = examples();
  const std::shared_ptr<const Redactor> redactor = std::make_shared<Redactor>(std::move(*Redactor::create()));
  std::mt19937 random(6);
  for (int round = 0; round < 60; ++round) {
    CAPTURE(round);
    Marked text;
    const auto add = [&](std::string_view plain) {
      text += Marked{std::string(plain), std::string(plain), {}};
    };
    for (int i = 0; i < 30; ++i) {
      const auto kind = random() % 8;
      if (kind == 0)
        text += keys();
      else if (kind == 1)
        add("a plain line of no interest: " + std::to_string(random()) + "\n");
      else
        text += all[random() % all.size()].line;
    }
    const auto pieces = [&] { return random() % 3 == 0 ? random() % 3000 + 1 : random() % 5 + 1; };
    const std::string out = streamed(redactor, text.text, pieces);
    CHECK(out == text.masked);
    CHECK(read_in_blocks(*redactor, text.text, 10000 + random() % 5000) == text.masked);
    for (const std::string& secret : text.secrets) {
      if (secret.size() > 8) CHECK(out.find(secret) == std::string::npos);
    }
  }
}

TEST_CASE("each cut of a short stream gives the same") {
  const std::shared_ptr<const Redactor> redactor = std::make_shared<Redactor>(std::move(*Redactor::create()));
  for (const Example& example : examples()) {
    const std::string text = "a " + example.line.text + "b " + example.line.text;
    const std::string out = "a " + example.line.masked + "b " + example.line.masked;
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
      bool first = true;
      const auto size = [&] { return std::exchange(first, false) ? cut : text.size(); };
      REQUIRE(streamed(redactor, text, size) == out);
    }
    REQUIRE(streamed(redactor, text, [] { return 1; }) == out);
  }
}

TEST_CASE("secrets are found across the edges of records and chunks, and in very long lines") {
  const auto all = examples();
  const std::shared_ptr<const Redactor> redactor = std::make_shared<Redactor>(std::move(*Redactor::create()));
  constexpr std::size_t record = 256 * 1024, chunk = 8 * 1024;
  std::mt19937 random(66);
  for (const Example& example : all) {
    CAPTURE(example.line.text);
    const std::string& secret = example.line.secrets.at(0);
    const std::size_t at = example.line.text.find(secret);
    for (const std::size_t edge : {chunk, record}) {
      // The edge lies inside of the secret, at its ends, and inside of what is before it.
      for (const std::size_t inside : {std::size_t{0}, std::size_t{1}, secret.size() / 2, secret.size()}) {
        std::string filler(edge - at - inside, '.');
        for (std::size_t i = 60; i < filler.size(); i += 61) filler[i] = ' ';
        filler.back() = ' ';
        const std::string text = filler + example.line.text;
        const std::string masked = filler + example.line.masked;
        REQUIRE(read_in_blocks(*redactor, text, edge) == masked);
        REQUIRE(streamed(redactor, text, [&] { return edge; }) == masked);
      }
    }
  }
  for (int round = 0; round < 6; ++round) {
    // A line of 1 MB with secrets strewn in: blanks and quotes around, as nothing ends a line here.
    std::string text, masked;
    while (text.size() < (1 << 20)) {
      const Example& example = all[random() % all.size()];
      const std::string plain = " \"" + std::string(random() % 20000, '-') + " ";
      const auto end = example.line.text.size() - 1;
      if (example.line.text.find('"') != std::string::npos) continue;
      text += plain + example.line.text.substr(0, end);
      masked += plain + example.line.masked.substr(0, end);
    }
    const std::string out = redacted(text);
    CHECK(out == masked);
    CHECK(streamed(redactor, text, [&] { return random() % 70000 + 1; }) == out);
    CHECK(read_in_blocks(*redactor, text, record) == out);
    CHECK(read_in_blocks(*redactor, text, 40000 + random() % 9999) == out);
  }
}

TEST_CASE("any bytes keep their length, their newlines, and are masked alike however they come") {
  const auto all = examples();
  std::mt19937 random(606);
  for (const std::vector<std::string>& patterns :
       {std::vector<std::string>{}, {R"(pin=(\d+))", R"(^id (\w+)$)", "zz+"}}) {
    const std::shared_ptr<const Redactor> redactor =
        std::make_shared<Redactor>(std::move(*Redactor::create(patterns)));
    for (int round = 0; round < 150; ++round) {
      CAPTURE(round);
      std::string text;
      for (int i = 0; i < 40; ++i) {
        switch (random() % 7) {
          case 0:
            text += all[random() % all.size()].line.text;
            break;
          case 1:
            text += all[random() % all.size()].line.text.substr(0, random() % 60);
            break;
          case 2: {
            const std::string key = keys().text;
            text += key.substr(random() % key.size(), random() % 800);
            break;
          }
          case 3:
            text += std::string(random() % 12000, "a-.\xff"[random() % 4]);
            break;
          case 4:
            text += "id zzz\npin=12345 pin=x zzzz\n";
            break;
          default:
            text += letters(random, random() % 300) + (random() % 2 == 0 ? "\n" : "");
        }
      }
      const std::string out = redacted(text, patterns);
      REQUIRE(out.size() == text.size());
      for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\n' || out[at] == '\n') REQUIRE(out[at] == text[at]);
      }
      REQUIRE(streamed(redactor, text, [&] { return random() % 20 + 1; }) == out);
      REQUIRE(streamed(redactor, text, [&] { return random() % 20000 + 1; }) == out);
      REQUIRE(read_in_blocks(*redactor, text, 16384 + random() % 1000) == out);
      MaskedComparison comparison;
      REQUIRE(comparison.alike(out, text) == out.size());
    }
  }
}

TEST_CASE("a secret that is longer than the longest is masked to its end") {
  const std::string jwt = "eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ." + std::string(50'000, 'x');
  const std::string out = redacted("t " + jwt + " behind\n");
  CHECK(out.starts_with("t [redacted:jwt]***"));
  CHECK(out.find('x') == std::string::npos);
  CHECK(out.ends_with("** behind\n"));
  CHECK(redacted("password=" + std::string(3000, 'w') + " y").find("ww") == std::string::npos);
}

TEST_CASE("a password goes to its quote, however long it is") {
  for (const std::size_t words : {10, 100, 1000}) {
    std::string words_of_it;
    for (std::size_t i = 0; i < words; ++i) words_of_it += "hunter2 ";
    for (const std::string quote : {"\"", "'", "\\\""}) {
      const std::string text = "x password=" + quote + words_of_it + quote + " behind it\n";
      CAPTURE(words);
      const std::string out = redacted(text);
      CHECK(out.find("hunter2") == std::string::npos);
      CHECK(out.ends_with("*" + quote + " behind it\n"));
      const auto redactor = std::make_shared<Redactor>(std::move(*Redactor::create()));
      CHECK(streamed(redactor, text, [] { return 100; }) == out);
    }
  }
}

TEST_CASE("a password may have the signs that part pairs, and the next pair is left alone") {
  CHECK(redacted("password=a&b;c d\n") == "password=***** d\n");
  CHECK(redacted("password=a,b\n") == "password=***\n");
  CHECK(redacted("Pwd=a;b;Database=x\n") == "Pwd=***;Database=x\n");
  CHECK(redacted("password=a&next=/&b\n") == "password=*&next=/&b\n");
  CHECK(redacted("{password:ab1cde,user:bob}\n") == "{password:******,user:bob}\n");
  CHECK(redacted("(password=abc, user)\n") == "(password=***, user)\n");
  CHECK(redacted("password=abc;\n") == "password=***;\n");
  CHECK(redacted("token=foo,bar1234\n") == "token=foo,bar1234\n");
}

TEST_CASE("what is cut off in the middle of a secret is masked there") {
  const auto redactor = std::make_shared<Redactor>(std::move(*Redactor::create()));
  for (const Example& example : examples()) {
    const SecretPreset* preset = nullptr;
    for (const SecretPreset& one : secret_presets()) {
      if (one.name == example.name && !one.unfinished.empty()) preset = &one;
    }
    if (preset == nullptr) continue;
    const std::string& secret = example.line.secrets.at(0);
    const std::size_t begin = example.line.text.find(secret);
    for (std::size_t length = secret.size() / 2 + 7; length < secret.size(); ++length) {
      const std::string text = example.line.text.substr(0, begin + length);
      CAPTURE(text);
      RedactedStream stream(redactor);
      std::string out;
      const auto keep = [&out](std::string_view bytes, Millis) { out += bytes; };
      stream.add(text, 0, keep);
      stream.end_line(keep, true);
      CHECK(out.find(secret.substr(0, length)) == std::string::npos);
    }
  }
}

TEST_CASE("a user's patterns are masked: their first group, or all of a match") {
  CHECK(redacted("pin=1234 x\n", {R"(pin=(\d+))"}) == "pin=**** x\n");
  CHECK(redacted("x customer 12345678 y\n", {R"(\b\d{8}\b)"}) == "x customer ******** y\n");
  CHECK(redacted("number 123456789012345678 y\n", {R"(\d{18})"}) == "number [redacted:pattern] y\n");
  CHECK(redacted("abc\nxabc abc\n", {"^abc"}) == "***\nxabc abc\n");
  CHECK(redacted("abc abc\nabc\n", {"abc$"}) == "abc ***\n***\n");
  CHECK(redacted("a\nb\n", {R"(a\sb)"}) == "a\nb\n");  // never over a newline
  CHECK(redacted("aa b aa\n", {"a(x)?a"}) == "** b **\n");
  // Beside presets, in one line.
  CHECK(redacted("pin=1 password=abc pin=2\n", {R"(pin=(\d+))"}) == "pin=* password=*** pin=*\n");
  // In long lines, too.
  const std::string before(20'000, '-');
  CHECK(redacted(before + "pin=1234" + before, {R"(pin=(\d+))"}) == before + "pin=****" + before);
  CHECK(redacted(before + "^pin" + before, {"^-"}) == "*" + before.substr(1) + "^pin" + before);
}

TEST_CASE("what a user's patterns match beside a mask is the same however the bytes come") {
  const std::vector<std::string> patterns = {R"(\bpin=(\d+))", R"(user=(\w+).*pin=)", "zz", R"(\B-x)"};
  const auto redactor = std::make_shared<Redactor>(std::move(*Redactor::create(patterns)));
  const std::string text = "user=a zzpin=1 pin=22 user=bc password=zz -x zz-x pin=3\n";
  const std::string out = "user=* **pin=* pin=** user=** password=** ** **** pin=*\n";
  CHECK(redacted(text, patterns) == out);
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    bool first = true;
    REQUIRE(streamed(redactor, text, [&] { return std::exchange(first, false) ? cut : text.size(); }) == out);
  }
  std::string many, masked;
  for (int i = 0; i < 400; ++i) {
    many += text.substr(0, text.size() - 1);
    masked += out.substr(0, out.size() - 1);
  }
  // `pin=` follows each user in a stretch, and all of it is one line.
  CHECK(streamed(redactor, many, [] { return 777; }) == redacted(many, patterns));
  CHECK(read_in_blocks(*redactor, many, 16384) == redacted(many, patterns));
}

TEST_CASE("what a pattern of a user's searches in a hostile line is bounded, and nothing of it shows") {
  // Each of its matches reaches to the end of the line.
  const std::string pattern = R"(user=(\w+).*pin=)";
  const auto line = [](std::size_t users) {
    std::string text;
    for (std::size_t i = 0; i < users; ++i) text += "user=abc ";
    return text + "pin=1\n";
  };
  CHECK(redacted(line(20), {pattern}).find("abc") == std::string::npos);
  CHECK(redacted(line(20), {pattern}).ends_with("user=*** pin=1\n"));
  const std::string out = redacted(line(800), {pattern});
  CHECK(out.find("abc") == std::string::npos);
  CHECK(out.starts_with("user=*** user=*** "));
  CHECK(out.find("user=***", out.size() / 2) == std::string::npos);  // it was given up before, and masked
  CHECK(out.ends_with("*\n"));
  CHECK(redacted("x\n" + line(800) + "a line behind it\n", {pattern}).ends_with("\na line behind it\n"));
  // Many matches that do not lie over one another cost no more than the line has bytes.
  std::string pins, masked;
  for (int i = 0; i < 1500; ++i) {
    pins += "pin=1 ";
    masked += "pin=* ";
  }
  CHECK(redacted(pins, {R"(pin=(\d+))"}) == masked);
}

TEST_CASE("a pattern that is none is refused with its words") {
  const auto code = [](const std::vector<std::string>& patterns) {
    const auto redactor = Redactor::create(patterns);
    REQUIRE_FALSE(redactor);
    CHECK(redactor.error().code == Code::config);
    return redactor.error().text;
  };
  CHECK(code({"("}).find("\"(\" is no pattern of RE2") != std::string::npos);
  CHECK(code({"a*"}).find("matches where nothing stands") != std::string::npos);
  CHECK(code({std::string(5000, 'a')}).find("5000 bytes") != std::string::npos);
  CHECK(code(std::vector<std::string>(65, "a")).find("65") != std::string::npos);
}

TEST_CASE("the state in the middle of a key is found again from what stands before") {
  const auto redactor = Redactor::create();
  REQUIRE(redactor);
  const Marked key = keys();
  for (std::size_t at = 0; at < key.text.size(); at = key.text.find('\n', at) + 1) {
    RedactState state = redactor->catch_up(key.text.substr(0, at));
    std::string rest = key.text.substr(at);
    CHECK(redactor->mask(rest, rest.size(), Behind::none, state) == rest.size());
    CHECK(rest == key.masked.substr(at));
  }
  RedactState inside = redactor->catch_up("x password=\"abc");
  std::string rest = "def\" y\n";
  CHECK(redactor->mask(rest, rest.size(), Behind::none, inside) == rest.size());
  CHECK(rest == "***\" y\n");
}

TEST_CASE("blanks, quotes and colors behind the lines of a key do not end it") {
  const std::string line = "MIIEvQabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01238cKj";
  for (const std::string behind : {" ", "\t \r", "\x1b[0m", " \x1b[0;32m\x1b[K ", "\", "}) {
    const std::string out =
        redacted("-----BEGIN PRIVATE KEY-----\n" + line + behind + "\n" + line + behind + "\nthe end.\n");
    CHECK(out.find("8cKj") == std::string::npos);
    CHECK(out.ends_with(behind + "\nthe end.\n"));
  }
}

TEST_CASE("a key in one line is masked, whatever stands for its newlines") {
  const std::string line = "MIIEvQabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01238cKj";
  const std::string begin = "-----BEGIN RSA PRIVATE KEY-----", end = "-----END RSA PRIVATE KEY-----";
  for (const std::string& text : std::vector<std::string>{
           R"("{\"private_key\":\")" + begin + R"(\\n)" + line + R"(\\n)" + line + R"(\\n)" + end +
               R"(\"}" x.)",
           "['" + begin + "', '" + line + "', '" + line + "', '" + end + "'] x.",
           '"' + begin + R"(\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES\n\n)" + line + R"(\n)" + end + "\" x.",
           R"("-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\n)" + line + R"(\n)" + end +
               "\" x."}) {
    const std::string out = redacted(text + "\n");
    CAPTURE(out);
    CHECK(out.find("8cKj") == std::string::npos);
    CHECK(out.find("MIIEvQ") == std::string::npos);
    CHECK(out.find("-----[redacted:private-key]*") != std::string::npos);
    CHECK(out.ends_with(" x.\n"));
  }
}

TEST_CASE("a text that is no state is refused") {
  for (const std::string text :
       {"x", "3 0 0 0 10", "1 0 0 0", "1 0 0 0 256", "-1 0 0 0 10", "1 9 0 0 10", "1 0 99999 0 10", "??"})
    CHECK_MESSAGE(!parse_redact_state(text), text);
  CHECK(parse_redact_state("")->is_clear());
  CHECK(parse_redact_state("?")->unknown);
}

TEST_CASE("nothing of a secret shows where a line is given out before it is whole") {
  const auto redactor = Redactor::create({R"(pin=(\d+))"});
  const auto presets = Redactor::create();
  REQUIRE(redactor);
  REQUIRE(presets);
  const Marked key = keys();
  const auto pause = [](const Redactor& by, const std::string& text, std::size_t at) {
    RedactState state;
    std::string out = text.substr(0, at), rest = text.substr(at);
    CHECK(by.mask(out, out.size(), Behind::later, state) == at);
    const auto kept = parse_redact_state(format_redact_state(state));
    REQUIRE(kept);
    CHECK(*kept == state);
    CHECK(by.mask(rest, rest.size(), Behind::none, state) == rest.size());
    return out + rest;
  };
  for (const Example& example : examples()) {
    const std::string& secret = example.line.secrets.at(0);
    const std::string text = "a " + example.line.text;
    const std::size_t begin = text.find(secret);
    for (std::size_t at = 1; at < text.size(); ++at) {
      for (const Redactor* by : {&*redactor, &*presets}) {
        const std::string out = pause(*by, text, at);
        CAPTURE(text.substr(0, at));
        CAPTURE(out);
        REQUIRE(out.size() == text.size());
        MaskedComparison comparison;
        REQUIRE(comparison.alike(out, text) == text.size());
        // A few letters do not say what they begin.
        const std::size_t shown = at > begin ? std::min<std::size_t>({at - begin, 12, secret.size()}) : 0;
        for (std::size_t i = shown; i + 6 <= secret.size(); ++i)
          REQUIRE(out.substr(begin + i, 6) != secret.substr(i, 6));
        CHECK(out.substr(0, begin) == text.substr(0, begin));
      }
    }
  }
  for (std::size_t at = 1; at < key.text.size(); ++at) {
    const std::string out = pause(*presets, key.text, at);
    CAPTURE(key.text.substr(0, at));
    for (const std::string& secret : key.secrets) {
      if (secret.size() > 30) CHECK(out.find(secret.substr(20)) == std::string::npos);
    }
  }
  CHECK(pause(*redactor, "x pin=1234\n", 8) == "x pin=****\n");
  CHECK(pause(*redactor, "x pin=1234\n", 4) == "x pin=****\n");
  CHECK(pause(*presets, "New password: \nno\n", 14) == "New password: \nno\n");
}

TEST_CASE("bytes that are held back keep the time at which they came") {
  RedactedStream stream(std::make_shared<Redactor>(std::move(*Redactor::create())));
  std::string out;
  const auto keep = [&out](std::string_view bytes, Millis time) {
    out += fmt::format("{}@{};", bytes, time);
  };
  stream.add("one\ntwo pass", 1, keep);
  CHECK(out == "one\ntwo @1;");
  stream.add("word=ab", 2, keep);
  CHECK(out == "one\ntwo @1;");
  stream.add("c\nthree\n", 3, keep);
  CHECK(out == "one\ntwo @1;password=**@1;*\nthree\n@3;");
  stream.add("password=abc", 4, keep);
  stream.end_line(keep);
  CHECK(out.ends_with("password=***@4;"));
}

TEST_CASE("a secret behind a long word that is none is found") {
  for (const std::string begin : {"token:", "glpat-", "xoxb-", "sk-ant-"}) {
    for (const std::size_t words : {1, 20, 200, 3000}) {
      std::string text;
      for (std::size_t i = 0; i < words; ++i) text += begin;
      CAPTURE(words);
      CHECK(redacted(text + " ").find('*') == std::string::npos);
      CHECK(redacted(text + begin + "Ab3dEf6hIj9lMn2pQr5t end").find("Mn2pQr5t") == std::string::npos);
      CHECK(redacted(text + " password: hunter2 end").find("hunter2") == std::string::npos);
      CHECK(redacted(text + "password: hunter2 end").find("hunter2") == std::string::npos);
    }
  }
}

// What it costs is seen by bench/redact.cc, and by the time limit of this program: it was some hundred times as much.
TEST_CASE("a line full of beginnings comes out as long as it was") {
  for (const std::string word : {"://", "token:", "eyJ", "password", "-----BEGIN RSA PRIVATE KEY-----",
                                 "Bearer ", "secret:", "a://b:", "glpat-", "xoxb-", "sk-ant-", "pwd=="}) {
    std::string text;
    while (text.size() < 200'000) text += word;
    CAPTURE(word);
    CHECK(redacted(text).size() == text.size());
  }
}
