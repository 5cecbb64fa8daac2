// SPDX-License-Identifier: MIT
#include "intake/event_intake.h"

#include <fmt/format.h>

#include <algorithm>
#include <list>
#include <span>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto burst = 50ms;                     // what comes within it is one transaction
constexpr auto trouble_pause = 1s;               // before the store is asked again
constexpr std::uint64_t turn = 2 * 1024 * 1024;  // bytes of a source in one transaction
constexpr int most_failures = 3;                 // at the end, before what waits is given up

}  // namespace

EventIntake::EventIntake(Scheduler& scheduler, Options options, const std::vector<EventSource>& sources)
    : scheduler_(scheduler),
      options_(std::move(options)),
      soon_(scheduler, [this] { run(); }),
      gathered_(scheduler,
                [this] {
                  for (const auto& lane : lanes_) lane->draining = true;
                  run();
                }),
      retry_(scheduler, [this] { run(); }),
      unstick_(scheduler, [this] {
        for (const auto& lane : lanes_) lane->stuck = false;
        run();
      }) {
  for (const EventSource& source : sources) {
    auto lane = std::make_unique<Lane>();
    lane->name = source.name;
    lane->redact = source.redact;
    lane->head = {options_.host, source.job, source.destination, ""};
    // The kernel and the journal have what was not committed, and are read on from the cursor.
    lane->notes =
        source.buffer > 0 && (source.kind == EventKind::syslog || source.kind == EventKind::datagrams);
    lane->stream = source.stream.empty() ? std::string(kind_name(source.kind)) : source.stream;
    lane->queue = std::make_unique<EventQueue>(source.buffer, [this] { changed(); });
    lanes_.push_back(std::move(lane));
  }
}

void EventIntake::start(std::function<void()> ready) {
  ready_ = std::move(ready);
  run();
}

void EventIntake::stop(std::function<void()> stopped) {
  stopping_ = true;
  stopped_ = std::move(stopped);
  gathered_.stop();
  unstick_.stop();
  for (const auto& lane : lanes_) lane->queue->close();
  run();
}

bool EventIntake::is_to_be_noted(const Lane& lane) {
  return lane.notes && !lane.noted && !lane.stuck && lane.queue->waiting_records() > 0;
}

void EventIntake::changed() {
  if (!loaded_ || busy_ || stopping_ || retry_.running()) return;
  auto due = EventQueue::Due::never;
  for (const auto& lane : lanes_) {
    if (lane->stuck) continue;
    const bool drains = lane->draining && lane->queue->due() != EventQueue::Due::never;
    due = std::max(due, drains ? EventQueue::Due::now : lane->queue->due());
  }
  if (due == EventQueue::Due::now) return soon_.start(0ms);
  const bool to_note =
      std::any_of(lanes_.begin(), lanes_.end(), [](const auto& lane) { return is_to_be_noted(*lane); });
  if ((due == EventQueue::Due::soon || to_note) && !soon_.running()) soon_.start(burst);
  if (due != EventQueue::Due::never && !gathered_.running()) gathered_.start(options_.gather);
}

/// What is to be done now; nothing: all is done.
std::unique_ptr<EventIntake::Job> EventIntake::next_job() {
  auto job = std::make_unique<Job>();
  if (!loaded_) {
    job->cursors.resize(lanes_.size());
    return job;
  }
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    Lane& lane = *lanes_[i];
    if (lane.stuck) continue;
    if (!lane.draining && !stopping_ && lane.queue->due() < EventQueue::Due::soon) {
      if (is_to_be_noted(lane)) job->notes.push_back(i);
      continue;
    }
    EventBatch batch = lane.queue->take(turn);
    lane.draining = lane.queue->waiting_records() > 0;
    if (batch.entries.empty()) continue;
    job->batches.emplace_back(i, std::move(batch));
    job->more.push_back(lane.draining);
  }
  return job->batches.empty() && job->notes.empty() ? nullptr : std::move(job);
}

void EventIntake::run() {
  if (busy_) return;
  if (stopping_ && !stopped_) return;  // what is left was given up
  soon_.stop();
  retry_.stop();
  auto job = stopping_ && !loaded_ ? nullptr : next_job();
  if (job) return work_on(std::move(job));
  if (stopping_ && stopped_) give_up();
}

void EventIntake::work_on(std::unique_ptr<Job> job) {
  busy_ = true;
  job->commit = std::move(commit_);
  std::vector<std::pair<std::string, EventHead>> lanes;
  std::vector<bool> masked;
  for (const auto& lane : lanes_) {
    lanes.emplace_back(lane->name, lane->head);
    masked.push_back(lane->redact && options_.redactor);
    job->states.push_back(lane->states);
  }
  ticket_ = run_on_worker(
      scheduler_,
      [job = std::make_shared<std::unique_ptr<Job>>(std::move(job)), lanes = std::move(lanes),
       masked = std::move(masked), redactor = options_.redactor, home = options_.home, hmac = options_.hmac,
       patience = options_.patience, now = options_.clock()] {
        Job& todo = **job;
        if (!todo.commit) {
          auto opened = EventCommit::open(home, hmac, patience);
          if (!opened) {
            todo.result = opened.error();
            return std::move(*job);
          }
          todo.commit = std::move(*opened);
        }
        for (std::size_t i = 0; i < todo.cursors.size(); ++i) {
          auto cursor = todo.commit->cursor(lanes[i].first);
          if (!cursor) {
            todo.result = cursor.error();
            return std::move(*job);
          }
          todo.cursors[i] = std::move(*cursor);
          auto gathered = todo.commit->gathered(lanes[i].first);
          if (!gathered) {
            todo.result = gathered.error();
            return std::move(*job);
          }
          todo.gathered.push_back(*gathered);
        }
        for (const std::size_t lane : todo.notes) {
          if (auto noted = todo.commit->note_gathering(lanes[lane].first, now); !noted) {
            todo.result = noted.error();
            return std::move(*job);
          }
        }
        if (todo.batches.empty()) return std::move(*job);
        std::vector<EventWish> wishes;
        std::list<std::vector<EventOrLoss>> copies;
        for (std::size_t i = 0; i < todo.batches.size(); ++i) {
          auto& [lane, batch] = todo.batches[i];
          // A copy: a batch that is put back comes again as it was, with the states from before it.
          if (masked[lane]) copies.push_back(redacted_events(*redactor, batch.entries, todo.states[lane]));
          wishes.push_back({lanes[lane].first, lanes[lane].second,
                            masked[lane] ? std::span<const EventOrLoss>(copies.back()) : batch.entries,
                            batch.cursor, todo.more[i]});
        }
        todo.result = todo.commit->commit(wishes, now);
        return std::move(*job);
      },
      [this](std::unique_ptr<Job> done) { ended(std::move(done)); });
}

void EventIntake::ended(std::unique_ptr<Job> job) {
  busy_ = false;
  commit_ = std::move(job->commit);
  if (!job->result) {
    for (auto& [lane, batch] : job->batches) {
      lanes_[lane]->queue->put_back(std::move(batch));
      lanes_[lane]->draining = true;
    }
    return failed(job->result.error());
  }
  trouble_.clear();
  failures_ = 0;
  const Committed& done = *job->result;
  if (!done.published.guard_trouble) {
    guard_trouble_.clear();
  } else {
    tell_once(guard_trouble_,
              fmt::format("published, but the guard against restored backups could not be written: {}",
                          done.published.guard_trouble->text));
  }
  if (!loaded_) {
    loaded(*job);
  } else {
    for (const std::size_t lane : job->notes) lanes_[lane]->noted = true;
    if (done.left_out.size() < job->batches.size()) options_.published();
    for (std::size_t i = 0; i < job->batches.size(); ++i) {
      auto& [place, batch] = job->batches[i];
      Lane& lane = *lanes_[place];
      const auto left_out = done.left_out.find(i);
      if (left_out == done.left_out.end()) {
        lane.trouble.clear();
        lane.noted = lane.noted && job->more[i];
        lane.states = std::move(job->states[place]);
        lane.queue->committed(batch);
        continue;
      }
      tell_once(lane.trouble, fmt::format("nothing of it is published: {}", left_out->second.text));
      lane.queue->put_back(std::move(batch));
      lane.draining = lane.stuck = true;
      if (!stopping_ && !unstick_.running()) unstick_.start(trouble_pause);
    }
  }
  stopping_ ? run() : changed();
}

/// The cursors are known; and who was killed while records waited in memory.
void EventIntake::loaded(Job& job) {
  loaded_ = true;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    Lane& lane = *lanes_[i];
    lane.queue->set_cursor(std::move(job.cursors[i]));
    if (!job.gathered[i]) continue;
    lane.noted = lane.draining = true;
    lane.queue->lose({lane.stream, options_.clock(), {}, "waited in memory when the daemon was killed"});
  }
  if (!stopping_ && ready_) ready_();
}

void EventIntake::failed(const Error& error) {
  if (stopping_ && (error.code != Code::busy || ++failures_ >= most_failures)) return give_up();
  // A store that another program writes to for a moment is no trouble, and of a hold others tell.
  if (error.code != Code::busy)
    tell_once(trouble_, fmt::format("no event is published for now: {}", error.text));
  retry_.start(trouble_pause);
}

/// Says what is left, if anything is, and ends.
void EventIntake::give_up() {
  for (const auto& lane : lanes_) {
    if (lane->queue->waiting_records() == 0) continue;
    options_.log(true, fmt::format("source {}: {} records could not be published before the end", lane->name,
                                   lane->queue->waiting_records()));
  }
  commit_.reset();
  std::exchange(stopped_, nullptr)();
}

/// Once, until it changes.
void EventIntake::tell_once(std::string& told, const std::string& text) {
  if (text == told) return;
  told = text;
  options_.log(true, text);
}

}  // namespace ssblog
