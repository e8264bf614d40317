#include "collector/http/http_way.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/support/http_server.h"
#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using test::HttpServer;
using test::Reply;
using testing::HasSubstr;

constexpr const char* kToken = R"({"access_token": "abc", "expires_in": 3600})";

Reply To(int status, std::string location) {
  return {.status = status, .headers = {{"Location", std::move(location)}}};
}

class HttpWayTest : public testing::Test {
 protected:
  Result<HttpResponse> Post(HttpWay& way, const std::string& path = "/") {
    return way.Do({.method = "POST",
                   .url = server_.Url(path),
                   .headers = {"Content-Type: text/plain", "X-Id: 7"},
                   .body = "words",
                   .timeout = 500ms});
  }
  std::string Header(std::size_t request, const std::string& name) {
    const auto headers = server_.seen().at(request).headers;
    return headers.contains(name) ? headers.at(name) : "";
  }
  std::string File(const std::string& name, const std::string& text) {
    std::ofstream(folder_.path() + "/" + name) << text;
    return folder_.path() + "/" + name;
  }
  HttpServer server_;
  SystemClock clock_;
  TemporaryFolder folder_;
};

TEST_F(HttpWayTest, WhoWeAreIsSaidInEachOfTheWays) {
  HttpWay basic({.basic = BasicAuth{.username = {.text = "me"}, .password = {.file = File("p", "pw\n")}}},
                clock_);
  ASSERT_TRUE(Post(basic));
  EXPECT_EQ(Header(0, "authorization"), "Basic bWU6cHc=");
  HttpWay named({.basic = BasicAuth{.username = {.file = File("u", "you")}, .password = {.text = "pw"}}},
                clock_);
  ASSERT_TRUE(Post(named));
  EXPECT_EQ(Header(1, "authorization"), "Basic eW91OnB3");
  HttpWay typed({.authorization = Authorization{.type = "Splunk", .credentials = {.text = "t"}}}, clock_);
  ASSERT_TRUE(Post(typed));
  EXPECT_EQ(Header(2, "authorization"), "Splunk t");
  HttpWay bearer({.authorization = Authorization{.credentials = {.file = File("t", "t2")}}}, clock_);
  ASSERT_TRUE(Post(bearer));
  EXPECT_EQ(Header(3, "authorization"), "Bearer t2");
  ASSERT_TRUE(bearer.Do({.url = server_.Url(), .authorization = "GenieKey k"}));
  EXPECT_EQ(Header(4, "authorization"), "GenieKey k") << "what the request brings goes first";
}

TEST_F(HttpWayTest, AFileThatIsReplacedIsReadAnewAndOneThatIsNotThereIsNamed) {
  HttpWay way({.authorization = Authorization{.credentials = {.file = folder_.path() + "/t"}}}, clock_);
  const auto without = Post(way);
  ASSERT_FALSE(without);
  EXPECT_THAT(without.error().message, HasSubstr(folder_.path() + "/t"));
  File("t", "one");
  ASSERT_TRUE(Post(way));
  File("t", "another");
  ASSERT_TRUE(Post(way));
  EXPECT_EQ(Header(0, "authorization"), "Bearer one");
  EXPECT_EQ(Header(1, "authorization"), "Bearer another");
}

TEST_F(HttpWayTest, HeadersHaveTheirValuesSecretsAndFiles) {
  HttpWay way({.headers = {{.name = "X-Tenant", .values = {"shop"}},
                           {.name = "X-Key", .secrets = {{.text = "s"}}},
                           {.name = "X-Filed", .secrets = {{.file = File("h", "f\n")}}}}},
              clock_);
  ASSERT_TRUE(Post(way));
  EXPECT_EQ(Header(0, "x-tenant"), "shop");
  EXPECT_EQ(Header(0, "x-key"), "s");
  EXPECT_EQ(Header(0, "x-filed"), "f");
  EXPECT_EQ(Header(0, "x-id"), "7");
}

TEST_F(HttpWayTest, ARedirectIsFollowedWithWhatWasToBeSaid) {
  for (const int status : {307, 308}) {
    HttpServer server;
    server.Queue(To(status, "/there?a=b"));
    HttpWay way({}, clock_);
    const auto answer = way.Do({.method = "POST", .url = server.Url("/here"), .body = "words"});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200) << status;
    EXPECT_EQ(server.seen().at(1).method, "POST") << status;
    EXPECT_EQ(server.seen().at(1).path, "/there?a=b");
    EXPECT_EQ(server.seen().at(1).body, "words");
  }
}

// As Go's client does; a message that was lost on the way is no message that arrived.
TEST_F(HttpWayTest, AMovedPageIsAskedForWithoutTheWordsAndHasNotHeardThem) {
  for (const int status : {301, 302}) {
    HttpServer server;
    server.Queue(To(status, "/there"));
    server.Queue(To(307, "/further"));
    HttpWay way({}, clock_);
    const auto request = [&] {
      return HttpRequest{.method = "POST",
                         .url = server.Url("/here"),
                         .headers = {"Content-Type: application/json", "X-Id: 7"},
                         .body = "words"};
    };
    const auto moved = way.Do(request());
    ASSERT_TRUE(moved);
    EXPECT_EQ(moved->status, status) << "and not 200";
    EXPECT_EQ(moved->Header("location"), "/there");
    for (const std::size_t hop : {1, 2}) {
      EXPECT_EQ(server.seen().at(hop).method, "GET") << status;
      EXPECT_EQ(server.seen().at(hop).body, "") << status << ", also behind a 307";
      EXPECT_FALSE(server.seen().at(hop).headers.contains("content-type"));
      EXPECT_TRUE(server.seen().at(hop).headers.contains("x-id"));
    }
    server.Queue(To(status, "/there"));
    server.Queue({.status = 503});
    EXPECT_EQ(way.Do(request())->status, 503) << "what may work later is tried again";
  }
}

TEST_F(HttpWayTest, WhatWasOnlyAskedForMayMoveAnyway) {
  server_.Queue(To(302, "/there"));
  HttpWay way({}, clock_);
  EXPECT_EQ(way.Do({.url = server_.Url("/here")})->status, 200);
}

TEST_F(HttpWayTest, SeeOtherAsksForTheAnswerAndSendsNothing) {
  server_.Queue(To(303, "/there"));
  HttpWay way({}, clock_);
  ASSERT_TRUE(Post(way));
  EXPECT_EQ(server_.seen().at(1).method, "GET");
  EXPECT_EQ(server_.seen().at(1).body, "");
  EXPECT_EQ(Header(1, "content-type"), "");
}

TEST_F(HttpWayTest, WhereRedirectsAreNotFollowedTheyAreTheAnswer) {
  server_.Queue(To(307, "/there"));
  HttpWay way({.follow_redirects = false}, clock_);
  EXPECT_EQ(Post(way)->status, 307);
  for (const char* location : {"", "ftp://elsewhere/", "http://"}) {
    server_.Queue(To(302, location));
    HttpWay follows({}, clock_);
    EXPECT_EQ(Post(follows)->status, 302) << location;
  }
}

TEST_F(HttpWayTest, ACircleOfRedirectsEnds) {
  HttpServer circle([](const test::SeenRequest&) { return To(302, "/again"); });
  HttpWay way({}, clock_);
  EXPECT_EQ(way.Do({.url = circle.Url()})->status, 302);
  EXPECT_EQ(circle.seen().size(), 11);
}

// localhost is another name than 127.0.0.1, and so another host.
TEST_F(HttpWayTest, AnotherHostIsToldNoSecretAlsoWhenItLeadsBack) {
  const std::string elsewhere = "http://localhost:" + std::to_string(server_.port()) + "/away";
  server_.Queue(To(307, elsewhere));
  server_.Queue(To(307, server_.Url("/back")));
  HttpWay way({.authorization = Authorization{.credentials = {.text = "t"}},
               .headers = {{.name = "X-Tenant", .values = {"shop"}, .secrets = {}},
                           {.name = "X-Key", .secrets = {{.text = "s"}}}}},
              clock_);
  ASSERT_TRUE(Post(way));
  ASSERT_EQ(server_.seen().size(), 3);
  EXPECT_EQ(Header(0, "authorization"), "Bearer t");
  EXPECT_EQ(Header(0, "x-key"), "s");
  for (const std::size_t i : {1, 2}) {
    EXPECT_EQ(Header(i, "authorization"), "") << i;
    EXPECT_EQ(Header(i, "x-key"), "") << i;
    EXPECT_EQ(Header(i, "x-tenant"), "shop") << i;
    EXPECT_EQ(server_.seen().at(i).body, "words") << i;
  }
}

TEST_F(HttpWayTest, ATokenThatIsNoLongerTakenIsReplacedOnce) {
  HttpServer tokens([](const test::SeenRequest&) { return Reply{.body = kToken}; });
  HttpWay way(
      {.oauth2 = OAuth2Options{.client_id = "c", .client_secret = {.text = "s"}, .token_url = tokens.Url()}},
      clock_);
  ASSERT_TRUE(Post(way));
  ASSERT_TRUE(Post(way));
  EXPECT_EQ(tokens.seen().size(), 1) << "kept";
  EXPECT_EQ(Header(1, "authorization"), "Bearer abc");
  server_.Queue({.status = 401});
  EXPECT_EQ(Post(way)->status, 200);
  EXPECT_EQ(tokens.seen().size(), 2);
  server_.Queue({.status = 401});
  server_.Queue({.status = 401});
  EXPECT_EQ(Post(way)->status, 401) << "the second word is believed";
  EXPECT_EQ(server_.seen().size(), 6);
}

TEST_F(HttpWayTest, WithoutATokenNothingIsSent) {
  HttpServer tokens([](const test::SeenRequest&) { return Reply{.status = 500}; });
  HttpWay way(
      {.oauth2 = OAuth2Options{.client_id = "c", .client_secret = {.text = "s"}, .token_url = tokens.Url()}},
      clock_);
  const auto answer = Post(way);
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("no token of OAuth 2 from 127.0.0.1"));
  EXPECT_TRUE(server_.seen().empty());
}

// A proxy is asked for the whole address.
TEST_F(HttpWayTest, AProxyIsGoneThroughOrPassedByAsItSays) {
  HttpServer proxy;
  const auto by = [&](HttpProxy how) {
    HttpWay way({.client = {.proxy = std::move(how)}}, clock_);
    return Post(way, "/x").has_value();
  };
  ASSERT_TRUE(by({.by = HttpProxy::By::kUrl, .url = proxy.Url()}));
  EXPECT_EQ(proxy.seen().at(0).path, server_.Url("/x"));
  EXPECT_TRUE(server_.seen().empty());
  ASSERT_TRUE(by({.by = HttpProxy::By::kUrl, .url = proxy.Url(), .past = "10.0.0.0/8,127.0.0.0/8"}));
  EXPECT_EQ(server_.seen().size(), 1);
  setenv("http_proxy", proxy.Url().c_str(), 1);
  ASSERT_TRUE(by({}));
  EXPECT_EQ(proxy.seen().size(), 2) << "the environment's";
  ASSERT_TRUE(by({.by = HttpProxy::By::kNone}));
  unsetenv("http_proxy");
  EXPECT_EQ(server_.seen().size(), 2);
}

}  // namespace
}  // namespace loadline::collector
