// SPDX-License-Identifier: MIT
#include "intake/event_source.h"

namespace ssblog {

std::string_view kind_name(EventKind kind) {
  switch (kind) {
    case EventKind::kernel:
      return "kernel";
    case EventKind::journal:
      return "journal";
    case EventKind::syslog:
      return "syslog";
    case EventKind::datagrams:
      return "datagrams";
  }
  return "";
}

std::string place_of(const EventSource& source) {
  if (!source.path.empty()) return source.path;
  if (source.kind == EventKind::kernel) return "/dev/kmsg";
  if (source.kind == EventKind::journal) return "journalctl";
  std::string places;
  for (const std::string& place : source.listen) places.append(places.empty() ? "" : " ").append(place);
  return places;
}

}  // namespace ssblog
