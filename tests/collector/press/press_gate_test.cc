#include "collector/press/press_gate.h"

#include <fmt/core.h>
#include <gmock/gmock.h>

#include <fstream>

#include "collector/http/signature.h"
#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

// Slack's own example of a signed request.
constexpr const char* kSecret = "8f742231b10e8888abcd99yyyzzz85a5";
constexpr const char* kBody =
    "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_"
    "name="
    "foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%"
    "2F"
    "hooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id="
    "398738663015."
    "47445629121.803a0bc887a14d10d2c447fce8b6703c";
constexpr const char* kSignature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
constexpr const char* kTime = "1531420618";
constexpr Wall kAt{std::chrono::seconds(1531420618)};

class PressGateTest : public testing::Test {
 protected:
  PressGateTest() { Write(kSecret); }
  void Write(const std::string& secret) { std::ofstream(file_) << secret << "\n"; }
  std::unique_ptr<PressGate> Gate(Wall started = kAt - 1h) {
    auto gate = PressGate::Open(file_, started);
    EXPECT_TRUE(gate);
    return std::move(*gate);
  }
  // "" when it is let in.
  static std::string Why(const Result<void>& result) { return result ? "" : result.error().message; }

  const TemporaryFolder folder_;
  const std::string file_ = folder_.path() + "/secret";
};

TEST_F(PressGateTest, LetsInWhatSlackSignedOnce) {
  const auto gate = Gate();
  EXPECT_EQ(Why(gate->Admit({kSignature, kTime}, kBody, kAt + 2s)), "");
  EXPECT_EQ(Why(gate->Admit({kSignature, kTime}, kBody, kAt + 2s)), "it was heard already");
  EXPECT_EQ(Why(gate->Admit({kSignature, kTime}, kBody, kAt + 5min)), "it was heard already");
}

TEST_F(PressGateTest, LetsInNothingThatSomebodyElseSignedOrChanged) {
  const auto gate = Gate();
  std::string changed = kBody;
  changed.back() = '0';
  EXPECT_EQ(Why(gate->Admit({kSignature, kTime}, changed, kAt)), "the signature is wrong");
  EXPECT_EQ(Why(gate->Admit({kSignature, "1531420619"}, kBody, kAt)), "the signature is wrong");
  const std::string other = "v0=" + HmacSha256(fmt::format("v0:{}:{}", kTime, kBody), Secret("another"));
  EXPECT_EQ(Why(gate->Admit({other, kTime}, kBody, kAt)), "the signature is wrong");
  EXPECT_EQ(Why(gate->Admit({kSignature, kTime}, kBody, kAt)), "") << "what was refused fills nothing";
}

TEST_F(PressGateTest, WhatIsNotOfNowIsRefusedBeforeAnythingIsRead) {
  const auto gate = Gate();
  EXPECT_EQ(Why(gate->MayBe({kSignature, kTime}, kAt + 5min)), "");
  EXPECT_EQ(Why(gate->MayBe({kSignature, kTime}, kAt - 5min)), "");
  EXPECT_THAT(Why(gate->MayBe({kSignature, kTime}, kAt + 5min + 1s)),
              HasSubstr("signed 5 min 1 s before what the collector's clock says"));
  EXPECT_THAT(Why(gate->MayBe({kSignature, kTime}, kAt - 1h)),
              HasSubstr("signed 1 h after what the collector's clock says"));
  EXPECT_THAT(Why(Gate(kAt + 1s)->Admit({kSignature, kTime}, kBody, kAt + 2s)),
              HasSubstr("before this collector began to listen"))
      << "whether it was heard before the start nobody knows";
}

TEST_F(PressGateTest, WhatCannotBeASignatureIsNone) {
  const auto gate = Gate();
  const std::string right = kSignature;
  for (const std::string& signature : {std::string(), right.substr(1), right + "0", "v1=" + right.substr(3),
                                       right.substr(0, 66) + "Z", std::string(67, 'a')}) {
    EXPECT_THAT(Why(gate->MayBe({signature, kTime}, kAt)), HasSubstr("only what Slack has signed"))
        << signature;
  }
  for (const char* time : {"", "-1531420618", "1531420618x", " 1531420618", "99999999999", "1e9", "0x5b47"})
    EXPECT_FALSE(gate->MayBe({kSignature, time}, kAt)) << time;
}

TEST_F(PressGateTest, TheSecretIsReadAgainAndAFileWithoutOneStartsNothing) {
  const auto gate = Gate();
  Write("a-new-secret");
  const std::string next = "v0=" + HmacSha256(fmt::format("v0:{}:{}", kTime, kBody), Secret("a-new-secret"));
  EXPECT_EQ(Why(gate->Admit({next, kTime}, kBody, kAt)), "");
  EXPECT_FALSE(gate->Admit({kSignature, kTime}, kBody, kAt)) << "the old one is good for nothing";
  Write("");
  EXPECT_FALSE(PressGate::Open(file_, kAt));
  EXPECT_FALSE(PressGate::Open(folder_.path() + "/none", kAt));
}

TEST_F(PressGateTest, KeepsWhatItHeardNoLongerThanItCouldBeSaidAgain) {
  const auto gate = Gate();
  const auto heard = [&](std::int64_t seconds, int number) {
    const std::string time = fmt::format("{}", 1531420618 + seconds);
    const std::string body = fmt::format("payload={}", number);
    const std::string signature = "v0=" + HmacSha256(fmt::format("v0:{}:{}", time, body), Secret(kSecret));
    return gate->Admit({signature, time}, body, kAt + std::chrono::seconds(seconds));
  };
  for (std::size_t i = 0; i < PressGate::kMostHeard; ++i) ASSERT_TRUE(heard(0, static_cast<int>(i)));
  const auto one_more = heard(1, -1);
  ASSERT_FALSE(one_more);
  EXPECT_EQ(one_more.error().kind, ErrorKind::kUnavailable);
  EXPECT_TRUE(heard(301, -2));
}

}  // namespace
}  // namespace loadline::collector
