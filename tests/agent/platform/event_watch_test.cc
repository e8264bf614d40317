#include "agent/platform/event_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/metadata_service.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wait.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;
using test::EventOf;
using test::Reply;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kMine = "aks-web-123-vmss_0";

class EventWatchTest : public testing::Test {
 protected:
  std::unique_ptr<EventWatch> Start() {
    return std::make_unique<EventWatch>(EventWatchOptions{.server = *ReadPlainUrl(azure_.Url()),
                                                          .ask_each = 20ms,
                                                          .first_answer = 5s,
                                                          .answer = 300ms,
                                                          .longest_pause = 100ms},
                                        clock_);
  }
  // The reasons of the first so many that are told.
  static std::vector<std::string> Told(EventWatch& watch, std::size_t count) {
    std::vector<std::string> reasons;
    test::Eventually([&] {
      for (const wire::HealthEvent& event : watch.Take()) reasons.push_back(event.reason);
      return reasons.size() >= count;
    });
    return reasons;
  }
  // Waits until the document was asked for so many times more.
  void Asked(int more) {
    const int until = azure_.asked() + more;
    EXPECT_TRUE(test::Eventually([&] { return azure_.asked() >= until; }));
  }

  const SystemClock clock_;
  test::MetadataService azure_{kMine};
};

TEST_F(EventWatchTest, TellsWhatIsAnnouncedForThisMachineUntilItIsOver) {
  azure_.Announce("1", EventOf("Redeploy", {"aks-web-123-vmss_1"}));
  const auto watch = Start();
  EXPECT_THAT(Told(*watch, 1), ElementsAre("NoneScheduled"));
  azure_.Announce("2", EventOf("Freeze", {kMine}));
  EXPECT_THAT(Told(*watch, 1), ElementsAre("FreezeScheduled"));
  Asked(3);
  EXPECT_THAT(watch->Take(), IsEmpty()) << "once";
  azure_.Remove("2");
  EXPECT_THAT(Told(*watch, 1), ElementsAre("NoneScheduled"));
  EXPECT_THAT(azure_.faults(), IsEmpty());
}

TEST_F(EventWatchTest, AServiceThatFailsIsAskedAgainAndWhatWasToldHoldsOn) {
  azure_.Announce("1", EventOf("Reboot", {kMine}));
  azure_.server().Queue({.status = 500});
  azure_.server().Queue({.body = ""});
  const auto watch = Start();
  EXPECT_THAT(Told(*watch, 1), ElementsAre("RebootScheduled")) << "the name was asked for again";
  for (const Reply& bad :
       {Reply{.status = 429}, Reply{.status = 410, .body = "Gone"}, Reply{.status = 503},
        Reply{.body = "<html>busy</html>"}, Reply{.body = std::string(1 << 20, '[')},
        Reply{.body = R"({"DocumentIncarnation": 9, "Events": [)", .manner = Reply::Manner::kHalf},
        Reply{.manner = Reply::Manner::kSlam}, Reply{.manner = Reply::Manner::kHang}})
    azure_.server().Queue(bad);
  Asked(2);
  EXPECT_THAT(watch->Take(), IsEmpty());
  azure_.Remove("1");
  EXPECT_THAT(Told(*watch, 1), ElementsAre("NoneScheduled"));
}

TEST_F(EventWatchTest, NobodyWaitsForAServiceThatHangs) {
  azure_.server().Queue({.manner = Reply::Manner::kHang});
  auto watch = Start();
  ASSERT_TRUE(azure_.server().WaitFor(1));
  const auto began = std::chrono::steady_clock::now();
  EXPECT_THAT(watch->Take(), IsEmpty());
  watch.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 200ms);
}

TEST(MetadataServiceOption, IsFoundByTheMachinesDmi) {
  const TemporaryFolder folder;
  const HostRoot host{.root = folder.path()};
  EXPECT_FALSE(*MetadataService("auto", host)) << "no machine of Azure";
  const std::filesystem::path dmi = std::filesystem::path(folder.path()) / "sys/class/dmi/id";
  std::filesystem::create_directories(dmi);
  std::ofstream(dmi / "chassis_asset_tag") << "7783-7084-3265-9085-8269-3286-77\n";
  ASSERT_TRUE(*MetadataService("auto", host));
  EXPECT_EQ((*MetadataService("auto", host))->host, "169.254.169.254");
  EXPECT_FALSE(*MetadataService("off", host));
  EXPECT_EQ((*MetadataService("http://127.0.0.1:81", host))->port, 81);
  EXPECT_FALSE(MetadataService("on", host));
}

}  // namespace
}  // namespace loadline::agent
