// SPDX-License-Identifier: MIT
// cli/secret_warning.h - says once that lines have a secret, by the kind of it, never by its text.
//
// Used by publish, which never changes what it is given. It holds back nothing but a copy of an unfinished line's end.
// After the first secret it looks at nothing more. One thread.
#pragma once

#include "intake/redactor.h"

#include <optional>
#include <string>
#include <string_view>

namespace ssblog {

class SecretWarning {
 public:
  /// Without `wanted` it looks at nothing.
  explicit SecretWarning(bool wanted) : wanted_(wanted) {}

  /// Takes the next bytes of a stream.
  void look(std::string_view bytes) { look(bytes, Behind::more); }
  /// The stream is over.
  void end() { look({}, Behind::none); }

 private:
  void look(std::string_view bytes, Behind behind);

  bool wanted_;
  std::optional<Redactor> redactor_;
  RedactState state_;
  std::string bytes_;  ///< that are not done
};

}  // namespace ssblog
