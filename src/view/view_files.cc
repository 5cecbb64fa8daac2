// SPDX-License-Identifier: MIT
#include "view/view_files.h"

#include "view/token_book.h"

namespace ssblog {

FilePlan view_files(const ViewOptions& options) {
  FilePlan plan;
  plan.read = {options.store_path,
               options.store_path + "-wal",
               options.home + "/search.db",
               options.home + "/search.db-wal",
               TokenBook::folder_of(options.home),
               options.home + "/daemon.lock",
               "/usr/share/zoneinfo",
               "/etc/localtime",
               "/dev/urandom"};
  // Readers mark there what they read, so that no writer takes it away under them.
  plan.write = {options.store_path + "-shm", options.home + "/search.db-shm"};
  return plan;
}

}  // namespace ssblog
