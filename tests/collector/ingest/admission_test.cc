#include "collector/ingest/admission.h"

#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using Ids = std::vector<Admission::ConnectionId>;

AdmissionLimits Small() {
  AdmissionLimits limits;
  limits.stages = {{{.per_address = 2, .all = 4, .patience = 10s},
                    {.per_address = 2, .all = 3, .patience = 20s},
                    {.per_address = 1, .all = 2, .patience = {}}}};
  limits.handshakes_at_once = 3;
  limits.handshakes_a_second = 1;
  return limits;
}

TEST(Admission, TheOldestOfAnAddressGoesForItsNewest) {
  Admission admission(Small());
  const Mono now{};
  EXPECT_EQ(admission.Arrive(1, "a", now), Ids{});
  EXPECT_EQ(admission.Arrive(2, "a", now), Ids{});
  EXPECT_EQ(admission.Arrive(3, "a", now), Ids{1});
  EXPECT_EQ(admission.Arrive(4, "b", now), Ids{}) << "another address has room of its own";
}

TEST(Admission, TheOldestOfAllGoesWhenManyAddressesCome) {
  Admission admission(Small());
  for (Admission::ConnectionId id = 1; id <= 4; ++id) {
    EXPECT_EQ(admission.Arrive(id, std::to_string(id), Mono{}), Ids{});
  }
  EXPECT_EQ(admission.Arrive(5, "5", Mono{}), Ids{1});
}

TEST(Admission, WhoHasAKeyIsOutOfTheWayOfStrangers) {
  Admission admission(Small());
  EXPECT_EQ(admission.Arrive(1, "a", Mono{}), Ids{});
  EXPECT_EQ(admission.Identify(1, Mono{}), Ids{});
  for (Admission::ConnectionId id = 2; id < 100; ++id) {
    for (const auto leaving : admission.Arrive(id, "a", Mono{})) {
      EXPECT_NE(leaving, 1U);
      admission.Leave(leaving);
    }
  }
  EXPECT_EQ(admission.connections(Stage::kShaking), 2U);
  EXPECT_EQ(admission.connections(Stage::kSilent), 1U);
}

TEST(Admission, NobodyWhoSpeaksForANodeGoesForAnother) {
  Admission admission(Small());
  for (Admission::ConnectionId id = 1; id <= 2; ++id) {
    EXPECT_EQ(admission.Arrive(id, "a", Mono{}), Ids{});
    EXPECT_EQ(admission.Identify(id, Mono{}), Ids{});
  }
  EXPECT_TRUE(admission.Greet(1, Mono{}));
  EXPECT_TRUE(admission.Greet(1, Mono{})) << "it greets again on the same connection";
  EXPECT_FALSE(admission.Greet(2, Mono{}));
  EXPECT_EQ(admission.connections(Stage::kGreeted), 1U);
  EXPECT_EQ(admission.connections(Stage::kSilent), 1U) << "it stays where it was";
  admission.Leave(1);
  EXPECT_TRUE(admission.Greet(2, Mono{}));
}

TEST(Admission, WhoTakesTooLongIsOverdue) {
  Admission admission(Small());
  EXPECT_EQ(admission.Arrive(1, "a", Mono{}), Ids{});
  EXPECT_EQ(admission.Arrive(2, "b", Mono(5s)), Ids{});
  EXPECT_EQ(admission.Arrive(3, "c", Mono{}), Ids{});
  EXPECT_EQ(admission.Identify(3, Mono(9s)), Ids{});
  EXPECT_EQ(admission.Overdue(Mono(9s)), Ids{});
  EXPECT_EQ(admission.Overdue(Mono(10s)), Ids{1});
  admission.Leave(1);
  EXPECT_EQ(admission.Overdue(Mono(28s)), Ids{2});
  EXPECT_EQ(admission.Overdue(Mono(29s)), (Ids{2, 3})) << "each stage has a patience of its own";
}

TEST(Admission, HandshakesAreCountedByAddress) {
  Admission admission(Small());
  std::ignore = admission.Arrive(1, "a", Mono{});
  std::ignore = admission.Arrive(2, "b", Mono{});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(admission.MayShake("a", Mono{}));
  EXPECT_FALSE(admission.MayShake("a", Mono{}));
  EXPECT_TRUE(admission.MayShake("b", Mono{}));
  EXPECT_TRUE(admission.MayShake("a", Mono(1s)));
  EXPECT_FALSE(admission.MayShake("a", Mono(1s)));
}

TEST(Admission, AddressesThatAreQuietAreForgottenAndTheOthersKept) {
  Admission admission(Small());
  for (Admission::ConnectionId id = 0; id < 1000; ++id) {
    std::ignore = admission.Arrive(id, std::to_string(id), Mono{});
    EXPECT_TRUE(admission.MayShake(std::to_string(id), Mono{}));
    if (id != 7) admission.Leave(id);
  }
  std::ignore = admission.Arrive(1000, "new", Mono(60s));
  EXPECT_EQ(admission.addresses(), 2U) << "that of connection 7, and the new one";
}

}  // namespace
}  // namespace loadline::collector
