#include "collector/store/sqlite.h"

#include <bit>
#include <tuple>
#include <utility>

namespace loadline::collector {
namespace {

ErrorKind KindOf(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
      return ErrorKind::kExhausted;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return ErrorKind::kDenied;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
      return ErrorKind::kUnavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorKind::kInvalid;  // the file is damaged
    default:
      return ErrorKind::kInternal;
  }
}

std::unexpected<Error> SqliteFailure(sqlite3* handle, int code) {
  // The handle knows more words than the code, but only when it is there.
  const char* words = handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  return Failure(KindOf(code), words);
}

}  // namespace

Statement& Statement::Bind(std::uint64_t value) {
  return Bind(std::bit_cast<std::int64_t>(value));
}

Statement& Statement::Bind(std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), ++bound_, value);
  return *this;
}

Statement& Statement::Bind(std::string_view text) {
  sqlite3_bind_text(statement_.get(), ++bound_, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
  return *this;
}

Statement& Statement::BindBlob(std::span<const std::byte> bytes) {
  sqlite3_bind_blob64(statement_.get(), ++bound_, bytes.data(), bytes.size(), SQLITE_STATIC);
  return *this;
}

Statement& Statement::BindBlob(std::string_view bytes) {
  return BindBlob(std::as_bytes(std::span(bytes)));
}

Result<bool> Statement::Step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  auto failure = SqliteFailure(sqlite3_db_handle(statement_.get()), code);
  Reset();
  return failure;
}

Result<void> Statement::Run() {
  const Result<bool> stepped = Step();
  Reset();
  if (!stepped) return Failure(stepped.error());
  return {};
}

void Statement::Reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  bound_ = 0;
}

std::int64_t Statement::Integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::Bytes(int column) const {
  // The bytes must be asked for before their number: asking may convert the value.
  const void* data = sqlite3_column_blob(statement_.get(), column);
  return {static_cast<const char*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Database::Database(sqlite3* handle) : handle_(handle) {
  const auto count = [](void* commits) {
    ++*static_cast<std::uint64_t*>(commits);
    return 0;  // go on
  };
  sqlite3_commit_hook(handle, count, commits_.get());
}

Result<Database> Database::Open(const std::string& path) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(handle);
  if (code != SQLITE_OK) return SqliteFailure(handle, code);
  sqlite3_extended_result_codes(handle, 1);
  return database;
}

Result<Statement> Database::Prepare(std::string_view sql) const {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return SqliteFailure(handle_.get(), code);
  return Statement(statement);
}

Result<void> Database::Execute(const std::string& sql) const {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return SqliteFailure(handle_.get(), code);
  return {};
}

Result<std::int64_t> Database::Value(std::string_view sql) const {
  Result<Statement> statement = Prepare(sql);
  if (!statement) return Failure(statement.error());
  const Result<bool> row = statement->Step();
  if (!row) return Failure(row.error());
  if (!*row) return Failure(ErrorKind::kNotFound, "no row");
  return statement->Integer(0);
}

Result<Transaction> Transaction::Begin(const Database& database) {
  if (auto begun = database.Execute("BEGIN IMMEDIATE"); !begun) return Failure(begun.error());
  return Transaction(database);
}

Transaction::~Transaction() {
  // SQLite has already rolled back after some errors; then this fails, which is as good.
  if (database_ != nullptr) std::ignore = database_->Execute("ROLLBACK");
}

Result<void> Transaction::Commit() {
  if (auto committed = database_->Execute("COMMIT"); !committed) return committed;
  database_ = nullptr;
  return {};
}

}  // namespace loadline::collector
