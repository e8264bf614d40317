#include "collector/kube/reader_access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/support/http_server.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;

// An API server that knows two tokens, of which one may read nodes.
class ReaderAccessTest : public testing::Test {
 protected:
  static test::Reply Review(const test::SeenRequest& request) {
    const json spec = json::parse(request.body).at("spec");
    json status;
    if (request.path == "/apis/authentication.k8s.io/v1/tokenreviews") {
      const std::string token = spec.at("token");
      status["authenticated"] = token == "good" || token == "other";
      status["user"] = {{"username", token}, {"groups", {"g"}}};
    } else {
      const json& asked = spec.at("nonResourceAttributes");
      status["allowed"] = spec.at("user") == "good" && spec.at("groups") == json{"g"} &&
                          asked.at("verb") == "get" && asked.at("path") == "/loadline/api/v1/nodes";
    }
    return {.status = 201,
            .headers = {{"Content-Type", "application/json"}},
            .body = json{{"status", status}}.dump()};
  }
  std::size_t asked() const { return server_.seen().size(); }

  test::HttpServer server_{Review};
  const KubeAccess where_{.server = server_.Url("")};
  ManualClock clock_;
};

TEST_F(ReaderAccessTest, LetsInWhomTheClusterLetsIn) {
  ReaderAccess access(where_, clock_);
  EXPECT_TRUE(access.May("good", "get", "/api/v1/nodes"));
  const auto elsewhere = access.May("good", "get", "/metrics");
  ASSERT_FALSE(elsewhere);
  EXPECT_EQ(elsewhere.error().kind, ErrorKind::kDenied);
  EXPECT_THAT(elsewhere.error().message, HasSubstr("good may not get the non-resource URL /metrics"));
  EXPECT_EQ(access.May("other", "get", "/api/v1/nodes").error().kind, ErrorKind::kDenied);
  EXPECT_EQ(access.May("bad", "get", "/api/v1/nodes").error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(access.May("", "get", "/api/v1/nodes").error().kind, ErrorKind::kInvalid);
}

TEST_F(ReaderAccessTest, RemembersForAWhile) {
  ReaderAccess access(where_, clock_, {.keep = 60s, .keep_refusal = 10s});
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(access.May("good", "get", "/api/v1/nodes"));
    EXPECT_FALSE(access.May("bad", "get", "/api/v1/nodes"));
  }
  EXPECT_EQ(asked(), 3U);  // TokenReview twice, SubjectAccessReview once
  clock_.Advance(11s);
  EXPECT_TRUE(access.May("good", "get", "/api/v1/nodes"));
  EXPECT_FALSE(access.May("bad", "get", "/api/v1/nodes"));
  EXPECT_EQ(asked(), 4U);
  clock_.Advance(50s);
  EXPECT_TRUE(access.May("good", "get", "/api/v1/nodes"));
  EXPECT_EQ(asked(), 6U);
}

TEST_F(ReaderAccessTest, RemembersNoMoreThanItMay) {
  ReaderAccess access(where_, clock_, {.most = 10});
  EXPECT_TRUE(access.May("good", "get", "/api/v1/nodes"));
  for (int i = 0; i < 50; ++i) EXPECT_FALSE(access.May("bad" + std::to_string(i), "get", "/metrics"));
  const std::size_t before = asked();
  EXPECT_TRUE(access.May("good", "get", "/api/v1/nodes"));
  EXPECT_EQ(asked(), before);  // refusals made room for refusals
}

TEST_F(ReaderAccessTest, AServerThatCannotBeAskedLetsNobodyIn) {
  test::HttpServer broken([](const test::SeenRequest&) {
    return test::Reply{.status = 403, .body = R"({"message": "tokenreviews is forbidden"})"};
  });
  ReaderAccess access({.server = broken.Url("")}, clock_);
  const auto may = access.May("good", "get", "/metrics");
  ASSERT_FALSE(may);
  EXPECT_EQ(may.error().kind, ErrorKind::kUnavailable);
  test::HttpServer odd([](const test::SeenRequest&) {
    return test::Reply{.status = 201, .body = R"({"status": {"authenticated": "yes"}})"};
  });
  ReaderAccess strange({.server = odd.Url("")}, clock_);
  EXPECT_EQ(strange.May("good", "get", "/metrics").error().kind, ErrorKind::kUnavailable);
}

TEST(NonResourcePath, IsNotOneThatEverybodyMayRead) {
  EXPECT_EQ(NonResourcePath("/metrics"), "/metrics");
  EXPECT_EQ(NonResourcePath("/api/v1/nodes"), "/loadline/api/v1/nodes");
}

}  // namespace
}  // namespace loadline::collector
