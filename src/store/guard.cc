// SPDX-License-Identifier: MIT
#include "store/guard.h"

#include "feed/crypto.h"
#include "store/files.h"
#include "store/owned_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>

namespace ssblog {
namespace {

// A slot: magic, count, sequence (both big-endian), key, store, machine, and the first half of a SHA-256 over
// all that. The slot with the higher count holds.
constexpr std::array<std::uint8_t, 8> magic = {'s', 's', 'b', 'g', 'u', 'a', 'r', '1'};
constexpr std::size_t body_size = 8 + 8 + 8 + 32 + 16 + 32;
constexpr std::size_t slot_size = body_size + 16;
constexpr auto lock_pause = std::chrono::microseconds(500);
constexpr std::size_t slot_distance = 512;  // slots in sectors of their own
using Slot = std::array<std::uint8_t, slot_size>;

struct Slots {
  std::optional<GuardRecord> record;  ///< of the slot that holds
  std::uint64_t count = 0;
};

std::uint8_t* put_number(std::uint8_t* at, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) *at++ = static_cast<std::uint8_t>(number >> shift);
  return at;
}

std::uint64_t number_at(const std::uint8_t* at) {
  std::uint64_t number = 0;
  for (int i = 0; i < 8; ++i) number = number << 8 | at[i];
  return number;
}

Slot encode(const GuardRecord& record, std::uint64_t count) {
  Slot slot{};
  std::uint8_t* at = std::copy(magic.begin(), magic.end(), slot.data());
  at = put_number(at, count);
  at = put_number(at, record.sequence);
  at = std::copy(record.key.bytes.begin(), record.key.bytes.end(), at);
  at = std::copy(record.store.begin(), record.store.end(), at);
  at = std::copy(record.machine.begin(), record.machine.end(), at);
  const auto hash = sha256(ByteView(slot).first<body_size>());
  std::copy_n(hash.begin(), slot_size - body_size, at);
  return slot;
}

/// Takes over a slot if it is whole and newer.
void decode(const Slot& slot, Slots& slots) {
  const auto hash = sha256(ByteView(slot).first<body_size>());
  if (!std::equal(magic.begin(), magic.end(), slot.begin())) return;
  if (!std::equal(slot.begin() + body_size, slot.end(), hash.begin())) return;
  const std::uint8_t* at = slot.data() + magic.size();
  const std::uint64_t count = number_at(at);
  if (slots.record && count <= slots.count) return;
  GuardRecord record;
  record.sequence = static_cast<Seq>(number_at(at + 8));
  at += 16;
  std::copy_n(at, 32, record.key.bytes.begin());
  std::copy_n(at + 32, record.store.size(), record.store.begin());
  std::copy_n(at + 48, record.machine.size(), record.machine.begin());
  slots.record = record;
  slots.count = count;
}

Result<Slots> read_slots(const File& file, const std::string& path) {
  Slots slots;
  bool any = false;
  for (const off_t place : {off_t{0}, off_t{slot_distance}}) {
    Slot slot{};
    auto got = read_at(file, path, slot, place);
    if (!got) return got.error();
    if (*got > 0) any = true;
    if (*got == slot.size()) decode(slot, slots);
  }
  if (any && !slots.record) {
    return Error{Code::data,
                 fmt::format("the guard {} is damaged: nobody can say how far this feed was signed", path)};
  }
  return slots;
}

/// What is no file could hang whoever opens it, or forget what is written.
Result<void> must_be_regular(const File& file, const std::string& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return file_error("look at the guard", path, errno);
  if (!S_ISREG(status.st_mode)) return Error{Code::io, fmt::format("the guard {} is no regular file", path)};
  return {};
}

/// Who owns the folder could have given a file of root's a second name there, for root to write to.
Result<void> must_be_alone(const OwnedFolder& folder, const File& file, const std::string& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return file_error("look at the guard", path, errno);
  if (!folder.is_anothers() || status.st_nlink == 1) return {};
  return Error{Code::permission,
               fmt::format("the guard {} is a file with other names, too: root does not write to it", path)};
}

/// None: errno says why.
File open_or_make(const OwnedFolder& folder, const std::string& path) {
  constexpr int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  File file(folder.open(path, flags));
  if (file || errno != ENOENT) return file;
  file = File(folder.open(path, flags | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR));
  // Another program was quicker.
  if (!file && errno == EEXIST) return File(folder.open(path, flags));
  return file;
}

/// Waits until nobody else has it.
Result<void> take_turn(const File& file, std::string_view what, const std::string& path) {
  const auto until = std::chrono::steady_clock::now() + Store::patience;
  while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return file_error(fmt::format("lock {}", what), path, errno);
    if (std::chrono::steady_clock::now() >= until)
      return Error{Code::busy, fmt::format("{} {} is in use by another program", what, path)};
    std::this_thread::sleep_for(lock_pause);
  }
  return {};
}

}  // namespace

Result<MachineId> this_machine() {
  auto text = read_file("/etc/machine-id", 256);
  // What will be so the next time, too, is no id. But a disk that fails now, or no descriptor that is left, would give
  // this machine another id for once, and its guard with it.
  if (!text && text.error().code == Code::io) return text.error();
  if (!text || text->size() < 32) return MachineId{};
  return sha256(as_bytes("ssblog guard " + text->substr(0, 32)));
}

Guard::Guard(std::string directory, const FeedId& feed)
    : directory_(std::move(directory)), path_(directory_ + "/" + to_base64_url(feed.view()) + ".guard") {}

Result<std::optional<GuardRecord>> Guard::read() const {
  const File file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file) {
    if (errno == ENOENT) return std::optional<GuardRecord>();
    return file_error("read the guard", path_, errno);
  }
  if (auto regular = must_be_regular(file, path_); !regular) return regular.error();
  auto slots = read_slots(file, path_);
  if (!slots) return slots.error();
  return slots->record;
}

Result<Guard::Lock> Guard::lock() const {
  Lock lock;
  if (!key_path_.empty()) {
    lock.key = File(::open(key_path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!lock.key) return file_error("read the secret", key_path_, errno);
    if (auto taken = take_turn(lock.key, "the secret", key_path_); !taken) return taken.error();
  }
  auto folder = OwnedFolder::of(path_);
  if (!folder) return folder.error();
  lock.guard = open_or_make(*folder, path_);
  if (!lock.guard && errno == ENOENT) {
    if (auto made = make_directories(directory_); !made) return made.error();
    folder = OwnedFolder::of(path_);
    if (!folder) return folder.error();
    lock.guard = open_or_make(*folder, path_);
  }
  if (!lock.guard) return file_error("write the guard", path_, errno);
  if (auto regular = must_be_regular(lock.guard, path_); !regular) return regular.error();
  if (auto alone = must_be_alone(*folder, lock.guard, path_); !alone) return alone.error();
  // A new one is empty, too.
  if (auto handed = folder->hand_over_left(lock.guard, path_); !handed) return handed.error();
  if (auto taken = take_turn(lock.guard, "the guard", path_); !taken) return taken.error();
  return lock;
}

Result<void> Guard::write(const GuardRecord& record, bool backwards) const {
  auto locked = lock();
  if (!locked) return locked.error();
  return write(*locked, record, backwards);
}

Result<void> Guard::write(const Lock& locked, const GuardRecord& record, bool backwards) const {
  auto slots = read_slots(locked.guard, path_);
  if (!slots && slots.error().code != Code::data) return slots.error();
  Slots now = slots ? *slots : Slots{};  // a damaged guard is mended by the next good record
  if (now.record && !backwards && now.record->store == record.store) {
    if (now.record->sequence == record.sequence && now.record->key != record.key) {
      return Error{Code::data,
                   fmt::format("the guard {} knows another message {} of this feed", path_, record.sequence)};
    }
    if (now.record->sequence >= record.sequence) return {};
  }
  const Slot slot = encode(record, now.count + 1);
  const off_t place = (now.count + 1) % 2 == 0 ? 0 : slot_distance;
  if (auto written = write_at(locked.guard, path_, slot, place); !written || now.record) return written;
  // Later records may be lost with the power: then the one before holds. The first one has none before it, and a feed
  // without a guard is held.
  if (::fsync(locked.guard.get()) != 0) return file_error("write the guard", path_, errno);
  return sync_directory(directory_);
}

}  // namespace ssblog
