// SPDX-License-Identifier: MIT
#include "cli/event_settings.h"

#include "intake/event_packer.h"
#include "intake/listen_place.h"
#include "intake/networks.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace ssblog {
namespace {

constexpr std::uint64_t least_buffer = 64 * 1024, most_buffer = 1024 * 1024 * 1024;
constexpr std::pair<std::string_view, EventKind> kinds[] = {{"kernel", EventKind::kernel},
                                                            {"journal", EventKind::journal},
                                                            {"syslog", EventKind::syslog},
                                                            {"datagrams", EventKind::datagrams}};
constexpr std::chrono::milliseconds least_ttl{1'000}, most_ttl{3'600'000};

/// Keys that are only for some kinds.
struct KindKey {
  std::string_view key;
  std::vector<EventKind> kinds;
};
const KindKey kind_keys[] = {{"path", {EventKind::kernel, EventKind::journal}},
                             {"pstore", {EventKind::kernel}},
                             {"since", {EventKind::journal}},
                             {"listen", {EventKind::syslog, EventKind::datagrams}},
                             {"accept-from", {EventKind::syslog, EventKind::datagrams}},
                             {"secret-file", {EventKind::datagrams}},
                             {"ttl", {EventKind::datagrams}}};

/// One table, key by key.
class EventSourceReader {
 public:
  EventSourceReader(ConfigReader& reader, const toml::table& table) : reader_(reader), table_(table) {}

  EventSource read() {
    // What the other keys mean hangs on it.
    const toml::node* kind = table_.get("kind");
    const auto known = reader_.word<EventKind>(*kind, "source.kind", kinds);
    source_.kind = known.value_or(EventKind::kernel);
    for (const auto& [key, node] : table_) {
      std::string name(key.str());
      std::replace(name.begin(), name.end(), '_', '-');
      if (name == "kind") continue;
      const auto [other, added] = seen_.emplace(name, key.source().begin.line);
      if (!added)
        reader_.wrong(key.source(), fmt::format("source.{} is said twice; leave one out", name));
      else if (!known && name != "name")
        continue;  // nobody knows which keys it may have
      else if (!meant_for_kind(name))
        reader_.wrong(key.source(),
                      fmt::format("source.{} means nothing to kind = \"{}\"", name, kind_name(source_.kind)));
      else if (!take(name, node))
        reader_.wrong(key.source(), fmt::format("unknown key \"source.{}\" of kind = \"{}\"", key.str(),
                                                kind_name(source_.kind)));
    }
    if (source_.name.empty())
      reader_.wrong(table_, fmt::format("a source needs a name, as name = \"{}\"", kind_name(source_.kind)));
    const bool listens = source_.kind == EventKind::syslog || source_.kind == EventKind::datagrams;
    if (listens && !seen_.contains("listen"))
      reader_.wrong(
          table_,
          "a source of this kind needs to know where to listen, as listen = [\"udp:127.0.0.1:8010\"]");
    if (source_.kind == EventKind::datagrams && !seen_.contains("secret-file"))
      reader_.wrong(table_,
                    "a source of datagrams needs a secret-file; `openssl rand -hex 32` makes its content");
    return std::move(source_);
  }

 private:
  bool meant_for_kind(std::string_view name) const {
    for (const KindKey& key : kind_keys) {
      if (key.key == name)
        return std::find(key.kinds.begin(), key.kinds.end(), source_.kind) != key.kinds.end();
    }
    return true;
  }

  /// False for a key that there is not.
  bool take(const std::string& key, const toml::node& node) {
    const std::string name = "source." + key;
    if (std::string* to = text_of(key)) {
      if (auto text = reader_.text(node, name)) {
        *to = std::move(*text);
        check_text(key, *to, node);
      }
    } else if (key == "redact") {
      if (const auto flag = reader_.flag(node, name)) source_.redact = *flag;
    } else if (key == "listen") {
      if (auto texts = reader_.texts(node, name)) source_.listen = std::move(*texts);
      check_listen(node);
    } else if (key == "accept-from") {
      if (auto texts = reader_.texts(node, name)) source_.accept_from = std::move(*texts);
      if (auto networks = Networks::of(source_.accept_from); !networks)
        reader_.wrong(node, fmt::format("source.accept-from: {}", networks.error().text));
    } else if (key == "ttl") {
      const auto ttl = reader_.duration(node, name);
      if (ttl && (*ttl < least_ttl || *ttl > most_ttl))
        reader_.wrong(node, "source.ttl must be from 1s to 1h, as \"30s\"");
      else if (ttl)
        source_.ttl = *ttl;
    } else if (key == "buffer") {
      const auto bytes = reader_.size(node, name);
      if (bytes && (*bytes < least_buffer || *bytes > most_buffer))
        reader_.wrong(node, "source.buffer must be from 64K to 1G, as \"8M\"");
      else if (bytes)
        source_.buffer = *bytes;
    } else {
      return false;
    }
    return true;
  }

  void check_listen(const toml::node& node) {
    constexpr std::size_t most = 64;
    if (source_.listen.empty() || source_.listen.size() > most)
      reader_.wrong(
          node, fmt::format("source.listen names 1 to {} places, as [\"unix:/dev/log\", \"udp:514\"]", most));
    for (const std::string& text : source_.listen) {
      const auto place = ListenPlace::parse(text);
      if (!place)
        reader_.wrong(node, fmt::format("source.listen: {}", place.error().text));
      else if (place->kind == ListenPlace::Kind::tcp && source_.kind == EventKind::datagrams)
        reader_.wrong(node,
                      fmt::format("source.listen: \"{}\": datagrams come over \"udp:\" and \"unix:\"", text));
    }
  }

  void check_text(std::string_view key, const std::string& text, const toml::node& node) {
    if (text.find('\0') != std::string::npos)
      reader_.wrong(node, fmt::format("source.{} must not hold a NUL", key));
    const bool may_be_empty = key == "path" || key == "pstore";
    if ((may_be_empty || key == "secret-file") && !(may_be_empty && text.empty()) && !text.starts_with('/'))
      reader_.wrong(node, fmt::format("source.{} must be an absolute path", key));
    // They stand in each message.
    if ((key == "stream" || key == "job" || key == "destination") && text.size() > longest_stream_name)
      reader_.wrong(node, fmt::format("source.{} may have {} bytes at most", key, longest_stream_name));
  }

  std::string* text_of(std::string_view key) {
    const std::pair<std::string_view, std::string*> texts[] = {
        {"name", &source_.name},   {"stream", &source_.stream},
        {"job", &source_.job},     {"destination", &source_.destination},
        {"path", &source_.path},   {"pstore", &source_.pstore},
        {"since", &source_.since}, {"secret-file", &source_.secret_file},
    };
    for (const auto& [name, to] : texts) {
      if (name == key) return to;
    }
    return nullptr;
  }

  ConfigReader& reader_;
  const toml::table& table_;
  EventSource source_;
  std::map<std::string, toml::source_index> seen_;
};

}  // namespace

EventSource read_event_source(ConfigReader& reader, const toml::table& table) {
  return EventSourceReader(reader, table).read();
}

}  // namespace ssblog
