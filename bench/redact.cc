// SPDX-License-Identifier: MIT
// bench/redact.cc - how fast secrets are looked for and masked in lines, with all presets, and with patterns beside them.
//
// Beside it what the same bytes cost when only their newlines are looked for, and when patterns of RE2 for the same
// secrets are tried on each line, one by one; at last, what a hostile sender's lines cost. CPU time of one thread. bench_redact [FILE]: of its lines, too.
#include "intake/redactor.h"
#include "lines.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <ctime>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

using namespace ssblog;

namespace {

constexpr std::size_t text_bytes = 64 << 20;

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

void say(const char* what, const std::string& text, double seconds, std::size_t found) {
  fmt::print("{:<44} {:8.0f} MB/s {:8} found\n", what, static_cast<double>(text.size()) / seconds / 1e6,
             found);
}

void measure(const char* what, std::string text, const std::vector<std::string>& patterns = {}) {
  auto redactor = Redactor::create(patterns);
  if (!redactor) return;
  std::size_t found = 0;
  const auto count = [&found](std::string_view, std::size_t, std::size_t) { ++found; };
  RedactState state;
  constexpr std::size_t block = 256 * 1024;
  const double begin = cpu_seconds();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = std::min(block + Redactor::most_held, text.size() - at);
    const bool last = at + size == text.size();
    at += redactor->mask(std::span(text).subspan(at, size), block, last ? Behind::none : Behind::more, state,
                         count);
  }
  say(what, text, cpu_seconds() - begin, found);
}

void one_by_one(const std::string& text) {
  const char* const patterns[] = {R"((?i)authorization:\s*\w+\s+\S+)",
                                  R"(://[^\s/:@]*:[^\s/@]+@)",
                                  R"(eyJ[\w-]+\.[\w-]+\.[\w-]*)",
                                  R"(\bA[KS]IA[A-Z2-7]{16}\b)",
                                  R"(-----BEGIN [A-Z ]*PRIVATE KEY)",
                                  R"((?i)(password|secret|token)\s*[=:]\s*\S+)",
                                  R"(gh[pousr]_\w{36})",
                                  R"(xox[abp]-[\w-]+)"};
  std::vector<std::unique_ptr<RE2>> compiled;
  for (const char* pattern : patterns) compiled.push_back(std::make_unique<RE2>(pattern, RE2::Latin1));
  std::size_t found = 0;
  const double begin = cpu_seconds();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    for (const auto& pattern : compiled)
      found += RE2::PartialMatch(re2::StringPiece(text.data() + at, end - at), *pattern) ? 1 : 0;
    at = end + 1;
  }
  say("  RE2, eight patterns one by one", text, cpu_seconds() - begin, found);
}

void newlines(const std::string& text) {
  const double begin = cpu_seconds();
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; ++at) ++count;
  say("  newlines alone", text, cpu_seconds() - begin, count);
}

void all(const char* what, const std::string& text) {
  fmt::print("{}\n", what);
  measure("  all presets", text);
  measure("  ... and a user's pattern", text, {R"(\bcustomer=(\d{8})\b)"});
  one_by_one(text);
  newlines(text);
}

/// What a hostile sender writes: beginnings of secrets alone, in lines of `length` bytes. Twice the length is not to take
/// longer a byte.
void floods() {
  constexpr std::size_t bytes = 1 << 20;
  fmt::print("{:<32}{:>12}{:>12}{:>12}{:>12}   MB/s of presets, by the length of a line\n", "floods", "1 KiB",
             "4 KiB", "16 KiB", "1 MiB");
  const auto redactor = Redactor::create();
  const auto with_patterns = Redactor::create({R"(pin=(\d+))", R"(user=(\w+).*pin=(\d+))"});
  if (!redactor || !with_patterns) return;
  const auto row = [](const Redactor& by, const char* what, const std::string& word) {
    fmt::print("  {:<30}", what);
    for (const std::size_t length : {1 << 10, 4 << 10, 16 << 10, 1 << 20}) {
      std::string line;
      while (line.size() < length) line += word;
      line += '\n';
      std::string text;
      while (text.size() < bytes) text += line;
      RedactState state;
      const double begin = cpu_seconds();
      by.mask(text, text.size(), Behind::none, state);
      fmt::print("{:>12.1f}", static_cast<double>(text.size()) / (cpu_seconds() - begin) / 1e6);
    }
    fmt::print("\n");
  };
  for (const char* word : {"glpat-",
                           "xoxb-",
                           "sk-ant-",
                           "pypi-",
                           "pwd==",
                           "://",
                           "://a:",
                           "a://b@c:",
                           "eyJ-",
                           "eyJ-.",
                           "ghp_-",
                           "npm_-",
                           "SG.-",
                           "AKIA ",
                           "token:",
                           "token: ",
                           "password=x ",
                           "secret=\"a ",
                           "--password ",
                           "<pass",
                           "curl -u ",
                           "curl -u",
                           "bearer ",
                           "basic ",
                           "authorization: ",
                           "authorization:bearer ",
                           "hooks.slack.com/services/",
                           "-----BEGIN",
                           "-----BEGIN RSA PRIVATE KEY-----",
                           "glpat-xoxb-sk-ant-://eyJ-.token:pwd==curl -u bearer basic authorization: "})
    row(*redactor, word, word);
  for (const char* word : {"pin=1 ", "pin=", "user=a ", "user=a pin=1 ", "pin=1 password=x "})
    row(*with_patterns, fmt::format("patterns: {}", word).c_str(), word);
}

}  // namespace

int main(int count, char** words) {
  bench::Lines lines(1);
  std::string made, nginx, secrets;
  while (made.size() < text_bytes) lines.append(made);
  for (int i = 0; nginx.size() < text_bytes; ++i) {
    nginx += fmt::format(
        "192.168.1.{} - - [20/Nov/2026:10:{:02}:{:02} +0100] \"GET /a/{}?q={} HTTP/1.1\" 200 {} "
        "\"https://example.org/x/{}\" \"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\"\n",
        i % 250, i / 60 % 60, i % 60, i % 977, i, i % 40'000, i % 331);
  }
  while (secrets.size() < text_bytes) {
    for (int i = 0; i < 9; ++i) lines.append(secrets);
    secrets +=
        "nas app[1]: connect postgres://app:hunter2@db/x with password=hunter2, key AKIAABCDEFGHIJKLMNOP\n";
  }
  all("made up lines (bench/lines.h)", made);
  all("an access log: each line has a URL", nginx);
  all("every tenth line with three secrets", secrets);
  floods();
  if (count > 1) {
    std::ifstream file(words[1], std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (text.str().empty()) {
      fmt::print(stderr, "bench_redact: {} is empty, or cannot be read\n", words[1]);
      return 66;
    }
    std::string many;
    while (many.size() < text_bytes) many += text.str();
    all(words[1], many);
  }
}
