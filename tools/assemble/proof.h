// SPDX-License-Identifier: MIT
// assemble/proof.h - a side file that says what a merged text is made of, so that it can be checked later and elsewhere.
//
// Used by `assemble --proof` and `verify --proof`. Its format is in docs/format.md. It proves against accidents; against
// people it does as far as the proof itself is kept where they cannot write.
#pragma once

#include "feed/result.h"
#include "store/store.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ssblog {

/// The messages of one feed that are in the text: from the first one on, up to the last.
struct ProvenFeed {
  FeedId id;
  FeedState first, last;
};

struct Proof {
  std::uint64_t bytes = 0;
  std::string sha256;                      ///< of these bytes, 64 hex digits
  std::vector<ProvenFeed> feeds;           ///< by their ids
  std::vector<std::uint32_t> line_hashes;  ///< of each line
};

/// `OUTPUT.proof`
std::string proof_path(const std::string& output);

/// Writes the proof of an output that `update_merged_file` has brought up to date; whole and durable, or not at all.
Result<void> write_proof(Store& store, const std::string& output);

/// Code::data for what is no proof.
Result<Proof> read_proof(const std::string& path);

/// How a text stands to its proof.
struct ProofVerdict {
  enum class Standing {
    complete,      ///< every byte is there; there may be more behind
    missing_tail,  ///< what is there is right, and the end is missing
    altered,
  };
  Standing standing = Standing::complete;
  std::uint64_t line = 0;   ///< the first that is altered, or missing; from 1
  std::uint64_t lines = 0;  ///< that the proof has
  std::uint64_t more = 0;   ///< bytes behind what the proof knows
};
Result<ProofVerdict> check_proof(const Proof& proof, const std::string& output);

/// How the feeds of a proof stand to a store: a sentence for each that differs.
Result<std::vector<std::string>> compare_feeds(const Proof& proof, Store& store);

}  // namespace ssblog
