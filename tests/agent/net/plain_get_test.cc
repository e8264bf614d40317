#include "agent/net/plain_get.h"

#include <gtest/gtest.h>

#include <stop_token>
#include <thread>

#include "tests/support/http_server.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;
using test::Reply;

class PlainGetTest : public testing::Test {
 protected:
  Result<PlainAnswer> Get(Duration within = 5s, std::size_t most = 256 << 10) {
    return GetPlain(at_, {.path = "/a?b=c", .header = "Metadata: true", .most = most},
                    Patience::Of(within, stop_.get_token()));
  }
  std::string Fails(Duration within = 5s, std::size_t most = 256 << 10) {
    const auto answer = Get(within, most);
    return answer ? "" : answer.error().message;
  }

  test::HttpServer server_;
  const HostPort at_ = *ReadPlainUrl(server_.Url(""));
  std::stop_source stop_;
};

TEST_F(PlainGetTest, GetsWhatTheServerAnswers) {
  server_.Queue({.status = 418, .body = std::string(100'000, 'x')});
  const auto answer = Get();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 418);
  EXPECT_EQ(answer->body.size(), 100'000U);
  const test::SeenRequest seen = server_.seen().at(0);
  EXPECT_EQ(seen.method, "GET");
  EXPECT_EQ(seen.path, "/a?b=c");
  EXPECT_EQ(seen.headers.at("metadata"), "true");
  EXPECT_EQ(seen.headers.at("host"), TextOf(at_));
}

TEST_F(PlainGetTest, AServerThatMisbehavesIsAnErrorInTime) {
  server_.Queue({.body = "half", .manner = Reply::Manner::kHalf});
  EXPECT_EQ(Fails(), "the answer ended before it was whole");
  server_.Queue({.manner = Reply::Manner::kSlam});
  EXPECT_NE(Fails(), "");
  server_.Queue({.body = std::string(300'000, 'x')});
  EXPECT_EQ(Fails(5s, 200'000), "answers too much");
  server_.Queue({.manner = Reply::Manner::kHang});
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(Fails(200ms), "does not answer in time");
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

TEST_F(PlainGetTest, WhoIsToStopDoesNotWait) {
  server_.Queue({.manner = Reply::Manner::kHang});
  const std::jthread stops([this] {
    std::this_thread::sleep_for(100ms);
    stop_.request_stop();
  });
  const auto began = std::chrono::steady_clock::now();
  EXPECT_NE(Fails(60s), "");
  EXPECT_LT(std::chrono::steady_clock::now() - began, 30s);
}

TEST(PlainUrl, IsAnAddressInNumbersAndNothingElse) {
  EXPECT_EQ(ReadPlainUrl("http://169.254.169.254")->port, 80);
  EXPECT_EQ(ReadPlainUrl("http://127.0.0.1:8080/")->port, 8080);
  EXPECT_EQ(TextOf(*ReadPlainUrl("http://[::1]")), "[::1]:80");
  for (const char* wrong :
       {"", "169.254.169.254", "https://169.254.169.254", "http://imds", "http://1.2.3.4/x",
        "http://1.2.3.4:0", "http://1.2.3.4:99999", "http://", "http://1.2.3.4:8x"})
    EXPECT_FALSE(ReadPlainUrl(wrong)) << wrong;
}

TEST(PlainUrl, WhereNobodyListensItIsSaid) {
  const auto answer = GetPlain({"127.0.0.1", 1}, {.path = "/"}, Patience::Of(5s, {}));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message, "refuses connections");
}

}  // namespace
}  // namespace loadline::agent
