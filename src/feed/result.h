// SPDX-License-Identifier: MIT
// feed/result.h - a value, or an error that says what to do.
//
// Used everywhere. What the world does wrong (a peer, a file, a user, a full disk) comes back as an
// Error and is passed on at once: `if (!x) return x.error();`. A bug of ours is an assert.
#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace ssblog {

/// What kind of failure it is. The values are the exit codes of sysexits.h, so that the command line
/// needs no table.
enum class Code {
  failed = 1,          ///< a check that was asked for says no (`verify`)
  usage = 64,          ///< wrong words on the command line
  data = 65,           ///< input that is not what it should be
  no_input = 66,       ///< a file that is not there or cannot be read
  unavailable = 69,    ///< something needed is missing
  internal = 70,       ///< should not happen
  cannot_create = 73,  ///< an output that must not or cannot be made
  io = 74,             ///< the disk said no
  busy = 75,           ///< try again later
  permission = 77,     ///< not allowed
  config = 78,         ///< the configuration is wrong
};

/// A failure. `text` names the thing and the wish, in one sentence without a final stop; it is printed
/// once, by the one who decides what to do.
struct Error {
  Code code = Code::internal;
  std::string text;
};

/// A T, or the Error why there is none.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : held_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return held_.index() == 0; }
  T& operator*() & { return value(); }
  const T& operator*() const& { return const_cast<Result*>(this)->value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &const_cast<Result*>(this)->value(); }
  const Error& error() const {
    assert(held_.index() == 1);
    return *std::get_if<1>(&held_);
  }

 private:
  T& value() {
    assert(held_.index() == 0);
    return *std::get_if<0>(&held_);
  }
  std::variant<T, Error> held_;
};

/// Done, or the Error why not.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  explicit operator bool() const { return !error_; }
  const Error& error() const {
    assert(error_);
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

}  // namespace ssblog
