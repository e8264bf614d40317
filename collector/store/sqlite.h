// As much of SQLite's interface as the store needs, with results and without leaks. Not thread-safe.
#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "schemas/base/result.h"

namespace loadline::collector {

// A prepared statement. Bind in order, Step until false, and Reset before the next use; Run does the last
// two.
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  Statement& Bind(std::uint64_t value);
  Statement& Bind(std::int64_t value);
  Statement& Bind(std::string_view text);
  // Blobs are not copied: they must live until the statement is reset.
  Statement& BindBlob(std::span<const std::byte> bytes);
  Statement& BindBlob(std::string_view bytes);

  // True when a row is there.
  Result<bool> Step();
  // For statements that give no rows.
  Result<void> Run();
  void Reset();

  [[nodiscard]] std::int64_t Integer(int column) const;
  [[nodiscard]] std::uint64_t Unsigned(int column) const {
    return static_cast<std::uint64_t>(Integer(column));
  }
  [[nodiscard]] std::string Text(int column) const { return std::string(Bytes(column)); }
  // Valid until the next Step or Reset.
  [[nodiscard]] std::string_view Bytes(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bound_ = 0;
};

class Database {
 public:
  static Result<Database> Open(const std::string& path);

  Result<Statement> Prepare(std::string_view sql) const;
  // One or more statements without parameters.
  Result<void> Execute(const std::string& sql) const;
  // The first column of the first row.
  Result<std::int64_t> Value(std::string_view sql) const;
  // Rows that the last statement changed.
  [[nodiscard]] int Changes() const { return sqlite3_changes(handle_.get()); }
  [[nodiscard]] std::int64_t LastRowId() const { return sqlite3_last_insert_rowid(handle_.get()); }
  // Transactions committed through this handle that had changed something.
  [[nodiscard]] std::uint64_t Commits() const { return *commits_; }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  explicit Database(sqlite3* handle);

  std::unique_ptr<std::uint64_t> commits_ = std::make_unique<std::uint64_t>(0);  // SQLite keeps its address
  std::unique_ptr<sqlite3, Close> handle_;
};

// Rolls back unless committed.
class Transaction {
 public:
  static Result<Transaction> Begin(const Database& database);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<void> Commit();

 private:
  explicit Transaction(const Database& database) : database_(&database) {}
  const Database* database_;
};

}  // namespace loadline::collector
