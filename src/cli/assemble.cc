// SPDX-License-Identifier: MIT
#include "assemble/append/appended_files.h"
#include "assemble/escape.h"
#include "assemble/merged_file.h"
#include "assemble/proof.h"
#include "assemble/raw.h"
#include "assemble/split/split_files.h"
#include "assemble/sweep.h"
#include "cli/follow_store.h"
#include "cli/format_words.h"
#include "cli/rotate_words.h"
#include "cli/select.h"
#include "store/files.h"

#include <fmt/format.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <memory>

namespace ssblog {
namespace {

struct AssembleOptions {
  SelectionOptions selection;
  FormatWords format;
  std::optional<std::string> output, directory, name, rotate;
  bool append_only = false, rebuild = false, raw = false, proof = false, follow = false;
};

Result<void> to_stdout(std::string_view text) {
  print(text);
  auto arrived = done();
  return arrived ? Result<void>() : arrived.error();
}

/// Where the exact bytes go: stdout, or a file that is made.
Result<int> assemble_raw(Store& store, const Selection& selection, const std::optional<std::string>& output) {
  if (selection.host || selection.parts_streams()) {
    return Error{Code::usage, "--raw gives whole streams: choose one with --feed, --job and --stream alone"};
  }
  auto snapshot = ReadTransaction::begin(store.database());
  if (!snapshot) return snapshot.error();
  auto streams = raw_streams(store, selection);
  if (!streams) return streams.error();
  if (streams->size() > 1) {
    std::string list;
    for (const RawStream& stream : *streams) {
      fmt::format_to(std::back_inserter(list), "\n  --feed {} --job '{}' --stream '{}'",
                     short_id(stream.feed.id), escape_name(stream.job), escape_name(stream.stream));
    }
    return Error{Code::usage, fmt::format("--raw gives one stream at a time; there are:{}", list)};
  }
  if (streams->empty()) {
    say("nothing is selected, so there are no bytes");
    return 0;
  }
  Result<std::vector<RawGap>> gaps = std::vector<RawGap>();
  if (output) {
    auto file = OutputFile::open(*output, 0666);
    if (!file) return file.error();
    gaps = write_raw(store, streams->front(), [&](std::string_view bytes) { return file->write(bytes); });
    if (!gaps) return gaps.error();
    if (auto kept = file->commit(); !kept) return kept.error();
  } else {
    gaps = write_raw(store, streams->front(), to_stdout);
    if (!gaps) return gaps.error();
  }
  for (const RawGap& gap : *gaps) {
    say(fmt::format("run {}: {} bytes are missing at byte {}", gap.run, gap.bytes, gap.offset));
  }
  return done(gaps->empty() ? 0 : static_cast<int>(Code::data));
}

/// Lines to standard output: all of them, and then what comes.
class LineStream {
 public:
  static Result<LineStream> make(Store& store, const Selection& selection, const FormatOptions& format) {
    auto writer = make_writer(format, to_stdout);
    if (!writer) return writer.error();
    return LineStream(store, selection, std::move(*writer));
  }

  /// What was not written yet.
  Result<void> update() {
    auto snapshot = ReadTransaction::begin(store_->database());
    if (!snapshot) return snapshot.error();
    auto feeds = store_->feeds();
    if (!feeds) return feeds.error();
    auto sweep = Sweep::begin(*store_, selection_, LinePosition{}, written_);
    if (!sweep) return sweep.error();
    SweptLine line;
    for (;;) {
      auto more = sweep->next(line);
      if (!more) return more.error();
      if (!*more) break;
      if (auto written = writer_->write(*sweep, line); !written) return written;
    }
    for (const FeedRow& feed : *feeds) {
      if (feed.tip) written_[feed.id] = feed.tip->sequence;
    }
    return writer_->flush();
  }

 private:
  LineStream(Store& store, const Selection& selection, std::unique_ptr<LineWriter> writer)
      : store_(&store), selection_(selection), writer_(std::move(writer)) {}

  Store* store_;
  Selection selection_;
  std::unique_ptr<LineWriter> writer_;
  std::map<FeedId, Seq> written_;  ///< up to which messages
};

Result<void> update_file(Store& store, const std::string& output, MergeOptions& options) {
  auto merged = update_merged_file(store, output, options);
  if (!merged) return merged.error();
  if (!merged->rebuilt_because.empty() && !options.rebuild)
    say(fmt::format("{} was made anew: {}", output, merged->rebuilt_because));
  options.rebuild = false;  // once is enough for who follows
  return {};
}

void tell_of_left_out(std::uint64_t lines, const std::string& directory, const FileLimits& limits) {
  if (lines == 0) return;
  say(fmt::format(
      "{} lines were left out: in {} each host has {} files at most, and all of them {}; say less in "
      "--name",
      lines, directory, limits.of_feed, limits.all));
}

Result<void> update_directory(Store& store, const std::string& directory, SplitOptions& options) {
  auto split = update_split_files(store, directory, options);
  if (!split) return split.error();
  if (!split->rebuilt_because.empty() && !options.rebuild)
    say(fmt::format("the files in {} were made anew: {}", directory, split->rebuilt_because));
  options.rebuild = false;
  tell_of_left_out(split->left_out, directory, options.limits);
  return {};
}

/// The lines behind what the files have, at their ends.
Result<void> append_to(Store& store, const AssembleOptions& wanted, AppendOptions& options) {
  options.now = clock_now();
  if (wanted.directory) {
    auto appended = append_to_files(store, *wanted.directory, options);
    if (!appended) return appended.error();
    tell_of_left_out(appended->left_out, *wanted.directory, options.limits);
    return {};
  }
  const auto slash = wanted.output->rfind('/');
  options.file = slash == std::string::npos ? *wanted.output : wanted.output->substr(slash + 1);
  if (options.file.empty() || options.file == "." || options.file == "..")
    return Error{Code::usage, fmt::format("-o {} needs the name of a file", *wanted.output)};
  auto appended = append_to_files(store, directory_of(*wanted.output), options);
  return appended ? Result<void>() : appended.error();
}

/// What does not go together.
Result<void> check(const AssembleOptions& wanted) {
  if (wanted.output && wanted.output->empty()) return Error{Code::usage, "-o needs the name of a file"};
  if (wanted.directory && wanted.directory->empty()) return Error{Code::usage, "--dir needs a directory"};
  const bool to_file = wanted.output && *wanted.output != "-";
  if (wanted.directory && (wanted.output || wanted.raw || wanted.proof))
    return Error{Code::usage, "--dir is about many files: leave -o, --raw and --proof out"};
  if (wanted.follow && (wanted.raw || wanted.proof))
    return Error{Code::usage, "--raw and --proof are about what is there: leave --follow out"};
  if (wanted.name && !wanted.directory)
    return Error{Code::usage, "--name is about files in a directory: say --dir, too"};
  if (!to_file && !wanted.directory && wanted.rotate)
    return Error{Code::usage, "--rotate is about files: name one with -o, or a directory with --dir"};
  if (wanted.rotate && (wanted.proof || wanted.raw || wanted.rebuild))
    return Error{Code::usage, "what is rotated only grows: leave --proof, --raw and --rebuild out"};
  if (wanted.directory && wanted.append_only && wanted.rebuild)
    return Error{Code::usage, "files that only grow are not made anew: leave --rebuild out"};
  if (!to_file && !wanted.directory && wanted.append_only)
    return Error{Code::usage, "--append-only and --rebuild are about a file: name it with -o"};
  if (!to_file && !wanted.directory && wanted.rebuild)
    return Error{Code::usage, "--append-only and --rebuild are about a file: name it with -o"};
  if (wanted.proof && (!to_file || wanted.raw))
    return Error{Code::usage, "--proof is about a merged file: name it with -o, and leave --raw out"};
  if (wanted.raw && wanted.format.given())
    return Error{Code::usage, "--raw gives exact bytes: leave format, template and time zone out"};
  return {};
}

}  // namespace

Result<int> run_assemble(const Words& words) {
  Options options("assemble",
                  "Merges the lines of all feeds into one text, in the order of time. A file that is made "
                  "with -o always equals "
                  "one made anew: what is new is added, and what came late is put where it belongs.",
                  "  ssblog assemble -o /var/log/all-hosts.log\n"
                  "  ssblog assemble --raw --feed nas --job nightly > nightly.out");
  AssembleOptions wanted;
  options.value("-o,--output FILE", wanted.output, "The file (default: standard output, as -)");
  options.value("--dir DIR", wanted.directory, "Many files in this directory, by --name");
  options.value(
      "--name TEMPLATE", wanted.name,
      "Their names: {host} {id} {source} {destination} {job} {stream} {date} {year} {month} {day} (default: "
      "{host}@{id}/{job}.log)");
  wanted.format.declare(options, "--format");
  wanted.selection.declare(options);
  options.flag("--append-only", wanted.append_only,
               "Never change what is written: late lines come at the end");
  options.value(
      "--rotate WHEN", wanted.rotate,
      "As --append-only, and put aside what is large or old: size=10M,keep=8 or daily,keep=30 or s6");
  options.flag("-f,--follow", wanted.follow, "Go on with what comes in, until it is told to stop");
  options.flag("--rebuild", wanted.rebuild, "Make the file anew, whatever is there");
  options.flag("--proof", wanted.proof,
               "Also write FILE.proof: what the file is made of, for `ssblog verify --proof`");
  options.flag("--raw", wanted.raw, "The exact bytes of one stream, as they came in");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  if (auto fits = check(wanted); !fits) return fits.error();
  if (wanted.output == "-") wanted.output.reset();
  auto format = wanted.format.read(wanted.directory.has_value());
  if (!format) return format.error();
  if (!wanted.output && !wanted.directory) {
    if (auto fits = check_stdout_for(*format); !fits) return fits.error();
  }
  auto rotation = wanted.rotate ? parse_rotation(*wanted.rotate) : Result<Rotation>(Rotation());
  if (!rotation) return rotation.error();
  // Where each file is a folder, it is not called so.
  const bool are_folders = rotation->style == RotateStyle::s6;
  auto name =
      NameTemplate::parse(wanted.name.value_or(are_folders ? "{host}@{id}/{job}" : "{host}@{id}/{job}.log"));
  if (!name) return name.error();
  auto opened = wanted.selection.open();
  if (!opened) return opened.error();
  Store& store = opened->store;
  Selection& selection = opened->selection;
  if (wanted.raw) return assemble_raw(store, selection, wanted.output);
  const auto once_or_more = [&](int output, const std::function<Result<void>()>& update) -> Result<int> {
    auto updated = wanted.follow ? follow_store(store, output, update) : update();
    return updated ? Result<int>(0) : updated.error();
  };
  if (wanted.rotate || (wanted.directory && wanted.append_only)) {
    AppendOptions append{std::move(selection),
                         *format,
                         std::move(*name),
                         {},
                         wanted.format.zone.value_or(""),
                         *rotation,
                         0,
                         {}};
    return once_or_more(-1, [&] { return append_to(store, wanted, append); });
  }
  if (wanted.directory) {
    SplitOptions split{std::move(selection), *format, std::move(*name), wanted.format.zone.value_or(""),
                       wanted.rebuild,       {}};
    return once_or_more(-1, [&] { return update_directory(store, *wanted.directory, split); });
  }
  if (!wanted.output) {
    auto stream = LineStream::make(store, selection, *format);
    if (!stream) return stream.error();
    return once_or_more(STDOUT_FILENO, [&] { return stream->update(); });
  }
  MergeOptions merge{std::move(selection), *format, wanted.append_only, wanted.rebuild};
  auto merged = once_or_more(-1, [&] { return update_file(store, *wanted.output, merge); });
  if (!merged || !wanted.proof) return merged;
  auto proven = write_proof(store, *wanted.output);
  return proven ? Result<int>(0) : proven.error();
}

}  // namespace ssblog
