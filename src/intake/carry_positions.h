// SPDX-License-Identifier: MIT
// intake/carry_positions.h - files go on where they were when this home gets another identity.
//
// Used by `id new`, in the transaction of supersede. The bytes of a file so far stand in the old feed; in the new one its
// instance gets a run of its own, and begins where the next byte stands. Sources of events need nothing: their cursors
// stay, and they ask the feed where their streams go on.
#pragma once

#include "store/rebase.h"
#include "store/supersede.h"

namespace ssblog {

Result<void> carry_positions(Batch& batch, const Carried& carried, Rebase& rebase);

}  // namespace ssblog
