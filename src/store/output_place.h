// SPDX-License-Identifier: MIT
// store/output_place.h - where an output that a person named is written in truth.
//
// Used by all that writes files for a person. Whoever may write into a folder (/tmp, a share) could plant a symlink there,
// and have any file of whoever runs us overwritten, or a file of his own, and read what we write.
#pragma once

#include "feed/result.h"

#include <string>

namespace ssblog {

/// The path behind the symlinks at its end; one that the kernel itself made (below /proc) stays. To be opened with
/// `output_flags`, so that what is put in its place meanwhile is not followed.
/// @return Code::permission for a symlink that neither root nor this user made, or, in a folder where everybody may make
///         files, a file that neither they nor the folder's owner made. Code::cannot_create for links in a circle.
Result<std::string> output_place(const std::string& path);

/// O_NOFOLLOW, where that is right for such a place.
int output_flags(const std::string& place);

}  // namespace ssblog
