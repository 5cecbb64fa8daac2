// SPDX-License-Identifier: MIT
// fuzz/collector_fuzz.cc - files that are written, rotated, cut, copied and removed while they are read: each line once.
//
// The history is that of the tests (intake/collector_history.h); here the fuzzer throws the dice.
#define DOCTEST_CONFIG_IMPLEMENT
#include "fuzz/input.h"
#include "intake/collector_history.h"

#include <doctest/doctest.h>

using namespace ssblog;
using namespace ssblog::fuzz;

namespace {

constexpr int most_steps = 200;

/// What the world of the tests takes for granted ends the run when it is not so.
void promised(const doctest::AssertData& data) {
  if (data.m_failed) must(false, data.m_expr);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  static doctest::Context context;
  context.setAsDefaultForAssertsOutOfTestCases();
  context.setAssertHandler(promised);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const auto dice = [&input] {
    return Dice([&input] { return static_cast<std::uint32_t>(input.number(2)); });
  };
  History history(dice(), dice(), false);
  for (int step = 0; step < most_steps && !input.empty(); ++step) history.step();
  history.finish();
  for (const std::string& fault : history.faults()) {
    std::fprintf(stderr, "%s (%s)\n", fault.c_str(), history.manner().c_str());
    must(false, "each line comes once, or its loss is told");
  }
  return 0;
}
