// SPDX-License-Identifier: MIT
// sandbox/filter_program.h - builds the program of a seccomp filter: for each call a test of its number, and what follows.
//
// Used by call_filter.cc. What a result means is seccomp(2)'s: SECCOMP_RET_ALLOW, ... A call that is spoken of twice gets
// the first result. Arguments count from 0, and only their lower 32 bits are looked at. Linux on x86-64 and arm64 alone:
// both are little-endian. Pure, any thread. Source: seccomp(2), the kernel's networking/filter.
#pragma once

#include <linux/filter.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ssblog {

class FilterProgram {
 public:
  /// `otherwise` is the result of each call that is not spoken of. Who makes a call by the numbers of another architecture
  /// is killed.
  explicit FilterProgram(std::uint32_t otherwise);

  void on(long call, std::uint32_t result);

  /// Allowed if the argument is among `values`.
  void allow_values(long call, unsigned argument, std::span<const std::uint32_t> values,
                    std::uint32_t refusal);

  /// Allowed unless the argument is among `values`.
  void refuse_values(long call, unsigned argument, std::span<const std::uint32_t> values);

  /// Allowed if the bits of `mask` in the argument are exactly `bits`; `refusal` if not.
  void allow_bits(long call, unsigned argument, std::uint32_t mask, std::uint32_t bits,
                  std::uint32_t refusal);

  /// Refused if the argument has all of `bits`.
  void refuse_bits(long call, unsigned argument, std::uint32_t bits);

  /// The whole program; nothing may be added to it.
  std::vector<sock_filter> finish();

 private:
  void add(unsigned operation, std::uint32_t value, std::uint8_t if_true = 0, std::uint8_t if_false = 0);
  void load(std::size_t offset);
  void load_argument(unsigned argument);
  void on_values(long call, unsigned argument, std::span<const std::uint32_t> values, std::uint32_t if_among,
                 std::uint32_t if_not);
  void on_bits(long call, unsigned argument, std::uint32_t mask, std::uint32_t bits, std::uint32_t if_equal,
               std::uint32_t if_not);
  void give(std::uint32_t result);
  void open(long call, std::size_t length);

  std::uint32_t otherwise_;
  std::vector<sock_filter> code_;
};

}  // namespace ssblog
