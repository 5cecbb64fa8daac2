// SPDX-License-Identifier: MIT
// store/sqlite.h - SQLite as C++ values: a database, a statement, a write transaction.
//
// Used inside store/. Others know Database for the transactions that they begin. One thread a Database.
#pragma once

#include "feed/bytes.h"
#include "feed/result.h"

#include <sqlite3.h>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ssblog {

enum class OpenMode {
  read_only,
  read_write,
  create,       ///< makes the file if it is not there
  create_held,  ///< the same, and publishing into the new store is held from its first moment
};

class Database {
 public:
  /// Opens the file; waits for other writers up to `patience`.
  static Result<Database> open(const std::string& path, OpenMode mode, std::chrono::milliseconds patience);

  Result<void> run(const char* sql);

  /// SQLite does not write the log back by itself any more: `committed` is called after each commit instead, with the
  /// pages that are in the log.
  void leave_log_to(std::function<void(std::size_t pages)> committed);

  /// Rows that the last statement changed.
  int changes() const { return sqlite3_changes(handle_.get()); }
  sqlite3* handle() const { return handle_.get(); }
  const std::string& path() const { return path_; }

  /// The error of the last call, as a sentence that names the store.
  Error error(std::string_view doing) const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  // What SQLite's callbacks point at; it outlives the handle.
  std::unique_ptr<std::chrono::milliseconds> patience_;
  std::unique_ptr<std::function<void(std::size_t)>> committed_;
  std::unique_ptr<sqlite3, Close> handle_;
  std::string path_;
};

/// One SQL text, prepared at its first use. Arguments are bound by position; blobs and texts must live
/// until the run is over.
class Statement {
 public:
  Statement(Database& database, const char* sql) : database_(&database), sql_(sql) {}

  /// One execution. Rows are read where they are stepped; it ends with the object.
  class Run {
   public:
    Run(Run&& other) noexcept
        : database_(other.database_), statement_(std::exchange(other.statement_, nullptr)) {}
    Run& operator=(Run&&) = delete;
    ~Run() {
      if (statement_ != nullptr) sqlite3_reset(statement_);
    }
    /// True: there is a row. False: no more.
    Result<bool> step();
    std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
    double real(int column) const { return sqlite3_column_double(statement_, column); }
    int columns() const { return sqlite3_column_count(statement_); }
    bool null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
    /// Binds a column, of whatever type, to the same place of another statement. SQLite's result code.
    int copy_to(sqlite3_stmt* other, int column) const {
      return sqlite3_bind_value(other, column + 1, sqlite3_column_value(statement_, column));
    }
    /// Lives until the next step.
    ByteView blob(int column) const;
    std::string_view text(int column) const { return as_text(blob(column)); }
    std::optional<std::int64_t> maybe_integer(int column) const {
      return null(column) ? std::nullopt : std::optional(integer(column));
    }

   private:
    friend class Statement;
    Run(Database& database, sqlite3_stmt* statement) : database_(&database), statement_(statement) {}
    Database* database_;
    sqlite3_stmt* statement_;
  };

  template <class... Args>
  Run run(const Args&... args) {
    prepare();
    int position = 0;
    (bind(++position, args), ...);
    return Run(*database_, statement_.get());
  }

  /// A run of which no row is wanted.
  template <class... Args>
  Result<void> exec(const Args&... args) {
    auto row = run(args...).step();
    if (!row) return row.error();
    return {};
  }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  void prepare();
  template <std::integral T>
  void bind(int position, T value) {
    if (statement_) sqlite3_bind_int64(statement_.get(), position, static_cast<std::int64_t>(value));
  }
  void bind(int position, double value) {
    if (statement_) sqlite3_bind_double(statement_.get(), position, value);
  }
  void bind(int position, ByteView value);
  void bind(int position, std::string_view value);
  void bind(int position, std::nullopt_t) {
    if (statement_) sqlite3_bind_null(statement_.get(), position);
  }
  template <class T>
  void bind(int position, const std::optional<T>& value) {
    value ? bind(position, *value) : bind(position, std::nullopt);
  }

  Database* database_;
  const char* sql_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// BEGIN IMMEDIATE, so that reading the tip of a feed and signing the next message are one act. Rolls back
/// unless committed.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<void> commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

/// All reads see one state of the store, from the first one on until it goes.
class ReadTransaction {
 public:
  static Result<ReadTransaction> begin(Database& database);
  ReadTransaction(ReadTransaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  ReadTransaction& operator=(ReadTransaction&&) = delete;
  ~ReadTransaction();

 private:
  explicit ReadTransaction(Database& database) : database_(&database) {}
  Database* database_;
};

/// The process that holds the write lock of a store, as "backup.sh (pid 812)"; empty when there is none.
/// To be asked last: it drops this process's own locks on the file.
std::string writer_of(const std::string& path);

}  // namespace ssblog
