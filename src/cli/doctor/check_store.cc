// SPDX-License-Identifier: MIT
// cli/doctor/check_store.cc - the store: readable, not held, with room, and without keys in it.
#include "cli/doctor/checks.h"
#include "cli/own_feed.h"
#include "cli/progress.h"
#include "cli/publish_content.h"
#include "cli/units.h"
#include "feed/json.h"
#include "store/disk_room.h"
#include "store/forks.h"

#include <fmt/format.h>
#include <unistd.h>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t large_log = 256'000'000;  // bytes of a write-ahead log that nobody writes back
constexpr auto turn_patience = 1s;

void check_room(const Home& home, DoctorReport& report) {
  const auto room = disk_room(home.directory);
  if (!room) return;
  const std::string text =
      fmt::format("{} are free on the disk of {}", size_text(room->free), home.directory);
  if (room->read_only)
    report.wrong("disk", fmt::format("the disk of {} is read-only: nothing can be published", home.directory),
                 "look into the kernel's log for why it was mounted so");
  else if (room->free < low_disk)
    report.wrong("disk", text,
                 "make room; `ssblog status` shows the feeds that grow, `ssblog forget` drops one");
  else
    report.good("disk", text);
  const auto log = size_of_file(home.store_path() + "-wal");
  if (log > large_log) {
    report.hint("store", fmt::format("its log has {}", size_text(log)),
                "some process has read from the store for very long; end it, and the log is written back");
  }
}

void check_hold(const Settings& settings, DoctorReport& report) {
  auto own = OwnFeed::open(settings);
  if (!own) {
    report.wrong("store", own.error().text, "see `man ssblog-restore`");
    return;
  }
  if (auto patience = (*own)->store().wait_at_most(turn_patience); !patience) return;
  const auto held = (*own)->publisher().report();
  if (!held) {
    report.hint("store", (*own)->explain_busy(held.error()).text, "run `ssblog doctor` again");
  } else if (held->hold != Hold::none) {
    std::string text = fmt::format("publishing is held: {}", explain_fully((*own)->store(), held->hold));
    if (held->fork) text += fmt::format(" ({})", fork_text(*held->fork));
    if (held->waiting > 0)
      text += fmt::format("; {} content{} wait{} to be signed", held->waiting, held->waiting == 1 ? "" : "s",
                          held->waiting == 1 ? "s" : "");
    report.wrong("store", text, fmt::format("lines are kept, none is lost. {}", way_out(held->hold)));
  } else {
    report.good("store", "this host may publish");
  }
}

/// Feeds of others. Our own is a hold.
void check_forks(Store& store, const Patient& patient, DoctorReport& report) {
  const auto proofs = ForkBook(store).all();
  if (!proofs) {
    report.wrong("forks", proofs.error().text, "run `ssblog verify`");
    return;
  }
  std::size_t others = 0;
  for (const ForkProof& proof : *proofs) {
    if (patient.own && proof.feed == *patient.own) continue;
    // One that its owner settled is none any more.
    if (const auto forked = ForkBook(store).is_forked(proof.feed); !forked || !*forked) continue;
    ++others;
    report.hint(
        "forks", fork_text(proof),
        "nothing more of that feed is taken here, and what is here stays readable: give that host a new "
        "identity (`ssblog id new` there), and follow that one");
  }
  if (others == 0) report.good("forks", "no feed of another host is forked");
}

/// A key that stands in a message cannot be unsaid.
struct Leaks {
  std::uint64_t fields = 0;  ///< messages with a field such as `caps`
  std::uint64_t keys = 0;    ///< messages in which this network's key stands
  std::string first;         ///< the host of the first one
};

Result<Leaks> find_leaks(Store& store, const std::optional<NetworkKey>& key) {
  Leaks leaks;
  // Without its padding, which some leave out.
  std::string text;
  if (key) text = to_base64(key->bytes).substr(0, 43);
  auto feeds = store.feeds();
  if (!feeds) return feeds.error();
  Progress progress;
  std::uint64_t looked = 0;
  for (const FeedRow& feed : *feeds) {
    const Seq last = feed.tip ? feed.tip->sequence : 0;
    for (Seq sequence = 1; sequence <= last; ++sequence, ++looked) {
      if (progress.due()) progress.show(fmt::format("{} messages", looked));
      auto message = store.message(RowId::of(feed.number, sequence));
      if (!message) return message.error();
      bool field = false;
      for (Members members(member(*message, "content")); members.next();)
        field = field || names_network_key(members.name());
      const bool has_key = !text.empty() && message->find(text) != std::string::npos;
      leaks.fields += field ? 1 : 0;
      leaks.keys += has_key ? 1 : 0;
      if ((field || has_key) && leaks.first.empty()) leaks.first = to_text(feed.id);
    }
  }
  return leaks;
}

void check_leaks(Store& store, const Settings& settings, DoctorReport& report) {
  const auto leaks = find_leaks(store, settings.network_key);
  if (!leaks) {
    report.wrong("store", leaks.error().text, "run `ssblog verify`");
    return;
  }
  const std::string remedy =
      "whoever holds the feed can read it, and nothing can be unsaid: make a new network key, put it under "
      "[network] on all hosts, and publish with `ssblog publish`, which never does that";
  if (leaks->keys > 0) {
    report.wrong("store",
                 fmt::format("the network key stands in {} message{}, the first of {}", leaks->keys,
                             leaks->keys == 1 ? "" : "s", leaks->first),
                 remedy);
  } else if (leaks->fields > 0) {
    report.hint(
        "store",
        fmt::format("{} message{} a field for a network key (`caps`), the first of {}, as sbot's command "
                    "line wrote it",
                    leaks->fields, leaks->fields == 1 ? " has" : "s have", leaks->first),
        remedy);
  } else {
    report.good("store", "no network key stands in a feed");
  }
}

}  // namespace

void check_store(const Patient& patient, DoctorReport& report) {
  const Home& home = patient.settings.home;
  check_room(home, report);
  if (::access(home.store_path().c_str(), F_OK) != 0) {
    report.wrong(
        "store", fmt::format("there is no {}", home.store_path()),
        "the next command makes one, and holds publishing until other hosts have sent what this host "
        "published before; see `man ssblog-restore`");
    return;
  }
  auto store = open_to_read(home);
  if (!store) {
    report.wrong("store", store.error().text, "run `ssblog verify`; see `man ssblog-restore`");
    return;
  }
  if (patient.own) check_hold(patient.settings, report);
  check_forks(*store, patient, report);
  check_leaks(*store, patient.settings, report);
}

}  // namespace ssblog
