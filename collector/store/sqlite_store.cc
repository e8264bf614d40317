#include "collector/store/sqlite_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "collector/store/damage.h"
#include "schemas/base/private_file.h"

namespace loadline::collector {
namespace {

constexpr int kPageBytes = 4096;
// Of a record beside its frame, with what its rows in the indexes take.
constexpr Bytes kRowBytes = 64;
constexpr int kSchemaVersion = 1;

constexpr const char* kSchema = R"sql(
CREATE TABLE IF NOT EXISTS streams(
  id INTEGER PRIMARY KEY, node TEXT NOT NULL, boot_id TEXT NOT NULL, epoch INTEGER NOT NULL,
  first_sequence INTEGER NOT NULL, last_sequence INTEGER NOT NULL, records INTEGER NOT NULL,
  seen_ns INTEGER NOT NULL, UNIQUE(node, epoch));
-- AUTOINCREMENT: a position is never used again, though its record has long been folded and deleted.
CREATE TABLE IF NOT EXISTS records(
  position INTEGER PRIMARY KEY AUTOINCREMENT, stream INTEGER NOT NULL, sequence INTEGER NOT NULL,
  received_ns INTEGER NOT NULL, frame BLOB NOT NULL, UNIQUE(stream, sequence));
CREATE TABLE IF NOT EXISTS states(
  id INTEGER PRIMARY KEY, position INTEGER NOT NULL, saved_ns INTEGER NOT NULL, finished INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS state_pieces(
  state INTEGER NOT NULL, piece INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY(state, piece));
-- Where 0.1.0 keeps its snapshot. It stays for a day, so that whoever goes back finds what was learnt.
CREATE TABLE IF NOT EXISTS snapshots(id INTEGER PRIMARY KEY, position INTEGER NOT NULL, finished INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS snapshot_pieces(
  snapshot INTEGER NOT NULL, piece INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY(snapshot, piece));
CREATE TABLE IF NOT EXISTS blobs(
  space TEXT NOT NULL, key TEXT NOT NULL, put INTEGER NOT NULL, put_ns INTEGER NOT NULL, value BLOB NOT NULL,
  PRIMARY KEY(space, key)) WITHOUT ROWID;
)sql";

Wall WallOf(std::int64_t ns) {
  return Wall(Duration(ns));
}
std::int64_t NsOf(Wall at) {
  return at.time_since_epoch().count();
}

Result<Fd> LockFolder(const std::string& folder) {
  const std::string path = folder + "/lock";
  Fd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.valid()) return SystemFailure("state folder " + folder + " is not writable", errno);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return Failure(ErrorKind::kUnavailable, "state folder " + folder + " is in use by another collector");
  }
  return lock;
}

// Folders and files of versions that left them open.
void Tighten(const std::string& folder) {
  std::error_code error;
  if (!std::filesystem::exists(folder + "/loadline.db", error)) {
    // Nothing of ours is in it yet, so that it may be somebody else's as well.
    return;
  }
  bool open = MakePrivate(folder);
  for (const char* name : {"loadline.db", "loadline.db-wal", "loadline.db-shm", NoteFiles::kNames[0],
                           NoteFiles::kNames[1], "lock"})
    open = MakePrivate(folder + "/" + name) || open;
  if (open) spdlog::info("the state folder {} could be read by others: it no longer can", folder);
}

Result<void> SetUp(const Database& database, const SqliteStoreOptions& options) {
  // Pages are set before the first table makes them final.
  const std::string pragmas = fmt::format(
      "PRAGMA page_size={}; PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA "
      "synchronous=NORMAL;"
      "PRAGMA journal_size_limit={}; PRAGMA max_page_count={}; PRAGMA temp_store=MEMORY;",
      kPageBytes, 64 * kMiB, std::max<Bytes>(options.max_bytes, kMiB) / kPageBytes);
  if (auto done = database.Execute(pragmas); !done) return done;
  const Result<std::int64_t> version = database.Value("PRAGMA user_version");
  if (!version) return Failure(version.error());
  if (*version > kSchemaVersion) {
    return Failure(ErrorKind::kUnsupported,
                   fmt::format("written by a newer collector (format {})", *version));
  }
  if (auto done = database.Execute(kSchema); !done) return done;
  return database.Execute(fmt::format("PRAGMA user_version={}", kSchemaVersion));
}

}  // namespace

Result<std::unique_ptr<SqliteStore>> SqliteStore::Open(const std::string& folder,
                                                       const SqliteStoreOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return SystemFailure("making state folder " + folder, error.value());
  Result<Fd> lock = LockFolder(folder);
  if (!lock) return Failure(lock.error());
  Tighten(folder);
  Result<std::unique_ptr<NoteFiles>> notes = NoteFiles::Open(folder);
  if (!notes) return Failure(notes.error());
  auto store = OpenUndamaged(folder, options);
  if (!store) return store;
  (*store)->lock_ = std::move(*lock);
  (*store)->notes_ = std::move(*notes);
  return store;
}

Result<std::unique_ptr<SqliteStore>> SqliteStore::OpenUndamaged(const std::string& folder,
                                                                const SqliteStoreOptions& options) {
  Error damage{ErrorKind::kInvalid, "found while it was in use"};
  if (!IsMarkedDamaged(folder)) {
    auto store = OpenFile(folder, options);
    if (store || store.error().kind != ErrorKind::kInvalid) return store;
    damage = store.error();
  }
  const Result<std::string> aside = SetDatabaseAside(folder, SystemClock().WallNow());
  if (!aside) return Failure(aside.error());
  spdlog::error("the database is damaged ({}): it is kept as {}, and history begins anew", damage.message,
                *aside);
  return OpenFile(folder, options);
}

Result<std::unique_ptr<SqliteStore>> SqliteStore::OpenFile(const std::string& folder,
                                                           const SqliteStoreOptions& options) {
  const std::string path = folder + "/loadline.db";
  Result<Database> database = Database::Open(path);
  if (!database) return Failure(database.error().In("opening " + path));
  if (auto done = SetUp(*database, options); !done) return Failure(done.error().In("opening " + path));
  const auto for_records =
      static_cast<Bytes>(static_cast<double>(std::max(options.max_bytes, kMiB)) * (1 - options.reserve));
  std::unique_ptr<SqliteStore> store(new SqliteStore(path, std::move(*database), for_records));
  if (auto done = store->Prepare(); !done) return Failure(done.error().In("opening " + path));
  if (auto done = store->ReadStreams(); !done) return Failure(done.error().In("reading " + path));
  Result<std::unique_ptr<WalSync>> wal = WalSync::Open(path, options.sync);
  if (!wal) return Failure(wal.error());
  store->wal_ = std::move(*wal);
  // What the start before wrote last may not be there yet, and is acknowledged from now on.
  if (auto done = store->Sync(); !done) return Failure(done.error());
  store->set_aside_ = DatabaseSetAside(folder);
  return store;
}

SqliteStore::SqliteStore(std::string path, Database database, Bytes for_records)
    : path_(std::move(path)), database_(std::move(database)), for_records_(for_records) {}

std::unexpected<Error> SqliteStore::Failed(const Error& error, std::string_view doing) {
  if (error.kind == ErrorKind::kInvalid && on_damage_) std::exchange(on_damage_, nullptr)();
  return Failure(error.In(doing));
}

Result<void> SqliteStore::Prepare() {
  const std::pair<Statement*, const char*> statements[] = {
      {&insert_record_, "INSERT INTO records(stream, sequence, received_ns, frame) VALUES(?,?,?,?)"},
      {&insert_stream_,
       "INSERT INTO streams(node, boot_id, epoch, first_sequence, last_sequence, records, seen_ns)"
       " VALUES(?,?,?,?,0,0,0)"},
      {&update_stream_, "UPDATE streams SET last_sequence=?, records=?, seen_ns=? WHERE id=?"},
      // `put` orders what was put within one tick of the clock.
      {&put_,
       "INSERT INTO blobs(space, key, put, put_ns, value) VALUES(?, ?, ?, ?, ?)"
       " ON CONFLICT(space, key) DO UPDATE SET put=excluded.put, put_ns=excluded.put_ns, "
       "value=excluded.value"},
      {&erase_, "DELETE FROM blobs WHERE space=? AND key=?"},
      {&pages_, "PRAGMA page_count"},
      {&free_pages_, "PRAGMA freelist_count"},
  };
  for (const auto& [statement, sql] : statements) {
    Result<Statement> prepared = database_.Prepare(sql);
    if (!prepared) return Failure(prepared.error());
    *statement = std::move(*prepared);
  }
  const Result<std::int64_t> puts = database_.Value("SELECT coalesce(max(put), 0) FROM blobs");
  if (!puts) return Failure(puts.error());
  puts_ = *puts;
  const Result<std::int64_t> last =
      database_.Value("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'records'");
  if (!last) return Failure(last.error());
  last_position_ = static_cast<Position>(*last);
  return {};
}

Result<void> SqliteStore::ReadStreams() {
  Result<Statement> rows = database_.Prepare(
      "SELECT id, node, boot_id, epoch, first_sequence, last_sequence, records FROM streams");
  if (!rows) return Failure(rows.error());
  for (;;) {
    const Result<bool> row = rows->Step();
    if (!row) return Failure(row.error());
    if (!*row) return {};
    Stream stream{rows->Integer(0),
                  {{rows->Text(1), rows->Text(2), rows->Unsigned(3)},
                   rows->Unsigned(4),
                   rows->Unsigned(5),
                   rows->Unsigned(6)}};
    StreamKey key(stream.state.id.node, stream.state.id.epoch);
    streams_.insert_or_assign(std::move(key), std::move(stream));
  }
}

Result<SqliteStore::Stream*> SqliteStore::Find(const StreamId& id, std::uint64_t sequence, Changed& changed) {
  const StreamKey key(id.node, id.epoch);
  if (const auto it = changed.find(key); it != changed.end()) return &it->second;
  if (const auto it = streams_.find(key); it != streams_.end())
    return &changed.emplace(key, it->second).first->second;
  if (auto done = insert_stream_.Bind(id.node).Bind(id.boot_id).Bind(id.epoch).Bind(sequence).Run(); !done) {
    return Failure(done.error());
  }
  return &changed.emplace(key, Stream{database_.LastRowId(), {id, sequence, 0, 0}}).first->second;
}

Result<void> SqliteStore::HasRoom(std::span<const RecordToStore> records) {
  if (records.empty()) return {};
  Bytes bytes = 0;
  for (const RecordToStore& record : records) bytes += kRowBytes + std::ssize(record.frame);
  if (Used() + bytes <= for_records_) return {};
  return Failure(ErrorKind::kExhausted,
                 fmt::format("the store is full: {} of the {} for records are used",
                             FormatBytes(std::min(Used(), for_records_)), FormatBytes(for_records_)));
}

Result<std::vector<Position>> SqliteStore::Append(std::span<const RecordToStore> records,
                                                  std::span<const Blob> beside, Wall now) {
  std::vector<Position> positions(records.size(), 0);
  if (auto room = HasRoom(records); !room) return Failure(room.error().In("storing records"));
  Result<Transaction> transaction = Transaction::Begin(database_);
  if (!transaction) return Failed(transaction.error(), "storing records");
  // What changes is copied, so that a failed commit leaves our picture as it was.
  Changed changed;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const RecordToStore& record = records[i];
    Result<Stream*> stream = Find(*record.stream, record.sequence, changed);
    if (!stream) return Failed(stream.error(), "storing records");
    StreamState& state = (*stream)->state;
    if (record.sequence <= state.last_sequence) continue;
    auto done = insert_record_.Bind((*stream)->row)
                    .Bind(record.sequence)
                    .Bind(NsOf(record.received))
                    .BindBlob(record.frame)
                    .Run();
    if (!done) return Failed(done.error(), "storing records");
    positions[i] = static_cast<Position>(database_.LastRowId());
    state.last_sequence = record.sequence;
    ++state.records;
  }
  if (auto done = SaveStreams(changed, now); !done) return Failed(done.error(), "storing records");
  if (auto done = PutEach(beside, now); !done) return Failed(done.error(), "storing state");
  if (auto done = transaction->Commit(); !done) return Failed(done.error(), "storing records");
  for (auto& [key, stream] : changed) streams_.insert_or_assign(key, std::move(stream));
  for (const Position position : positions) last_position_ = std::max(last_position_, position);
  return positions;
}

Result<void> SqliteStore::SaveStreams(const Changed& changed, Wall seen) {
  for (const auto& [key, stream] : changed) {
    auto done = update_stream_.Bind(stream.state.last_sequence)
                    .Bind(stream.state.records)
                    .Bind(NsOf(seen))
                    .Bind(stream.row)
                    .Run();
    if (!done) return done;
  }
  return {};
}

Result<std::vector<StreamState>> SqliteStore::Streams() {
  std::vector<StreamState> states;
  for (const auto& [key, stream] : streams_) states.push_back(stream.state);
  return states;
}

Result<void> SqliteStore::Replay(Position after, const std::function<void(const StoredRecord&)>& visit) {
  Result<Statement> rows = database_.Prepare(
      "SELECT position, node, boot_id, epoch, sequence, received_ns, frame FROM records"
      " JOIN streams ON streams.id = records.stream WHERE position > ? ORDER BY position");
  if (!rows) return Failed(rows.error(), "replaying records");
  rows->Bind(after);
  for (;;) {
    const Result<bool> row = rows->Step();
    if (!row) return Failed(row.error(), "replaying records");
    if (!*row) return {};
    const auto frame = std::as_bytes(std::span(rows->Bytes(6)));
    visit({rows->Unsigned(0),
           {rows->Text(1), rows->Text(2), rows->Unsigned(3)},
           rows->Unsigned(4),
           WallOf(rows->Integer(5)),
           {frame.begin(), frame.end()}});
  }
}

Result<void> SqliteStore::Put(std::span<const Blob> blobs, Wall now) {
  Result<Transaction> transaction = Transaction::Begin(database_);
  if (!transaction) return Failed(transaction.error(), "storing state");
  auto done = PutEach(blobs, now);
  if (done) done = transaction->Commit();
  if (done) done = Sync();
  if (!done) return Failed(done.error(), "storing state");
  return {};
}

Result<void> SqliteStore::PutEach(std::span<const Blob> blobs, Wall now) {
  for (const Blob& blob : blobs) {
    auto done =
        blob.value.empty()
            ? erase_.Bind(blob.space).Bind(blob.key).Run()
            : put_.Bind(blob.space).Bind(blob.key).Bind(++puts_).Bind(NsOf(now)).BindBlob(blob.value).Run();
    if (!done) return done;
  }
  return {};
}

Result<std::vector<Blob>> SqliteStore::Scan(std::string_view space) {
  Result<Statement> rows = database_.Prepare("SELECT key, value FROM blobs WHERE space=? ORDER BY key");
  if (!rows) return Failed(rows.error(), "reading state");
  rows->Bind(space);
  std::vector<Blob> blobs;
  for (;;) {
    const Result<bool> row = rows->Step();
    if (!row) return Failed(row.error(), "reading state");
    if (!*row) return blobs;
    blobs.push_back({std::string(space), rows->Text(0), rows->Text(1)});
  }
}

Result<void> SqliteStore::Trim(std::string_view space, Wall since, std::size_t at_most) {
  Result<Statement> trim = database_.Prepare(
      "DELETE FROM blobs WHERE space=?1 AND (put_ns < ?2 OR put <="
      " (SELECT put FROM blobs WHERE space=?1 ORDER BY put DESC LIMIT 1 OFFSET ?3))");
  if (!trim) return Failed(trim.error(), "trimming state");
  return trim->Bind(space).Bind(NsOf(since)).Bind(static_cast<std::uint64_t>(at_most)).Run();
}

Result<std::size_t> SqliteStore::Prune(const PruneLimits& limits, Wall now) {
  Result<Statement> prune = database_.Prepare(
      "DELETE FROM records WHERE position IN (SELECT position FROM records"
      " WHERE position <= (SELECT coalesce(max(position), 0) FROM"
      " (SELECT position FROM states WHERE finished UNION ALL SELECT position FROM snapshots WHERE finished))"
      " AND received_ns <= ? ORDER BY position LIMIT ?)");
  if (!prune) return Failed(prune.error(), "pruning");
  auto done = prune->Bind(NsOf(now - limits.keep_folded)).Bind(static_cast<std::int64_t>(limits.rows)).Run();
  if (!done) return Failed(done.error(), "pruning");
  const auto gone = static_cast<std::size_t>(database_.Changes());
  if (gone > 0) {
    // Gives pages back to the file system little by little.
    if (done = database_.Execute("PRAGMA incremental_vacuum(2000)"); !done)
      return Failed(done.error(), "pruning");
    return gone;
  }
  Result<Statement> forget = database_.Prepare(
      "DELETE FROM streams WHERE (seen_ns < ? OR id IN (SELECT id FROM (SELECT id, row_number() OVER"
      " (PARTITION BY node ORDER BY epoch DESC) AS nth FROM streams) WHERE nth > ?))"
      " AND NOT EXISTS(SELECT 1 FROM records WHERE stream = streams.id)");
  if (!forget) return Failed(forget.error(), "pruning");
  done = forget->Bind(NsOf(now - limits.keep_streams))
             .Bind(static_cast<std::int64_t>(limits.streams_of_a_node))
             .Run();
  if (!done) return Failed(done.error(), "pruning");
  if (database_.Changes() > 0) {
    streams_.clear();
    if (done = ReadStreams(); !done) return Failed(done.error(), "pruning");
  }
  return gone;
}

Bytes SqliteStore::Used() {
  std::int64_t pages = 0;
  for (const auto& [statement, sign] : {std::pair(&pages_, 1), std::pair(&free_pages_, -1)}) {
    if (const Result<bool> row = statement->Step(); row && *row) pages += sign * statement->Integer(0);
    statement->Reset();
  }
  return pages * kPageBytes;
}

Bytes SqliteStore::Size() const {
  struct stat file{};
  Bytes bytes = 0;
  for (const char* suffix : {"", "-wal"}) {
    if (::stat((path_ + suffix).c_str(), &file) == 0) bytes += file.st_size;
  }
  return bytes;
}

}  // namespace loadline::collector
