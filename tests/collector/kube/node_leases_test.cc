#include "collector/kube/node_leases.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <set>

#include "tests/support/http_server.h"
#include "tests/support/wait.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

constexpr const char* kLease = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/node-1";

class NodeLeasesTest : public testing::Test {
 protected:
  test::Reply Answer(const test::SeenRequest& request) {
    if (status_ != 200) return {.status = status_, .body = R"({"message": "no"})"};
    if (request.path != kLease) return {.status = 404, .body = "{}"};
    return {.body = fmt::format(R"({{"spec": {{"renewTime": "2026-12-01T10:00:{:02}.000000Z"}}}})",
                                renewed_.load())};
  }
  [[nodiscard]] LeaseSays Says() const { return SaidBy(leases_.Of("node-1"), clock_.Now()); }

  std::atomic<int> status_ = 200;
  std::atomic<int> renewed_ = 0;
  const SystemClock clock_;
  test::HttpServer server_{[this](const test::SeenRequest& request) { return Answer(request); }};
  NodeLeases leases_{{.server = server_.Url("")}, clock_};
};

TEST_F(NodeLeasesTest, NobodyIsAskedAboutWhileNobodyIsInDoubt) {
  EXPECT_FALSE(server_.WaitFor(1, 300ms));
  EXPECT_FALSE(leases_.Of("node-1"));
}

TEST_F(NodeLeasesTest, ADoubtedNodesLeaseIsSeenToBeRenewed) {
  leases_.Doubt({"node-1"});
  ASSERT_TRUE(test::Eventually([&] { return leases_.Of("node-1")->first.has_value(); }));
  EXPECT_EQ(Says(), LeaseSays::kWaiting);
  renewed_ = 10;
  EXPECT_TRUE(test::Eventually([&] { return Says() == LeaseSays::kRenewed; }));
  // What is not in doubt any more is forgotten: another doubt begins from nothing.
  leases_.Doubt({});
  EXPECT_FALSE(leases_.Of("node-1"));
  leases_.Doubt({"node-1"});
  EXPECT_EQ(Says(), LeaseSays::kWaiting);
}

TEST_F(NodeLeasesTest, APermissionThatIsMissingMeansThatNobodyAsks) {
  status_ = 403;
  leases_.Doubt({"node-1"});
  EXPECT_TRUE(test::Eventually([&] { return Says() == LeaseSays::kNotAsked; }));
}

TEST_F(NodeLeasesTest, AnApiServerInTroubleIsAskedAgainAndNothingIsKnownMeanwhile) {
  status_ = 500;
  leases_.Doubt({"node-1"});
  ASSERT_TRUE(server_.WaitFor(2));
  EXPECT_EQ(Says(), LeaseSays::kWaiting);
}

TEST_F(NodeLeasesTest, ManyAreAskedAboutInTurn) {
  std::set<std::string, std::less<>> many;
  for (int i = 0; i < 30; ++i) many.insert(fmt::format("node-{}", i));
  leases_.Doubt(many);
  const auto answered = [&](const std::string& node) { return leases_.Of(node)->first.has_value(); };
  EXPECT_TRUE(test::Eventually([&] { return std::ranges::all_of(many, answered); }));
}

}  // namespace
}  // namespace loadline::collector
