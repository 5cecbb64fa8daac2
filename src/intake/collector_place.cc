// SPDX-License-Identifier: MIT
#include "intake/burst.h"
#include "intake/collector_state.h"
#include "intake/opened_place.h"
#include "intake/rotation.h"

#include <algorithm>

namespace ssblog {

/// Those that may lie there, likelier ones first. Without a time of birth thousands may have had the inode in turn: of those
/// that are over only the ones with these first bytes, and those whose first bytes nobody knows.
std::vector<Tail*> Collector::State::may_lie_at(OpenedPlace& place, const FileId& file) {
  std::vector<Tail*> all = known.all_of_file(file);
  if (all.size() < 2) return all;
  std::vector<Tail*> alike;
  for (const bool raw : {false, true}) {
    FileBytes* bytes = place.bytes(raw);
    if (bytes == nullptr || (raw && !place.bytes(false)->packed())) break;
    auto first = bytes->read(0, Fingerprint::most);
    if (!first) continue;
    const auto like = known.beginning_like(*first);
    alike.insert(alike.end(), like.begin(), like.end());
  }
  std::sort(alike.begin(), alike.end());
  std::erase_if(all, [&alike](Tail* tail) {
    return tail->is_over() && tail->now.head.length > 0 &&
           !std::binary_search(alike.begin(), alike.end(), tail);
  });
  return all;
}

/// An inode alone proves nothing: it may have been used again.
bool Collector::State::is_same_file(const Tail& tail, const std::string& place) {
  auto bytes = FileBytes::open(parts.files, place, place == tail.now.path, !is_raw(tail));
  return bytes && is_same_file(tail, *bytes, place);
}

bool Collector::State::is_same_file(const Tail& tail, OpenedPlace& place) {
  FileBytes* bytes = place.bytes(is_raw(tail));
  return bytes != nullptr && is_same_file(tail, *bytes, place.path());
}

bool Collector::State::is_same_file(const Tail& tail, FileBytes& bytes, const std::string& place) {
  if (bytes.opened().id != tail.now.file || bytes.packed() != tail.now.packed) return false;
  if (tail.now.next_byte() == 0 && tail.now.head.length == 0) {
    // Nothing tells but the name; and without a time of birth, that it is no other file that is known.
    const std::string& path = tail.now.path;
    if (tail.is_over()) return false;
    if (place == tail.now.where() && has_place(tail)) return true;
    if (folder_of(place) != folder_of(path) || !may_be_rotated(name_of(path), name_of(place))) return false;
    if (tail.now.file.birth != 0) return true;
    auto first = bytes.read(0, Fingerprint::most);
    const auto alike = first ? known.beginning_like(*first) : std::vector<Tail*>{};
    return std::none_of(alike.begin(), alike.end(), [&](const Tail* other) {
      auto holds = still_holds(bytes, other->now);
      return holds && *holds;
    });
  }
  if (!bytes.packed() && bytes.opened().size < tail.now.next_byte()) return false;
  auto holds = still_holds(bytes, tail.now);
  return holds && *holds;
}

/// The sibling is a file that is known by its inode already.
bool Collector::State::is_known(const Sibling& sibling) {
  OpenedPlace place(parts.files, sibling.path);
  const auto those = may_lie_at(place, sibling.facts.id);
  return std::any_of(those.begin(), those.end(),
                     [&](const Tail* tail) { return is_same_file(*tail, place); });
}

/// One that was met empty and still is, is told from no other by its bytes; without a time of birth, by its last change.
bool Collector::State::was_met_empty(const Sibling& sibling) const {
  const auto with_id = known.all_of_file(sibling.facts.id);
  return std::any_of(with_id.begin(), with_id.end(), [&](const Tail* tail) {
    const Position& position = tail->now;
    return sibling.facts.id.birth != 0 || (position.next_byte() == 0 && position.head.length == 0 &&
                                           position.modified == sibling.facts.modified);
  });
}

}  // namespace ssblog
