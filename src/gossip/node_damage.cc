// SPDX-License-Identifier: MIT
// gossip/node_damage.cc - messages and pages that are damaged in the store: mended where peers can, told where not.
#include "gossip/node.h"
#include "store/verify_store.h"

#include <fmt/format.h>

namespace ssblog {
namespace {

using namespace std::chrono_literals;

constexpr auto page_patience = 60s;

}  // namespace

void Node::watch_damage() {
  mender_ = std::make_unique<Mender>(
      loop_, options_.home, self_.keys.id(), options_.hmac, options_.clock,
      Mender::Events{
          [this](const FeedId& feed, const Mended& mended) {
            if (!mended.cut) return;
            log(LogLevel::warning,
                fmt::format("the feed {} was damaged in the store behind message {}; what follows is asked "
                            "for again",
                            name_of(feed), mended.kept));
            news();
          },
          [this] {
            log(LogLevel::error, std::string(explain(Hold::feed_damaged)));
            publisher_->sign_waiting();
          },
          [this](const FeedId& feed, const Error& error) {
            damage_ = fmt::format(
                "the feed {} is damaged in the store: {}; `ssblog verify --repair` "
                "mends what can be mended",
                name_of(feed), error.text);
            log(LogLevel::error, damage_);
            show_later();
          }});
}

/// A daemon that ended well took its state file away. Then nobody waits for the look, which takes seconds a gigabyte.
void Node::check_pages_after_crash() {
  if (!left_by_crash(options_.home)) return;
  page_check_ = run_on_worker(
      loop_,
      [path = options_.home.store_path(), off = page_check_off_]() -> Result<std::string> {
        auto store = Store::open(path, OpenMode::read_only);
        if (!store) return store.error();
        return check_pages(*store, page_patience, *off);
      },
      [this](const Result<std::string>& finding) {
        if (finding && finding->empty()) return;
        damage_ = fmt::format(
            "the store may be damaged since this machine stopped unexpectedly: {}; see `ssblog verify`",
            finding ? *finding : finding.error().text);
        log(LogLevel::error, damage_);
        show_later();
      });
}

}  // namespace ssblog
