// SPDX-License-Identifier: MIT
#include "view/store_pool.h"

#include <utility>

namespace ssblog {

HttpReply StorePool::with(const std::function<HttpReply(Store&)>& use) {
  if (!wait_for_turn()) return error_reply(503, "too many ask at once; ask again in a while");
  std::unique_ptr<Store> store;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      store = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (!store) {
    auto opened = Store::open(path_, OpenMode::read_only);
    if (!opened) {
      end_turn(nullptr);
      return error_reply(503, opened.error().text);
    }
    store = std::make_unique<Store>(std::move(*opened));
  }
  HttpReply reply = use(*store);
  // What failed may be a store that was replaced: the next one opens it anew.
  end_turn(reply.status < 500 ? std::move(store) : nullptr);
  return reply;
}

bool StorePool::wait_for_turn() {
  std::unique_lock lock(mutex_);
  if (!turn_over_.wait_for(lock, patience_, [this] { return reading_ < most_at_once; })) return false;
  ++reading_;
  return true;
}

void StorePool::end_turn(std::unique_ptr<Store> store) {
  const std::lock_guard lock(mutex_);
  --reading_;
  if (store) idle_.push_back(std::move(store));
  turn_over_.notify_one();
}

}  // namespace ssblog
