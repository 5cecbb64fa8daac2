// SPDX-License-Identifier: MIT
// feed/signature_text.h - a signature as it is spelled: base64, and `.sig.ed25519` behind it.
//
// Used by messages and by the statements that carry a signature. Pure, any thread. Source: messages.md, "Signature".
#pragma once

#include "feed/crypto.h"

#include <optional>
#include <string>
#include <string_view>

namespace ssblog {

inline constexpr std::string_view signature_suffix = ".sig.ed25519";

/// Nothing for a text that spells anything but 64 bytes.
std::optional<Signature> parse_signature(std::string_view text);

void append_signature(std::string& out, const Signature& signature);
std::string to_text(const Signature& signature);

}  // namespace ssblog
