// SPDX-License-Identifier: MIT
// cli/shs_door.h - the Secret Handshake with a conformance harness: bytes in, bytes out, then the keys it gave.
//
// Used by `debug shs-client` and `debug shs-server`. The messages are those of the protocol; behind the last one each
// side writes 112 bytes: encryption key 32, encryption nonce 24, decryption key 32, decryption nonce 24.
#pragma once

#include "cli/options.h"
#include "feed/result.h"
#include "store/byte_stream.h"

namespace ssblog {

/// Dials whoever is behind `in` and `out`, with a key pair of its own that nobody knew before. `hex` are the network
/// key and the server's public key.
/// @return Code::usage for other words; Code::data for a message that is refused or cut short. Nothing is written
///         from then on, and nothing is read beyond the message.
Result<void> speak_as_client(const Words& hex, const ByteSource& in, const ByteSink& out);

/// Is dialled, and lets everybody in. `hex` are the network key, the own secret key (64 bytes) and its public key.
Result<void> speak_as_server(const Words& hex, const ByteSource& in, const ByteSink& out);

}  // namespace ssblog
