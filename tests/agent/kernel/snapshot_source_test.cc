#include "agent/kernel/snapshot_source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "agent/identity/cgroup_table.h"

namespace loadline::agent {
namespace {

constexpr HierarchyId kCpuacct = 2;
constexpr HierarchyId kMemory = 4;

struct FakeCgroup {
  std::uint64_t id = 0;
  std::uint64_t serial = 0;
  std::uint64_t usage = 0;  // of CPU or memory
};

// What the kernel has, and how often a slice of a walk was run.
struct FakeKernel {
  std::vector<FakeCgroup> unified, cpuacct, memory;  // in walking order, the root first
  std::vector<FakeCgroup>& Of(HierarchyId hierarchy) {
    if (hierarchy == kMemory) return memory;
    return hierarchy == kCpuacct ? cpuacct : unified;
  }
  std::map<HierarchyId, std::uint64_t> changes;
  int slices = 0;
  int visits = 0;  // of cgroups, by walks
  bool refuses = false;
  std::function<void()> after_slice = [] {};
};

// Walks as bpf/cgroup_counters.h does.
class FakeProgram final : public SnapshotProgram {
 public:
  explicit FakeProgram(FakeKernel& kernel) : kernel_(kernel) {}

  Result<std::unique_ptr<SnapshotLink>> Attach(int, Depth depth) override {
    return std::make_unique<Link>(*this, depth);
  }
  slice_control& control() override { return control_; }
  const cgroup_record* records() const override { return records_.data(); }
  const moved_record* moved() const override { return moved_.data(); }

 private:
  class Link final : public SnapshotLink {
   public:
    Link(FakeProgram& program, Depth depth) : program_(program), depth_(depth) {}
    Result<void> Run() override { return program_.Run(depth_); }

   private:
    FakeProgram& program_;
    Depth depth_;
  };

  Result<void> Run(Depth depth) {
    ++kernel_.slices;
    if (kernel_.refuses) return Failure(ErrorKind::kDenied, "not now");
    const std::uint64_t expected = std::exchange(control_.changes, kernel_.changes[control_.hierarchy]);
    if (depth == Depth::kAll)
      Walk();
    else if (control_.changes == expected)
      LookAtPlaces();
    kernel_.after_slice();
    return {};
  }

  [[nodiscard]] bool tells_time() const { return control_.hierarchy != kMemory; }

  void Walk() {
    const auto& cgroups = kernel_.Of(control_.hierarchy);
    for (const FakeCgroup& cgroup : cgroups) {
      if (control_.found_resume == 0) {
        control_.found_resume = cgroup.serial == control_.resume_after ? 1 : 0;
        continue;
      }
      if (control_.records == control_.max_records) {
        control_.stopped = 1;
        break;
      }
      ++kernel_.visits;
      Write(records_[control_.records++], cgroup, tells_time());
      control_.last = cgroup.serial;
      if (control_.place < PLACES_MAX) places_[control_.place++] = {&cgroup - cgroups.data(), cgroup.usage};
    }
  }

  void LookAtPlaces() {
    for (; control_.place < control_.end_place; ++control_.place) {
      Place& place = places_[control_.place];
      const FakeCgroup& cgroup = kernel_.Of(control_.hierarchy)[static_cast<std::size_t>(place.cgroup)];
      if (cgroup.usage == place.usage) continue;
      if (control_.records == control_.max_records) {
        control_.stopped = 1;
        return;
      }
      place.usage = cgroup.usage;
      moved_record& moved = moved_[control_.records++] = {};
      moved.place = control_.place;
      moved.parts = tells_time() ? PART_CPU_USAGE : PART_MEMORY_USE;
      (tells_time() ? moved.usage_ns : moved.usage_pages) = cgroup.usage;
    }
  }

  static void Write(cgroup_record& record, const FakeCgroup& cgroup, bool tells_time) {
    record.serial = cgroup.serial;
    record.id = cgroup.id;
    record.parts = tells_time ? PART_CPU_USAGE : PART_MEMORY_USE;
    (tells_time ? record.usage_ns : record.usage_pages) = cgroup.usage;
  }

  struct Place {
    std::ptrdiff_t cgroup = 0;
    std::uint64_t usage = 0;
  };

  FakeKernel& kernel_;
  slice_control control_{};
  std::array<cgroup_record, SLICE_RECORDS> records_{};
  std::array<moved_record, SLICE_MOVED> moved_{};
  std::vector<Place> places_ = std::vector<Place>(PLACES_MAX);
};

class SnapshotSourceTest : public ::testing::Test {
 protected:
  void Open(std::uint32_t max_records = 0) {
    const std::vector<CgroupHierarchy> hierarchies = {
        {.id = kCpuacct, .mount = "/", .top = 0, .controllers = {"cpuacct"}},
        {.id = kMemory, .mount = "/", .top = 0, .controllers = {"memory"}}};
    source_ = SnapshotSource::Open(std::make_unique<FakeProgram>(kernel_), hierarchies, table_,
                                   {.slice = {}, .max_records = max_records})
                  .value();
    source_->TrustChanges();
  }

  // A cgroup of both hierarchies, each with an id of its own; the table knows it when it was told.
  void Make(std::uint64_t id, const std::string& path, bool told = true) {
    kernel_.cpuacct.push_back({.id = id, .serial = id});
    kernel_.memory.push_back({.id = id + 100, .serial = id + 100});
    CountChange();
    if (told) Tell(id, path);
  }
  void CountChange() {
    ++kernel_.changes[kCpuacct];
    ++kernel_.changes[kMemory];
  }
  void Tell(std::uint64_t id, const std::string& path) {
    table_.Born(kCpuacct, id, path);
    table_.Born(kMemory, id + 100, path);
  }

  std::map<std::string, CgroupCounters> Sample(Depth depth = Depth::kAll) {
    EXPECT_TRUE(source_->Sample(samples_, depth));
    std::map<std::string, CgroupCounters> by_path;
    for (const CgroupCounters& sample : samples_) by_path[std::string(table_.Path(sample.ref))] = sample;
    EXPECT_EQ(by_path.size(), samples_.size());
    return by_path;
  }

  FakeKernel kernel_;
  CgroupTable table_;
  std::unique_ptr<SnapshotSource> source_;
  std::vector<CgroupCounters> samples_;
};

TEST_F(SnapshotSourceTest, TwoHierarchiesTellOfOneCgroup) {
  Make(1, "/");
  Make(2, "/web");
  kernel_.cpuacct[1].usage = 77;
  kernel_.memory[1].usage = 3;
  Open();
  const auto samples = Sample();
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_EQ(samples.at("/web").cpu->usage_ns, 77U);
  EXPECT_GT(samples.at("/web").memory->current, 0);
}

TEST_F(SnapshotSourceTest, WhatMovesIsReadWithoutTheRest) {
  Make(1, "/");
  Make(2, "/web");
  Open();
  Sample();
  kernel_.slices = 0;
  kernel_.cpuacct[1].usage = 5;
  EXPECT_EQ(Sample(Depth::kMoving).at("/web").cpu->usage_ns, 5U);
  EXPECT_EQ(kernel_.slices, 2);
}

TEST_F(SnapshotSourceTest, WhatDidNotMoveIsLeftOutUntilAllIsRead) {
  Make(1, "/");
  for (std::uint64_t id = 2; id <= 5; ++id) Make(id, "/" + std::to_string(id));
  Open();
  Sample();
  kernel_.cpuacct[2].usage = 5;
  kernel_.memory[3].usage = 6;
  kernel_.cpuacct[4].usage = 7;
  kernel_.memory[4].usage = 8;
  const auto moved = Sample(Depth::kMoving);
  EXPECT_EQ(moved.size(), 4U) << "the root, and three of four";
  EXPECT_FALSE(moved.contains("/2"));
  EXPECT_EQ(moved.at("/3").cpu->usage_ns, 5U);
  EXPECT_EQ(moved.at("/4").memory->current, 6 * 4096);
  EXPECT_EQ(moved.at("/5").cpu->usage_ns, 7U);
  EXPECT_EQ(moved.at("/5").memory->current, 8 * 4096) << "both hierarchies tell of one cgroup";
  EXPECT_EQ(Sample(Depth::kMoving).size(), 1U);
  EXPECT_EQ(Sample().size(), 5U);
}

TEST_F(SnapshotSourceTest, WhatIsLentComesBackWithWhatWasAddedToIt) {
  Make(1, "/");
  Make(2, "/web");
  Open();
  Sample();
  for (CgroupCounters& sample : samples_) sample.probes.emplace();
  samples_.emplace_back().ref = 999;
  kernel_.cpuacct[1].usage = 5;
  const auto moved = Sample(Depth::kMoving);
  EXPECT_EQ(moved.size(), 2U);
  EXPECT_EQ(moved.at("/web").cpu->usage_ns, 5U);
  EXPECT_FALSE(moved.at("/web").probes) << "it was somebody else's";
  EXPECT_EQ(Sample().size(), 2U);
}

TEST_F(SnapshotSourceTest, WhatIsLentAndDoesNotComeBackIsReadAgain) {
  Make(1, "/");
  Make(2, "/web");
  Open();
  Sample();
  kernel_.cpuacct[1].usage = 5;
  std::vector<CgroupCounters> others;
  ASSERT_TRUE(source_->Sample(others, Depth::kMoving));
  EXPECT_EQ(others.size(), 2U) << "all";
  Sample();
  samples_.clear();
  EXPECT_EQ(Sample(Depth::kMoving).at("/web").cpu->usage_ns, 5U);
}

TEST_F(SnapshotSourceTest, WhatMovesIsLookedUpWithoutAWalk) {
  Make(1, "/");
  Make(2, "/web");
  Open();
  Sample();
  kernel_.visits = 0;
  kernel_.memory[1].usage = 3;
  EXPECT_EQ(Sample(Depth::kMoving).at("/web").memory->current, 3 * 4096);
  EXPECT_EQ(kernel_.visits, 0);
}

TEST_F(SnapshotSourceTest, WhatMovesIsReadInSlicesWhereManyHaveMoved) {
  Make(1, "/");
  for (std::uint64_t id = 2; id <= 10; ++id) Make(id, "/" + std::to_string(id));
  Open(4);
  Sample();
  for (FakeCgroup& cgroup : kernel_.cpuacct) cgroup.usage = 7;
  kernel_.slices = 0;
  const auto moved = Sample(Depth::kMoving);
  EXPECT_EQ(moved.size(), 10U);
  for (const auto& [path, counters] : moved) EXPECT_EQ(counters.cpu->usage_ns, 7U) << path;
  EXPECT_EQ(kernel_.slices, 3 + 1);
}

// Between two slices of a pass: what is kept may be anywhere by now.
TEST_F(SnapshotSourceTest, ABirthDuringAPassMakesItReadAll) {
  Make(1, "/");
  for (std::uint64_t id = 2; id <= 6; ++id) Make(id, "/" + std::to_string(id));
  Open(4);
  Sample();
  for (FakeCgroup& cgroup : kernel_.cpuacct) cgroup.usage = 7;
  kernel_.after_slice = [this, first = true]() mutable {
    if (std::exchange(first, false)) CountChange();
  };
  kernel_.visits = 0;
  EXPECT_EQ(Sample(Depth::kMoving).size(), 6U);
  EXPECT_EQ(kernel_.visits, 12);
}

// Between two slices of a walk: it is used, but nothing is looked up where it was then.
TEST_F(SnapshotSourceTest, ABirthDuringAWalkMakesTheNextPassReadAllToo) {
  Make(1, "/");
  for (std::uint64_t id = 2; id <= 6; ++id) Make(id, "/" + std::to_string(id));
  Open(4);
  kernel_.after_slice = [this, first = true]() mutable {
    if (std::exchange(first, false)) CountChange();
  };
  Sample();
  kernel_.visits = 0;
  Sample(Depth::kMoving);
  EXPECT_EQ(kernel_.visits, 12);
  Sample(Depth::kMoving);
  EXPECT_EQ(kernel_.visits, 12) << "from then on they are where they were";
}

TEST_F(SnapshotSourceTest, WhereNobodyCountsBirthsEachPassReadsAll) {
  Make(1, "/");
  Make(2, "/web");
  const std::vector<CgroupHierarchy> hierarchies = {
      {.id = kCpuacct, .mount = "/", .top = 0, .controllers = {"cpuacct"}}};
  source_ = SnapshotSource::Open(std::make_unique<FakeProgram>(kernel_), hierarchies, table_,
                                 {.slice = {}, .max_records = 0})
                .value();
  Sample();
  kernel_.cpuacct[1].usage = 5;
  EXPECT_EQ(Sample(Depth::kMoving).at("/web").cpu->usage_ns, 5U);
  EXPECT_EQ(kernel_.visits, 4);
}

TEST_F(SnapshotSourceTest, ABirthBetweenTwoPassesMakesTheNextOneReadAll) {
  Make(1, "/");
  Make(2, "/web");
  Open();
  Sample();
  Make(3, "/job");
  kernel_.cpuacct[2].usage = 9;
  EXPECT_EQ(Sample(Depth::kMoving).at("/job").cpu->usage_ns, 9U);
}

// One in the middle, so that everything behind it moves up by one place.
TEST_F(SnapshotSourceTest, ADeathBetweenTwoPassesMixesUpNobody) {
  Make(1, "/");
  Make(2, "/gone");
  Make(3, "/web");
  Open();
  Sample();
  kernel_.cpuacct.erase(kernel_.cpuacct.begin() + 1);
  kernel_.memory.erase(kernel_.memory.begin() + 1);
  CountChange();
  kernel_.cpuacct[1].usage = 4;
  const auto samples = Sample(Depth::kMoving);
  EXPECT_FALSE(samples.contains("/gone"));
  EXPECT_EQ(samples.at("/web").cpu->usage_ns, 4U);
}

TEST_F(SnapshotSourceTest, ANameThatComesLateIsNoLoss) {
  Make(1, "/");
  Make(2, "/web", false);
  Open();
  EXPECT_EQ(Sample().size(), 1U);
  Tell(2, "/web");
  EXPECT_TRUE(Sample().contains("/web"));
  EXPECT_EQ(source_->unknown(), 0U);
}

// As where systemd has a hierarchy of its own beside those of the controllers.
class HybridSnapshotTest : public SnapshotSourceTest {
 protected:
  static constexpr std::uint64_t kUnifiedIds = 200;  // from here

  void OpenAll() {
    const std::vector<CgroupHierarchy> hierarchies = {
        {.id = 0, .mount = "/", .top = 0, .controllers = {}},
        {.id = kCpuacct, .mount = "/", .top = 0, .controllers = {"cpuacct"}},
        {.id = kMemory, .mount = "/", .top = 0, .controllers = {"memory"}}};
    source_ = SnapshotSource::Open(std::make_unique<FakeProgram>(kernel_), hierarchies, table_,
                                   {.slice = {}, .max_records = 0})
                  .value();
    source_->TrustChanges();
  }
  void MakeUnified(std::uint64_t id, const std::string& path) {
    kernel_.unified.push_back({.id = kUnifiedIds + id, .serial = kUnifiedIds + id});
    ++kernel_.changes[0];
    table_.Born(0, kUnifiedIds + id, path);
  }
  void MakeEverywhere(std::uint64_t id, const std::string& path) {
    Make(id, path);
    MakeUnified(id, path);
  }
};

TEST_F(HybridSnapshotTest, WhatMovesIsReadFromV1WhereItTellsAll) {
  MakeEverywhere(1, "/");
  MakeEverywhere(2, "/web");
  OpenAll();
  Sample();
  kernel_.slices = 0;
  kernel_.cpuacct[1].usage = 7;
  kernel_.memory[1].usage = 3;
  const auto samples = Sample(Depth::kMoving);
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_EQ(samples.at("/web").cpu->usage_ns, 7U);
  EXPECT_EQ(samples.at("/web").memory->current, 3 * 4096);
  EXPECT_EQ(kernel_.slices, 2);
}

TEST_F(HybridSnapshotTest, ACgroupThatIsBornInV2AloneIsSeen) {
  MakeEverywhere(1, "/");
  OpenAll();
  Sample();
  MakeUnified(2, "/job");
  EXPECT_TRUE(Sample().contains("/job"));
  kernel_.unified[1].usage = 7;
  EXPECT_EQ(Sample(Depth::kMoving).at("/job").cpu->usage_ns, 7U);
}

TEST_F(HybridSnapshotTest, ACgroupThatV1LosesIsReadFromV2) {
  MakeEverywhere(1, "/");
  MakeEverywhere(2, "/web");
  OpenAll();
  Sample();
  Sample();
  kernel_.cpuacct.pop_back();
  kernel_.memory.pop_back();
  CountChange();
  kernel_.unified[1].usage = 5;
  EXPECT_EQ(Sample().at("/web").cpu->usage_ns, 5U);
}

TEST_F(SnapshotSourceTest, WhatHasNoNameInTwoPassesRunningIsCounted) {
  Make(1, "/");
  Make(2, "/web", false);
  Open();
  Sample();
  EXPECT_EQ(source_->unknown(), 0U);
  Sample();
  EXPECT_EQ(source_->unknown(), 2U) << "in each hierarchy";
  Sample();
  EXPECT_EQ(source_->unknown(), 2U) << "each once";
  Make(3, "/db", false);
  Sample();
  Sample();
  EXPECT_EQ(source_->unknown(), 4U);
}

// As at the start, where the agent tries whether it may read what it loaded.
TEST_F(SnapshotSourceTest, APassBeforeTheNewsOfBirthsWasReadCountsNobody) {
  Make(1, "/");
  Make(2, "/web", false);
  Open();
  Sample();
  source_->ForgetUnknown();
  Sample();
  EXPECT_EQ(source_->unknown(), 0U);
  Tell(2, "/web");
  Sample();
  EXPECT_EQ(source_->unknown(), 0U);
}

TEST_F(SnapshotSourceTest, AWalkInSlicesReadsAll) {
  Make(1, "/");
  for (std::uint64_t id = 2; id <= 9; ++id) Make(id, "/" + std::to_string(id));
  Open(4);
  EXPECT_EQ(Sample().size(), 9U);
  EXPECT_EQ(kernel_.slices, 6);
  EXPECT_EQ(source_->slices(), 6U);
}

TEST_F(SnapshotSourceTest, ASliceGoesOnThoughTheLastCgroupOfTheOneBeforeIsGone) {
  Make(1, "/");
  for (std::uint64_t id = 2; id <= 9; ++id) Make(id, "/" + std::to_string(id));
  Open(4);
  kernel_.after_slice = [this] {
    if (kernel_.slices == 1) kernel_.cpuacct.erase(kernel_.cpuacct.begin() + 3);
  };
  const auto samples = Sample();
  for (const char* path : {"/", "/2", "/3", "/5", "/9"}) EXPECT_TRUE(samples.contains(path)) << path;
}

TEST_F(SnapshotSourceTest, APassThatFailsIsCountedAndTheNextOneStartsAnew) {
  Make(1, "/");
  Make(2, "/web");
  Open();
  Sample();
  kernel_.refuses = true;
  std::vector<CgroupCounters> samples;
  EXPECT_FALSE(source_->Sample(samples, Depth::kAll));
  EXPECT_EQ(source_->failed(), 1U);
  kernel_.refuses = false;
  EXPECT_EQ(Sample(Depth::kMoving).size(), 2U);
}

}  // namespace
}  // namespace loadline::agent
