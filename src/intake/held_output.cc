// SPDX-License-Identifier: MIT
#include "intake/held_output.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace ssblog {
namespace {

/// Before each piece. The file is read by the process that wrote it alone.
struct Head {
  std::uint32_t stream = 0;
  std::uint32_t size = 0;
  Millis time = 0;
};

/// All of them at an offset.
bool read_at(int file, void* to, std::size_t size, std::uint64_t offset) {
  auto* at = static_cast<char*>(to);
  while (size > 0) {
    const ssize_t got = ::pread(file, at, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    offset += static_cast<std::uint64_t>(got);
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

}  // namespace

Result<HeldOutput> HeldOutput::open() {
  const char* const directory = std::getenv("TMPDIR");
  std::string path = directory != nullptr && *directory != '\0' ? directory : "/tmp";
  path += "/ssblog-run-XXXXXX";
  File file(::mkstemp(path.data()));
  if (!file) return output_error(path, errno);
  ::fcntl(file.get(), F_SETFD, FD_CLOEXEC);
  if (::unlink(path.c_str()) != 0) return file_error("remove", path, errno);
  return HeldOutput(std::move(file), std::move(path));
}

Result<void> HeldOutput::add(std::size_t stream, std::string_view bytes, Millis time) {
  const Head head{static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(bytes.size()), time};
  std::string piece(sizeof head, '\0');
  std::memcpy(piece.data(), &head, sizeof head);
  piece += bytes;
  if (auto written = write_all(file_, path_, piece); !written) return written;
  end_ += piece.size();
  return {};
}

Result<void> HeldOutput::give_back(const Give& give) const {
  std::string bytes;
  for (std::uint64_t at = 0; at < end_;) {
    Head head;
    if (!read_at(file_.get(), &head, sizeof head, at)) return file_error("read", path_, errno);
    bytes.resize(head.size);
    if (!read_at(file_.get(), bytes.data(), bytes.size(), at + sizeof head))
      return file_error("read", path_, errno);
    give(head.stream, bytes, head.time);
    at += sizeof head + head.size;
  }
  return {};
}

}  // namespace ssblog
