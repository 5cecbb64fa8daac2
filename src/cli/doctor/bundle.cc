// SPDX-License-Identifier: MIT
#include "cli/doctor/bundle.h"

#include "assemble/time_text.h"
#include "cli/status.h"
#include "feed/utf.h"
#include "intake/redactor.h"
#include "store/files.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <memory>

namespace ssblog {
namespace {

constexpr std::string_view removed = "[removed]";
constexpr std::size_t most_log = 256 * 1024;  // bytes

void replace_all(std::string& text, std::string_view what) {
  if (what.empty()) return;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += removed.size())
    text.replace(at, what.size(), removed);
}

bool is_base64(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/' ||
         c == '-' || c == '_';
}

/// 32 bytes or more of base64 may be a key of any kind; ids of hosts and of messages are not secret.
void remove_keys(std::string& text) {
  constexpr std::size_t shortest = 43;
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_base64(text[end])) ++end;
    if (end == at) {
      out += text[at++];
      continue;
    }
    const char before = at == 0 ? ' ' : text[at - 1];
    const bool is_id = before == '@' || before == '%' || before == '&';
    const bool has_path = std::string_view(text).substr(at, end - at).starts_with('/');
    if (end - at >= shortest && !is_id && !has_path)
      out += removed;
    else
      out.append(text, at, end - at);
    at = end;
  }
  text = std::move(out);
}

/// `password = "..."`: the value goes, whatever it is.
std::string without_named_secrets(std::string_view config) {
  constexpr std::array<std::string_view, 6> names = {"key", "secret", "password", "token", "shs", "sign"};
  std::string out;
  while (!config.empty()) {
    const std::string_view line = config.substr(0, config.find('\n'));
    config.remove_prefix(std::min(config.size(), line.size() + 1));
    const auto equals = line.find('=');
    const std::string_view name = line.substr(0, equals);
    bool secret = false;
    for (const std::string_view word : names) secret = secret || name.find(word) != std::string_view::npos;
    // Where a secret lies is none.
    secret = secret && equals != std::string_view::npos && name.find("file") == std::string_view::npos;
    if (secret)
      out.append(name).append("= ").append(removed);
    else
      out += line;
    out += '\n';
  }
  return out;
}

std::string system_text() {
  utsname system{};
  std::string text = "unknown\n";
  if (::uname(&system) == 0)
    text = fmt::format("{} {} {} {}\n", system.sysname, system.release, system.version, system.machine);
  if (const auto release = read_file("/etc/os-release", 64 * 1024)) text += *release;
  return text;
}

/// What systemd kept of the daemon's own words.
std::string daemon_log() {
  if (::access("/run/systemd/system", F_OK) != 0) return "no systemd here: add the daemon's own output\n";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(
      ::popen("journalctl --unit=ssblog --lines=500 --no-pager --output=short-iso 2>&1", "re"), ::pclose);
  if (!pipe) return "journalctl could not be started\n";
  std::string text;
  std::array<char, 4096> block;
  while (text.size() < most_log) {
    const auto got = std::fread(block.data(), 1, block.size(), pipe.get());
    if (got == 0) break;
    text.append(block.data(), got);
  }
  return text;
}

}  // namespace

Result<std::string> make_bundle(const Patient& patient, const DoctorReport& report) {
  const Settings& settings = patient.settings;
  std::string text = "ssblog doctor: a bundle for a bug report. Please read it before you send it.\nmade ";
  append_utc_time(text, clock_now());
  text += "\nversion " SSBLOG_VERSION "\n";
  const auto section = [&text](std::string_view name, std::string_view body) {
    text += fmt::format("\n==== {}\n{}{}", name, body, body.ends_with('\n') ? "" : "\n");
  };
  section("system", system_text());
  section("doctor", as_text(report, true));
  const auto config = read_file(settings.home.config_path(), longest_config);
  section("config.toml", config ? without_named_secrets(*config) : config.error().text);
  const auto status = status_json(settings);
  section("status", status ? *status : status.error().text);
  section("log of the daemon", daemon_log());

  text = decode_utf8(as_bytes(text));
  if (settings.network_key) replace_all(text, to_base64(settings.network_key->bytes).substr(0, 43));
  if (settings.signing_key) replace_all(text, to_base64(settings.signing_key->bytes).substr(0, 43));
  remove_keys(text);
  auto redactor = Redactor::create();
  if (!redactor) return redactor.error();
  redactor->mask(text);
  return text;
}

}  // namespace ssblog
