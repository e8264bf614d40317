#include "collector/http/http_client.h"

#include <gmock/gmock.h>

#include "tests/support/http_server.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using test::HttpServer;
using test::Reply;
using testing::HasSubstr;
using testing::Not;

constexpr Wall kNow{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

TEST(HttpClient, SendsMethodHeadersAndBodyAndGivesStatusHeadersAndBody) {
  HttpServer server;
  server.Queue({.status = 418, .headers = {{"X-Kind", " teapot "}}, .body = "short and stout"});
  HttpClient client;
  auto answer = client.Do(
      {.method = "PUT", .url = server.Url("/pot?a=b"), .headers = {"X-Tea: green"}, .body = "leaves"});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 418);
  EXPECT_FALSE(answer->ok());
  EXPECT_EQ(answer->Header("x-kind"), "teapot");
  EXPECT_EQ(answer->body, "short and stout");
  const auto seen = server.seen().at(0);
  EXPECT_EQ(seen.method, "PUT");
  EXPECT_EQ(seen.path, "/pot?a=b");
  EXPECT_EQ(seen.headers.at("x-tea"), "green");
  EXPECT_EQ(seen.body, "leaves");
}

TEST(HttpClient, AConnectionIsUsedAgain) {
  HttpServer server;
  HttpClient client;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(client.Do({.method = "POST", .url = server.Url(), .body = "x"}));
  EXPECT_EQ(client.connections(), 1);
  EXPECT_EQ(server.seen().back().connection, 1);
}

TEST(HttpClient, AServerThatSaysNothingCostsTheTimeoutAndNoMore) {
  HttpServer server;
  server.Queue({.manner = Reply::Manner::kHang});
  HttpClient client;
  auto answer = client.Do({.url = server.Url(), .timeout = 100ms});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::kUnavailable);
}

TEST(HttpClient, HalfAnAnswerIsNoAnswer) {
  HttpServer server;
  server.Queue({.body = "{\"ok\":tr", .manner = Reply::Manner::kHalf});
  HttpClient client;
  EXPECT_EQ(client.Do({.url = server.Url()}).error().kind, ErrorKind::kUnavailable);
}

TEST(HttpClient, AClosedDoorIsUnavailableAndTheNextRequestMayPass) {
  HttpServer server;
  server.Queue({.manner = Reply::Manner::kSlam});
  HttpClient client;
  EXPECT_EQ(client.Do({.url = server.Url()}).error().kind, ErrorKind::kUnavailable);
  EXPECT_TRUE(client.Do({.url = server.Url()}));
}

TEST(HttpClient, SaysWhetherARequestMayHaveBeenHeard) {
  HttpServer server;
  server.Queue({.manner = Reply::Manner::kSlam});
  HttpClient client;
  EXPECT_FALSE(client.Do({.url = server.Url()}));
  EXPECT_TRUE(client.reached());
  EXPECT_FALSE(client.Do({.url = "http://127.0.0.1:1/"}));
  EXPECT_FALSE(client.reached());
  EXPECT_TRUE(client.Do({.url = server.Url()}));
  EXPECT_TRUE(client.reached());
  EXPECT_FALSE(client.Do({.url = "ftp://127.0.0.1/"}));
  EXPECT_FALSE(client.reached());
}

TEST(HttpClient, AnAnswerLargerThanAllowedIsCutOff) {
  HttpServer server;
  server.Queue({.body = std::string(1000, 'x')});
  HttpClient client;
  auto answer = client.Do({.url = server.Url(), .max_answer = 999});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::kExhausted);
}

TEST(HttpClient, ErrorsNameTheHostAndNothingSecret) {
  HttpClient client;
  auto answer = client.Do({.url = "http://user:pass@127.0.0.1:1/services/T0/B0/secret?token=secret",
                           .headers = {"Authorization: Bearer secret"}});
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("127.0.0.1:1"));
  EXPECT_THAT(answer.error().message, Not(HasSubstr("secret")));
  EXPECT_THAT(answer.error().message, Not(HasSubstr("pass")));
}

TEST(HttpClient, OnlyHttpIsSpoken) {
  HttpClient client;
  EXPECT_EQ(client.Do({.url = "file:///etc/passwd"}).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(client.Do({.url = "nonsense"}).error().kind, ErrorKind::kInvalid);
}

TEST(HttpClient, ARedirectIsAnAnswerAndIsNotFollowed) {
  HttpServer server;
  server.Queue({.status = 302, .headers = {{"Location", server.Url("/elsewhere")}}});
  HttpClient client;
  EXPECT_EQ(client.Do({.url = server.Url()})->status, 302);
  EXPECT_EQ(server.seen().size(), 1);
}

TEST(HttpClient, AStreamIsGivenPieceByPieceUntilItsTakerHasEnough) {
  HttpServer server;
  server.Queue({.body = "one\ntwo\n"});
  HttpClient client;
  std::string taken;
  auto answer = client.Do({.url = server.Url(), .max_answer = 1, .on_body = [&](std::string_view piece) {
                             taken += piece;
                             return false;
                           }});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(taken, "one\ntwo\n");
}

TEST(HttpClient, AStopRequestEndsAnExchange) {
  HttpServer server;
  server.Queue({.manner = Reply::Manner::kHang});
  HttpClient client;
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(client.Do({.url = server.Url(), .stop = stop.get_token()}));
}

TEST(RetryAfter, IsSecondsOrADateAndNeverNegative) {
  const auto with = [](const std::string& value) {
    return RetryAfter({.status = 429, .headers = {{"retry-after", value}}, .body = {}}, kNow);
  };
  EXPECT_EQ(with("30"), 30s);
  EXPECT_EQ(with("0"), 0s);
  EXPECT_EQ(with("Thu, 01 Jan 2026 00:01:00 GMT"), 60s);
  EXPECT_EQ(with("Wed, 31 Dec 2025 00:00:00 GMT"), 0s);
  EXPECT_EQ(with("soon"), std::nullopt);
  EXPECT_EQ(with("nan"), std::nullopt);
  EXPECT_EQ(with("-5"), std::nullopt);
  EXPECT_EQ(RetryAfter({}, kNow), std::nullopt);
}

TEST(RetryAfter, IsAYearAtMost) {
  for (const char* value : {"1e300", "inf", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"})
    EXPECT_EQ(RetryAfter({.status = 429, .headers = {{"retry-after", value}}, .body = {}}, kNow), 24h * 365)
        << value;
}

TEST(HostOf, LeavesOutEverythingElse) {
  EXPECT_EQ(HostOf("https://hooks.slack.com/services/T/B/X"), "hooks.slack.com:443");
  EXPECT_EQ(HostOf("http://user:pw@[::1]:8080/x"), "[::1]:8080");
  EXPECT_EQ(HostOf("http://[::1]/x"), "[::1]:80");
  EXPECT_EQ(HostOf("what"), "(no host)");
}

TEST(UrlEncode, KeepsOnlyWhatNeverMeansAnything) {
  EXPECT_EQ(UrlEncode("a-b_c.d~e /?&=%\xc3\xa9"), "a-b_c.d~e%20%2F%3F%26%3D%25%C3%A9");
}

}  // namespace
}  // namespace loadline::collector
