// SPDX-License-Identifier: MIT
// fuzz/query_fuzz.cc - the words by which lines are chosen, which a file or a request over HTTP may bring.
//
// The promises: what is refused says why; a query is bounded and means the same each time; a message that is passed over
// at sight has no line that is wanted; a place that is marked lies in the line and has bytes.
#include "assemble/line_filter.h"
#include "assemble/query.h"
#include "feed/utf.h"
#include "fuzz/input.h"

using namespace ssblog;
using namespace ssblog::fuzz;

namespace {

constexpr Millis now = 1'700'000'000'000;

bool read(std::string_view text, bool word, Query& query) {
  auto added = word ? add_word(text, now, query) : add_query(text, now, query);
  if (added) return true;
  must(added.error().code == Code::usage && !added.error().text.empty(), "a refusal has a reason");
  return false;
}

void look(const Selection& selection, std::string_view text, char level) {
  auto filter = LineFilter::make(selection);
  must(static_cast<bool>(filter), "what was read can be looked for");
  Record record;
  record.kind = RecordKind::log;
  record.bytes = text;
  record.levels.assign(1, level);
  const bool may = filter->may_want(record);
  for (std::string_view rest = text;;) {
    const auto line = rest.substr(0, rest.find('\n'));
    const bool wanted = filter->wants(line, level_of_line(record, level));
    must(may || !wanted, "what is passed over has nothing that is wanted");
    for (const TextRule& rule : selection.texts) {
      const auto pattern = TextPattern::make(rule);
      std::size_t from = 0;
      while (const auto place = pattern->find(line, from)) {
        must(place->begin >= from && place->begin < place->end && place->end <= line.size(),
             "a place has bytes");
        must(pattern->stands_in(line), "what has a place stands there");
        from = place->end;
      }
    }
    if (line.size() == rest.size()) return;
    rest.remove_prefix(line.size() + 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const bool word = input.coin();
  const char level = "01234567-"[input.below(9)];
  const std::string_view text = input.text();
  Query query, again;
  if (!read(text, word, query)) return 0;
  must(query.words <= Query::most_words && query.selection.texts.size() <= query.words, "a query is bounded");
  must(read(text, word, again) && to_text(again.selection) == to_text(query.selection),
       "a query means the same each time");
  const std::string_view lines = input.rest_text();
  look(query.selection, lines, level);
  query.selection.wants_host(FeedId{}, lines);
  return 0;
}
