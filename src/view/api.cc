// SPDX-License-Identifier: MIT
#include "view/api.h"

#include "assemble/format.h"
#include "assemble/query.h"
#include "board/board_json.h"
#include "feed/json.h"
#include "store/daemon_state.h"
#include "store/successors.h"
#include "view/alert_rows.h"
#include "view/host_list.h"
#include "view/info.h"
#include "view/log_rows.h"
#include "view/metrics.h"
#include "view/newest.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <initializer_list>

namespace ssblog {
namespace {

HttpReply json_reply(std::string body) {
  HttpReply reply;
  reply.body = std::move(body);
  reply.body += '\n';
  return reply;
}

Error wrong(std::string text) { return {Code::usage, std::move(text)}; }

/// One answer, out of one state of the store.
class Answer {
 public:
  Answer(Store& store, const ViewOptions& options, const HttpTarget& target, const ApiContext& context)
      : store_(store), options_(options), target_(target), context_(context) {}

  Result<HttpReply> make() {
    const auto& parts = target_.parts;
    if (parts.empty()) return newest();
    if (parts[0] == "hosts") return of_hosts();
    if (parts.size() > 1) return error_reply(404, "there is no such address");
    if (parts[0] == "jobs") return jobs();
    if (parts[0] == "alerts") return alerts();
    if (parts[0] == "info") return info();
    if (parts[0] == "metrics") return metrics();
    if (parts[0] == "healthz") return healthz();
    return error_reply(404, "there is no such address");
  }

 private:
  /// Code::usage for a parameter that is none of these.
  Result<void> only(std::initializer_list<std::string_view> names) const {
    for (const auto& [name, value] : target_.parameters) {
      if (std::find(names.begin(), names.end(), name) != names.end()) continue;
      if (names.size() == 0) return wrong(fmt::format("there is no parameter {} here", json_string(name)));
      return wrong(fmt::format("there is no parameter {} here; there are {}", json_string(name),
                               fmt::join(names, ", ")));
    }
    return {};
  }

  Result<std::size_t> count_of(std::string_view name) const {
    const auto text = target_.parameter(name);
    if (!text) return std::min(ViewApi::usual_count, options_.most_count);
    std::size_t count = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), count);
    if (error != std::errc() || end != text->data() + text->size() || count == 0 ||
        count > options_.most_count)
      return wrong(fmt::format("{} is a number from 1 to {}", name, options_.most_count));
    return count;
  }

  Result<std::optional<LinePosition>> before() const {
    const auto text = target_.parameter("before");
    if (!text) return std::optional<LinePosition>();
    const auto position = parse_cursor(*text);
    if (!position) return wrong("before is what `next` of another answer says");
    return std::optional(*position);
  }

  /// The same address with another `before`.
  template <class Position>
  std::string next_link(std::string_view path, const Position& position) const {
    std::string link = context_.base + std::string(path);
    char mark = '?';
    for (const auto& [name, value] : target_.parameters) {
      if (name == "before") continue;
      link += fmt::format("{}{}={}", mark, percent_encoded(name), percent_encoded(value));
      mark = '&';
    }
    return fmt::format("{}{}before={}", link, mark, to_cursor(position));
  }

  template <class Page>
  HttpReply page_reply(std::string_view path, const Page& page) const {
    const std::string next = page.next ? json_string(next_link(path, *page.next)) : "null";
    return json_reply(fmt::format(R"({{"data":[{}],"next":{}}})", fmt::join(page.rows, ","), next));
  }

  Result<HttpReply> newest() {
    if (auto known = only({"limit", "filter", "before"}); !known) return known.error();
    auto count = count_of("limit");
    if (!count) return count.error();
    auto from = before();
    if (!from) return from.error();
    auto selection = filtered({});
    if (!selection) return selection.error();
    auto page = newest_lines(store_, std::move(*selection), *from, *count, write_record, {}, longest_look,
                             context_.is_gone);
    if (!page) return page.error();
    return page_reply("/", *page);
  }

  /// The words of `filter`, of the command line's language.
  Result<Selection> filtered(Selection selection) const {
    selection.right_clocks = true;
    const auto words = target_.parameter("filter");
    if (!words) return selection;
    Query query;
    query.selection = std::move(selection);
    if (auto added = add_query(*words, context_.now, query); !added) return added.error();
    if (query.feeds.empty()) return std::move(query.selection);
    auto hosts = view_hosts(store_);
    if (!hosts) return hosts.error();
    for (const std::string& word : query.feeds) {
      const ViewHost* const host = find_host(*hosts, word);
      if (host == nullptr) return wrong(fmt::format("feed:{} is no host that is known here", word));
      query.selection.feeds.push_back(host->id);
    }
    return std::move(query.selection);
  }

  Result<HttpReply> of_hosts() {
    auto hosts = view_hosts(store_);
    if (!hosts) return hosts.error();
    const auto& parts = target_.parts;
    if (parts.size() == 1) return host_rows(*hosts);
    const ViewHost* const host = find_host(*hosts, parts[1]);
    if (host == nullptr)
      return error_reply(
          404, fmt::format("there is no host {}; /hosts/ lists those that there are", json_string(parts[1])));
    if (parts.size() == 2 || (parts.size() == 3 && parts[2] == "files")) return file_rows(*host);
    if (parts.size() == 3 && parts[2] == "logs") return log_rows(*host);
    return error_reply(404, "there is no such address");
  }

  Result<HttpReply> host_rows(const std::vector<ViewHost>& hosts) {
    if (auto known = only({}); !known) return known.error();
    std::string rows;
    for (const ViewHost& host : hosts) {
      rows +=
          fmt::format(R"({}{{"host":{},"url":{}}})", rows.empty() ? "" : ",", json_string(host.name),
                      json_string(fmt::format("{}/hosts/{}/", context_.base, percent_encoded(host.name))));
    }
    return json_reply(fmt::format(R"({{"data":[{}]}})", rows));
  }

  Result<HttpReply> file_rows(const ViewHost& host) {
    if (auto known = only({}); !known) return known.error();
    auto files = view_files(store_, host.id);
    if (!files) return files.error();
    std::string rows;
    for (const ViewFile& file : *files) {
      const std::string url = fmt::format("{}/hosts/{}/logs?file={}", context_.base,
                                          percent_encoded(host.name), percent_encoded(file.name));
      rows += fmt::format(R"({}{{"filename":{},"host":{},"url":{}}})", rows.empty() ? "" : ",",
                          json_string(file.name), json_string(host.name), json_string(url));
    }
    return json_reply(fmt::format(R"({{"data":[{}]}})", rows));
  }

  Result<HttpReply> log_rows(const ViewHost& host) {
    if (auto known = only({"filter", "count", "file", "before"}); !known) return known.error();
    auto count = count_of("count");
    if (!count) return count.error();
    auto from = before();
    if (!from) return from.error();
    Selection selection;
    if (const auto filter = target_.parameter("filter"); filter && !filter->empty()) {
      auto rule = filter_rule(*filter);
      if (!rule) return rule.error();
      selection.texts.push_back(std::move(*rule));
    }
    selection.feeds = {host.id};
    selection.right_clocks = true;
    LineChoice choice;
    if (const auto name = target_.parameter("file")) {
      auto files = view_files(store_, host.id);
      if (!files) return files.error();
      const auto file =
          std::find_if(files->begin(), files->end(), [&](const ViewFile& one) { return one.name == *name; });
      if (file == files->end())
        return error_reply(404, fmt::format("{} has no file {}", json_string(host.name), json_string(*name)));
      for (const StreamName& one : file->streams) {
        selection.job.any.push_back({one.job});
        selection.stream.any.push_back({one.stream});
      }
      // Of several that have one name, each job with each stream is too much.
      if (file->streams.size() > 1) {
        choice = [wanted = *name](const SweptLine& line) {
          return file_name(line.message->record.job, line.message->record.stream) == wanted;
        };
      }
    }
    auto page = newest_lines(
        store_, std::move(selection), *from, *count,
        [&](Sweep& sweep, const SweptLine& line, std::string& row) {
          return write_log_row(sweep, line, host.name, row);
        },
        choice, longest_look, context_.is_gone);
    if (!page) return page.error();
    return page_reply(fmt::format("/hosts/{}/logs", percent_encoded(host.name)), *page);
  }

  Result<HttpReply> alerts() {
    if (auto known = only({"limit", "before", "state"}); !known) return known.error();
    auto count = count_of("limit");
    if (!count) return count.error();
    std::optional<AlertPosition> before;
    if (const auto text = target_.parameter("before")) {
      before = parse_alert_cursor(*text);
      if (!before) return wrong("before is what `next` of another answer says");
    }
    std::optional<bool> over;
    if (const auto state = target_.parameter("state")) {
      if (*state != "open" && *state != "over") return wrong("state is open or over");
      over = *state == "over";
    }
    auto state = daemon();
    if (!state) return state.error();
    auto page = alert_page(store_, onlooker(options_.own, options_.patience.count(), *state), context_.now,
                           over, before, *count);
    if (!page) return page.error();
    return page_reply("/alerts", *page);
  }

  Result<std::optional<DaemonState>> daemon() const { return read_daemon_state(Home{options_.home, ""}); }

  /// The board as `ssblog status` shows it: with what the daemon knows beside the store.
  Result<Board> board() {
    auto state = daemon();
    if (!state) return state.error();
    return read_board(store_, onlooker(options_.own, options_.patience.count(), *state), context_.now);
  }

  Result<HttpReply> jobs() {
    if (auto known = only({}); !known) return known.error();
    auto board = this->board();
    if (!board) return board.error();
    // The words are lines of the log.
    if (context_.right < ViewRight::all)
      for (BoardJob& job : board->jobs) job.last_words.clear();
    auto successions = all_successions(store_);
    if (!successions) return successions.error();
    return json_reply(fmt::format(R"({{"now":{},"id":"{}","jobs":{},"hostsWithMoreJobs":{},"hosts":{}}})",
                                  context_.now, to_text(options_.own), jobs_json(*board), board->left_out,
                                  hosts_json(*board, *successions)));
  }

  Result<HttpReply> metrics() {
    if (auto known = only({}); !known) return known.error();
    auto board = this->board();
    if (!board) return board.error();
    HttpReply reply;
    reply.type = "text/plain; version=0.0.4; charset=utf-8";
    reply.body = metrics_text(*board, context_);
    return reply;
  }

  Result<HttpReply> info() {
    if (auto known = only({}); !known) return known.error();
    auto feeds = store_.feeds();
    if (!feeds) return feeds.error();
    auto state = daemon();
    if (!state) return state.error();
    return json_reply(info_json(*feeds, *state, options_, context_));
  }

  Result<HttpReply> healthz() {
    if (auto known = only({}); !known) return known.error();
    // What can be read is well.
    auto feeds = store_.feeds();
    if (!feeds) return error_reply(503, feeds.error().text);
    return json_reply(R"({"status":"ok"})");
  }

  Store& store_;
  const ViewOptions& options_;
  const HttpTarget& target_;
  const ApiContext& context_;
};

}  // namespace

HttpReply error_reply(int status, std::string_view why) {
  HttpReply reply = json_reply(fmt::format(R"({{"error":{}}})", json_string(why)));
  reply.status = status;
  return reply;
}

HttpReply ViewApi::answer(const HttpTarget& target, const ApiContext& context) {
  // What looks over the jobs reads one state of the store by itself.
  constexpr std::string_view of_jobs[] = {"jobs", "alerts", "metrics"};
  const bool reads_itself = !target.parts.empty() && std::find(std::begin(of_jobs), std::end(of_jobs),
                                                               target.parts[0]) != std::end(of_jobs);
  std::optional<ReadTransaction> snapshot;
  if (!reads_itself) {
    auto begun = ReadTransaction::begin(store_.database());
    if (!begun) return error_reply(503, begun.error().text);
    snapshot.emplace(std::move(*begun));
  }
  auto reply = Answer(store_, options_, target, context).make();
  if (reply) return std::move(*reply);
  const Error& error = reply.error();
  // Nobody reads it; what it says to the server is that the store is as good as before.
  if (error.code == Code::busy && context.is_gone && context.is_gone()) return error_reply(499, error.text);
  return error_reply(error.code == Code::usage ? 400 : error.code == Code::busy ? 503 : 500, error.text);
}

}  // namespace ssblog
