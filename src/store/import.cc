// SPDX-License-Identifier: MIT
#include "store/import.h"

#include "feed/json.h"
#include "feed/utf.h"
#include "store/hold.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <thread>

namespace ssblog {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto longest_transaction = std::chrono::milliseconds(10);
constexpr auto step_aside = std::chrono::milliseconds(1);  // publishers look every half millisecond
constexpr int appends_per_look = 16;                       // at the clock
constexpr std::size_t part_objects = 512;
constexpr std::size_t part_bytes = 512 * 1024;
constexpr std::size_t most_workers = 8;  // a part each: bounds the memory
constexpr std::size_t most_rows = 100'000;
constexpr std::size_t most_blamed = 100'000;  // feeds that are only named by what was refused
constexpr int complaints_per_feed = 5;
constexpr int complaints_in_all = 50;

/// Asked once: the answer is read from files of the system.
std::size_t workers() {
  static const std::size_t count =
      std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, most_workers);
  return count;
}

/// What the beginning of a message says that is spelled as everybody spells it. A claim: nothing is checked.
struct Peek {
  FeedId author;
  Seq sequence = 0;
};

bool skip(std::string_view& text, std::string_view head) {
  if (!text.starts_with(head)) return false;
  text.remove_prefix(head.size());
  return true;
}

bool peek_author(std::string_view& text, Peek& peek) {
  constexpr std::size_t length = 1 + 44 + 8;  // @, base64, .ed25519
  if (!skip(text, "\"author\":\"") || text.size() < length) return false;
  const auto id = parse_feed_id(text.substr(0, length));
  if (!id) return false;
  peek.author = *id;
  text.remove_prefix(length);
  return skip(text, "\",");
}

bool peek_sequence(std::string_view& text, Peek& peek) {
  if (!skip(text, "\"sequence\":")) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), peek.sequence);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return skip(text, ",");
}

std::optional<Peek> peek(std::string_view text) {
  constexpr std::size_t key_length = 1 + 44 + 7;  // %, base64, .sha256
  if (!skip(text, "{\"previous\":")) return std::nullopt;
  if (!skip(text, "null,")) {
    if (!skip(text, "\"%") || text.size() < key_length) return std::nullopt;
    text.remove_prefix(key_length - 1);
    if (!skip(text, "\",")) return std::nullopt;
  }
  Peek found;
  if (peek_author(text, found)) {
    if (!peek_sequence(text, found)) return std::nullopt;
  } else if (!peek_sequence(text, found) || !peek_author(text, found)) {
    return std::nullopt;
  }
  return found;
}

/// The author that a refused message names.
std::optional<FeedId> named_author(std::string_view text) {
  auto object =
      canonical(is_utf8(as_bytes(text)) ? std::string(text) : decode_utf8(as_bytes(text)), Layout::compact);
  if (!object) return std::nullopt;
  const auto author = text_of(member(*object, "author"));
  return author ? parse_feed_id(*author) : std::nullopt;
}

}  // namespace

Importer::Importer(Store& store, Options options)
    : store_(store), forks_(store), options_(std::move(options)) {}

Importer::Checked Importer::check_one(const BundleItem& object, const SigningKey* hmac, std::string& buffer) {
  if (!object.fault.empty()) return {object.line, Refused{std::nullopt, object.fault}};
  const auto text = message_value(object.text, buffer);
  if (text.empty()) return {object.line, Nothing{}};
  auto inspected = inspect(as_bytes(text), hmac);
  if (auto* good = std::get_if<Inspected>(&inspected)) return {object.line, std::move(*good)};
  return {object.line, Refused{named_author(text), std::get<Rejection>(inspected).text}};
}

/// On a worker thread.
Importer::Part Importer::check(std::vector<BundleItem> objects, std::optional<SigningKey> hmac) {
  Part part;
  part.reserve(objects.size());
  std::string buffer;
  for (BundleItem& object : objects) {
    part.push_back(check_one(object, hmac ? &*hmac : nullptr, buffer));
    object.text = std::string();  // the memory is wanted for what was made of it
  }
  return part;
}

void Importer::start_check(std::vector<BundleItem> objects) {
  checking_.push_back(std::async(std::launch::async, check, std::move(objects), options_.hmac));
}

Result<void> Importer::take(ByteSource source, const std::string& name) {
  name_ = name;
  BundleReader reader(std::move(source));
  std::vector<BundleItem> objects;
  std::size_t bytes = 0;
  std::optional<Error> broken;
  for (bool more = true; more;) {
    auto item = reader.next();
    if (!item) broken = item.error();
    more = item && *item;
    if (more) {
      auto over = passed_over((*item)->text);
      if (!over) return over.error();
      if (!*over) {
        bytes += (*item)->text.size();
        objects.push_back(std::move(**item));
      }
    }
    if (!objects.empty() && (!more || objects.size() >= part_objects || bytes >= part_bytes)) {
      start_check(std::exchange(objects, {}));
      bytes = 0;
    }
    while (!checking_.empty() && (!more || checking_.size() >= workers())) {
      Part part = checking_.front().get();
      checking_.pop_front();
      if (auto linked = link(std::move(part)); !linked) return linked;
      if (options_.progress) options_.progress(report_);
    }
  }
  if (!broken) return {};
  if (broken->code == Code::data) broken->text = fmt::format("{}: {}", name_, broken->text);
  return *broken;
}

/// True: a message that is not wanted, or that is held byte for byte and so was checked before.
Result<bool> Importer::passed_over(std::string_view text) {
  const auto claim = peek(text);
  if (!claim) return false;
  if (!wanted(claim->author)) return true;
  // Rows are those of the transactions before: a feed may have grown since, then the long way finds out.
  auto row = find(claim->author);
  if (!row) return row.error();
  if (!(*row)->tip || claim->sequence > (*row)->tip->sequence) return false;
  auto held = store_.message(RowId::of((*row)->number, claim->sequence));
  // What is damaged in the store is no news here: `verify` tells it.
  if (!held || *held != text)
    return held || held.error().code == Code::data ? Result<bool>(false) : held.error();
  if (!forgotten(**row)) ++report_.feeds[claim->author].held;
  return true;
}

/// True: the feed is not the one that it was, since another process forgot it in between. What is behind the messages
/// that were passed over or taken before has nothing to go on from.
bool Importer::forgotten(const FeedRow& feed) {
  const auto [at, is_new] = numbers_.try_emplace(feed.id, feed.number);
  if (!is_new && at->second != feed.number) report_.forgotten.insert(feed.id);
  return report_.forgotten.contains(feed.id);
}

Result<void> Importer::link(Part part) {
  int appends = 0;
  for (Checked& checked : part) {
    if (const auto* refused = std::get_if<Refused>(&checked.result)) {
      refuse(checked.line, refused->author, refused->why);
    } else if (auto* good = std::get_if<Inspected>(&checked.result)) {
      if (auto linked = link_one(checked.line, std::move(*good)); !linked) return linked;
    }
    if (++appends % appends_per_look == 0 && batch_ && Clock::now() - begun_ > longest_transaction) {
      if (auto done = commit(); !done) return done;
    }
  }
  return commit();
}

Result<void> Importer::link_one(std::uint64_t line, Inspected message) {
  const FeedId author = message.author();
  if (!wanted(author)) return {};
  auto row = find(author);
  if (!row) return row.error();
  // What is held needs no transaction.
  auto held = holds(**row, message);
  if (!held) return held.error();
  const bool own = author == options_.own;
  if (!*held && (!batch_ || (own && !own_batch_))) {
    if (auto begun = begin(own); !begun) return begun;
    // The feed may have grown, or gone, before our turn came.
    row = find(author);
    if (!row) return row.error();
    held = holds(**row, message);
    if (!held) return held.error();
  }
  FeedRow& feed = **row;
  if ((feed.number != 0 || numbers_.contains(author)) && forgotten(feed)) return {};
  if (*held) {
    ++report_.feeds[author].held;
    return {};
  }
  const Seq sequence = message.sequence();
  const Seq tip = feed.tip ? feed.tip->sequence : 0;
  if (sequence <= tip) return refuse_fork(line, feed, message);
  auto forked = forks_.is_forked(author);
  if (!forked) return forked.error();
  if (*forked) {
    refuse(line, author, fmt::format("feed {} is forked, and nothing more of it is taken", short_id(author)));
    return {};
  }
  auto left = batch_->is_left(author, sequence, message.key());
  if (!left) return left.error();
  if (*left) {
    refuse(line, author,
           fmt::format("feed {} does not go on with message {}, says its owner", short_id(author),
                       to_text(message.key())));
    return {};
  }
  if (own) own_shown_ = std::max(own_shown_, sequence);
  if (sequence > tip + 1) {
    const auto missing = sequence - tip == 2 ? fmt::format("message {} is", tip + 1)
                                             : fmt::format("messages {} to {} are", tip + 1, sequence - 1);
    refuse(line, author,
           fmt::format("feed {}: message {} cannot be taken, since {} missing here", short_id(author),
                       sequence, missing));
    return {};
  }
  auto checked = verify(std::move(message), feed.tip);
  if (const auto* rejection = std::get_if<Rejection>(&checked)) {
    refuse(line, author, rejection->text);
    return {};
  }
  const Verified& verified = std::get<Verified>(checked);
  if (auto appended = batch_->append(verified); !appended) return appended;
  if (own) {
    if (auto noted = batch_->note_witness(verified->content()); !noted) return noted;
  }
  auto grown = batch_->feed(author);
  if (!grown) return grown.error();
  feed = *grown;
  numbers_.try_emplace(author, feed.number);
  ++taken_[author];
  return {};
}

/// True: the feed has this very message at its place.
Result<bool> Importer::holds(const FeedRow& feed, const Inspected& message) {
  if (!feed.tip || message.sequence() > feed.tip->sequence) return false;
  auto key = store_.key_of(feed, message.sequence());
  if (!key) return key.error().code == Code::data ? Result<bool>(false) : key.error();
  return *key == message.key();
}

Result<void> Importer::refuse_fork(std::uint64_t line, const FeedRow& feed, const Inspected& message) {
  auto key = store_.key_of(feed, message.sequence());
  if (!key && key.error().code != Code::data) return key.error();
  const auto here = key && *key ? to_text(**key) : std::string("damaged");
  if (auto proven = prove_fork(feed, message); !proven) return proven;
  refuse(line, message.author(),
         fmt::format("feed {} is forked: message {} is {} here, and {} in the bundle", short_id(feed.id),
                     message.sequence(), here, to_text(message.key())));
  return {};
}

/// Where the two branches part, the message names the same one before it as ours does: then both are proof.
Result<void> Importer::prove_fork(const FeedRow& feed, const Inspected& message) {
  std::optional<FeedState> before;
  if (message.sequence() > 1) {
    auto key = store_.key_of(feed, message.sequence() - 1);
    if (!key) return key.error().code == Code::data ? Result<void>() : key.error();
    if (!*key) return {};
    before = FeedState{message.sequence() - 1, **key};
  }
  const auto checked = verify(Inspected(message), before);
  const auto* other = std::get_if<Verified>(&checked);
  if (other == nullptr) return {};
  auto noted = note_fork(*batch_, feed, message.sequence(), message.key(), (*other)->text,
                         options_.hmac ? &*options_.hmac : nullptr, options_.now());
  return noted ? Result<void>() : noted.error();
}

/// The row of a feed; one without a number when it is not known yet.
Result<FeedRow*> Importer::find(const FeedId& id) {
  if (!batch_ && rows_.size() >= most_rows) rows_.clear();
  const auto [at, is_new] = rows_.try_emplace(id);
  if (!is_new) return &at->second;
  auto row = store_.feed(id);
  if (!row) {
    rows_.erase(at);
    return row.error();
  }
  at->second = row->value_or(FeedRow{0, id, std::nullopt, 0});
  return &at->second;
}

Result<void> Importer::begin(bool own) {
  if (batch_) {
    if (auto done = commit(); !done) return done;
  }
  auto batch = Batch::begin(store_, own ? Durability::full : Durability::normal);
  if (!batch) return batch.error();
  batch_.emplace(std::move(*batch));
  begun_ = Clock::now();
  own_batch_ = own;
  rows_.clear();  // others may have written since
  return {};
}

/// Ends the transaction, if there is one, and lets others have their turn.
Result<void> Importer::commit() {
  if (!batch_) return {};
  auto noted = note_own();
  auto done = noted ? batch_->commit(options_.now()) : noted;
  batch_.reset();
  if (!done) {
    rows_.clear();
    taken_.clear();
    return done;
  }
  for (const auto& [id, count] : taken_) report_.feeds[id].taken += count;
  taken_.clear();
  std::this_thread::sleep_for(step_aside);
  return {};
}

Result<void> Importer::note_own() {
  if (own_shown_ == 0) return {};
  report_.own_feed_grew = true;
  return note_shown(*batch_, std::exchange(own_shown_, 0));
}

void Importer::refuse(std::uint64_t line, const std::optional<FeedId>& author, const std::string& why) {
  if (author && !wanted(*author)) return;
  ++report_.refused;
  // Names are free of charge for whoever makes a bundle; they must not fill our memory.
  const bool counted = author && (report_.feeds.contains(*author) || report_.feeds.size() < most_blamed);
  counted ? ++report_.feeds[*author].refused : ++report_.unreadable;
  if (!options_.complain || all_complaints_ > complaints_in_all) return;
  int& complaints = complaints_[counted ? *author : FeedId{}];
  if (complaints > complaints_per_feed) return;
  if (++complaints > complaints_per_feed) {
    options_.complain(counted ? fmt::format("more messages of feed {} were refused", short_id(*author))
                              : std::string("more objects that name no author were refused"));
  } else if (++all_complaints_ > complaints_in_all) {
    options_.complain("more messages were refused; the reasons are not told any more");
  } else {
    options_.complain(fmt::format("{}, line {}: {}", name_, line, why));
  }
}

}  // namespace ssblog
