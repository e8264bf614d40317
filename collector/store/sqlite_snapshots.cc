// Model snapshots: pieces first, and the word that they count last.
//
// Version 0.1.0 has tables of its own for its snapshot and cannot read ours. After an upgrade both are there,
// and after a rollback and another upgrade the older version's may be the newer one: the position tells.
#include "collector/store/sqlite_store.h"

namespace loadline::collector {
namespace {

// So long after the first snapshot of ours the other version's is kept.
constexpr Duration kKeepForRollback = std::chrono::hours(24);

constexpr const char* kForgetOther = "DELETE FROM snapshot_pieces; DELETE FROM snapshots;";

}  // namespace

Result<void> SqliteStore::BeginSnapshot(Position position, Wall now) {
  piece_ = 0;
  auto done = database_.Execute(
      "DELETE FROM state_pieces WHERE state NOT IN (SELECT id FROM states WHERE finished);"
      "DELETE FROM states WHERE NOT finished");
  if (!done) return Failed(done.error(), "beginning a snapshot");
  Result<Statement> insert =
      database_.Prepare("INSERT INTO states(position, saved_ns, finished) VALUES(?, ?, 0)");
  if (!insert) return Failed(insert.error(), "beginning a snapshot");
  return insert->Bind(position).Bind(std::int64_t{now.time_since_epoch().count()}).Run();
}

Result<void> SqliteStore::AddToSnapshot(std::string_view piece) {
  Result<Statement> insert = database_.Prepare(
      "INSERT INTO state_pieces(state, piece, bytes) VALUES((SELECT id FROM states WHERE NOT finished), ?, "
      "?)");
  if (!insert) return Failed(insert.error(), "writing a snapshot");
  if (auto done = insert->Bind(piece_).BindBlob(piece).Run(); !done)
    return Failed(done.error(), "writing a snapshot");
  ++piece_;
  return {};
}

Result<void> SqliteStore::FinishSnapshot() {
  Result<Transaction> transaction = Transaction::Begin(database_);
  if (!transaction) return Failed(transaction.error(), "finishing a snapshot");
  auto done = ForgetOtherVersion();
  if (done) {
    done = database_.Execute(
        "DELETE FROM states WHERE finished; UPDATE states SET finished = 1;"
        "DELETE FROM state_pieces WHERE state NOT IN (SELECT id FROM states)");
  }
  if (!done) return Failed(done.error(), "finishing a snapshot");
  if (done = transaction->Commit(); !done) return Failed(done.error(), "finishing a snapshot");
  return {};
}

// Once ours has been there for long enough, counted from the first that was newer than the other's.
Result<void> SqliteStore::ForgetOtherVersion() {
  const Result<std::int64_t> saved = database_.Value("SELECT saved_ns FROM states WHERE NOT finished");
  const Result<std::int64_t> other =
      database_.Value("SELECT coalesce(max(position), -1) FROM snapshots WHERE finished");
  const Result<std::int64_t> ours =
      database_.Value("SELECT coalesce(max(position), -1) FROM states WHERE finished");
  const Result<std::int64_t> since =
      database_.Value("SELECT coalesce(max(put_ns), -1) FROM blobs WHERE space = 'superseded'");
  for (const auto* value : {&saved, &other, &ours, &since}) {
    if (!*value) return Failure(value->error());
  }
  if (*other < 0) return {};
  if (*ours < *other || *since < 0)
    return PutEach(std::vector<Blob>{{"superseded", "snapshots", "0.1.0"}}, Wall(Duration(*saved)));
  if (Duration(*saved - *since) < kKeepForRollback) return {};
  if (auto done = database_.Execute(kForgetOther); !done) return done;
  return PutEach(std::vector<Blob>{{"superseded", "snapshots", ""}}, Wall(Duration(*saved)));
}

Result<void> SqliteStore::ReplaceSnapshot(Position position, std::span<const std::string> pieces, Wall now) {
  Result<Transaction> transaction = Transaction::Begin(database_);
  if (!transaction) return Failed(transaction.error(), "replacing the snapshot");
  auto done = database_.Execute("DELETE FROM state_pieces; DELETE FROM states;");
  if (done) done = database_.Execute(kForgetOther);
  if (done) done = BeginSnapshot(position, now);
  for (auto piece = pieces.begin(); done && piece != pieces.end(); ++piece) done = AddToSnapshot(*piece);
  if (done) done = database_.Execute("UPDATE states SET finished = 1");
  if (done) done = transaction->Commit();
  if (!done) return Failed(done.error(), "replacing the snapshot");
  return {};
}

Result<Position> SqliteStore::LoadSnapshot(const std::function<void(std::string_view)>& visit) {
  Result<Statement> newest = database_.Prepare(
      "SELECT position, id, 1 AS ours FROM states WHERE finished UNION ALL "
      "SELECT position, id, 0 AS ours FROM snapshots WHERE finished ORDER BY position DESC, ours DESC LIMIT "
      "1");
  if (!newest) return Failed(newest.error(), "reading the snapshot");
  const Result<bool> any = newest->Step();
  if (!any) return Failed(any.error(), "reading the snapshot");
  if (!*any) return Position{0};
  // One by one in the order of their key: sorted they would all be in memory at once.
  Result<Statement> pieces = database_.Prepare(
      newest->Integer(2) != 0 ? "SELECT bytes FROM state_pieces WHERE state = ? ORDER BY piece"
                              : "SELECT bytes FROM snapshot_pieces WHERE snapshot = ? ORDER BY piece");
  if (!pieces) return Failed(pieces.error(), "reading the snapshot");
  pieces->Bind(newest->Integer(1));
  for (;;) {
    const Result<bool> row = pieces->Step();
    if (!row) return Failed(row.error(), "reading the snapshot");
    if (!*row) return newest->Unsigned(0);
    visit(pieces->Bytes(0));
  }
}

}  // namespace loadline::collector
