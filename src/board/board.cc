// SPDX-License-Identifier: MIT
#include "board/board.h"

#include "board/board_rules.h"
#include "feed/json.h"
#include "feed/utf.h"
#include "store/peer_book.h"
#include "store/rebase.h"
#include "store/successors.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace ssblog {
namespace {

constexpr std::size_t most_words = 500;  // bytes

/// The last line of some bytes that has anything in it.
std::string_view last_line(std::string_view bytes) {
  const auto end = bytes.find_last_not_of("\n\r\t ");
  if (end == std::string_view::npos) return {};
  bytes = bytes.substr(0, end + 1);
  const auto begin = bytes.rfind('\n');
  return begin == std::string_view::npos ? bytes : bytes.substr(begin + 1);
}

class BoardReader {
 public:
  BoardReader(Store& store, const FeedId& own, Millis now)
      : store_(store), own_(own), runs_(store), peers_(store) {
    board_.now = now;
  }

  Result<Board> read(const std::vector<RuleStanding>& standings) {
    auto feeds = store_.feeds();
    if (!feeds) return feeds.error();
    auto claims = peers_.most_claimed();
    if (!claims) return claims.error();
    claims_ = std::move(*claims);
    for (const FeedRow& feed : *feeds) {
      if (!feed.tip) continue;
      if (auto read = read_host(feed); !read) return read.error();
      if (auto read = read_jobs(feed); !read) return read.error();
    }
    apply_rules(standings, board_);
    if (auto told = leave_to_successors(); !told) return told.error();
    const auto order = [](const BoardJob& job) {
      return std::tie(job.standing.state, job.job, job.host, job.source, job.destination, job.feed);
    };
    std::sort(board_.jobs.begin(), board_.jobs.end(),
              [&](const BoardJob& a, const BoardJob& b) { return order(a) < order(b); });
    return std::move(board_);
  }

 private:
  /// A feed that was given up for another one runs nothing any more: what is open there, or overdue, is no trouble, and what
  /// failed there is over when the same job ran again under the new identity.
  Result<void> leave_to_successors() {
    std::map<FeedId, std::optional<FeedId>> given_up;
    auto all = all_successions(store_);
    if (!all) return all.error();
    for (const Succession& one : *all) given_up[one.statement.supersedes] = one.statement.successor;
    auto before = predecessor(store_);
    if (!before) return before.error();
    if (*before) given_up.try_emplace(**before, own_);
    if (given_up.empty()) return {};
    std::set<std::tuple<FeedId, std::string, std::string, std::string>> there;
    for (const BoardJob& job : board_.jobs) there.insert({job.feed, job.job, job.source, job.destination});
    std::erase_if(board_.jobs, [&](const BoardJob& job) {
      const auto successor = given_up.find(job.feed);
      if (successor == given_up.end()) return false;
      const JobState state = job.standing.state;
      if (state == JobState::silent || state == JobState::late || state == JobState::never_ended ||
          state == JobState::running)
        return true;
      return successor->second && there.contains({*successor->second, job.job, job.source, job.destination});
    });
    return {};
  }

  Result<void> read_host(const FeedRow& feed) {
    BoardHost host;
    host.id = feed.id;
    auto name = store_.name_before(feed.number, max_sequence);
    if (!name) return name.error();
    host.name = std::move(*name);
    host.messages = feed.tip->sequence;
    host.latest = clamp_time(feed.timestamp);
    auto arrival = peers_.last_arrival(feed.number);
    if (!arrival) return arrival.error();
    if (*arrival) {
      host.received = (*arrival)->received;
      host.via = (*arrival)->via;
    }
    const auto claim = claims_.find(feed.id);
    if (claim != claims_.end() && claim->second > host.messages) host.behind = claim->second - host.messages;
    board_.hosts.push_back(std::move(host));
    return {};
  }

  Result<void> read_jobs(const FeedRow& feed) {
    bool more = false;
    auto jobs = runs_.jobs(feed.number, most_jobs_of_feed, more);
    if (!jobs) return jobs.error();
    if (more) ++board_.left_out;
    for (JobOfFeed& job : *jobs) {
      if (auto read = read_job(feed, job); !read) return read;
    }
    return {};
  }

  Result<void> read_job(const FeedRow& feed, JobOfFeed& of) {
    auto runs = runs_.last_runs(of, most_glances, RunBook::Latest::left_out);
    if (!runs) return runs.error();
    if (runs->empty()) return {};
    // Only of the last one it matters when it was heard of.
    auto last = runs_.last_runs(of, 1);
    if (!last) return last.error();
    if (!last->empty()) runs->front() = std::move(last->front());
    BoardJob job;
    job.feed = feed.id;
    job.host = board_.hosts.back().name;
    job.habit = habit_of(*runs);
    job.standing = stand(*runs, job.habit, board_.now);
    job.runs = glances(*runs, job.standing.state);
    auto good = last_ended(of, *runs, true);
    if (!good) return good.error();
    job.last_good = std::move(*good);
    auto bad = last_ended(of, *runs, false);
    if (!bad) return bad.error();
    job.last_bad = std::move(*bad);
    job.last = std::move(runs->front());
    if (job.standing.state == JobState::failed || job.standing.state == JobState::never_ended) {
      auto words = last_words(feed, job.last);
      if (!words) return words.error();
      job.last_words = std::move(*words);
    }
    job.job = std::move(of.job);
    job.source = std::move(of.source);
    job.destination = std::move(of.destination);
    board_.jobs.push_back(std::move(job));
    return {};
  }

  static std::vector<RunGlance> glances(const std::vector<KnownRun>& newest_first, JobState now) {
    std::vector<RunGlance> glances;
    glances.reserve(newest_first.size());
    for (const KnownRun& run : newest_first) {
      JobState state = JobState::lines;
      if (run.ended) {
        state = run.is_good() ? JobState::ok : JobState::failed;
      } else if (run.began) {
        // Another one began since.
        state = glances.empty() && now == JobState::running ? JobState::running : JobState::never_ended;
      }
      glances.push_back({run.duration, state});
    }
    return glances;
  }

  /// Mostly among the last ones; only else the store is asked.
  Result<std::optional<KnownRun>> last_ended(const JobOfFeed& job, const std::vector<KnownRun>& last,
                                             bool good) {
    const auto at = std::find_if(last.begin(), last.end(),
                                 [&](const KnownRun& run) { return good ? run.is_good() : run.is_bad(); });
    if (at != last.end()) return std::optional(*at);
    if (last.size() < most_glances) return std::optional<KnownRun>();
    return runs_.last_ended(job, good);
  }

  Result<std::string> last_words(const FeedRow& feed, const KnownRun& run) {
    for (const std::string_view stream : {"stderr", "stdout"}) {
      auto row = runs_.last_of_stream(feed.number, run, stream);
      if (!row) return row.error();
      if (!*row) continue;
      auto text = store_.message(**row);
      // What is damaged is told elsewhere; the board stands without it.
      if (!text || text->empty()) continue;
      Record record;
      read_record(member(*text, "content"), 0, record);
      if (const auto line = last_line(record.bytes); !line.empty()) return cut_words(line);
    }
    return std::string();
  }

  static std::string cut_words(std::string_view line) {
    std::string text = decode_utf8(as_bytes(line));
    if (text.size() <= most_words) return text;
    std::size_t end = most_words;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    text.resize(end);
    return text;
  }

  Store& store_;
  const FeedId own_;
  RunBook runs_;
  PeerBook peers_;
  std::map<FeedId, Seq> claims_;
  Board board_;
};

}  // namespace

Result<Board> read_board(Store& store, const Watcher& watcher, Millis now) {
  auto watched = look_over(store, watcher, now);
  if (!watched) return watched.error();
  auto snapshot = ReadTransaction::begin(store.database());
  if (!snapshot) return snapshot.error();
  return BoardReader(store, watcher.own, now).read(watched->standings);
}

}  // namespace ssblog
