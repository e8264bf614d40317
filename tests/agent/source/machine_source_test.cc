#include "agent/source/machine_source.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace loadline::agent {
namespace {

using wire::Rung;
using wire::Signal;

// A machine as a folder, of which no probe can tell anything.
std::unique_ptr<MachineSource> Machine(std::vector<Signal> off) {
  MachineSourceOptions options{.host = {.root = "tests/data/hosts/v2"}, .off = std::move(off)};
  for (int signal = 0; signal < wire::kSignalCount; ++signal)
    options.ceilings.push_back({Signal(signal), Rung::kFiles});
  auto source = MachineSource::Open(std::move(options), Mono{});
  EXPECT_TRUE(source) << source.error().message;
  return source ? std::move(*source) : nullptr;
}

Rung RungOf(const MachineSource& source, Signal signal) {
  const auto found = std::ranges::find(source.rungs(), signal, &wire::SignalRung::signal);
  return found == source.rungs().end() ? Rung::kOff : found->rung;
}

TEST(MachineSource, ReadsFilesWhereNoProbeMay) {
  const auto source = Machine({});
  ASSERT_NE(source, nullptr);
  EXPECT_EQ(RungOf(*source, Signal::kCgroupCounters), Rung::kFiles);
  EXPECT_EQ(RungOf(*source, Signal::kOomKill), Rung::kFiles);
  EXPECT_EQ(std::ranges::find(source->rungs(), Signal::kOomKill, &wire::SignalRung::signal)->why,
            "as --rung says");
  const auto samples = source->Sample(Mono{}, Depth::kAll);
  ASSERT_TRUE(samples);
  EXPECT_TRUE(
      std::ranges::any_of(*samples, [](const CgroupCounters& sample) { return sample.cpu.has_value(); }));
}

TEST(MachineSource, WhatIsTurnedOffIsNotReadFromFilesEither) {
  for (const Signal off : {Signal::kCgroupCounters, Signal::kOomKill, Signal::kPressure}) {
    const auto source = Machine({off});
    ASSERT_NE(source, nullptr);
    EXPECT_EQ(RungOf(*source, off), Rung::kOff) << wire::Name(off);
    const auto samples = source->Sample(Mono{}, Depth::kAll);
    ASSERT_TRUE(samples);
    EXPECT_EQ(samples->empty(), off == Signal::kCgroupCounters) << wire::Name(off);
  }
}

}  // namespace
}  // namespace loadline::agent
