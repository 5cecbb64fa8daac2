// SPDX-License-Identifier: MIT
// intake/few.h - pointers, mostly one: that one takes no memory of its own.
//
// Used by known_files.h, which has several for each file.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace ssblog {

template <class T>
class Few {
 public:
  /// Until it is changed or moved.
  std::span<T* const> all() const {
    if (more_) return *more_;
    return {&one_, one_ == nullptr ? std::size_t{0} : std::size_t{1}};
  }
  bool empty() const { return all().empty(); }

  /// Before the one that stands at `at`, or as the last one. Not null.
  void insert(std::size_t at, T* pointer) {
    if (empty()) {
      one_ = pointer;
      return;
    }
    if (!more_) more_ = std::make_unique<std::vector<T*>>(1, one_);
    more_->insert(more_->begin() + static_cast<std::ptrdiff_t>(at), pointer);
  }
  void push_back(T* pointer) { insert(all().size(), pointer); }

  void erase(T* pointer) {
    if (!more_) {
      if (one_ == pointer) one_ = nullptr;
      return;
    }
    if (const auto at = std::find(more_->begin(), more_->end(), pointer); at != more_->end())
      more_->erase(at);
    if (more_->size() > 1) return;
    one_ = more_->front();
    more_.reset();
  }

 private:
  T* one_ = nullptr;
  std::unique_ptr<std::vector<T*>> more_;  ///< two at least; null: `one_`, or none
};

}  // namespace ssblog
