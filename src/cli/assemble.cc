// SPDX-License-Identifier: MIT
#include "assemble/escape.h"
#include "assemble/merged_file.h"
#include "assemble/proof.h"
#include "assemble/raw.h"
#include "assemble/sweep.h"
#include "cli/format_words.h"
#include "cli/select.h"
#include "store/files.h"

#include <fmt/format.h>
#include <unistd.h>

namespace ssblog {
namespace {

struct AssembleOptions {
  SelectionOptions selection;
  FormatWords format;
  std::optional<std::string> output;
  bool append_only = false, rebuild = false, raw = false, proof = false;
};

Result<void> to_stdout(std::string_view text) {
  print(text);
  auto arrived = done();
  return arrived ? Result<void>() : arrived.error();
}

/// Where the exact bytes go: stdout, or a file that is made.
Result<int> assemble_raw(Store& store, const Selection& selection, const std::optional<std::string>& output) {
  if (selection.host || selection.source || selection.destination || selection.since || selection.until ||
      selection.looks_at_lines()) {
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

Result<int> assemble_stream(Store& store, const Selection& selection, const FormatOptions& format) {
  auto writer = make_writer(format, to_stdout);
  if (!writer) return writer.error();
  auto snapshot = ReadTransaction::begin(store.database());
  if (!snapshot) return snapshot.error();
  auto sweep = Sweep::begin(store, selection, LinePosition{});
  if (!sweep) return sweep.error();
  SweptLine line;
  for (;;) {
    auto more = sweep->next(line);
    if (!more) return more.error();
    if (!*more) break;
    if (auto written = (*writer)->write(*sweep, line); !written) return written.error();
  }
  if (auto flushed = (*writer)->flush(); !flushed) return flushed.error();
  return done();
}

Result<int> assemble_file(Store& store, const AssembleOptions& wanted, Selection selection,
                          const FormatOptions& format) {
  MergeOptions options;
  options.selection = std::move(selection);
  options.format = format;
  options.append_only = wanted.append_only;
  options.rebuild = wanted.rebuild;
  auto merged = update_merged_file(store, *wanted.output, options);
  if (!merged) return merged.error();
  if (!merged->rebuilt_because.empty() && !wanted.rebuild) {
    say(fmt::format("{} was made anew: {}", *wanted.output, merged->rebuilt_because));
  }
  if (wanted.proof) {
    if (auto proven = write_proof(store, *wanted.output); !proven) return proven.error();
  }
  return 0;
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
  wanted.format.declare(options, "--format");
  wanted.selection.declare(options);
  options.flag("--append-only", wanted.append_only,
               "Never change what is written: late lines come at the end");
  options.flag("--rebuild", wanted.rebuild, "Make the file anew, whatever is there");
  options.flag("--proof", wanted.proof,
               "Also write FILE.proof: what the file is made of, for `ssblog verify --proof`");
  options.flag("--raw", wanted.raw, "The exact bytes of one stream, as they came in");
  if (auto go_on = options.read(words); !go_on || !*go_on) return go_on ? Result<int>(0) : go_on.error();
  if (wanted.output && wanted.output->empty()) return Error{Code::usage, "-o needs the name of a file"};
  if (wanted.output == "-") wanted.output.reset();
  if (!wanted.output && (wanted.append_only || wanted.rebuild)) {
    return Error{Code::usage, "--append-only and --rebuild are about a file: name it with -o"};
  }
  if (wanted.proof && (!wanted.output || wanted.raw)) {
    return Error{Code::usage, "--proof is about a merged file: name it with -o, and leave --raw out"};
  }
  if (wanted.raw && wanted.format.given())
    return Error{Code::usage, "--raw gives exact bytes: leave format, template and time zone out"};
  auto format = wanted.format.read();
  if (!format) return format.error();
  auto opened = wanted.selection.open();
  if (!opened) return opened.error();
  auto& [store, selection] = *opened;
  if (wanted.raw) return assemble_raw(store, selection, wanted.output);
  if (!wanted.output) return assemble_stream(store, selection, *format);
  return assemble_file(store, wanted, std::move(selection), *format);
}

}  // namespace ssblog
