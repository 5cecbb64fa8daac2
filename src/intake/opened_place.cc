// SPDX-License-Identifier: MIT
#include "intake/opened_place.h"

#include <utility>

namespace ssblog {

FileBytes* OpenedPlace::bytes(bool raw) {
  const auto open = [this](bool may_unpack) -> std::optional<FileBytes> {
    auto opened = FileBytes::open(files_, path_, false, may_unpack);
    if (!opened) return std::nullopt;
    return std::move(*opened);
  };
  if (!std::exchange(tried_, true)) bytes_ = open(true);
  if (!bytes_) return nullptr;
  if (!raw || !bytes_->packed()) return &*bytes_;
  if (!as_it_lies_) as_it_lies_ = open(false);
  return as_it_lies_ ? &*as_it_lies_ : nullptr;
}

}  // namespace ssblog
