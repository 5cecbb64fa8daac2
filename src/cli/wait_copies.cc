// SPDX-License-Identifier: MIT
#include "cli/wait_copies.h"

#include "cli/command.h"
#include "cli/units.h"
#include "store/daemon_door.h"
#include "store/peer_book.h"

#include <fmt/format.h>

#include <charconv>
#include <thread>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto default_timeout = 60s;
constexpr auto look_pause = 20ms;
constexpr std::size_t most_copies = 10'000;

}  // namespace

Result<std::size_t> parse_copies(std::string_view text) {
  std::size_t copies = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), copies);
  if (error != std::errc() || end != text.data() + text.size() || copies == 0 || copies > most_copies)
    return Error{Code::usage, fmt::format("--wait-copies {}: say on how many other hosts", text)};
  return copies;
}

Result<std::optional<WaitCopies>> read_wait_copies(const OwnOptions& own) {
  const auto copies = own.value("wait-copies");
  const auto timeout = own.value("timeout");
  if (!copies) {
    if (timeout) return Error{Code::usage, "--timeout is for --wait-copies"};
    return std::optional<WaitCopies>();
  }
  auto number = parse_copies(*copies);
  if (!number) return number.error();
  WaitCopies wanted{*number, default_timeout};
  if (timeout) {
    auto time = parse_duration("--timeout", *timeout, 1s);
    if (!time) return time.error();
    wanted.timeout = *time;
  }
  return std::optional(wanted);
}

Result<void> wait_for_copies(const Home& home, Store& store, const Published& published,
                             const WaitCopies& wanted) {
  if (published.held != Hold::none)
    return Error{Code::busy, "published, but not signed yet, so that no other host can have it"};
  if (!published.last) return {};
  const auto deadline = std::chrono::steady_clock::now() + wanted.timeout;
  if (!DaemonLock::holder(home))
    say("no daemon is running here: other hosts get this when one does, or by `ssblog sync`");
  PeerBook book(store);
  for (;;) {
    auto copies = book.copies(published.last->sequence);
    if (!copies) return copies.error();
    if (*copies >= wanted.copies) return {};
    if (std::chrono::steady_clock::now() >= deadline) {
      return Error{Code::busy,
                   fmt::format("published, but only {} of {} other hosts said in time that they hold it",
                               *copies, wanted.copies)};
    }
    std::this_thread::sleep_for(look_pause);
  }
}

}  // namespace ssblog
