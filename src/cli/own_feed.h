// SPDX-License-Identifier: MIT
// cli/own_feed.h - this host's feed, opened to publish into.
//
// Used by every command that publishes. What was published is told to the daemon, if there is one.
#pragma once

#include "cli/settings.h"
#include "store/publish.h"

#include <memory>
#include <string>
#include <string_view>

namespace ssblog {

class OwnFeed {
 public:
  static Result<std::unique_ptr<OwnFeed>> open(Settings settings);

  const Settings& settings() const { return settings_; }
  const FeedId& id() const { return keys_.id(); }
  Store& store() { return store_; }
  Publisher& publisher() { return *publisher_; }

  /// Publishes one content. A store whose turn did not come is told with the process that has it.
  Result<Published> publish(const std::string& content);

  /// Code::busy with the process that holds the store; any other error as it is.
  Error explain_busy(const Error& error) const;

 private:
  OwnFeed(Settings settings, KeyPair keys, Store store)
      : settings_(std::move(settings)), keys_(std::move(keys)), store_(std::move(store)) {}
  Settings settings_;
  KeyPair keys_;
  Store store_;
  std::unique_ptr<Publisher> publisher_;  // points at the three above
};

/// Says on stderr what a person should know of what was published: that it waits, that the guard is in trouble.
void say_trouble(const Published& published);

/// The id of the last message, or that it is held, as `--json` prints it; empty when there is neither.
std::string published_json(const Published& published);

}  // namespace ssblog
