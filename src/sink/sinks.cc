// SPDX-License-Identifier: MIT
#include "sink/sinks.h"

#include <utility>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto burst = 20ms;  // commits that come together are read together
constexpr auto look_pause =
    10s;  // where the watch hears nothing: a file system of a network, no watches left

}  // namespace

Sinks::Sinks(Loop& loop, const std::vector<SinkSettings>& settings, const Sink::Environment& environment)
    : loop_(loop),
      log_path_(environment.store_path + "-wal"),
      news_(loop,
            [this] {
              for (const auto& sink : sinks_) sink->news();
            }),
      look_(loop, [this] {
        if (!watch_) watch();
        for (const auto& sink : sinks_) sink->news();
        look_.start(look_pause);
      }) {
  for (const SinkSettings& one : settings) sinks_.push_back(std::make_unique<Sink>(loop, one, environment));
}

void Sinks::start() {
  watch();
  for (const auto& sink : sinks_) sink->start();
  look_.start(look_pause);
}

void Sinks::watch() {
  auto watch = FileWatch::start(loop_, log_path_, [this] {
    if (!news_.running()) news_.start(burst);
  });
  if (watch) watch_.emplace(std::move(*watch));
}

void Sinks::stop(const std::function<void()>& stopped) {
  watch_.reset();
  news_.stop();
  look_.stop();
  left_ = sinks_.size();
  if (left_ == 0) return stopped();
  for (const auto& sink : sinks_) {
    sink->stop([this, stopped] {
      if (--left_ == 0) stopped();
    });
  }
}

std::vector<SinkState> Sinks::states() const {
  std::vector<SinkState> states;
  for (const auto& sink : sinks_) states.push_back(sink->state());
  return states;
}

}  // namespace ssblog
