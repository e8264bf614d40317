// Whom a token of a real API server lets speak, and whom it does not.
#include <fmt/core.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "collector/kube/token_review.h"
#include "tests/kubernetes/own_cluster.h"

namespace loadline::collector {
namespace {

using testing::HasSubstr;

class KubernetesTokens : public test::OnCluster {
 protected:
  // What the kubelet would project into the pod; bound to nothing when `pod` is empty.
  std::string Token(const std::string& pod, const std::string& audience = "loadline") {
    nlohmann::json spec = {{"audiences", {audience}}, {"expirationSeconds", 600}};
    if (!pod.empty()) spec["boundObjectRef"] = {{"apiVersion", "v1"}, {"kind", "Pod"}, {"name", pod}};
    auto made = api().Do(
        {.method = "POST",
         .path = fmt::format("/api/v1/namespaces/{}/serviceaccounts/default/token", NamespaceName()),
         .body = {{"apiVersion", "authentication.k8s.io/v1"}, {"kind", "TokenRequest"}, {"spec", spec}}});
    EXPECT_TRUE(made) << made.error().message;
    return made ? (*made)["status"]["token"].get<std::string>() : "";
  }

  // The final answer: the verifier is asked until it knows.
  Result<std::string> Verify(TokenReviewVerifier& verifier, const std::string& token,
                             const std::string& node) {
    Result<std::string> answer;
    EXPECT_TRUE(Eventually([&] {
      answer = verifier.Verify(token, node, "");
      return answer || answer.error().kind != ErrorKind::kUnavailable;
    })) << answer.error().message;
    return answer;
  }
  std::string Refusal(TokenReviewVerifier& verifier, const std::string& token, const std::string& node) {
    const Result<std::string> answer = Verify(verifier, token, node);
    if (answer) return "accepted as " + *answer;
    EXPECT_EQ(answer.error().kind, ErrorKind::kDenied);
    return answer.error().message;
  }

  SystemClock clock;
};

TEST_F(KubernetesTokens, SpeakForTheNodeOfTheirPodAndForNoOther) {
  CreateSleeper("agent", "node1");
  TokenReviewVerifier verifier(access(), clock,
                               {.service_account = "system:serviceaccount:" + NamespaceName() + ":default"});
  const std::string token = Token("agent");
  EXPECT_EQ(Verify(verifier, token, "node1").value_or("refused"), "node1");
  EXPECT_THAT(Refusal(verifier, token, "node2"), HasSubstr("the token is of node 'node1', not of 'node2'"));
}

TEST_F(KubernetesTokens, OfAnotherAudienceAccountOrNoPodAreRefusedWithTheReason) {
  CreateSleeper("agent", "node1");
  TokenReviewVerifier verifier(access(), clock,
                               {.service_account = "system:serviceaccount:" + NamespaceName() + ":default"});
  EXPECT_THAT(Refusal(verifier, Token("agent", "somebody-else"), "node1"), HasSubstr("audience"));
  EXPECT_THAT(Refusal(verifier, Token(""), "node1"), HasSubstr("bound to no pod"));
  EXPECT_THAT(Refusal(verifier, "nonsense", "node1"), HasSubstr("token refused"));
  EXPECT_THAT(Refusal(verifier, "", "node1"), HasSubstr("no token"));
  TokenReviewVerifier strict(access(), clock,
                             {.service_account = "system:serviceaccount:ops:loadline-agent"});
  EXPECT_THAT(Refusal(strict, Token("agent"), "node1"),
              HasSubstr("agents are system:serviceaccount:ops:loadline-agent"));
}

TEST_F(KubernetesTokens, ThatAreOutdatedAreRefusedWithTheReason) {
  CreateSleeper("agent", "node1");
  const std::string token = Token("agent");
  TokenReviewVerifier verifier(access(), clock, {});
  ASSERT_EQ(Verify(verifier, token, "node1").value_or("refused"), "node1");
  const std::string old = test::ClusterToolOutput("outdate", token);
  ASSERT_NE(old, "");
  EXPECT_THAT(Refusal(verifier, old, "node1"), HasSubstr("expired"));
}

TEST_F(KubernetesTokens, DieWithTheirPod) {
  CreateSleeper("agent", "node1");
  const std::string token = Token("agent");
  ASSERT_TRUE(api().Do(
      {.method = "DELETE",
       .path = fmt::format("/api/v1/namespaces/{}/pods/agent?gracePeriodSeconds=0", NamespaceName())}));
  EXPECT_TRUE(Eventually([&] {
    TokenReviewVerifier verifier(access(), clock, {});
    return Refusal(verifier, token, "node1").find("token refused") != std::string::npos;
  }));
}

TEST_F(KubernetesTokens, WithoutThePermissionToAskAgentsAreToldToComeAgain) {
  KubeAccess nobody{.server = access().server,
                    .ca_pem = access().ca_pem,
                    .token = Token("", "https://kubernetes.default.svc.cluster.local")};
  TokenReviewVerifier verifier(nobody, clock, {});
  std::string words;
  EXPECT_TRUE(Eventually([&] {
    auto answer = verifier.Verify("some token", "node1", "");
    words = answer ? "" : answer.error().message;
    return words.find("cannot create resource \"tokenreviews\"") != std::string::npos;
  })) << words;
}

}  // namespace
}  // namespace loadline::collector
