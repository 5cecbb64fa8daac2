// SPDX-License-Identifier: MIT
// intake/watched_files.h - a file system whose every call is noted in the whereabouts of the worker.
//
// Used by the collector of the daemon. Once the worker was given up, each call fails at once with Code::unavailable. One
// thread.
#pragma once

#include "intake/file_system.h"
#include "intake/whereabouts.h"

#include <memory>

namespace ssblog {

std::unique_ptr<FileSystem> watched_files(std::unique_ptr<FileSystem> files,
                                          std::shared_ptr<Whereabouts> whereabouts);

}  // namespace ssblog
