// SPDX-License-Identifier: MIT
#include "cli/own_feed.h"

#include "store/daemon_door.h"

#include <fmt/format.h>

namespace ssblog {

Result<std::unique_ptr<OwnFeed>> OwnFeed::open(Settings settings) {
  auto keys = load_keys(settings.home);
  if (!keys) return keys.error();
  auto store = open_own_store(settings.home);
  if (!store) return store.error();
  auto guard = guard_of(*store, settings.home, keys->id());
  if (!guard) return guard.error();
  std::unique_ptr<OwnFeed> feed(new OwnFeed(std::move(settings), std::move(*keys), std::move(*store)));
  feed->publisher_ =
      std::make_unique<Publisher>(feed->store_, feed->keys_, feed->settings_.hmac(), std::move(*guard));
  return feed;
}

Result<Published> OwnFeed::publish(const std::string& content) {
  auto published = publisher_->publish(std::span(&content, 1), clock_now());
  if (!published) return explain_busy(published.error());
  tell_daemon(settings_.home);
  return published;
}

Error OwnFeed::explain_busy(const Error& error) const {
  if (error.code != Code::busy) return error;
  const std::string holder = writer_of(settings_.home.store_path());
  return Error{Code::busy, fmt::format("{}{}{}; nothing is lost if you try again", error.text,
                                       holder.empty() ? "" : ": ", holder)};
}

void say_trouble(const Published& published) {
  if (published.guard_trouble) {
    say(fmt::format("published, but the guard against restored backups could not be written: {}",
                    published.guard_trouble->text));
  }
  if (published.held != Hold::none)
    say(fmt::format("kept, to be signed later: {}; see `ssblog restore`", explain(published.held)));
}

std::string published_json(const Published& published) {
  if (published.held != Hold::none) return "{\"held\":true}\n";
  if (!published.last) return {};
  return fmt::format("{{\"id\":\"{}\",\"sequence\":{}}}\n", to_text(published.last->key),
                     published.last->sequence);
}

}  // namespace ssblog
