#include "agent/host/file_counter_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>

#include "agent/host/cgroup_walk.h"
#include "tests/support/temporary_folder.h"

namespace loadline::agent {
namespace {

const std::string kUid = "1f0c2a3b-4d5e-6f70-8192-a3b4c5d6e7f8";
const std::string kId = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00";

struct Host {
  std::string name;  // of the folder in tests/data/hosts
  std::string path;  // of the container
  CgroupLayout layout;
};

const Host kHosts[] = {
    {"v2",
     "/kubepods.slice/kubepods-burstable.slice/"
     "kubepods-burstable-pod1f0c2a3b_4d5e_6f70_8192_a3b4c5d6e7f8.slice/cri-containerd-" +
         kId + ".scope",
     CgroupLayout::kUnified},
    {"v1", "/kubepods/burstable/pod" + kUid + "/" + kId, CgroupLayout::kLegacy},
    {"hybrid", "/web", CgroupLayout::kHybrid},
};

void PrintTo(const Host& host, std::ostream* out) {
  *out << host.name;
}

class FileCounters : public ::testing::TestWithParam<Host> {
 protected:
  CgroupMounts Mounts() const {
    return FindCgroupMounts({.root = "tests/data/hosts/" + GetParam().name}).value();
  }
};

// The three folders show the same container on three kinds of machine.
TEST_P(FileCounters, AreTheSameOnEveryLayout) {
  ASSERT_EQ(Mounts().Layout(), GetParam().layout);
  FileCounterSource source(Mounts(), {});
  source.Follow(7, GetParam().path);
  std::vector<CgroupCounters> samples;
  ASSERT_TRUE(source.Sample(samples, Depth::kAll));
  ASSERT_EQ(samples.size(), 1U);
  const CgroupCounters& web = samples[0];
  EXPECT_EQ(web.ref, 7U);
  EXPECT_EQ(web.cpu->usage_ns / 1000, 514'371U);
  EXPECT_EQ(web.cpu->periods, 27U);
  EXPECT_EQ(web.cpu->throttled_periods, 25U);
  EXPECT_EQ(web.cpu->throttled_ns / 1000, 1'973'919U);
  EXPECT_EQ(web.cpu->quota_us, 20'000U);
  EXPECT_EQ(web.cpu->period_us, 100'000U);
  EXPECT_EQ(web.cpu->weight, web.cpu->weight_is_shares ? 256U : 10U);
  EXPECT_EQ(web.memory->current, 27'783'168);
  EXPECT_EQ(web.memory->peak, 34'078'720);
  EXPECT_EQ(web.memory->limit, 64 * kMiB);
  EXPECT_EQ(web.memory->high, 0);
  EXPECT_EQ(web.memory->anon, 21'045'248);
  EXPECT_EQ(web.memory->file, 6'291'456);
  EXPECT_EQ(web.memory->kernel, 221'184);
  EXPECT_EQ(web.memory->inactive_file, 6'291'456);
  EXPECT_EQ(web.processes, 1U);
  EXPECT_EQ(source.failed(), 0U);
}

TEST_P(FileCounters, WalkFindsTheContainerInEveryHierarchy) {
  for (const CgroupHierarchy& hierarchy : Mounts().hierarchies) {
    const auto folders = WalkCgroups(hierarchy).value();
    EXPECT_EQ(folders.front().path, "/");
    EXPECT_EQ(std::ranges::count(folders, GetParam().path, &CgroupFolder::path), 1) << hierarchy.mount;
  }
}

INSTANTIATE_TEST_SUITE_P(Hosts, FileCounters, ::testing::ValuesIn(kHosts),
                         [](const auto& host) { return host.param.name; });

TEST(FileCounterSource, EventsOfMemoryAreReadWhereTheKernelHasThem) {
  FileCounterSource source(FindCgroupMounts({.root = "tests/data/hosts/v2"}).value(), {});
  source.Follow(1, kHosts[0].path);
  std::vector<CgroupCounters> samples;
  ASSERT_TRUE(source.Sample(samples, Depth::kAll));
  EXPECT_EQ(samples.at(0).memory->events_max, 14U);
  EXPECT_EQ(samples.at(0).memory->events_oom, 2U);
  EXPECT_EQ(samples.at(0).memory->events_oom_kill, 3U);
  EXPECT_EQ(samples.at(0).memory->events_oom_group_kill, 1U);
  EXPECT_EQ(samples.at(0).memory->low, 32 * kMiB);
  EXPECT_EQ(samples.at(0).memory->refaults, 443U);
}

TEST(FileCounterSource, TheRootHasNoLimitsAndThatIsNoFailure) {
  FileCounterSource source(FindCgroupMounts({.root = "tests/data/hosts/v2"}).value(), {});
  source.Follow(1, "/");
  std::vector<CgroupCounters> samples;
  ASSERT_TRUE(source.Sample(samples, Depth::kAll));
  EXPECT_EQ(samples.at(0).cpu->usage_ns, 90'514'371'000U);
  EXPECT_EQ(samples.at(0).memory->kernel, 80'000'000);
  EXPECT_EQ(source.failed(), 0U);
}

TEST(FileCounterSource, WhatIsGoneIsLeftOut) {
  FileCounterSource source(FindCgroupMounts({.root = "tests/data/hosts/v2"}).value(), {});
  source.Follow(1, "/never/was");
  std::vector<CgroupCounters> samples;
  ASSERT_TRUE(source.Sample(samples, Depth::kAll));
  EXPECT_TRUE(samples.empty());
}

TEST(FileCounterSource, OpenFilesAreBoundedAndGivenBack) {
  FileCounterSource source(FindCgroupMounts({.root = "tests/data/hosts/v2"}).value(),
                           {.max_open_files = 2, .keep_all = true});
  source.Follow(1, kHosts[0].path);
  std::vector<CgroupCounters> samples;
  ASSERT_TRUE(source.Sample(samples, Depth::kAll));
  EXPECT_EQ(source.open_files(), 2U);
  EXPECT_EQ(samples.at(0).memory->limit, 64 * kMiB);
  source.Forget(1);
  EXPECT_EQ(source.open_files(), 0U);
}

TEST(FileCounterSource, LimitsKeepTheirValueWhileOnlyWhatMovesIsRead) {
  const std::filesystem::path copy = std::filesystem::path(::testing::TempDir()) / "slow_files";
  std::filesystem::remove_all(copy);
  std::filesystem::copy("tests/data/hosts/hybrid", copy, std::filesystem::copy_options::recursive);
  FileCounterSource source(FindCgroupMounts({.root = copy}).value(), {});
  source.Follow(1, "/web");
  std::vector<CgroupCounters> samples;
  ASSERT_TRUE(source.Sample(samples, Depth::kMoving));
  std::ofstream(copy / "sys/fs/cgroup/memory/web/memory.limit_in_bytes") << "1048576\n";
  std::ofstream(copy / "sys/fs/cgroup/memory/web/memory.usage_in_bytes") << "4096\n";
  ASSERT_TRUE(source.Sample(samples, Depth::kMoving));
  EXPECT_EQ(samples.back().memory->current, 4096);
  EXPECT_EQ(samples.back().memory->limit, 64 * kMiB);
  ASSERT_TRUE(source.Sample(samples, Depth::kAll));
  EXPECT_EQ(samples.back().memory->limit, kMiB);
}

// A machine with v2 whose cgroups a test makes up.
class IdleFiles : public ::testing::Test {
 protected:
  IdleFiles() {
    std::filesystem::copy("tests/data/hosts/v2", root_, std::filesystem::copy_options::recursive);
    for (const std::string path : {"/pod", "/pod/app", "/pod-2"}) {
      std::filesystem::create_directories(root_ / ("sys/fs/cgroup" + path));
      Use(path, 100);
      Hold(path, 4096);
    }
    source_.emplace(FindCgroupMounts({.root = root_}).value(), FileCounterOptions{});
    source_->Follow(1, "/pod-2");
    source_->Follow(2, "/pod/app");
    source_->Follow(3, "/pod");
  }
  void Write(const std::string& path, const std::string& text) const {
    std::ofstream(root_ / ("sys/fs/cgroup" + path)) << text;
  }
  void Use(const std::string& path, int us) const {
    Write(path + "/cpu.stat", "usage_usec " + std::to_string(us) + "\n");
  }
  void Hold(const std::string& path, Bytes bytes) const {
    Write(path + "/memory.current", std::to_string(bytes) + "\n");
  }
  // Those that were not left out, with the memory that they hold.
  std::map<std::uint32_t, Bytes> Sample(Depth depth) {
    std::vector<CgroupCounters> samples;
    EXPECT_TRUE(source_->Sample(samples, depth));
    std::map<std::uint32_t, Bytes> held;
    for (const CgroupCounters& sample : samples) held[sample.ref] = sample.memory->current;
    return held;
  }

  const TemporaryFolder folder_;
  const std::filesystem::path root_ = std::filesystem::path(folder_.path()) / "host";
  std::optional<FileCounterSource> source_;
};

TEST_F(IdleFiles, AreNotReadWhereNoCpuTimeWasUsed) {
  EXPECT_EQ(Sample(Depth::kMoving).size(), 3U) << "the first time all is read";
  for (const char* path : {"/pod", "/pod/app", "/pod-2"}) Hold(path, 8192);
  EXPECT_TRUE(Sample(Depth::kMoving).empty());
  Use("/pod-2", 101);
  EXPECT_EQ(Sample(Depth::kMoving), (std::map<std::uint32_t, Bytes>{{1, 8192}}));
  const std::map<std::uint32_t, Bytes> all = {{1, 8192}, {2, 8192}, {3, 8192}};
  EXPECT_EQ(Sample(Depth::kAll), all) << "what others did to their memory";
}

TEST_F(IdleFiles, ArePassedOverBelowWhatIsIdle) {
  (void)Sample(Depth::kAll);
  Use("/pod/app", 150);
  EXPECT_TRUE(Sample(Depth::kMoving).empty()) << "v2 would have added it up above";
  Use("/pod", 150);
  EXPECT_EQ(Sample(Depth::kMoving).size(), 2U);
  source_->Forget(2);
  Use("/pod", 160);
  EXPECT_EQ(Sample(Depth::kMoving).size(), 1U);
  source_->Follow(4, "/pod/app");
  EXPECT_EQ(Sample(Depth::kMoving).size(), 1U) << "what is new is read, wherever it is";
}

}  // namespace
}  // namespace loadline::agent
