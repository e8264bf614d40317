#include "collector/kube/token_review.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace loadline::collector {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json Review() {
  return json::parse(R"({"status": {"authenticated": true, "audiences": ["loadline"], "user": {
    "username": "system:serviceaccount:ops:loadline-agent",
    "extra": {"authentication.kubernetes.io/node-name": ["node-1"], "authentication.kubernetes.io/pod-uid": ["u1"]}}}})");
}
const TokenReviewOptions kOptions{.service_account = "system:serviceaccount:ops:loadline-agent"};

TEST(TokenReview, TheNodeIsTheOneInTheClaims) {
  EXPECT_EQ(NodeOfReview(Review(), kOptions).value(), "node-1");
}

TEST(TokenReview, RefusalsSayWhy) {
  const auto refused = [](auto change) {
    json review = Review();
    change(review["status"]);
    auto node = NodeOfReview(review, kOptions);
    EXPECT_EQ(node.error().kind, ErrorKind::kDenied);
    return node.error().message;
  };
  EXPECT_THAT(refused([](json& s) { s = {{"authenticated", false}, {"error", "token has expired"}}; }),
              HasSubstr("token has expired"));
  EXPECT_THAT(refused([](json& s) { s["audiences"] = {"https://kubernetes"}; }),
              HasSubstr("audience 'loadline'"));
  EXPECT_THAT(refused([](json& s) { s["user"]["username"] = "system:serviceaccount:shop:cart"; }),
              HasSubstr("it is system:serviceaccount:shop:cart's"));
  EXPECT_THAT(refused([](json& s) { s["user"]["extra"] = json::object(); }), HasSubstr("bound to no pod"));
}

TEST(TokenReview, BeforeTokensNamedTheNodeThePodDoes) {
  json review = Review();
  review["status"]["user"]["extra"].erase("authentication.kubernetes.io/node-name");
  TokenReviewOptions options = kOptions;
  options.node_of_pod = [](std::string_view uid) { return uid == "u1" ? "node-7" : ""; };
  EXPECT_EQ(NodeOfReview(review, options).value(), "node-7");
}

TEST(TokenReview, AnAnswerOfAnotherShapeIsNoPermission) {
  for (const char* text : {"{}", R"({"status": 3})", R"({"status": {"authenticated": "yes"}})"}) {
    EXPECT_FALSE(NodeOfReview(json::parse(text), kOptions)) << text;
  }
}

}  // namespace
}  // namespace loadline::collector
