// Files damaged in many ways: whatever is in them, the store opens, with what there was or anew, and says
// which.
#include "collector/store/damage.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <random>

#include "collector/store/note_files.h"
#include "collector/store/sqlite_store.h"
#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;

const StreamId kStream{"node-1", "boot-1", 7};

class DamagedStore : public testing::Test {
 protected:
  void SetUp() override {
    auto store = Open();
    ASSERT_TRUE(store);
    const std::string frame(3000, 'f');
    for (std::uint64_t sequence = 1; sequence <= 200; ++sequence) {
      const RecordToStore record{&kStream, sequence, Wall{}, std::as_bytes(std::span(frame))};
      ASSERT_TRUE((*store)->Append({&record, 1}));
    }
  }
  Result<std::unique_ptr<SqliteStore>> Open() const {
    return SqliteStore::Open(folder_.path(), {.max_bytes = 64 * kMiB});
  }
  // As the collector uses it: opened, read, written; once more when that finds damage.
  bool Works(bool& anew) const {
    for (int start = 0; start < 2; ++start) {
      auto store = Open();
      if (!store) return false;
      anew = !(*store)->SetAside().empty();
      bool damaged = false;
      (*store)->OnDamage([&] { damaged = true; });
      std::uint64_t next = 1;
      const auto replayed =
          (*store)->Replay(0, [&](const StoredRecord& record) { next = record.sequence + 1; });
      const std::string frame(3000, 'g');
      const RecordToStore record{&kStream, 1'000, Wall{}, std::as_bytes(std::span(frame))};
      const auto appended = (*store)->Append({&record, 1});
      if (replayed && appended) return true;
      if (!damaged) return false;
      store->reset();
      MarkDatabaseDamaged(folder_.path());
    }
    return false;
  }
  std::string Database() const { return folder_.path() + "/loadline.db"; }
  void Overwrite(const std::string& path, std::size_t at, const std::string& bytes) const {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at));
    file << bytes;
  }

  TemporaryFolder folder_;
};

std::string RandomBytes(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

TEST_F(DamagedStore, OfNoDatabaseIsSetAsideAndSaid) {
  const std::string before = "this is no database at all, but it is somebody's evidence";
  std::ofstream(Database()) << before << std::string(8192, 'x');
  auto store = Open();
  ASSERT_TRUE(store) << store.error().message;
  const std::string aside = (*store)->SetAside();
  EXPECT_THAT(aside, HasSubstr("/loadline.db.damaged-"));
  std::ifstream kept(aside);
  std::string line;
  std::getline(kept, line);
  EXPECT_THAT(line, HasSubstr(before));
  EXPECT_TRUE((*store)->Streams()->empty());
  // It stays said at the next start, and is not set aside again.
  store->reset();
  store = Open();
  ASSERT_TRUE(store);
  EXPECT_EQ((*store)->SetAside(), aside);
}

TEST_F(DamagedStore, LeavesWhatWasNoted) {
  ASSERT_TRUE((*Open())->notes().Append("delivered"));
  Overwrite(Database(), 0, std::string(16, 'x'));
  auto store = Open();
  ASSERT_TRUE(store);
  EXPECT_NE((*store)->SetAside(), "");
  EXPECT_EQ((*store)->notes().Load()->front(), "delivered");
}

TEST_F(DamagedStore, WorksAgainHoweverItWasDamaged) {
  const auto size = fs::file_size(Database());
  struct Damage {
    const char* what;
    std::function<void()> inflict;
    bool anew;
  };
  const Damage kDamages[] = {
      {"header", [&] { Overwrite(Database(), 0, std::string(16, 'x')); }, true},
      {"the header's numbers", [&] { Overwrite(Database(), 16, RandomBytes(84, 1)); }, true},
      {"the schema", [&] { Overwrite(Database(), 100, RandomBytes(3900, 2)); }, true},
      {"all inner pages", [&] { Overwrite(Database(), 4096, RandomBytes(size - 4096, 3)); }, true},
      {"cut in a page", [&] { fs::resize_file(Database(), size / 2 + 100); }, true},
      {"cut to a page", [&] { fs::resize_file(Database(), 4096); }, true},
      {"cut in the header", [&] { fs::resize_file(Database(), 50); }, true},
      {"random from the first byte to the last", [&] { Overwrite(Database(), 0, RandomBytes(size, 4)); },
       true},
  };
  for (const Damage& damage : kDamages) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder_.path())) fs::remove(entry.path(), error);
    SetUp();
    damage.inflict();
    bool anew = false;
    EXPECT_TRUE(Works(anew)) << damage.what;
    EXPECT_EQ(anew, damage.anew) << damage.what;
  }
}

TEST_F(DamagedStore, WorksAgainWhicheverPageWasHit) {
  const auto pages = fs::file_size(Database()) / 4096;
  const fs::path whole = folder_.path() + "/whole";
  fs::copy_file(Database(), whole);
  for (unsigned page = 0; page < pages; page += 7) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      if (entry.path() != whole) fs::remove(entry.path(), error);
    }
    fs::copy_file(whole, Database());
    Overwrite(Database(), page * 4096UL, RandomBytes(4096, page));
    bool anew = false;
    EXPECT_TRUE(Works(anew)) << page;
  }
}

// A damaged write-ahead log ends where the damage begins: SQLite sums it up.
TEST_F(DamagedStore, WorksWithADamagedLog) {
  auto store = Open();
  ASSERT_TRUE(store);
  const std::string frame(3000, 'w');
  for (std::uint64_t sequence = 201; sequence <= 220; ++sequence) {
    const RecordToStore record{&kStream, sequence, Wall{}, std::as_bytes(std::span(frame))};
    ASSERT_TRUE((*store)->Append({&record, 1}));
  }
  // As a kill leaves it: with its log.
  const fs::path database = folder_.path() + "/database";
  const fs::path log = folder_.path() + "/log";
  fs::copy_file(Database(), database);
  fs::copy_file(Database() + "-wal", log);
  store->reset();
  const auto size = fs::file_size(log);
  ASSERT_GT(size, 40'000U);
  for (const std::size_t at : {std::size_t{0}, std::size_t{40}, size / 3, size - 5'000}) {
    fs::copy_file(database, Database(), fs::copy_options::overwrite_existing);
    fs::copy_file(log, Database() + "-wal", fs::copy_options::overwrite_existing);
    fs::remove(Database() + "-shm");
    Overwrite(Database() + "-wal", at, RandomBytes(2'000, static_cast<unsigned>(at)));
    bool anew = false;
    EXPECT_TRUE(Works(anew)) << at;
  }
}

TEST_F(DamagedStore, KeepsTheNewestEvidenceAlone) {
  for (const char* old : {"20250101T000000Z", "20250102T000000Z"}) {
    std::ofstream(Database() + ".damaged-" + old) << old;
    std::ofstream(Database() + ".damaged-" + old + "-wal") << old;
  }
  Overwrite(Database(), 0, std::string(100, 'x'));
  ASSERT_TRUE(Open());
  int kept = 0;
  for (const auto& entry : fs::directory_iterator(folder_.path()))
    kept += entry.path().filename().string().find("damaged-") != std::string::npos ? 1 : 0;
  EXPECT_EQ(kept, 1);
}

// None of these says anything of what is in the file.
TEST_F(DamagedStore, IsNotWhatALockAFullDiskOrAMissingPermissionMeans) {
  {
    auto first = Open();
    ASSERT_TRUE(first);
    EXPECT_EQ(Open().error().kind, ErrorKind::kUnavailable);
  }
  auto small = SqliteStore::Open(folder_.path(), {.max_bytes = kMiB});
  ASSERT_TRUE(small);
  bool damaged = false;
  (*small)->OnDamage([&] { damaged = true; });
  const std::string frame(100'000, 'f');
  Result<std::vector<Position>> appended;
  for (std::uint64_t sequence = 300; sequence < 330 && appended; ++sequence) {
    const RecordToStore record{&kStream, sequence, Wall{}, std::as_bytes(std::span(frame))};
    appended = (*small)->Append({&record, 1});
  }
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().kind, ErrorKind::kExhausted);
  EXPECT_FALSE(damaged);
  small->reset();
  if (::geteuid() != 0) {
    fs::permissions(Database(), fs::perms::none);
    EXPECT_EQ(Open().error().kind, ErrorKind::kDenied);
    fs::permissions(Database(), fs::perms(0600));
  }
  // Another process has it locked for good.
  const int other = ::open(Database().c_str(), O_RDWR | O_CLOEXEC);
  struct flock lock{.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0x40000000, .l_len = 512, .l_pid = 0};
  ASSERT_EQ(::fcntl(other, F_OFD_SETLK, &lock), 0);
  const auto locked = Open();
  ASSERT_FALSE(locked);
  EXPECT_EQ(locked.error().kind, ErrorKind::kUnavailable) << locked.error().message;
  ::close(other);
  EXPECT_EQ(DatabaseSetAside(folder_.path()), "");
  EXPECT_TRUE(Open());
}

TEST_F(DamagedStore, IsForItsOwnerAlone) {
  fs::permissions(folder_.path(), fs::perms(0755));
  const std::string notes = folder_.path() + "/" + NoteFiles::kNames[0];
  for (const std::string& file : {Database(), notes}) fs::permissions(file, fs::perms(0644));
  ASSERT_TRUE(Open());
  EXPECT_EQ(fs::status(folder_.path()).permissions(), fs::perms(0700));
  for (const std::string& file : {Database(), notes})
    EXPECT_EQ(fs::status(file).permissions(), fs::perms(0600)) << file;
}

}  // namespace
}  // namespace loadline::collector
