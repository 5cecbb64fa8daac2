// SPDX-License-Identifier: MIT
#include "store/sqlite.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <thread>

namespace ssblog {
namespace {

// Short and constant: SQLite's own waits grow to 100 ms, and then the one who copies feeds always wins.
constexpr auto busy_pause = std::chrono::microseconds(500);

int wait_for_writer(void* patience, int calls) {
  if (calls * busy_pause >= *static_cast<std::chrono::milliseconds*>(patience)) return 0;
  std::this_thread::sleep_for(busy_pause);
  return 1;
}

Code code_of(int sqlite_code) {
  switch (sqlite_code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Code::busy;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
      return Code::permission;
    case SQLITE_CANTOPEN:
      return Code::no_input;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return Code::data;
    default:
      return Code::io;
  }
}

/// Whoever opens a store that nobody else has open reads all of the log. Only a log that is written back and
/// gone makes that short again: a checkpoint alone leaves its frames to be read by the next one.
bool is_log_long(sqlite3* handle) {
  constexpr off_t long_log = 1024 * 1024;  // as wal_autocheckpoint in store.cc
  const char* const path = sqlite3_db_filename(handle, "main");
  if (path == nullptr || *path == '\0') return false;
  struct stat log {};
  return ::stat(sqlite3_filename_wal(path), &log) == 0 && log.st_size > long_log;
}

/// The name that SQLite is to open. Where it could not make its side files and there is no log to read, the
/// file is as good as one that nobody changes: it is opened as that. Source: sqlite.org/wal.html, "Read-Only".
std::string name_to_open(const std::string& path, OpenMode mode) {
  if (mode != OpenMode::read_only || path == ":memory:") return path;
  const auto slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  struct stat log {};
  const bool has_log = ::stat((path + "-wal").c_str(), &log) == 0 && log.st_size > 0;
  if (has_log || ::access(directory.c_str(), W_OK) == 0) return path;
  std::string uri = path.starts_with('/') ? "file://" : "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      uri += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

}  // namespace

Result<Database> Database::open(const std::string& path, OpenMode mode, std::chrono::milliseconds patience) {
  Database database;
  database.path_ = path;
  database.patience_ = std::make_unique<std::chrono::milliseconds>(patience);
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  flags |= mode == OpenMode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (mode == OpenMode::create || mode == OpenMode::create_held) flags |= SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  const std::string name = name_to_open(path, mode);
  if (name != path) flags |= SQLITE_OPEN_URI;
  const int result = sqlite3_open_v2(name.c_str(), &handle, flags, nullptr);
  database.handle_.reset(handle);
  if (result != SQLITE_OK) {
    const int system = handle != nullptr ? sqlite3_system_errno(handle) : 0;
    return Error{system == EACCES ? Code::permission : code_of(result),
                 fmt::format("cannot open the store {}: {}", path,
                             system != 0 ? std::strerror(system) : sqlite3_errstr(result))};
  }
  sqlite3_busy_handler(handle, wait_for_writer, database.patience_.get());
  // The file may come from anywhere: nothing in its schema may run code, and damaged cells are found.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  // A command that ends does not pay for a checkpoint while the log is short; see Close.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return database;
}

void Database::Close::operator()(sqlite3* handle) const {
  if (is_log_long(handle)) sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
  sqlite3_close_v2(handle);
}

Result<void> Database::run(const char* sql) {
  if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return error("use");
  return {};
}

void Database::leave_log_to(std::function<void(std::size_t pages)> committed) {
  committed_ = std::make_unique<std::function<void(std::size_t)>>(std::move(committed));
  sqlite3_wal_hook(
      handle_.get(),
      [](void* told, sqlite3*, const char*, int pages) {
        const auto& call = *static_cast<std::function<void(std::size_t)>*>(told);
        if (call) call(static_cast<std::size_t>(pages));
        return SQLITE_OK;
      },
      committed_.get());
}

Error Database::error(std::string_view doing) const {
  const int code = sqlite3_extended_errcode(handle_.get());
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Code::busy, fmt::format("the store {} is in use by another program", path_)};
    case SQLITE_NOTADB:
      return {Code::data, fmt::format("{} is no ssblog store", path_)};
    case SQLITE_CORRUPT:
      return {Code::data, fmt::format("the store {} is damaged ({}); keep a copy of it and restore a backup",
                                      path_, sqlite3_errmsg(handle_.get()))};
    case SQLITE_FULL:
      return {Code::io, fmt::format("cannot {} the store {}: the disk is full", doing, path_)};
    case SQLITE_READONLY:
      return {Code::permission,
              fmt::format("cannot {} the store {}: it is read-only for this user", doing, path_)};
    default:
      break;
  }
  const int system = sqlite3_system_errno(handle_.get());
  return {code_of(code),
          fmt::format("cannot {} the store {}: {}{}{}", doing, path_, sqlite3_errmsg(handle_.get()),
                      system != 0 ? ": " : "", system != 0 ? std::strerror(system) : "")};
}

void Statement::prepare() {
  if (statement_) {
    sqlite3_reset(statement_.get());
    return;
  }
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v3(database_->handle(), sql_, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  statement_.reset(statement);  // null on failure; step tells
}

void Statement::bind(int position, ByteView value) {
  // A null pointer would bind NULL; an empty blob is a value.
  static constexpr char nothing = 0;
  const void* data = value.empty() ? static_cast<const void*>(&nothing) : value.data();
  if (statement_) sqlite3_bind_blob64(statement_.get(), position, data, value.size(), SQLITE_STATIC);
}

void Statement::bind(int position, std::string_view value) {
  const char* data = value.empty() ? "" : value.data();
  if (statement_)
    sqlite3_bind_text64(statement_.get(), position, data, value.size(), SQLITE_STATIC, SQLITE_UTF8);
}

Result<bool> Statement::Run::step() {
  if (statement_ == nullptr) return database_->error("use");
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  return database_->error(sqlite3_stmt_readonly(statement_) != 0 ? "read" : "write to");
}

ByteView Statement::Run::blob(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Result<Transaction> Transaction::begin(Database& database) {
  if (auto begun = database.run("BEGIN IMMEDIATE"); !begun) return begun.error();
  return Transaction(database);
}

Transaction::~Transaction() {
  // Some errors (a full disk) roll back by themselves; then there is nothing to undo.
  if (database_ != nullptr && sqlite3_get_autocommit(database_->handle()) == 0) {
    sqlite3_exec(database_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

Result<void> Transaction::commit() {
  if (auto done = database_->run("COMMIT"); !done) return done.error();
  database_ = nullptr;
  return {};
}

Result<ReadTransaction> ReadTransaction::begin(Database& database) {
  if (auto begun = database.run("BEGIN"); !begun) return begun.error();
  return ReadTransaction(database);
}

ReadTransaction::~ReadTransaction() {
  if (database_ != nullptr) sqlite3_exec(database_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

std::string writer_of(const std::string& path) {
  // The write lock of WAL mode is byte 120 of the shared-memory file.
  // Source: sqlite.org/walformat.html, "WAL Locks".
  constexpr off_t write_lock_byte = 120;
  const int shm = ::open((path + "-shm").c_str(), O_RDWR | O_CLOEXEC);
  if (shm < 0) return "";
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = write_lock_byte;
  lock.l_len = 1;
  const bool told = ::fcntl(shm, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  ::close(shm);
  if (!told) return "";
  std::string name;
  std::ifstream(fmt::format("/proc/{}/comm", lock.l_pid)) >> name;
  return fmt::format("{} (pid {})", name.empty() ? "a process" : name, lock.l_pid);
}

}  // namespace ssblog
