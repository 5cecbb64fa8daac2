// SPDX-License-Identifier: MIT
#include "store/export.h"

#include "cli/pick_feeds.h"
#include "cli/settings.h"
#include "store/heads.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace ssblog {
namespace {

struct ExportOptions {
  std::optional<std::string> path;
  std::optional<std::string> output;  ///< none: standard output
  Words feeds;
  std::optional<std::string> beyond;
  bool zstd = false;
  bool heads = false;
};

/// What the other host has already.
Result<std::map<FeedId, Seq>> known_there(const std::optional<std::string>& path) {
  if (!path) return std::map<FeedId, Seq>();
  const File file(::open(path->c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return file_error("read", *path, errno);
  auto heads = read_heads(source_of(file, *path));
  if (heads && heads->empty()) {
    return Error{
        Code::data,
        fmt::format("{} names no feed: give a bundle, or what `ssblog export --heads` printed there", *path)};
  }
  return heads;
}

Result<int> print_heads(Store& store) {
  auto feeds = store.feeds();
  if (!feeds) return feeds.error();
  for (const FeedRow& feed : *feeds) {
    if (feed.tip)
      print(fmt::format("{{\"id\":\"{}\",\"sequence\":{}}}\n", to_text(feed.id), feed.tip->sequence));
  }
  return done();
}

/// Writes the bundle into a sink that takes plain bytes.
Result<Exported> write_bundle(Store& store, const ExportOptions& wanted, const ByteSink& sink) {
  auto feeds = pick_feeds(store, wanted.feeds);
  if (!feeds) return feeds.error();
  auto beyond = known_there(wanted.beyond);
  if (!beyond) return beyond.error();
  if (!wanted.zstd) return export_feeds(store, *feeds, *beyond, sink);
  ZstdSink packed(sink);
  auto exported =
      export_feeds(store, *feeds, *beyond, [&](std::string_view text) { return packed.put(text); });
  if (!exported) return exported;
  if (auto finished = packed.finish(); !finished) return finished.error();
  return exported;
}

Result<int> export_to_stdout(Store& store, const ExportOptions& wanted) {
  const File out(::dup(STDOUT_FILENO));
  auto exported = write_bundle(store, wanted,
                               [&](std::string_view bytes) { return write_all(out, "the output", bytes); });
  if (!exported) return exported.error();
  return 0;
}

Result<int> export_to_file(Store& store, const ExportOptions& wanted) {
  // What machines log is nobody else's business.
  auto file = OutputFile::open(*wanted.output, S_IRUSR | S_IWUSR);
  if (!file) return file.error();
  auto exported = write_bundle(store, wanted, [&](std::string_view bytes) { return file->write(bytes); });
  if (!exported) return exported.error();
  if (auto done = file->commit(); !done) return done.error();
  say(fmt::format("{} has {} message{} of {} feed{}", *wanted.output, exported->messages,
                  exported->messages == 1 ? "" : "s", exported->feeds, exported->feeds == 1 ? "" : "s"));
  return 0;
}

}  // namespace

Result<int> run_export(const Words& words) {
  Options options("export",
                  "Writes feeds into a bundle, one message a line, to be carried to another host by hand and "
                  "taken there with `ssblog import`. A file appears whole or not at all.",
                  "  ssblog export --zstd -o /media/stick/nas.ssblog\n"
                  "  ssblog export --feed nas | ssh attic ssblog import");
  ExportOptions wanted;
  options.value("-o,--output FILE", wanted.output, "Write this file (default: standard output, as -)");
  options.values("--feed WHO", wanted.feeds,
                 "Only this feed: its id, the beginning of it, or its name; may be given several times");
  options.value("--beyond FILE", wanted.beyond,
                "Only what is newer than this bundle, or than the heads in this file");
  options.flag("--heads", wanted.heads, "Print how far each feed goes here, for --beyond on another host");
  options.flag("--zstd", wanted.zstd, "Compress the bundle");
  options.value("--path DIR", wanted.path, "Home of this host");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();

  const bool to_stdout = !wanted.output || *wanted.output == "-";
  if (to_stdout && wanted.zstd && ::isatty(STDOUT_FILENO) == 1) {
    return Error{Code::usage, "a compressed bundle is nothing for a terminal; name a file with -o FILE"};
  }
  auto settings = load_settings(wanted.path);
  if (!settings) return settings.error();
  auto store = open_to_read(settings->home);
  if (!store) return store.error();
  if (wanted.heads) return print_heads(*store);
  return to_stdout ? export_to_stdout(*store, wanted) : export_to_file(*store, wanted);
}

}  // namespace ssblog
