// SPDX-License-Identifier: MIT
#include "intake/tap.h"

#include "cli/delivery.h"
#include "cli/settings.h"
#include "feed/utf.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto last_patience = 10s;  // for the daemon, when nothing more comes
constexpr std::size_t longest_name = 256;

volatile std::sig_atomic_t ended_by = 0;
volatile std::sig_atomic_t tell_end = -1;

/// A signal ends the copying, and what was copied is handed over before it has its way; a second one has it at once.
/// @return what can be read from when one came.
Result<File> note_ends() {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return file_error("make", "a pipe", errno);
  for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
  tell_end = ends[1];
  struct sigaction note {};
  note.sa_handler = [](int signal) {
    ended_by = signal;
    [[maybe_unused]] const auto told = ::write(tell_end, "", 1);
  };
  note.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    ::sigaction(signal, nullptr, &before);
    if (before.sa_handler != SIG_IGN) ::sigaction(signal, &note, nullptr);
  }
  std::signal(SIGPIPE, SIG_IGN);
  return File(ends[0]);
}

/// Writers to us and readers of us see our end before the rest is handed over.
void let_go_of_streams() {
  const File nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  ::dup2(nothing.get(), STDIN_FILENO);
  ::dup2(nothing.get(), STDOUT_FILENO);
}

/// A spool that cannot be opened must not end what passes.
std::optional<TapSpool> open_spool(const std::optional<std::string>& path) {
  if (!path) return std::nullopt;
  // A pipe that nobody reads would be waited for.
  File file(::open(path->c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600));
  const int error = errno;
  struct stat status {};
  const bool is_pipe = ::stat(path->c_str(), &status) == 0 && S_ISFIFO(status.st_mode);
  if (file && !is_pipe) return TapSpool{std::move(file), *path};
  const std::string why =
      is_pipe ? fmt::format("{} is a pipe; name a regular file", *path) : output_error(*path, error).text;
  say(fmt::format("{}; lines go to the daemon, as without --spool", why));
  return std::nullopt;
}

Result<std::string> name_of(std::string_view what, const std::string& text) {
  if (text.empty() || text.size() > longest_name)
    return Error{Code::usage, fmt::format("{} must have 1 to {} bytes", what, longest_name)};
  return decode_utf8(as_bytes(text));
}

}  // namespace

Result<int> run_tap(const Words& words) {
  Options options("tap",
                  "Copies standard input to standard output, and hands a copy to the daemon, if it is\n"
                  "there. Never waits for it, and never fails because of it.",
                  "  udhcpd -f 2>&1 | ssblog tap udhcpd | logger\n"
                  "  make 2>&1 | ssblog tap build --spool build.log | less");
  std::vector<std::string> names;
  std::optional<std::string> job, spool_path, path;
  options.words("NAME", names, "The stream's name");
  options.value("--job NAME", job, "What the lines are of");
  options.value("--spool FILE", spool_path, "Append all to FILE instead of handing it to the daemon");
  options.value("--path DIR", path, "Home of this host");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  if (names.size() != 1) return Error{Code::usage, "what is the stream called? ssblog tap NAME"};
  auto name = name_of("the stream's name", names.front());
  if (!name) return name.error();
  auto job_name = job ? name_of("--job", *job) : Result<std::string>(std::string());
  if (!job_name) return job_name.error();
  auto packer = RunPacker::create({{source_name(path), *job_name, "", draw_run()}, {}, {}, {{*name}}});
  if (!packer) return packer.error();

  auto over = note_ends();
  if (!over) return over.error();
  SocketDelivery delivery(path);
  Courier::Options how;
  how.most_bytes = 4 * 1024 * 1024;
  how.first_pause = how.longest_pause = 1s;
  how.clock = clock_now;
  how.loss_reason = "could not be handed over in time";
  Courier courier(
      std::move(*packer),
      [&delivery](std::span<const std::string> contents, std::size_t& delivered) {
        return delivery.deliver(contents, delivered);
      },
      std::move(how));
  TapPlan plan;
  plan.clock = clock_now;
  plan.say = say;
  plan.over = over->get();
  const auto end = tap(plan, open_spool(spool_path), courier);
  let_go_of_streams();
  delivery.give_up_in(last_patience);
  const auto closed = courier.close(std::nullopt);
  if (closed.error)
    say(fmt::format("{} of {} is in the feed: {}", closed.any ? "not all" : "nothing", *name,
                    closed.error->text));
  if (!end) return end.error();
  if (*end == TapEnd::signal) end_by(ended_by);
  if (*end == TapEnd::output) end_by(SIGPIPE);
  return 0;
}

}  // namespace ssblog
