// Model snapshots: pieces first, and the word that they count last.
#include "collector/store/sqlite_store.h"

namespace loadline::collector {

Result<void> SqliteStore::BeginSnapshot(Position position) {
  piece_ = 0;
  auto done = database_.Execute(
      "DELETE FROM snapshot_pieces WHERE snapshot NOT IN (SELECT id FROM snapshots WHERE finished);"
      "DELETE FROM snapshots WHERE NOT finished");
  if (!done) return Failed(done.error(), "beginning a snapshot");
  Result<Statement> insert = database_.Prepare("INSERT INTO snapshots(position, finished) VALUES(?, 0)");
  if (!insert) return Failed(insert.error(), "beginning a snapshot");
  return insert->Bind(position).Run();
}

Result<void> SqliteStore::AddToSnapshot(std::string_view piece) {
  Result<Statement> insert = database_.Prepare(
      "INSERT INTO snapshot_pieces(snapshot, piece, bytes) VALUES((SELECT id FROM snapshots WHERE NOT "
      "finished), ?, ?)");
  if (!insert) return Failed(insert.error(), "writing a snapshot");
  if (auto done = insert->Bind(piece_).BindBlob(piece).Run(); !done)
    return Failed(done.error(), "writing a snapshot");
  ++piece_;
  return {};
}

Result<void> SqliteStore::FinishSnapshot() {
  Result<Transaction> transaction = Transaction::Begin(database_);
  if (!transaction) return Failed(transaction.error(), "finishing a snapshot");
  auto done = database_.Execute(
      "DELETE FROM snapshots WHERE finished; UPDATE snapshots SET finished = 1;"
      "DELETE FROM snapshot_pieces WHERE snapshot NOT IN (SELECT id FROM snapshots)");
  if (!done) return Failed(done.error(), "finishing a snapshot");
  if (done = transaction->Commit(); !done) return Failed(done.error(), "finishing a snapshot");
  return {};
}

Result<void> SqliteStore::ReplaceSnapshot(Position position, std::span<const std::string> pieces) {
  Result<Transaction> transaction = Transaction::Begin(database_);
  if (!transaction) return Failed(transaction.error(), "replacing the snapshot");
  auto done = database_.Execute("DELETE FROM snapshot_pieces; DELETE FROM snapshots");
  if (done) done = BeginSnapshot(position);
  for (auto piece = pieces.begin(); done && piece != pieces.end(); ++piece) done = AddToSnapshot(*piece);
  if (done) done = database_.Execute("UPDATE snapshots SET finished = 1");
  if (done) done = transaction->Commit();
  if (!done) return Failed(done.error(), "replacing the snapshot");
  return {};
}

Result<Position> SqliteStore::LoadSnapshot(const std::function<void(std::string_view)>& visit) {
  Result<Statement> rows = database_.Prepare(
      "SELECT position, bytes FROM snapshots JOIN snapshot_pieces ON snapshot = id WHERE finished ORDER BY "
      "piece");
  if (!rows) return Failed(rows.error(), "reading the snapshot");
  Position position = 0;
  for (;;) {
    const Result<bool> row = rows->Step();
    if (!row) return Failed(row.error(), "reading the snapshot");
    if (!*row) return position;
    position = rows->Unsigned(0);
    visit(rows->Bytes(1));
  }
}

}  // namespace loadline::collector
