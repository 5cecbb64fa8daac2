// SPDX-License-Identifier: MIT
#include "view/alert_rows.h"

#include "assemble/alert_text.h"
#include "view/cursor_bytes.h"

#include <algorithm>

namespace ssblog {

constexpr std::size_t alert_position_bytes = 8 + 32;

std::string to_cursor(const AlertPosition& position) {
  ByteBuf bytes(alert_position_bytes);
  put_big_endian(bytes, 0, 8, static_cast<std::uint64_t>(position.made));
  std::copy(position.id.bytes.begin(), position.id.bytes.end(), bytes.begin() + 8);
  return to_base64_url(bytes);
}

std::optional<AlertPosition> parse_alert_cursor(std::string_view text) {
  const auto bytes = from_cursor_text(text, alert_position_bytes);
  if (!bytes) return std::nullopt;
  const std::uint64_t made = big_endian_at(*bytes, 0, 8);
  const auto id = AlertId::from(ByteView(*bytes).subspan(8));
  if (made > static_cast<std::uint64_t>(max_time) || !id) return std::nullopt;
  return AlertPosition{static_cast<Millis>(made), *id};
}

Result<AlertPage> alert_page(Store& store, const Watcher& watcher, Millis now, std::optional<bool> over,
                             const std::optional<AlertPosition>& before, std::size_t count) {
  // First, since it reads a state of the store by itself: what is signed meanwhile is there twice rather than not at all.
  std::vector<AlertRecord> doubtful;
  if (!over || !*over) {
    auto report = look_over(store, watcher, now);
    if (!report) return report.error();
    doubtful = std::move(report->doubtful);
  }
  auto snapshot = ReadTransaction::begin(store.database());
  if (!snapshot) return snapshot.error();
  const Millis since = now - std::chrono::milliseconds(alerts_time).count();
  AlertBook book(store, watcher.own);
  auto alerts = book.alerts_of_rules(since);
  if (!alerts) return alerts.error();
  for (AlertRecord& alert : doubtful) {
    auto signed_now = book.knows(id_of(alert));
    if (!signed_now) return signed_now.error();
    const Millis due = std::clamp(alert.due, Millis{0}, now);
    if (!*signed_now) alerts->push_back(doubtful_alert(std::move(alert), watcher.own, due));
  }
  std::erase_if(*alerts, [&](const KnownAlert& known) {
    return (over && known.over != *over) || (before && AlertPosition{known.made, known.id} >= *before);
  });
  std::sort(alerts->begin(), alerts->end(), [](const KnownAlert& a, const KnownAlert& b) {
    return AlertPosition{b.made, b.id} < AlertPosition{a.made, a.id};
  });
  AlertPage page;
  if (alerts->size() > count) {
    alerts->resize(count);
    page.next = AlertPosition{alerts->back().made, alerts->back().id};
  }
  for (KnownAlert& known : *alerts) {
    auto shown = shown_alert(store, std::move(known));
    if (!shown) return shown.error();
    page.rows.push_back(alert_json(*shown));
  }
  return page;
}

}  // namespace ssblog
