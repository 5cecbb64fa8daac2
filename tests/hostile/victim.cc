// SPDX-License-Identifier: MIT
#include "hostile/victim.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace ssblog::hostile {
namespace {

using namespace std::chrono_literals;

constexpr auto start_patience = 30s;
constexpr auto stop_patience = 20s;  // with a sanitizer, leaks are looked for at the end

std::string whole_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The number behind a word of a text; 0 when there is none.
std::size_t number_after(const std::string& text, std::string_view word) {
  const auto at = text.find(word);
  std::size_t number = 0;
  if (at == text.npos) return 0;
  const auto digit = text.find_first_of("0123456789", at + word.size());
  if (digit == text.npos) return 0;
  std::from_chars(text.data() + digit, text.data() + text.size(), number);
  return number;
}

void pause() { ::poll(nullptr, 0, 5); }

}  // namespace

Victim::Victim(std::string binary) : binary_(std::move(binary)) {
  std::string pattern = std::filesystem::temp_directory_path() / "ssblog-hostile-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) return;
  directory_ = pattern;
  // The socket of other users lies here, and they are let through to it.
  static_cast<void>(::chmod(directory_.c_str(), 0711));
}

Victim::~Victim() {
  if (daemon_ > 0) {
    ::kill(daemon_, SIGKILL);
    ::waitpid(daemon_, nullptr, 0);
  }
  std::error_code ignored;
  if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
}

pid_t Victim::spawn(const std::vector<std::string>& words, int out, int error) const {
  std::vector<std::string> texts{binary_};
  texts.insert(texts.end(), words.begin(), words.end());
  // Quarantine is memory that was freed: what is looked for is what was not.
  std::vector<std::string> environment{
      "HOME=" + directory_,
      "XDG_DATA_HOME=" + directory_ + "/data",
      "XDG_STATE_HOME=" + directory_ + "/state",
      "LC_ALL=C",
      "ASAN_OPTIONS=quarantine_size_mb=8:halt_on_error=1:detect_stack_use_after_return=1",
      "UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1"};
  std::vector<char*> arguments, variables;
  for (std::string& text : texts) arguments.push_back(text.data());
  for (std::string& text : environment) variables.push_back(text.data());
  arguments.push_back(nullptr);
  variables.push_back(nullptr);
  const pid_t child = ::fork();
  if (child != 0) return child;
  const int nothing = ::open("/dev/null", O_RDONLY);
  if (nothing < 0 || ::dup2(nothing, 0) < 0 || ::dup2(out, 1) < 0 || ::dup2(error, 2) < 0) ::_exit(126);
  ::execve(binary_.c_str(), arguments.data(), variables.data());
  ::_exit(127);
}

Ran Victim::run(const std::vector<std::string>& words) const {
  const std::string path = directory_ + "/out";
  const int out = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const int error = ::open((directory_ + "/said").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (out < 0 || error < 0) return {};
  const pid_t child = spawn(words, out, error);
  ::close(out);
  ::close(error);
  int status = -1;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return {};
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, whole_file(path)};
}

bool Victim::make_home(const NetworkKey& network) {
  if (directory_.empty()) return false;
  std::ofstream(directory_ + "/caps") << to_base64(network.view()) << '\n';
  const Ran made = run({"init", "--name", "victim", "--caps.shs", "@" + directory_ + "/caps"});
  const auto id = parse_feed_id(std::string_view(made.out).substr(0, made.out.find('\n')));
  if (made.status != 0 || !id) return false;
  id_ = *id;
  std::ofstream config(directory_ + "/data/ssblog/config.toml", std::ios::app);
  config << "\n[publish]\nmode = \"0600\"\nsocket = \"" << publish_path() << "\"\n";
  return config.good();
}

bool Victim::start(const std::string& address) {
  const int lines = ::open((directory_ + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (lines < 0) return false;
  daemon_ = spawn({"daemon", "--host", address, "--port", "0"}, lines, lines);
  ::close(lines);
  for (const Moment deadline = from_now(start_patience); std::chrono::steady_clock::now() < deadline;
       pause()) {
    if (!is_alive()) return false;
    const std::string said = log();
    port_ = static_cast<std::uint16_t>(number_after(said, fmt::format("listening on {}:", address)));
    if (port_ != 0) return true;
  }
  return false;
}

bool Victim::is_alive() {
  if (daemon_ <= 0 || ::waitpid(daemon_, nullptr, WNOHANG) == 0) return daemon_ > 0;
  daemon_ = -1;
  return false;
}

bool Victim::stop() {
  if (!is_alive()) return false;
  ::kill(daemon_, SIGTERM);
  int status = 0;
  for (const Moment deadline = from_now(stop_patience); std::chrono::steady_clock::now() < deadline;
       pause()) {
    if (::waitpid(daemon_, &status, WNOHANG) != daemon_) continue;
    daemon_ = -1;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }
  return false;
}

std::optional<Cost> Victim::cost() const {
  const std::string place = fmt::format("/proc/{}", daemon_);
  const std::string status = whole_file(place + "/status");
  std::error_code error;
  const std::filesystem::directory_iterator descriptors(place + "/fd", error);
  if (status.empty() || error) return std::nullopt;
  const auto count = std::distance(begin(descriptors), end(descriptors));
  return Cost{number_after(status, "VmRSS:") * 1024, static_cast<std::size_t>(count)};
}

std::string Victim::descriptors() const {
  std::string lines;
  std::error_code error;
  for (const auto& one : std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", daemon_), error))
    lines += fmt::format("{} {}\n", one.path().filename().string(),
                         std::filesystem::read_symlink(one.path(), error).string());
  return lines;
}

std::string Victim::log() const { return whole_file(directory_ + "/log"); }

}  // namespace ssblog::hostile
