// SPDX-License-Identifier: MIT
// intake/position.h - how far a file was read, and by what it is known again: a row of the store's positions.
//
// Used by the collector, which writes it in the transaction that publishes what was read. A row stands for one
// generation of a file: what a rotation put aside has its own, and so has what was written after a truncation. The
// bytes of a generation are a stream instance of our feed. Pure, any thread.
#pragma once

#include "feed/id.h"
#include "feed/result.h"
#include "intake/file_system.h"
#include "intake/line_cutter.h"
#include "intake/redactor.h"
#include "store/positions.h"

#include <sodium.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace ssblog {

/// What a range of bytes of a file looks like.
struct Fingerprint {
  static constexpr std::size_t most = 1024;  ///< bytes

  std::uint64_t length = 0;  ///< 0: nothing is known
  std::string hash;          ///< 32 hex digits; empty when nothing is known
  /// Of at most `most` bytes.
  static Fingerprint of(std::string_view bytes);
  bool operator==(const Fingerprint&) const = default;
};

/// Fingerprints of the same bytes at several lengths, shorter ones first: each byte is hashed once.
class GrowingFingerprint {
 public:
  /// At most Fingerprint::most bytes, which must outlive it.
  explicit GrowingFingerprint(std::string_view bytes);
  /// Of the first `length` bytes: no more than there are, no less than the last time.
  Fingerprint of_first(std::size_t length);

 private:
  std::string_view left_;
  std::size_t taken_ = 0;
  crypto_hash_sha256_state state_;
};

enum class Stage {
  live,      ///< it stands at its path
  rotated,   ///< something else does, or nothing: it is read to its end
  finished,  ///< it was; kept so that its bytes are known when they turn up again
};

struct Position {
  std::string run;     ///< of its stream instance
  std::string source;  ///< name
  std::string stream;
  std::string path;   ///< at which a pattern found it: where its next generation will stand
  std::string place;  ///< where it lies now; empty: at its path
  FileId file;
  std::uint32_t truncations = 0;  ///< of that file that were seen before this generation
  std::uint64_t offset = 0;       ///< bytes of it that are published
  std::uint64_t base =
      0;  ///< bytes of the file before its first one: they are of another instance, or not wanted
  std::uint64_t skipped = 0;  ///< those, and what was lost on the way
  Fingerprint head;  ///< of the file's first bytes, as far as they were there when it was met or read
  Fingerprint tail;  ///< of the file's last bytes before next_byte()
  std::int64_t modified = 0;  ///< of the file when it was last read, ns since 1970
  std::uint64_t size = 0;     ///< and its size then (of a packed file: packed)
  std::int64_t since =
      0;  ///< the first generation at this path was met then: what was rotated before is not ours
  bool packed = false;   ///< gzip, xz or zstd: all bytes here are those that are in it
  bool cut_off = false;  ///< it is a copy of what was truncated then: its end comes with a `loss` record
  CutState cut;
  RedactState redact;
  Stage stage = Stage::live;
  /// Among the generations of a path, oldest first: greater than 0. 0: not known (rows had none once).
  std::uint64_t order = 0;

  /// Where in the file the next byte stands.
  std::uint64_t next_byte() const { return offset + skipped; }
  const std::string& where() const { return place.empty() ? path : place; }
  bool operator==(const Position&) const = default;
};

/// The key of a row of the positions table, and its text.
std::string position_key(std::string_view run);
inline constexpr std::string_view position_prefix = file_position_prefix;
std::string format_position(const Position& position);

/// Code::data for a row that this version cannot have written.
Result<Position> parse_position(std::string_view key, std::string_view text);

/// `chunk.run` of a file's generation: the first 16 hex digits of SHA-256 over the feed's 32 bytes and the text
/// "DEVICE:INODE:BIRTH:TRUNCATIONS". Source: design.md, section 4.
std::string run_of(const FeedId& feed, const FileId& file, std::uint32_t truncations);

}  // namespace ssblog
