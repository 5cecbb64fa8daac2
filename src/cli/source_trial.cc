// SPDX-License-Identifier: MIT
#include "cli/source_trial.h"

#include "assemble/escape.h"
#include "assemble/time_text.h"
#include "cli/units.h"
#include "intake/line_cutter.h"
#include "intake/redactor.h"
#include "intake/stream_template.h"
#include "intake/unpack.h"
#include "store/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>

namespace ssblog {
namespace {

constexpr std::size_t block = std::size_t{1} << 20;

struct OpenFile {
  File file;
  struct stat status;
  Millis begins = 0;  ///< when it was made; 0: the file system does not say
};

Millis to_millis(const timespec& time) { return Millis{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000; }

Result<OpenFile> open_file(const std::string& path) {
  // A pipe that nobody writes to would be waited for.
  OpenFile opened{File(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)), {}, 0};
  if (!opened.file || ::fstat(opened.file.get(), &opened.status) != 0) return file_error("read", path, errno);
  if (!S_ISREG(opened.status.st_mode))
    return Error{Code::no_input,
                 fmt::format("{} is no regular file; name one that lines are written to", path)};
  struct statx more;
  if (::statx(opened.file.get(), "", AT_EMPTY_PATH, STATX_BTIME, &more) == 0 &&
      (more.stx_mask & STATX_BTIME) != 0)
    opened.begins = Millis{more.stx_btime.tv_sec} * 1000 + more.stx_btime.tv_nsec / 1'000'000;
  return opened;
}

/// Gives all bytes of a file in blocks, unpacked. `take` says false when it has enough.
Result<void> read_blocks(const OpenFile& opened, const std::string& path,
                         const std::function<bool(std::string_view)>& take) {
  std::string buffer(block, '\0');
  off_t offset = 0;
  std::optional<Unpacker> unpacker;
  while (true) {
    std::size_t size = 0;
    if (unpacker) {
      auto unpacked = unpacker->read(buffer);
      if (!unpacked) return unpacked.error();
      size = *unpacked;
    } else {
      const auto got = ::pread(opened.file.get(), buffer.data(), buffer.size(), offset);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return file_error("read", path, errno);
      size = static_cast<std::size_t>(got);
      const auto bytes = std::string_view(buffer).substr(0, size);
      if (offset == 0 && packed_as(bytes) != PackedAs::plain) {
        auto made = Unpacker::open(opened.file.get(), path);
        if (!made) return made.error();
        unpacker = std::move(*made);
        continue;
      }
      offset += got;
    }
    if (size == 0 || !take(std::string_view(buffer).substr(0, size))) return {};
  }
}

std::string_view word_of(TimeFrom from) {
  switch (from) {
    case TimeFrom::read:
      return "read";
    case TimeFrom::line:
      return "line";
    case TimeFrom::interpolated:
      return "interpolated";
    case TimeFrom::mtime:
      return "mtime";
  }
  return "";
}

/// What is shown of the lines, and what is counted.
class Shown {
 public:
  explicit Shown(std::optional<std::size_t> most) : most_(most) {}

  void take(const CutLine& line) {
    const bool goes_on = in_line_;  // a further piece of one long line
    in_line_ = !line.bytes.ends_with('\n');
    if (goes_on) return;
    ++lines_;
    ++counts_[static_cast<std::size_t>(line.stamp.from)];
    if (!line.stamp.joins) ++records_;
    if (lines_ == 1) first_ = line.stamp.time;
    last_ = line.stamp.time;
    if (most_ && lines_ > *most_) return;
    std::string text;
    append_utc_time(text, line.stamp.time);
    fmt::format_to(std::back_inserter(text), " {:<12} {} ", word_of(line.stamp.from),
                   line.stamp.joins ? '+' : ' ');
    auto bytes = line.bytes.substr(0, longest_shown);
    if (bytes.ends_with('\n')) bytes.remove_suffix(1);
    escape_line(as_bytes(bytes), text);
    if (line.bytes.size() > longest_shown + 1) text += " ...";
    print(text += '\n');
  }

  std::string summary() const {
    std::string text = fmt::format("{} lines in {} records", lines_, records_);
    if (lines_ == 0) return text;
    std::string times;
    for (const auto from : {TimeFrom::line, TimeFrom::interpolated, TimeFrom::mtime}) {
      const auto count = counts_[static_cast<std::size_t>(from)];
      if (count > 0) times += fmt::format("{}{} {}", times.empty() ? "" : ", ", count, word_of(from));
    }
    text += fmt::format("; times: {}; from ", times);
    append_utc_time(text, first_);
    append_utc_time(text += " to ", last_);
    return text;
  }

 private:
  static constexpr std::size_t longest_shown = 4096;  // bytes of a line
  std::optional<std::size_t> most_;
  std::size_t lines_ = 0, records_ = 0;
  std::array<std::size_t, 4> counts_{};
  Millis first_ = 0, last_ = 0;
  bool in_line_ = false;
};

StreamValues values_of(const std::string& file, const Source& source, const std::string& host,
                       const struct stat& status) {
  char* resolved = ::realpath(file.c_str(), nullptr);
  StreamValues values{source.name,
                      resolved == nullptr ? file : resolved,
                      host,
                      clock_now(),
                      to_millis(status.st_atim),
                      to_millis(status.st_mtim),
                      to_millis(status.st_ctim),
                      status.st_ino,
                      status.st_dev};
  std::free(resolved);
  return values;
}

std::string masked_text(const std::map<std::string, std::size_t>& masked) {
  std::string text;
  for (const auto& [name, count] : masked)
    text += fmt::format("{}{} {}", text.empty() ? "; masked: " : ", ", count, name);
  return text;
}

}  // namespace

Result<int> try_source(const std::string& file, const Source& source, const std::string& host,
                       std::optional<std::size_t> most) {
  auto cutter = LineCutter::create(source);
  if (!cutter) return cutter.error();
  auto stream = StreamTemplate::parse(source);
  if (!stream) return stream.error();
  auto opened = open_file(file);
  if (!opened) return opened.error();
  const std::string name = stream->of(values_of(file, source, host, opened->status));
  const std::string under =
      fmt::format("{}, stream {}", source.name.empty() ? "no source" : "source " + source.name, name);
  if (source.raw) {
    print(fmt::format("{}: {}, {}, raw: its bytes are kept as they are\n", file,
                      size_text(opened->status.st_size), under));
    return done();
  }

  std::optional<Redactor> redactor;
  if (source.redact) {
    auto made = Redactor::create(source.redact_patterns);
    if (!made) return made.error();
    redactor = std::move(*made);
  }
  CutContext context;
  context.old = true;
  context.begins = opened->begins;
  context.modified = to_millis(opened->status.st_mtim);
  CutState state;
  LineCutter::YearScan scan(*cutter);
  auto scanned = read_blocks(*opened, file, [&](std::string_view bytes) {
    scan.add(bytes);
    return !scan.done();
  });
  if (!scanned) return scanned.error();
  state.latest = scan.before_first(context.modified);

  Shown shown(most);
  std::string held;
  std::vector<CutLine> lines;
  RedactState redact_state;
  std::map<std::string, std::size_t> masked;  // by the name of the preset
  const auto count = [&masked](std::string_view preset, std::size_t, std::size_t) {
    ++masked[std::string(preset)];
  };
  const auto cut = [&] {
    std::string text = held;
    const auto gone = cutter->cut(text, context, state, lines);
    // What is cut off is shown: the rest of a very long line's secret is only looked at.
    if (redactor)
      redactor->mask(text, gone, context.at_end ? Behind::none : Behind::later, redact_state, count);
    for (const CutLine& line : lines) shown.take(line);
    held.erase(0, gone);
  };
  auto read = read_blocks(*opened, file, [&](std::string_view bytes) {
    held += bytes;
    cut();
    return true;
  });
  if (!read) return read.error();
  context.at_end = context.record_due = context.line_due = true;
  cut();
  print(fmt::format("{}: {}{}; {}\n", file, shown.summary(), masked_text(masked), under));
  return done();
}

}  // namespace ssblog
