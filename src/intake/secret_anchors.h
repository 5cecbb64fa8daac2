// SPDX-License-Identifier: MIT
// intake/secret_anchors.h - where an anchor of a preset stands in a text.
//
// Used by SecretLook, for every byte of every line. So three bytes in a row, in lower case, are held against a table of
// all beginnings of anchors, at each second byte; only where they are known the anchors themselves are compared. Pure, any
// thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ssblog {

class SecretAnchors {
 public:
  /// A set of presets: bit i is the one at i of `secret_presets()`.
  using Presets = std::uint32_t;
  static constexpr Presets key_in_pem = Presets{1} << 31;  ///< ... and this one what begins a private key
  static constexpr std::size_t longest = 32;               ///< bytes of an anchor

  /// Of all presets; made once.
  static const SecretAnchors& all();

  /// The next anchor from `from` on that ends at `end` or before; `end`: there is none.
  std::size_t next(std::string_view text, std::size_t from, std::size_t end) const;
  /// The presets with an anchor that `text` begins with.
  Presets at_begin(std::string_view text) const;
  /// Where the last bytes of `text`, from `from` on, may be the beginning of an anchor; its size: nowhere.
  std::size_t unfinished(std::string_view text, std::size_t from) const;

 private:
  struct Anchor {
    std::string_view text;
    bool any_case = false;
    Presets preset = 0;
    std::uint8_t bucket = 0;
  };
  struct Bucket {
    std::uint8_t begin = 0, end = 0;  ///< of `anchors_`
  };
  static constexpr unsigned seen_bits = 16;
  SecretAnchors();
  void add(std::string_view anchor, bool any_case, Presets preset);
  bool is_seen(const char* three_and_one_more) const;

  std::vector<Anchor> anchors_;  ///< by bucket
  std::array<Bucket, 256> buckets_;
  std::array<std::uint64_t, (std::size_t{1} << seen_bits) / 64> seen_{};  ///< the table: one bit for a hash
};

}  // namespace ssblog
