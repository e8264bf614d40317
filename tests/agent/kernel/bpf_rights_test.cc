#include "agent/kernel/bpf_rights.h"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <unistd.h>

namespace loadline::agent {
namespace {

constexpr std::uint64_t Bit(int capability) {
  return std::uint64_t{1} << capability;
}
constexpr std::uint64_t kBoth = Bit(CAP_BPF) | Bit(CAP_PERFMON);

BpfRights Rights(std::uint64_t capabilities) {
  return {.capabilities = capabilities,
          .lockdown = "[none] integrity confidentiality\n",
          .locked_memory = 64 * kKiB,
          .kernel = "6.8.0-1012-azure"};
}

TEST(BpfRights, NameTheCapabilityThatIsMissing) {
  EXPECT_EQ(WhyRefused(Rights(0)), "the capabilities CAP_BPF and CAP_PERFMON are missing");
  EXPECT_EQ(WhyRefused(Rights(Bit(CAP_BPF))), "the capability CAP_PERFMON is missing");
  EXPECT_EQ(WhyRefused(Rights(Bit(CAP_PERFMON))), "the capability CAP_BPF is missing");
  EXPECT_EQ(WhyRefused(Rights(kBoth)), "");
  EXPECT_EQ(WhyRefused(Rights(Bit(CAP_SYS_ADMIN))), "");
}

TEST(BpfRights, NameTheLockdownThatForbidsReading) {
  BpfRights rights = Rights(kBoth);
  rights.lockdown = "none [integrity] confidentiality\n";
  EXPECT_EQ(WhyRefused(rights), "");
  rights.lockdown = "none integrity [confidentiality]\n";
  EXPECT_EQ(WhyRefused(rights), "kernel lockdown is confidentiality");
  EXPECT_EQ(Explained({ErrorKind::kInvalid, "loading: Invalid argument"}, rights).message,
            "kernel lockdown is confidentiality (loading: Invalid argument)");
}

TEST(BpfRights, NameTheLimitOfLockedMemoryWhereItCounts) {
  BpfRights rights = Rights(kBoth);
  const Error refused{ErrorKind::kDenied, "making the ring of events: Operation not permitted"};
  EXPECT_EQ(Explained(refused, rights).message, refused.message);
  rights.kernel = "5.10.0-30-amd64";
  EXPECT_EQ(
      Explained(refused, rights).message,
      "RLIMIT_MEMLOCK is 64 KiB, and before Linux 5.11 the probes' maps have to fit in it (making the ring "
      "of events: Operation not permitted)");
  EXPECT_EQ(Explained({ErrorKind::kInvalid, "loading: Invalid argument"}, rights).message,
            "loading: Invalid argument");
  rights.locked_memory.reset();
  EXPECT_EQ(Explained(refused, rights).message, refused.message);
}

// A filter alone is no reason: in a pod there always is one.
TEST(BpfRights, NameTheFilterWhereEverythingIsRefusedAndNothingElseIsMissing) {
  const Error refused{ErrorKind::kDenied, "making the ring of events: Operation not permitted"};
  BpfRights rights = Rights(kBoth);
  EXPECT_EQ(ExplainedOfAll(refused, rights).message, refused.message);
  rights.is_filtered = true;
  EXPECT_EQ(Explained(refused, rights).message, refused.message);
  EXPECT_TRUE(ExplainedOfAll(refused, rights).message.contains("seccomp"));
  EXPECT_TRUE(ExplainedOfAll(refused, rights).message.ends_with("(" + refused.message + ")"));
  rights.capabilities = 0;
  EXPECT_TRUE(ExplainedOfAll(refused, rights).message.starts_with("the capabilities CAP_BPF"));
}

TEST(BpfRights, ExplainNothingThatIsNoRefusal) {
  EXPECT_EQ(Explained({ErrorKind::kNotFound, "no such thing"}, Rights(0)).message, "no such thing");
}

TEST(BpfRights, OfThisProcessAreRead) {
  const BpfRights rights = ReadBpfRights();
  EXPECT_FALSE(rights.kernel.empty());
  if (geteuid() == 0) {
    EXPECT_NE(rights.capabilities, 0U);
  }
}

}  // namespace
}  // namespace loadline::agent
