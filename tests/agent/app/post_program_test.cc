#include "agent/app/post_program.h"

#include <gmock/gmock.h>

#include "tests/support/http_server.h"

namespace loadline::agent {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(PostThrough, SaysTheTextToTheWebhook) {
  const test::HttpServer server;
  const Result<void> told = PostThrough(PostProgram(), server.Url("/secret"), "two\nlines", {});
  ASSERT_TRUE(told) << told.error().message;
  ASSERT_EQ(server.seen().size(), 1);
  EXPECT_EQ(server.seen()[0].path, "/secret");
  EXPECT_EQ(
      server.seen()[0].body,
      R"({"blocks":[{"text":{"emoji":false,"text":"two\nlines","type":"plain_text"},"type":"section"}],)"
      R"("text":"two\nlines"})");
  EXPECT_EQ(server.seen()[0].headers.at("content-type"), "application/json");
}

TEST(PostThrough, ARefusalIsToldWithoutTheAddress) {
  const test::HttpServer server([](const test::SeenRequest&) { return test::Reply{.status = 403}; });
  const Result<void> told = PostThrough(PostProgram(), server.Url("/secret"), "text", {});
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().message, "HTTP 403");
  const Result<void> nowhere = PostThrough(PostProgram(), "ftp://127.0.0.1/secret", "text", {});
  ASSERT_FALSE(nowhere);
  EXPECT_THAT(nowhere.error().message, Not(HasSubstr("secret")));
}

TEST(PostThrough, AMissingProgramIsNamed) {
  const Result<void> told =
      PostThrough("/nowhere/loadline-agent-post", "http://127.0.0.1/secret", "text", {});
  ASSERT_FALSE(told);
  EXPECT_THAT(told.error().message, HasSubstr("/nowhere/loadline-agent-post: No such file"));
  EXPECT_THAT(told.error().message, Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace loadline::agent
