// SPDX-License-Identifier: MIT
#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))

#include "sandbox/filter_program.h"

#include <linux/audit.h>
#include <linux/seccomp.h>

#include <utility>

namespace ssblog {
namespace {

#ifdef __x86_64__
constexpr std::uint32_t own_architecture = AUDIT_ARCH_X86_64;
#else
constexpr std::uint32_t own_architecture = AUDIT_ARCH_AARCH64;
#endif

}  // namespace

FilterProgram::FilterProgram(std::uint32_t otherwise) : otherwise_(otherwise) {
  load(offsetof(seccomp_data, arch));
  // Another architecture numbers its calls otherwise.
  add(BPF_JMP | BPF_JEQ | BPF_K, own_architecture, 1, 0);
  give(SECCOMP_RET_KILL_PROCESS);
  load(offsetof(seccomp_data, nr));
#ifdef __x86_64__
  constexpr std::uint32_t first_of_x32 = 0x4000'0000;
  add(BPF_JMP | BPF_JGE | BPF_K, first_of_x32, 0, 1);
  give(SECCOMP_RET_KILL_PROCESS);
#endif
}

void FilterProgram::on(long call, std::uint32_t result) {
  add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1);
  give(result);
}

void FilterProgram::allow_values(long call, unsigned argument, std::span<const std::uint32_t> values,
                                 std::uint32_t refusal) {
  on_values(call, argument, values, SECCOMP_RET_ALLOW, refusal);
}

void FilterProgram::refuse_values(long call, unsigned argument, std::span<const std::uint32_t> values) {
  on_values(call, argument, values, otherwise_, SECCOMP_RET_ALLOW);
}

void FilterProgram::allow_bits(long call, unsigned argument, std::uint32_t mask, std::uint32_t bits,
                               std::uint32_t refusal) {
  on_bits(call, argument, mask, bits, SECCOMP_RET_ALLOW, refusal);
}

void FilterProgram::refuse_bits(long call, unsigned argument, std::uint32_t bits) {
  on_bits(call, argument, bits, bits, otherwise_, SECCOMP_RET_ALLOW);
}

std::vector<sock_filter> FilterProgram::finish() {
  give(otherwise_);
  return std::move(code_);
}

void FilterProgram::add(unsigned operation, std::uint32_t value, std::uint8_t if_true,
                        std::uint8_t if_false) {
  code_.push_back({static_cast<std::uint16_t>(operation), if_true, if_false, value});
}

void FilterProgram::load(std::size_t offset) {
  add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}

void FilterProgram::load_argument(unsigned argument) {
  load(offsetof(seccomp_data, args) + argument * sizeof(std::uint64_t));
}

void FilterProgram::on_values(long call, unsigned argument, std::span<const std::uint32_t> values,
                              std::uint32_t if_among, std::uint32_t if_not) {
  open(call, 2 + 2 * values.size());
  load_argument(argument);
  for (const std::uint32_t value : values) {
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    give(if_among);
  }
  give(if_not);
}

void FilterProgram::on_bits(long call, unsigned argument, std::uint32_t mask, std::uint32_t bits,
                            std::uint32_t if_equal, std::uint32_t if_not) {
  open(call, 5);
  load_argument(argument);
  add(BPF_ALU | BPF_AND | BPF_K, mask);
  add(BPF_JMP | BPF_JEQ | BPF_K, bits, 0, 1);
  give(if_equal);
  give(if_not);
}

void FilterProgram::give(std::uint32_t result) { add(BPF_RET | BPF_K, result); }

/// The next `length` instructions are for this call alone, and end with a result.
void FilterProgram::open(long call, std::size_t length) {
  add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, static_cast<std::uint8_t>(length));
}

}  // namespace ssblog

#endif
