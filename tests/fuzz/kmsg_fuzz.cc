// SPDX-License-Identifier: MIT
// fuzz/kmsg_fuzz.cc - records of /dev/kmsg, which whoever may write there has a part in, and the kept cursor.
#include "fuzz/input.h"
#include "intake/kmsg.h"

using namespace ssblog;
using namespace ssblog::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const KernelCursor cursor = KernelCursor::parse(input.text());
  const KernelCursor again = KernelCursor::parse(cursor.text());
  must(again.boot == cursor.boot && again.sequence == cursor.sequence && again.crashes == cursor.crashes,
       "a cursor is read as it is written");
  must(cursor.crashes.size() <= KernelCursor::most_crashes, "a cursor is bounded");

  KernelLog log(cursor.boot, cursor);
  std::optional<std::uint64_t> last = log.cursor().sequence;
  while (!input.empty()) {
    const auto taken = log.take(input.text());
    if (!taken || !*taken) continue;
    const auto& record = (*taken)->record;
    must(!last || record.sequence > *last, "a record is taken once");
    must(!last || (*taken)->lost == record.sequence - *last - 1, "what is missing is counted");
    must(log.cursor().sequence == record.sequence, "the cursor is behind the last record");
    last = record.sequence;
  }
  return 0;
}
