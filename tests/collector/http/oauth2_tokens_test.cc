#include "collector/http/oauth2_tokens.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/support/http_server.h"
#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using test::Reply;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kToken = R"({"access_token": "abc", "token_type": "bearer", "expires_in": 60})";
// "us%3Aer:s3%20cret", as RFC 6749 (2.3.1) has both encoded before they are joined.
constexpr const char* kBasic = "Basic dXMlM0FlcjpzMyUyMGNyZXQ=";

class OAuth2TokensTest : public testing::Test {
 protected:
  OAuth2Options Options() {
    return {.client_id = "us:er",
            .client_secret = {.text = "s3 cret"},
            .token_url = server_.Url("/token"),
            .scopes = {"alerts", "more"},
            .parameters = {{"audience", "https://a/"}},
            .timeout = 200ms};
  }
  test::HttpServer server_;
  ManualClock clock_;
};

TEST_F(OAuth2TokensTest, ATokenIsAskedForOnceAndKeptUntilJustBeforeItExpires) {
  server_.Queue({.body = kToken});
  server_.Queue({.body = R"({"access_token": "def", "expires_in": "60"})"});
  OAuth2Tokens tokens(Options(), clock_);
  EXPECT_EQ(tokens.Get({})->Reveal(), "Bearer abc");
  clock_.Advance(49s);
  EXPECT_EQ(tokens.Get({})->Reveal(), "Bearer abc");
  ASSERT_EQ(server_.seen().size(), 1);
  clock_.Advance(1s);
  EXPECT_EQ(tokens.Get({})->Reveal(), "Bearer def");
  const test::SeenRequest request = server_.seen().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.headers.at("content-type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(request.headers.at("authorization"), kBasic);
  EXPECT_EQ(request.body, "grant_type=client_credentials&scope=alerts%20more&audience=https%3A%2F%2Fa%2F");
}

TEST_F(OAuth2TokensTest, ATokenWithoutAnEndIsKeptUntilItIsDropped) {
  server_.Queue({.body = R"({"access_token": "abc"})"});
  server_.Queue({.body = R"({"access_token": "def", "expires_in": 0})"});
  OAuth2Tokens tokens(Options(), clock_);
  ASSERT_TRUE(tokens.Get({}));
  clock_.Advance(1000h);
  EXPECT_EQ(tokens.Get({})->Reveal(), "Bearer abc");
  tokens.Drop(*tokens.Get({}));
  EXPECT_EQ(tokens.Get({})->Reveal(), "Bearer def");
}

TEST_F(OAuth2TokensTest, AServerThatWantsTheClientInTheBodyGetsItThereFromThenOn) {
  server_.Queue({.status = 401, .body = R"({"error": "invalid_client"})"});
  server_.Queue({.body = kToken});
  server_.Queue({.body = kToken});
  OAuth2Tokens tokens(Options(), clock_);
  ASSERT_TRUE(tokens.Get({}));
  tokens.Drop(*tokens.Get({}));
  ASSERT_TRUE(tokens.Get({}));
  const auto seen = server_.seen();
  ASSERT_EQ(seen.size(), 3) << "the header is tried once";
  for (const std::size_t i : {1, 2}) {
    EXPECT_FALSE(seen.at(i).headers.contains("authorization"));
    EXPECT_THAT(seen.at(i).body, HasSubstr("&client_id=us%3Aer&client_secret=s3%20cret"));
  }
}

TEST_F(OAuth2TokensTest, ARefusalSaysWhoRefusedAndWhyAndNothingElse) {
  const Reply refusal{
      .status = 400, .body = R"({"error": "invalid_scope", "error_description": "of client us:er s3 cret"})"};
  server_.Queue(refusal);
  server_.Queue(refusal);
  const auto token = OAuth2Tokens(Options(), clock_).Get({});
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().kind, ErrorKind::kDenied);
  EXPECT_THAT(token.error().message,
              AllOf(HasSubstr("OAuth 2"), HasSubstr("127.0.0.1"), HasSubstr("HTTP 400, invalid_scope")));
  EXPECT_THAT(token.error().message, AllOf(Not(HasSubstr("s3 cret")), Not(HasSubstr("/token"))));
}

TEST_F(OAuth2TokensTest, WhatIsNoTokenIsNone) {
  for (const char* body : {"", "<html>", "[]", "{}", R"({"access_token": ""})", R"({"access_token": 7})",
                           R"({"access_token": "a\r\nX-Evil: 1"})"}) {
    server_.Queue({.body = body});
    const auto token = OAuth2Tokens(Options(), clock_).Get({});
    ASSERT_FALSE(token) << body;
    EXPECT_EQ(token.error().kind, ErrorKind::kUnavailable) << body;
  }
}

TEST_F(OAuth2TokensTest, AServerThatFailsIsAskedAgainTheNextTime) {
  server_.Queue({.status = 503});
  server_.Queue({.body = kToken, .manner = Reply::Manner::kHalf});
  server_.Queue({.manner = Reply::Manner::kHang});
  server_.Queue({.status = 429});
  server_.Queue({.body = kToken});
  OAuth2Tokens tokens(Options(), clock_);
  for (int i = 0; i < 4; ++i) {
    const auto token = tokens.Get({});
    ASSERT_FALSE(token) << i;
    EXPECT_EQ(token.error().kind, ErrorKind::kUnavailable) << token.error().message;
  }
  EXPECT_TRUE(tokens.Get({}));
  EXPECT_EQ(server_.seen().size(), 5) << "none of these is about where the client is shown";
}

TEST_F(OAuth2TokensTest, ASecretInAFileIsThatOfTheMoment) {
  TemporaryFolder folder;
  OAuth2Options options = Options();
  options.client_secret = {.file = folder.path() + "/secret"};
  OAuth2Tokens tokens(options, clock_);
  const auto without = tokens.Get({});
  ASSERT_FALSE(without);
  EXPECT_THAT(without.error().message, HasSubstr(options.client_secret.file));
  std::ofstream(options.client_secret.file) << "s3 cret\n";
  server_.Queue({.body = kToken});
  ASSERT_TRUE(tokens.Get({}));
  EXPECT_EQ(server_.seen().at(0).headers.at("authorization"), kBasic);
}

}  // namespace
}  // namespace loadline::collector
