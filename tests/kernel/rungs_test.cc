// Which rung each signal runs on. What it ought to be is known where the kernel is, so the caller says it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

#include "agent/kernel/kernel_btf.h"
#include "tests/kernel/probed_node.h"

namespace loadline::testing {
namespace {

// LOADLINE_RUNGS="oom_kill=fexit process_exit=tp_btf"
TEST(KernelRungs, AreTheBestThisKernelAllows) {
  const char* expected = std::getenv("LOADLINE_RUNGS");
  if (expected == nullptr) GTEST_SKIP() << "LOADLINE_RUNGS does not say what to expect of this kernel";
  std::ostringstream found;
  for (const auto& rung : ProbedNode::Shared().probes().rungs()) {
    found << (found.tellp() > 0 ? " " : "") << wire::Name(rung.signal) << "=" << wire::Name(rung.rung);
  }
  EXPECT_EQ(found.str(), expected);
}

TEST(KernelRungs, EverySignalIsNamedAndWhatIsNotOnTheBestRungSaysWhy) {
  const auto& rungs = ProbedNode::Shared().probes().rungs();
  std::vector<wire::Signal> probed;
  for (int signal = 0; signal < wire::kSignalCount; ++signal) {
    if (wire::Signal(signal) != wire::Signal::kPressure) probed.push_back(wire::Signal(signal));
  }
  ASSERT_EQ(rungs.size(), probed.size());
  for (std::size_t i = 0; i < rungs.size(); ++i) {
    EXPECT_EQ(rungs[i].signal, probed[i]);
    if (rungs[i].rung == wire::Rung::kOff) {
      EXPECT_FALSE(rungs[i].why.empty());
    }
    if (rungs[i].rung == wire::Rung::kFexit) {
      EXPECT_EQ(rungs[i].why, "");
    }
  }
}

// Where it does not load, the slower form takes its place and all other tests pass.
TEST(KernelRungs, CountersComeFromTheFastFormWhereTheKernelHasWhatItNeeds) {
  const auto btf = agent::KernelBtf::Load();
  if (!btf || !btf->HasIterator("cgroup") || !btf->HasFunction("bpf_iter_css_next") ||
      !btf->HasFunction("bpf_rdonly_cast"))
    GTEST_SKIP() << "this kernel cannot walk in a program";
  EXPECT_EQ(ProbedNode::Shared().RungOf(wire::Signal::kCgroupCounters).why, "");
}

// Two worse rungs forced: the same kernel then gives what a locked-down one gives.
TEST(KernelRungs, ACeilingKeepsBetterRungsFromBeingTried) {
  agent::KernelProbesOptions options;
  options.ceilings = {{wire::Signal::kOomKill, wire::Rung::kTpBtf},
                      {wire::Signal::kCgroupCounters, wire::Rung::kFiles}};
  ProbedNode node(options);
  EXPECT_GE(node.RungOf(wire::Signal::kOomKill).rung, wire::Rung::kTpBtf);
  EXPECT_EQ(node.RungOf(wire::Signal::kCgroupCounters).rung, wire::Rung::kOff);
  EXPECT_EQ(node.probes().counters(), nullptr);
}

}  // namespace
}  // namespace loadline::testing
