// SPDX-License-Identifier: MIT
#include "cli/index_keeper.h"

#include <utility>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t messages_a_step = 250;  // some tens of ms of a worker
constexpr auto between_steps = 200ms;           // publishers and peers go first
constexpr auto when_done = 5s;
constexpr auto after_trouble = 300s;

}  // namespace

IndexKeeper::IndexKeeper(Scheduler& scheduler, Home home, std::function<void(const std::string&)> trouble)
    : scheduler_(scheduler),
      home_(std::move(home)),
      trouble_(std::move(trouble)),
      next_(scheduler, [this] { start(); }) {
  next_.start(when_done);
}

void IndexKeeper::start() {
  ticket_ = run_on_worker(
      scheduler_,
      [tools = std::move(tools_), home = home_]() mutable { return step(std::move(tools), home); },
      [this](Answer answer) { ended(std::move(answer)); });
}

IndexKeeper::Answer IndexKeeper::step(Tools tools, const Home& home) {
  const auto failed = [](Error error) { return Answer{{}, std::move(error)}; };
  // `search --drop` and a `search --index` that makes it anew take the file away.
  if (tools.index && tools.index->is_detached()) tools.index.reset();
  if (!tools.store) {
    auto store = open_to_read(home);
    if (!store) return failed(store.error());
    tools.store = std::make_unique<Store>(std::move(*store));
  }
  if (!tools.index) {
    auto index = SearchIndex::open(home.search_path(), *tools.store, OpenMode::create);
    if (!index) return failed(index.error());
    tools.index = std::move(*index);
    tools.version = -1;
  }
  auto version = tools.store->data_version();
  if (!version) return failed(version.error());
  if (*version == tools.version) return {std::move(tools), std::uint64_t{0}};
  auto left = tools.index->take(messages_a_step);
  if (left && *left == 0) tools.version = *version;
  if (!left && left.error().code != Code::busy) return failed(left.error());
  return {std::move(tools), std::move(left)};
}

void IndexKeeper::ended(Answer answer) {
  tools_ = std::move(answer.tools);
  if (answer.left) {
    told_.clear();
    return next_.start(*answer.left > 0 ? std::chrono::milliseconds(between_steps) : when_done);
  }
  const Error& error = answer.left.error();
  if (error.code == Code::busy) return next_.start(when_done);
  if (std::exchange(told_, error.text) != error.text) trouble_("the index of search: " + error.text);
  next_.start(after_trouble);
}

}  // namespace ssblog
