// SPDX-License-Identifier: MIT
#include "intake/collector_world.h"

#include "feed/json.h"

#include <stdlib.h>

#include <filesystem>

namespace ssblog {

CollectorWorld::CollectorWorld() : keys_(keys_of(7)) {
  std::string name = (std::filesystem::temp_directory_path() / "ssblog-collector-XXXXXX").string();
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  directory_ = name;
  auto store = Store::open(":memory:", OpenMode::create);
  REQUIRE(store);
  store_ = std::make_unique<Store>(std::move(*store));
  files.answers = [this](const std::string& path) { return answers(path); };
}

CollectorWorld::~CollectorWorld() {
  collector_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

/// As FileIntake's patrol does when a call lasts too long.
bool CollectorWorld::answers(const std::string& path) {
  if (!whereabouts_ || whereabouts_->given_up()) return false;
  if (hung_.empty() || !path.starts_with(hung_)) return true;
  REQUIRE(whereabouts_->enter(path));
  REQUIRE(whereabouts_->give_up(whereabouts_->call()));
  for (const Source& source : sources) {
    if (source.paths.front().starts_with(hung_)) resting_.insert(source.name);
  }
  return false;
}

void CollectorWorld::hang(const std::string& beginning) {
  hung_ = beginning;
  if (hung_.empty()) resting_.clear();
}

Collector& CollectorWorld::collector() {
  if (collector_ && !whereabouts_->given_up()) {
    collector_->rest(resting_);
    if (!whereabouts_->given_up()) return *collector_;
  }
  collector_.reset();
  whereabouts_ = std::make_shared<Whereabouts>();
  publisher_ = std::make_unique<Publisher>(*store_, keys_, nullptr, Guard(directory_, keys_.id()));
  CollectorOptions options;
  options.host = "nas";
  options.sources = sources;
  options.once = once;
  options.whereabouts = whereabouts_;
  options.open_files = open_files;
  options.clock = [this] { return clock(); };
  options.steady = [this] { return steady_; };
  auto opened =
      Collector::open(Collector::Parts{files, *store_, *publisher_, keys_.id(), refused, home}, options);
  if (!opened) FAIL(opened.error().text);
  collector_ = std::make_unique<Collector>(std::move(*opened));
  collector_->rest(resting_);
  return *collector_;
}

CollectorReport CollectorWorld::look() {
  auto report = collector().look();
  for (const auto& said : report.talk) talk.push_back(said.text);
  return report;
}

CollectorReport CollectorWorld::round(const std::vector<FileChange>& changes) {
  auto report = collector().round(changes);
  for (const auto& said : report.talk) talk.push_back(said.text);
  return report;
}

void CollectorWorld::pass(std::chrono::milliseconds time) {
  steady_ += time;
  files.now += std::chrono::nanoseconds(time).count();
}

void CollectorWorld::settle() {
  for (int i = 0; i < 8; ++i) {
    look();
    for (int turn = 0; turn < 100 && round().more; ++turn) {
    }
    pass(std::chrono::seconds(3));
    for (int turn = 0; turn < 100 && round().more; ++turn) {
    }
  }
}

std::unique_ptr<Store> CollectorWorld::copy(Store& from) {
  auto to = Store::open(":memory:", OpenMode::create);
  REQUIRE(to);
  sqlite3_backup* const backup =
      sqlite3_backup_init(to->database().handle(), "main", from.database().handle(), "main");
  REQUIRE(backup != nullptr);
  sqlite3_backup_step(backup, -1);
  REQUIRE(sqlite3_backup_finish(backup) == SQLITE_OK);
  return std::make_unique<Store>(std::move(*to));
}

void CollectorWorld::back_up() { backup_ = copy(*store_); }

void CollectorWorld::restore() {
  collector_.reset();
  publisher_.reset();
  auto later = std::move(store_);
  store_ = copy(*backup_);
  auto from = later->feed(id());
  REQUIRE(from);
  if (!*from || !(*from)->tip) return;
  auto batch = Batch::begin(*store_, Durability::full);
  REQUIRE(batch);
  auto own = batch->feed(id());
  REQUIRE(own);
  std::optional<FeedState> state = own->tip;
  for (Seq seq = state ? state->sequence + 1 : 1; seq <= (*from)->tip->sequence; ++seq) {
    auto text = later->message(RowId::of((*from)->number, seq));
    REQUIRE(text);
    auto verified = verify(as_bytes(*text), state, nullptr);
    REQUIRE(std::holds_alternative<Verified>(verified));
    REQUIRE(batch->append(std::get<Verified>(verified)));
    state = std::get<Verified>(verified).state();
  }
  REQUIRE(batch->commit(clock()));
}

void CollectorWorld::fill_disk(bool full) {
  REQUIRE(store_->database().run(full ? "PRAGMA query_only = ON" : "PRAGMA query_only = OFF"));
}

void CollectorWorld::publish(const std::string& content) {
  Publisher publisher(*store_, keys_, nullptr, Guard(directory_, keys_.id()));
  REQUIRE(publisher.publish(std::span(&content, 1), clock()));
}

Fed CollectorWorld::fed() {
  Fed fed;
  auto feed = store_->feed(id());
  REQUIRE(feed);
  if (!*feed || !(*feed)->tip) return fed;
  Record record;
  for (Seq seq = 1; seq <= (*feed)->tip->sequence; ++seq) {
    auto text = store_->message(RowId::of((*feed)->number, seq));
    REQUIRE(text);
    const std::string_view content = member(*text, "content");
    read_record(content, 0, record);
    if (record.kind == RecordKind::loss) {
      fed.losses.push_back({text_of(member(content, "stream")).value_or(""), record.run,
                            text_of(member(content, "reason")).value_or(""),
                            static_cast<std::uint64_t>(integer_of(member(content, "offset")).value_or(0)),
                            static_cast<std::uint64_t>(integer_of(member(content, "bytes")).value_or(0))});
      continue;
    }
    if (record.kind != RecordKind::log || !record.chunk) continue;
    if (record.ends_line()) record.bytes += '\n';
    std::string& all = fed.instances[record.stream + " " + record.chunk->run];
    if (record.chunk->offset != all.size())
      fed.wrong.push_back(fmt::format("{} {}: offset {} behind {} bytes", record.stream, record.chunk->run,
                                      record.chunk->offset, all.size()));
    std::string& rest = fed.unfinished[record.stream + " " + record.chunk->run];
    std::size_t end = all.size() - rest.size();
    all += record.bytes;
    rest += record.bytes;
    for (auto newline = rest.find('\n'); newline != std::string::npos; newline = rest.find('\n')) {
      end += newline + 1;
      fed.lines.push_back({record.stream, record.chunk->run, rest.substr(0, newline), end});
      rest.erase(0, newline + 1);
    }
    if (record.chunk->end) {
      fed.lines.push_back({record.stream, record.chunk->run, rest, all.size()});
      rest.clear();
    }
  }
  return fed;
}

}  // namespace ssblog
