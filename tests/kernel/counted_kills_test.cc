// OOM kills as an agent without probes sees them: through the kernel's counters, each second.
#include <gtest/gtest.h>

#include <map>

#include "agent/source/machine_source.h"
#include "tests/kernel/hungry.h"
#include "tests/kernel/own_name.h"
#include "tests/support/cgroup.h"

namespace loadline::testing {
namespace {

using namespace std::chrono_literals;

constexpr Bytes kLimit = 8 * kMiB;

TEST(KernelCountedKills, WithoutProbesEveryKillIsSeenThroughTheCounters) {
  const SystemClock clock;
  agent::MachineSourceOptions options;
  for (int signal = 0; signal < wire::kSignalCount; ++signal)
    options.ceilings.push_back({wire::Signal(signal), wire::Rung::kFiles});
  auto source = agent::MachineSource::Open(options, clock.Now()).value();
  (void)source->Sample(clock.Now(), agent::Depth::kAll);

  auto pod = OwnCgroup::Make(OwnName("counted")).value();
  ASSERT_TRUE(pod.LimitMemory(kLimit));
  auto one = OwnCgroup::Make(OwnName("counted/one")).value();
  auto other = OwnCgroup::Make(OwnName("counted/other")).value();
  for (const OwnCgroup* cgroup : {&one, &other, &one}) {
    ASSERT_TRUE(WasKilled(cgroup->Spawn([] { TouchAndHold(4 * kLimit); })));
  }

  std::map<std::string, int> kills;
  const auto path_of = [&](const agent::KernelCgroup& cgroup) {
    const auto ref = source->table().Find(cgroup.hierarchy, cgroup.id);
    return ref ? std::string(source->table().Path(*ref)) : "";
  };
  // New cgroups are found by a walk, every five seconds.
  for (const Mono end = clock.Now() + 8s; clock.Now() < end && kills.size() < 2;) {
    (void)source->Sample(clock.Now(), agent::Depth::kMoving);
    source->WaitUntil(clock.Now() + 500ms, -1, [&](const agent::KernelEvent& event) {
      const auto* victim = std::get_if<agent::OomVictim>(&event);
      if (victim == nullptr || !path_of(victim->victim).starts_with("/" + OwnName("counted"))) return;
      ++kills[path_of(victim->victim)];
      EXPECT_EQ(path_of(victim->limit_owner), pod.path());
      EXPECT_EQ(victim->owner_limit, kLimit);
    });
  }
  EXPECT_EQ(kills, (std::map<std::string, int>{{one.path(), 2}, {other.path(), 1}}));
}

}  // namespace
}  // namespace loadline::testing
