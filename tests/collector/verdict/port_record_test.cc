#include "collector/verdict/port_record.h"

#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

constexpr PortPace kPace;

void Attempt(PortRecord& record, PortAnswer answer, bool doubted = false) {
  record.Begin(doubted, record.next(), kPace);
  record.Settle(answer);
}

TEST(PortRecord, WhoHasNeverAnsweredIsAskedLessAndLessOften) {
  PortRecord record;
  std::vector<Duration> pauses;
  for (int i = 0; i < 8; ++i) {
    const Mono at = record.next();
    Attempt(record, PortAnswer::kRefused);
    pauses.push_back(record.next() - at);
  }
  EXPECT_EQ(pauses, (std::vector<Duration>{1s, 2s, 4s, 8s, 16s, 32s, 1min, 1min}));
  EXPECT_FALSE(record.witness().knows);
  EXPECT_EQ(record.witness().refused, 8);
}

TEST(PortRecord, WhoAnswersIsAskedEachMinuteOnceTheLineIsKnown) {
  PortRecord record;
  Attempt(record, PortAnswer::kAccepted);
  Mono at = record.next();
  Attempt(record, PortAnswer::kAccepted);
  EXPECT_EQ(record.next() - at, kPace.acquaint);
  for (int i = 0; i < 30; ++i) {
    at = record.next();
    Attempt(record, PortAnswer::kAccepted);
  }
  EXPECT_EQ(record.next() - at, kPace.calm);
}

TEST(PortRecord, ADoubtBeginsAnewAndIsInAHurry) {
  PortRecord record;
  Attempt(record, PortAnswer::kAccepted);
  for (int i = 0; i < 2; ++i) Attempt(record, PortAnswer::kNothing);
  EXPECT_EQ(record.witness().unanswered, 2);
  record.Doubt(Mono(100s));
  EXPECT_EQ(record.witness().unanswered, 0) << "it was heard since";
  EXPECT_GT(record.witness().enough, 3) << "two of three were lost on this line";
  EXPECT_EQ(record.next(), Mono(100s));
  Attempt(record, PortAnswer::kNothing, true);
  EXPECT_EQ(record.next(), Mono(100s + kPace.patience));
}

TEST(PortRecord, ARefusalIsAnAnswerAndEndsARowOfNone) {
  PortRecord record;
  Attempt(record, PortAnswer::kNothing);
  Attempt(record, PortAnswer::kRefused);
  EXPECT_EQ(record.witness().unanswered, 0);
  EXPECT_EQ(record.witness().refused, 1);
  Attempt(record, PortAnswer::kNothing);
  EXPECT_EQ(record.witness().refused, 0);
}

TEST(PortRecord, CountsRequestsThatNobodyAnswers) {
  PortRecord record;
  EXPECT_FALSE(record.listening());
  record.Requested();
  EXPECT_TRUE(record.listening());
  record.Answered(false, Mono(2s));
  record.Requested();
  record.Answered(false, Mono(4s));
  EXPECT_EQ(record.witness().mute, 2);
  EXPECT_FALSE(record.witness().answered);
  record.Requested();
  record.Answered(true, Mono(5s));
  EXPECT_EQ(record.witness().mute, 0);
  EXPECT_EQ(record.witness().answered, Mono(5s));
  EXPECT_FALSE(record.listening());
}

}  // namespace
}  // namespace loadline::collector
