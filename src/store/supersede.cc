// SPDX-License-Identifier: MIT
#include "store/supersede.h"

#include "feed/contact.h"
#include "feed/json.h"
#include "feed/successor.h"
#include "store/cut.h"
#include "store/hold.h"
#include "store/publish.h"
#include "store/rebase.h"
#include "store/spool.h"
#include "store/successors.h"

#include <fmt/format.h>

#include <charconv>
#include <vector>

namespace ssblog {
namespace {

constexpr std::string_view followed_prefix = "superseded:";   // meta; the old id in hex
constexpr std::string_view report_name = "supersede_report";  // meta: "LAST CARRIED WAITED ASIDE"
constexpr std::string_view untold_name = "identity_untold";   // meta: the new id
constexpr std::string_view positions_name = "positions_at";   // of the collector
constexpr std::string_view uncarried_prefix = "uncarried:";   // meta; what no message can hold

std::string followed_name(const FeedId& id) { return std::string(followed_prefix) + to_hex(id.view()); }

std::string about_content(const FeedId& id, std::string_view name) {
  return fmt::format(R"({{"type":"about","about":"{}","name":{}}})", to_text(id), json_string(name));
}

class Work {
 public:
  Work(Batch& batch, const Supersede& wanted) : batch_(batch), wanted_(wanted) {}

  Result<Superseded> run() {
    const FeedId& old = wanted_.old.id();
    auto before = batch_.store().feed(old);
    if (!before) return before.error();
    carried_.before = before->value_or(FeedRow{0, old, std::nullopt, 0});
    if (auto found = find_branch(); !found) return found.error();
    if (auto read = read_old(); !read) return read.error();
    if (auto cut = cut_old(); !cut) return cut.error();
    if (auto begun = begin_fresh(); !begun) return begun.error();
    if (auto carried = carry(); !carried) return carried.error();
    if (cut_) {
      if (auto finished = cut_->finish(); !finished) return finished.error();
    }
    if (auto settled = settle(); !settled) return settled.error();
    return report_;
  }

 private:
  /// Where the branch begins that only this host has.
  Result<void> find_branch() {
    if (carried_.before.tip) last_ = *carried_.before.tip;
    if (!wanted_.supersedes) return {};
    ForkBook forks(batch_.store());
    auto forked = forks.is_forked(wanted_.old.id());
    if (!forked) return forked.error();
    if (!*forked) return {};
    auto proof = forks.of(wanted_.old.id());
    if (!proof) return proof.error();
    if (!*proof) return {};
    if (!is_where_they_part(**proof)) {
      return Error{
          Code::busy,
          fmt::format("two branches of this feed are known from message {} on, but not where they part: "
                      "run the daemon where a host that holds the other branch can be reached, until "
                      "`ssblog id` says that it is known",
                      (*proof)->sequence)};
    }
    auto key = batch_.store().key_of(carried_.before, (*proof)->sequence);
    if (!key) return key.error();
    if (*key != (*proof)->held) return {};
    left_ = (*proof)->held;
    last_ = {};
    last_.sequence = (*proof)->sequence - 1;
    if (last_.sequence == 0) return {};
    auto common = batch_.store().key_of(carried_.before, last_.sequence);
    if (!common) return common.error();
    if (*common) last_.key = **common;
    return {};
  }

  /// Whom it follows and what it calls itself: before its end is cut off.
  Result<void> read_old() {
    Statement contacts(batch_.database(),
                       "SELECT contact, relation FROM contacts WHERE feed = ? ORDER BY contact");
    auto run = contacts.run(carried_.before.number);
    for (;;) {
      auto row = run.step();
      if (!row) return row.error();
      if (!*row) break;
      const auto contact = FeedId::from(run.blob(0));
      const auto relation = static_cast<Relation>(run.integer(1));
      if (contact && relation != Relation::neither) contacts_.push_back({*contact, relation});
    }
    auto name = batch_.store().name_before(carried_.before.number, max_sequence);
    if (!name) return name.error();
    if (wanted_.name || wanted_.supersedes) name_ = wanted_.name.value_or(*name);
    return {};
  }

  Result<void> cut_old() {
    if (left_) {
      auto cut = CutFeed::begin(batch_, wanted_.old.id(), last_.sequence, wanted_.hmac);
      if (!cut) return cut.error();
      cut_.emplace(std::move(*cut));
    }
    auto kept = batch_.feed(wanted_.old.id());
    if (!kept) return kept.error();
    carried_.kept = *kept;
    report_.last = last_.sequence;
    return {};
  }

  /// Who it is, what it follows, and in whose place it stands.
  Result<void> begin_fresh() {
    if (auto cleared = batch_.database().run("DELETE FROM witnesses"); !cleared) return cleared;
    if (!name_.empty()) {
      if (auto named = say(about_content(wanted_.fresh.id(), name_)); !named) return named;
    }
    if (wanted_.supersedes) {
      for (const Contact& contact : contacts_) {
        if (contact.contact == wanted_.fresh.id()) continue;
        auto said = say(contact.relation == Relation::follows ? follow_content(contact.contact, true)
                                                              : block_content(contact.contact, true));
        if (!said) return said;
      }
      const Successor statement{wanted_.old.id(), wanted_.fresh.id(), last_, left_};
      if (auto said = say(successor_content(statement, wanted_.old)); !said) return said;
      if (auto done = note_done(batch_, wanted_.old.id()); !done) return done;
    }
    // Behind the statement: whoever reads it knows that nobody has to be asked who has that key. A feed of which nothing
    // was ever signed is nobody's.
    if (carried_.before.tip) {
      if (auto said = say(follow_content(wanted_.old.id(), true)); !said) return said;
    }
    return renew();
  }

  Result<void> carry() {
    Rebase rebase(batch_, carried_.kept, carried_.fresh);
    Spool spool(batch_);
    while (cut_) {
      auto message = cut_->next();
      if (!message) return message.error();
      if (!*message) break;
      if (was_said_anew((**message)->content())) continue;
      const Spooled lines{0, (**message)->timestamp, std::string((**message)->content())};
      if (auto carried = carry_one(spool, rebase, lines); !carried) return carried;
      ++report_.carried;
    }
    // Without a statement what waits is signed later, as it would have been.
    while (wanted_.supersedes) {
      auto front = spool.front();
      if (!front) return front.error();
      if (!*front) break;
      Spooled lines = std::move(**front);
      Record record;
      read_record(lines.content, lines.timestamp, record);
      if (record.kind == RecordKind::about && record.about == to_text(wanted_.old.id()) &&
          !record.name.empty())
        lines.content = about_content(wanted_.fresh.id(), record.name);
      if (auto carried = carry_one(spool, rebase, lines); !carried) return carried;
      if (auto popped = spool.pop(lines); !popped) return popped;
      ++report_.waited;
    }
    return wanted_.together ? wanted_.together(batch_, carried_, rebase) : Result<void>();
  }

  /// Whom it follows, and its name: `begin_fresh` said the last words of both. A statement is about the old feed alone.
  bool was_said_anew(std::string_view content) const {
    if (read_contact(content) || read_successor(content)) return true;
    Record record;
    read_record(content, 0, record);
    return record.kind == RecordKind::about && record.about == to_text(wanted_.old.id()) &&
           !record.name.empty();
  }

  /// What the old feed covers of it stays there; the rest is signed at its own time.
  Result<void> carry_one(Spool& spool, Rebase& rebase, const Spooled& lines) {
    double timestamp = lines.timestamp;
    return spool.unsigned_part(carried_.kept, lines, [&](std::string_view part) -> Result<void> {
      auto content = rebase.carry(part);
      if (!content) return content.error();
      return spool.unsigned_part(carried_.fresh, {0, timestamp, *content}, [&](std::string_view last) {
        auto said = sign_at(timestamp, last);
        timestamp = next_timestamp(clamp_time(timestamp), timestamp);
        return said;
      });
    });
  }

  Result<void> sign_at(double timestamp, std::string_view content) {
    auto message = sign(wanted_.fresh, carried_.fresh.tip, timestamp, content, wanted_.hmac);
    if (!message) {
      if (message.error().code != Code::data) return message.error();
      // It filled its message to the last sign, under a number of fewer digits.
      return batch_.set_meta(
          fmt::format("{}{}:{}", uncarried_prefix, short_id(wanted_.fresh.id()), ++report_.aside),
          as_bytes(content));
    }
    const auto contact = read_contact(content);
    if (!contact || contact->contact != wanted_.old.id()) {
      if (auto noted = batch_.note_witness(content); !noted) return noted;
    }
    if (auto appended = batch_.append(*message); !appended) return appended;
    return renew();
  }

  Result<void> say(const std::string& content) {
    if (auto now = renew(); !now) return now;
    return sign_at(next_timestamp(wanted_.now, carried_.fresh.timestamp), content);
  }

  Result<void> renew() {
    auto fresh = batch_.feed(wanted_.fresh.id());
    if (!fresh) return fresh.error();
    carried_.fresh = *fresh;
    return {};
  }

  /// What was true of the old feed alone.
  Result<void> settle() {
    if (auto ended = end_hold(batch_); !ended) return ended;
    if (auto dropped = drop_claims(batch_); !dropped) return dropped;
    if (auto set = set_predecessor(batch_, wanted_.old.id()); !set) return set;
    if (auto begun = begin_guard(batch_, wanted_.home); !begun) return begun;
    const Seq tip = carried_.fresh.tip ? carried_.fresh.tip->sequence : 0;
    if (auto set = batch_.set_meta(positions_name, as_bytes(std::to_string(tip))); !set) return set;
    const std::string report =
        fmt::format("{} {} {} {}", report_.last, report_.carried, report_.waited, report_.aside);
    if (auto set = batch_.set_meta(report_name, as_bytes(report)); !set) return set;
    if (auto set = batch_.set_meta(untold_name, wanted_.fresh.id().view()); !set) return set;
    return batch_.set_meta(followed_name(wanted_.old.id()), wanted_.fresh.id().view());
  }

  Batch& batch_;
  const Supersede& wanted_;
  Carried carried_;
  FeedState last_;
  std::optional<MessageKey> left_;
  std::vector<Contact> contacts_;
  std::string name_;
  std::optional<CutFeed> cut_;
  Superseded report_;
};

}  // namespace

Result<Superseded> supersede(Store& store, const Supersede& wanted) {
  auto batch = Batch::begin(store, Durability::full);
  if (!batch) return batch.error();
  auto before = followed_by(store, wanted.old.id());
  if (!before) return before.error();
  if (*before) {
    if (**before == wanted.fresh.id()) return last_report(store);
    return Error{Code::failed, fmt::format("this identity was left for {} already", to_text(**before))};
  }
  auto report = Work(*batch, wanted).run();
  if (!report) return report;
  if (auto done = batch->commit(wanted.now); !done) return done.error();
  return report;
}

Result<std::optional<FeedId>> followed_by(Store& store, const FeedId& id) {
  auto fresh = store.meta(followed_name(id));
  if (!fresh) return fresh.error();
  return FeedId::from(*fresh);
}

Result<Superseded> last_report(Store& store) {
  auto text = store.meta(report_name);
  if (!text) return text.error();
  Superseded report;
  std::string_view rest = as_text(*text);
  const auto next = [&rest](auto& number) {
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    if (!rest.empty()) rest.remove_prefix(1);
  };
  next(report.last);
  next(report.carried);
  next(report.waited);
  next(report.aside);
  return report;
}

Result<std::optional<FeedId>> untold_identity(Store& store) {
  auto id = store.meta(untold_name);
  if (!id) return id.error();
  return FeedId::from(*id);
}

Result<void> note_told(Batch& batch) { return batch.drop_meta(untold_name); }

}  // namespace ssblog
