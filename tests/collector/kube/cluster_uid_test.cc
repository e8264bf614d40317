#include "collector/kube/cluster_uid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/http_server.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class ClusterUidTest : public testing::Test {
 protected:
  static test::Reply Json(int status, const std::string& body) {
    return {.status = status, .headers = {{"Content-Type", "application/json"}}, .body = body};
  }
  const SystemClock clock_;
};

TEST_F(ClusterUidTest, IsThatOfTheNamespaceKubeSystem) {
  test::HttpServer server([](const test::SeenRequest& request) {
    const bool right = request.path == "/api/v1/namespaces/kube-system";
    return Json(right ? 200 : 404, R"({"metadata": {"name": "kube-system", "uid": "1a2b3c4d-0000"}})");
  });
  EXPECT_EQ(ClusterUid({.server = server.Url("")}, clock_, 10s).value(), "1a2b3c4d-0000");
}

TEST_F(ClusterUidTest, AServerThatIsNotReadyIsAskedAgain) {
  test::HttpServer server(
      [](const test::SeenRequest&) { return Json(200, R"({"metadata": {"uid": "1a2b3c4d-0000"}})"); });
  server.Queue({.status = 500});
  EXPECT_EQ(ClusterUid({.server = server.Url("")}, clock_, 10s).value(), "1a2b3c4d-0000");
}

TEST_F(ClusterUidTest, ARoleThatIsMissingIsSaidAtOnce) {
  test::HttpServer server([](const test::SeenRequest&) {
    return Json(403, R"({"message": "namespaces \"kube-system\" is forbidden"})");
  });
  const auto uid = ClusterUid({.server = server.Url("")}, clock_, 60s);
  ASSERT_FALSE(uid);
  EXPECT_EQ(uid.error().kind, ErrorKind::kDenied);
  EXPECT_THAT(uid.error().message, HasSubstr("is forbidden"));
}

TEST_F(ClusterUidTest, PatienceEnds) {
  const Mono began = clock_.Now();
  const auto uid = ClusterUid({.server = "http://127.0.0.1:1"}, clock_, 300ms);
  ASSERT_FALSE(uid);
  EXPECT_EQ(uid.error().kind, ErrorKind::kUnavailable);
  EXPECT_LT(clock_.Now() - began, 5s);
}

}  // namespace
}  // namespace loadline::collector
