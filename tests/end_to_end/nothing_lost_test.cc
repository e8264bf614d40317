// The real collector is killed, stopped and started again under load; afterwards all sums agree to the unit.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "collector/model/saved_model.h"
#include "collector/store/sqlite_store.h"
#include "schemas/base/fd.h"
#include "tests/support/reporting_agent.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wait.h"

namespace loadline {
namespace {

using namespace std::chrono_literals;
using test::Eventually;

// Another of our programs: they lie side by side.
std::string ProgramBeside(const char* name) {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
}

// loadline-collector as a process.
class CollectorProcess {
 public:
  explicit CollectorProcess(std::string state_folder) : folder_(std::move(state_folder)) {
    std::ofstream(folder_ + "/config.yaml") << "store:\n  snapshot_interval: 1s\nlog:\n  level: error\n";
  }
  CollectorProcess(const CollectorProcess&) = delete;
  CollectorProcess& operator=(const CollectorProcess&) = delete;
  ~CollectorProcess() { End(SIGKILL); }

  void Start() {
    const std::string program = ProgramBeside("loadline-collector");
    const std::string config = folder_ + "/config.yaml";
    const std::string listen = endpoint_.empty() ? "tcp://127.0.0.1:0" : endpoint_;
    std::filesystem::remove(folder_ + "/endpoints.json");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::execl(program.c_str(), program.c_str(), "--config", config.c_str(), "--state-dir", folder_.c_str(),
              "--listen", listen.c_str(), "--web", "127.0.0.1:0", nullptr);
      ::_exit(127);
    }
    ASSERT_TRUE(Eventually([&] { return std::filesystem::exists(folder_ + "/endpoints.json"); }));
    endpoint_ = nlohmann::json::parse(test::ReadWhole(folder_ + "/endpoints.json"))["agents"];
  }
  // Its status as waitpid gives it.
  int End(int signal) {
    if (pid_ <= 0) return 0;
    ::kill(pid_, signal);
    int status = 0;
    ::waitpid(std::exchange(pid_, 0), &status, 0);
    return status;
  }
  void Signal(int signal) const { ::kill(pid_, signal); }
  [[nodiscard]] const std::string& endpoint() const { return endpoint_; }

 private:
  const std::string folder_;
  std::string endpoint_;
  pid_t pid_ = 0;
};

constexpr std::uint32_t kContainers = 20;
constexpr std::uint64_t kCpuPerReportUs = kContainers * 5'000'000ULL;

// Sends reports as fast as one each few milliseconds until told to stop.
class Reporter {
 public:
  Reporter(const std::string& endpoint, const std::string& folder, int number, std::size_t spool_bytes) {
    auto options = test::UplinkTo(endpoint, folder, "node-" + std::to_string(number));
    options.spool.memory_bytes = spool_bytes;
    uplink_ = agent::StartUplink(std::move(options), clock_).value();
    // All of one window: no node closes windows faster than time passes.
    thread_ = std::jthread([this, end = clock_.WallNow()](const std::stop_token& stop) {
      for (bool first = true; !stop.stop_requested(); first = false) {
        // Names are said again until the collector has them, as the agent does.
        uplink_->Send(test::ReportOf(kContainers, end, first || !uplink_->Status().Holds(1)));
        std::this_thread::sleep_for(3ms);
      }
    });
  }
  void Stop() {
    thread_.request_stop();
    thread_.join();
  }
  [[nodiscard]] agent::UplinkStatus Status() const { return uplink_->Status(); }
  [[nodiscard]] bool Done() const { return Status().spooled_records == 0; }

 private:
  const SystemClock clock_;
  std::unique_ptr<agent::Uplink> uplink_;
  std::jthread thread_;
};

// Lets an agent with a spool on disk live for so long and kills it. Gives the number of records that its
// spool had taken by then, or a few less.
std::uint64_t LiveAndDie(const std::string& endpoint, const std::string& state, const std::string& spool,
                         std::chrono::milliseconds life) {
  const std::string program = ProgramBeside("loadline-agent-to-kill");
  int ends[2];
  if (::pipe(ends) != 0) return 0;
  const Fd output(ends[0]);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(ends[0]);
    ::execl(program.c_str(), program.c_str(), endpoint.c_str(), state.c_str(), spool.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(ends[1]);
  std::uint64_t taken = 0;
  const auto end = std::chrono::steady_clock::now() + life;
  while (std::chrono::steady_clock::now() < end &&
         ::read(output.get(), &taken, sizeof(taken)) == sizeof(taken)) {
  }
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  return taken;
}

struct Sums {
  std::uint64_t sent = 0;
  std::uint64_t dropped = 0;
};

class NothingLost : public ::testing::Test {
 protected:
  void StartAgents(std::size_t spool_bytes) {
    for (int i = 1; i <= 4; ++i) {
      agents_.push_back(std::make_unique<Reporter>(collector_.endpoint(), folder_.path(), i, spool_bytes));
    }
  }
  // Ends sending, waits until everything has found its way, and stops the collector cleanly.
  Sums Finish() {
    Sums sums;
    for (const auto& agent : agents_) agent->Stop();
    for (const auto& agent : agents_) EXPECT_TRUE(Eventually([&] { return agent->Done(); }, 20s));
    for (const auto& agent : agents_) {
      const agent::UplinkStatus status = agent->Status();
      sums.sent += status.last_sequence;
      sums.dropped += status.dropped_reports + status.dropped_events;
    }
    const int status = collector_.End(SIGTERM);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return sums;
  }
  void ExpectToAgree(const Sums& sums) {
    const auto store = collector::SqliteStore::Open(folder_.path(), {});
    ASSERT_TRUE(store) << store.error().message;
    std::uint64_t stored = 0;
    const auto streams = (*store)->Streams();
    for (const collector::StreamState& stream : *streams) stored += stream.records;
    EXPECT_EQ(stored + sums.dropped, sums.sent) << "each record is in the store or counted as dropped";

    // What is believed is what is stored: each report said the same.
    const collector::CgroupNames names;
    collector::Model model({}, names);
    collector::LeftOut left_out;
    const auto position = (*store)->LoadSnapshot(
        [&](std::string_view piece) { collector::RestoreModel(model, piece, left_out); });
    ASSERT_TRUE(position);
    EXPECT_EQ(left_out.unknown + left_out.damaged, 0U);
    int after = 0;
    ASSERT_TRUE((*store)->Replay(*position, [&](const collector::StoredRecord&) { ++after; }));
    EXPECT_EQ(after, 0) << "a clean stop saves everything";
    std::uint64_t cpu_us = 0;
    model.containers().ForEach(
        [&](collector::ContainerId, const collector::Container& c) { cpu_us += c.cpu_us; });
    EXPECT_EQ(cpu_us, stored * kCpuPerReportUs);
    std::uint64_t missing = 0;
    model.nodes().ForEach(
        [&](collector::NodeId, const collector::Node& node) { missing += node.missing_records; });
    EXPECT_EQ(missing, sums.dropped) << "the collector misses what the agents dropped, no more and no less";
  }

  const TemporaryFolder folder_;
  CollectorProcess collector_{folder_.path()};
  std::vector<std::unique_ptr<Reporter>> agents_;
  std::mt19937 random_{20260101};
};

TEST_F(NothingLost, WhenTheCollectorIsKilledAgainAndAgainUnderLoad) {
  collector_.Start();
  StartAgents(64 << 20);
  for (int round = 0; round < 10; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200 + random_() % 600));
    EXPECT_TRUE(WIFSIGNALED(collector_.End(SIGKILL)));
    collector_.Start();
  }
  const Sums sums = Finish();
  EXPECT_GT(sums.sent, 2000U);
  EXPECT_EQ(sums.dropped, 0U);
  ExpectToAgree(sums);
}

TEST_F(NothingLost, WhenTheCollectorHangsForLongerThanAgentsWait) {
  collector_.Start();
  StartAgents(64 << 20);
  std::this_thread::sleep_for(500ms);
  collector_.Signal(SIGSTOP);
  std::this_thread::sleep_for(5s);
  collector_.Signal(SIGCONT);
  std::this_thread::sleep_for(500ms);
  const Sums sums = Finish();
  EXPECT_EQ(sums.dropped, 0U);
  ExpectToAgree(sums);
}

TEST_F(NothingLost, WhatASmallSpoolDropsDuringAnOutageIsCountedOnBothSides) {
  collector_.Start();
  StartAgents(100'000);
  std::this_thread::sleep_for(500ms);
  EXPECT_TRUE(WIFSIGNALED(collector_.End(SIGKILL)));
  std::this_thread::sleep_for(2s);
  collector_.Start();
  std::this_thread::sleep_for(500ms);
  const Sums sums = Finish();
  EXPECT_GT(sums.dropped, 0U);
  ExpectToAgree(sums);
}

TEST_F(NothingLost, WhenAnAgentIsKilledAgainAndAgainItsSpoolOnDiskBringsAll) {
  collector_.Start();
  const std::string spool = folder_.path() + "/spool";
  std::vector<std::uint64_t> taken;
  for (int life = 0; life < 6; ++life) {
    const bool unheard = life % 2 == 1;
    if (unheard) collector_.Signal(SIGSTOP);
    taken.push_back(LiveAndDie(collector_.endpoint(), folder_.path(), spool, 500ms));
    if (unheard) collector_.Signal(SIGCONT);
  }
  const SystemClock clock;
  auto options = test::UplinkTo(collector_.endpoint(), folder_.path(), "node-1");
  options.spool.directory = spool;
  {
    const auto last = agent::StartUplink(std::move(options), clock);
    ASSERT_TRUE(last) << last.error().message;
    EXPECT_TRUE(Eventually([&] { return (*last)->Status().spooled_records == 0; }, 20s));
    EXPECT_EQ((*last)->Status().dropped_reports, 0U);
  }
  EXPECT_TRUE(WIFEXITED(collector_.End(SIGTERM)));
  const auto store = collector::SqliteStore::Open(folder_.path(), {});
  ASSERT_TRUE(store) << store.error().message;
  auto streams = *(*store)->Streams();
  std::ranges::sort(streams, {}, [](const collector::StreamState& stream) { return stream.id.epoch; });
  ASSERT_EQ(streams.size(), taken.size());
  for (std::size_t life = 0; life < taken.size(); ++life) {
    EXPECT_GT(taken[life], 0U);
    EXPECT_EQ(streams[life].first_sequence, 1U);
    EXPECT_EQ(streams[life].records, streams[life].last_sequence) << "each once and none left out";
    EXPECT_GE(streams[life].last_sequence, taken[life]) << "life " << life;
  }
}

}  // namespace
}  // namespace loadline
