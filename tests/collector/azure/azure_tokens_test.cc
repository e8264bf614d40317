#include "collector/azure/azure_tokens.h"

#include <gmock/gmock.h>

#include <fstream>
#include <thread>
#include <vector>

#include "tests/support/azure.h"
#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using test::Azure;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kScope = "https://monitor.azure.com/.default";

class AzureTokensTest : public testing::Test {
 protected:
  std::string File(const std::string& name, const std::string& text) {
    const std::string path = folder_.path() + "/" + name;
    std::ofstream(path) << text << "\n";
    return path;
  }
  AzureCredential Federated() {
    return {.kind = AzureCredential::Kind::kWorkloadIdentity,
            .authority = azure_.Url(),
            .tenant_id = Azure::kTenant,
            .client_id = Azure::kClient,
            .federated_token_file = File("federated", "federated-1"),
            .timeout = 300ms};
  }
  AzureCredential WithSecret() {
    AzureCredential credential = Federated();
    credential.kind = AzureCredential::Kind::kClientSecret;
    credential.client_secret_file = File("secret", "secret-1");
    return credential;
  }

  Azure azure_;
  ManualClock clock_;
  TemporaryFolder folder_;
};

TEST_F(AzureTokensTest, WorkloadIdentityExchangesTheFederatedTokenOnceAndKeepsWhatItGot) {
  AzureTokens tokens(Federated(), clock_);
  EXPECT_EQ(*tokens.Get(kScope), "eyJ-token-1");
  EXPECT_EQ(*tokens.Get(kScope), "eyJ-token-1");
  EXPECT_EQ(azure_.server().seen().size(), 1);
  EXPECT_EQ(*tokens.Get("https://monitoring.azure.com//.default"), "eyJ-token-2") << "another audience";
}

TEST_F(AzureTokensTest, TheManagedIdentityOfTheMachineIsAskedForPastEveryProxy) {
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  AzureTokens tokens({.client_id = Azure::kClient, .metadata_url = azure_.Url()}, clock_);
  const auto token = tokens.Get(kScope);
  ::unsetenv("http_proxy");
  ASSERT_TRUE(token) << token.error().message;
  EXPECT_EQ(*token, "eyJ-token-1");
  EXPECT_EQ(azure_.server().seen().at(0).headers.at("metadata"), "true");
}

TEST_F(AzureTokensTest, ARotatedSecretIsReadAnew) {
  AzureTokens tokens(WithSecret(), clock_);
  ASSERT_TRUE(tokens.Get(kScope));
  azure_.SetClientSecret("secret-2");
  File("secret", "secret-2");
  clock_.Advance(2h);
  EXPECT_EQ(*tokens.Get(kScope), "eyJ-token-2");
}

TEST_F(AzureTokensTest, ATokenIsRenewedBeforeItEnds) {
  AzureTokens tokens(Federated(), clock_);
  ASSERT_TRUE(tokens.Get(kScope));
  clock_.Advance(53min);
  EXPECT_EQ(*tokens.Get(kScope), "eyJ-token-1");
  clock_.Advance(2min);
  EXPECT_EQ(*tokens.Get(kScope), "eyJ-token-2") << "five minutes before the hour is over";
}

TEST_F(AzureTokensTest, WhileItCannotBeRenewedTheTokenServesToItsEnd) {
  AzureTokens tokens(Federated(), clock_);
  ASSERT_TRUE(tokens.Get(kScope));
  clock_.Advance(56min);
  azure_.server().Queue({.status = 503});
  EXPECT_EQ(*tokens.Get(kScope), "eyJ-token-1");
  EXPECT_EQ(*tokens.Get(kScope), "eyJ-token-1") << "and the authority is not hammered";
  EXPECT_EQ(azure_.server().seen().size(), 2);
  azure_.server().Queue({.manner = test::Reply::Manner::kHang});
  clock_.Advance(5min);
  const auto late = tokens.Get(kScope);
  ASSERT_FALSE(late) << "it is over now";
  EXPECT_EQ(late.error().kind, ErrorKind::kUnavailable);
  clock_.Advance(3s);
  EXPECT_EQ(*tokens.Get(kScope), "eyJ-token-2");
}

TEST_F(AzureTokensTest, ManyThreadsWaitForOneExchange) {
  AzureTokens tokens(Federated(), clock_);
  std::vector<std::jthread> threads;
  std::atomic<int> same{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { same += tokens.Get(kScope).value_or("") == "eyJ-token-1"; });
  }
  threads.clear();
  EXPECT_EQ(same, 8);
  EXPECT_EQ(azure_.tokens().size(), 1);
}

TEST_F(AzureTokensTest, ARefusalSaysWhatItMeansAndNoSecret) {
  AzureCredential credential = WithSecret();
  File("secret", "not-the-secret");
  const auto refused = AzureTokens(credential, clock_).Get(kScope);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kDenied);
  EXPECT_THAT(refused.error().message, HasSubstr("HTTP 401, AADSTS7000215: wrong client secret"));
  EXPECT_THAT(refused.error().message, Not(HasSubstr("not-the-secret")));
  credential.kind = AzureCredential::Kind::kWorkloadIdentity;
  azure_.SetFederatedToken("federated-2");
  EXPECT_THAT(AzureTokens(credential, clock_).Get(kScope).error().message,
              HasSubstr("AADSTS70021: no federated credential matches"));
  credential.federated_token_file = folder_.path() + "/none";
  EXPECT_THAT(AzureTokens(credential, clock_).Get(kScope).error().message, HasSubstr("/none"));
}

TEST_F(AzureTokensTest, ARefusalOfManyCodesIsStillALine) {
  std::string codes = "7000215";
  for (int i = 0; i < 10'000; ++i) codes += ",7000215";
  azure_.server().Queue({.status = 401, .body = "{\"error_codes\":[" + codes + "]}"});
  EXPECT_LT(AzureTokens(Federated(), clock_).Get(kScope).error().message.size(), 300U);
}

TEST_F(AzureTokensTest, ATokenForEverIsAskedForAgainAfterAWeekAtTheLatest) {
  azure_.server().Queue({.status = 200, .body = R"({"access_token":"x","expires_in":1e300})"});
  AzureTokens tokens(Federated(), clock_);
  EXPECT_EQ(tokens.Get(kScope), "x");
  clock_.Advance(24h * 7);
  EXPECT_NE(tokens.Get(kScope), "x");
}

TEST_F(AzureTokensTest, ABrokenAnswerIsNoToken) {
  for (const char* body :
       {"", "{}", "[]", R"({"access_token":"x"})", R"({"access_token":"","expires_in":3600})",
        R"({"access_token":7,"expires_in":3600})", R"({"access_token":"x","expires_in":"soon"})"}) {
    azure_.server().Queue({.status = 200, .body = body});
    const auto token = AzureTokens(Federated(), clock_).Get(kScope);
    ASSERT_FALSE(token) << body;
    EXPECT_EQ(token.error().kind, ErrorKind::kUnavailable);
  }
  azure_.server().Queue({.status = 200, .body = "{\"access", .manner = test::Reply::Manner::kHalf});
  EXPECT_FALSE(AzureTokens(Federated(), clock_).Get(kScope));
}

TEST(AzureCredential, TakesFromTheEnvironmentWhatAksPutsThere) {
  ::setenv("AZURE_CLIENT_ID", "c", 1);
  ::setenv("AZURE_TENANT_ID", "t", 1);
  ::setenv("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us/", 1);
  ::setenv("AZURE_FEDERATED_TOKEN_FILE", "/token", 1);
  const auto whole = CompleteAzureCredential("auto", {});
  ::unsetenv("AZURE_CLIENT_ID");
  ::unsetenv("AZURE_TENANT_ID");
  ::unsetenv("AZURE_AUTHORITY_HOST");
  ::unsetenv("AZURE_FEDERATED_TOKEN_FILE");
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->kind, AzureCredential::Kind::kWorkloadIdentity);
  EXPECT_EQ(whole->authority, "https://login.microsoftonline.us/");
  EXPECT_EQ(whole->tenant_id, "t");
}

TEST(AzureCredential, SaysWhatIsMissing) {
  EXPECT_EQ(CompleteAzureCredential("auto", {})->kind, AzureCredential::Kind::kManagedIdentity);
  EXPECT_THAT(CompleteAzureCredential("workload-identity", {}).error().message,
              HasSubstr("AZURE_FEDERATED_TOKEN_FILE"));
  EXPECT_THAT(CompleteAzureCredential("client-secret", {.client_secret_file = "/s"}).error().message,
              HasSubstr("azure.client_id"));
}

}  // namespace
}  // namespace loadline::collector
