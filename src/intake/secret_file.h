// SPDX-License-Identifier: MIT
// intake/secret_file.h - the secret that applications sign with, read again when it changes.
//
// Used by the datagram receiver. After a change the old secret is good for a while: the file is not changed everywhere at
// once. What the new file has wrong is said, and the old secret stays. On the loop's thread.
#pragma once

#include "feed/hmac.h"
#include "feed/result.h"
#include "loop/timer.h"
#include "loop/watch.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ssblog {

/// The bytes of a secret: those of the file without newlines at its end. Code::config when they are not 16 to 4096, or
/// when everybody may read or write the file; Code::no_input when it cannot be read.
Result<std::string> read_secret(const std::string& path);

class SecretFile {
 public:
  static constexpr std::size_t shortest = 16, longest = 4096;
  static constexpr std::chrono::seconds overlap{60};  ///< how long the one before is good
  static constexpr std::size_t most_before = 4;       ///< that are good at a time
  static constexpr std::chrono::seconds look{30};     ///< between two looks, where nobody tells of a change

  using Say = std::function<void(bool trouble, const std::string& sentence)>;
  SecretFile(Loop& loop, std::string path, Say say);
  SecretFile(const SecretFile&) = delete;
  SecretFile& operator=(const SecretFile&) = delete;

  /// Reads it, and goes on watching it.
  Result<void> start();
  /// Reads it again; on SIGHUP.
  void look_again();

  /// Is the text signed with the secret, or with the one before?
  bool signs(const HmacKey::Mac& mac, std::string_view text) const;

 private:
  void changed();
  void forget();

  /// One that was replaced.
  struct Replaced {
    HmacKey key;
    std::chrono::milliseconds until;  ///< on the clock of the loop
  };
  Loop& loop_;
  const std::string path_;
  const Say say_;
  std::string mark_;  ///< hash of the secret, to see whether it is another
  std::optional<HmacKey> key_;
  std::vector<Replaced> before_;  ///< oldest first
  std::string trouble_;           ///< said last
  std::optional<FolderWatch> watch_;
  Timer soon_, later_, over_;
};

}  // namespace ssblog
