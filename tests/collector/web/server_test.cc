// The server as a client meets it: over a socket, with bytes of any kind.
#include "collector/web/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "tests/support/http_socket.h"

namespace loadline::collector {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using Client = test::HttpSocket;

class WebServerTest : public testing::Test {
 protected:
  std::unique_ptr<WebServer> Serve(WebOptions options = {}) {
    options.port = 0;
    options.limits = limits_;
    auto server = WebServer::Start(options, [this] { return snapshot_; }, clock_);
    EXPECT_TRUE(server.has_value());
    return std::move(*server);
  }
  std::string Ask(const WebServer& server, const std::string& request) {
    Client client(server.port());
    client.Send(request);
    return client.Read();
  }
  static std::string Get(const std::string& path) {
    return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  }

  ConnectionLimits limits_{.request_time = std::chrono::milliseconds(200),
                           .idle = std::chrono::milliseconds(200)};
  SystemClock clock_;
  std::shared_ptr<const Snapshot> snapshot_ = std::make_shared<const Snapshot>();
};

TEST_F(WebServerTest, IsReadyWhenItKnowsSomethingThoughItCannotStoreIt) {
  const auto server = Serve();
  EXPECT_THAT(Ask(*server, Get("/readyz")), StartsWith("HTTP/1.1 200"));
  Snapshot full;
  full.collector = {.store_writable = false, .store_error = "no space left on device"};
  snapshot_ = std::make_shared<const Snapshot>(full);
  EXPECT_THAT(Ask(*server, Get("/readyz")), StartsWith("HTTP/1.1 200"));
  snapshot_ = nullptr;
  EXPECT_THAT(Ask(*server, Get("/readyz")), StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(Ask(*server, Get("/api/v1/nodes")), StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(Ask(*server, Get("/healthz")), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Ask(*server, Get("/metrics")), HasSubstr("loadline_http_requests_total"));
}

TEST_F(WebServerTest, CountsWhatIsNotBelievedOfANode) {
  RecommendationView advice;
  advice.outliers = {{.node = "honest", .resource = Resource::kCpu},
                     {.node = "odd", .resource = Resource::kCpu, .times_the_others = 90},
                     {.node = "odd", .resource = Resource::kMemory, .times_the_others = 80}};
  WorkloadView workload{.id = "shop/Deployment/cart"};
  workload.containers = {
      {.name = "server", .recommendation = std::make_shared<const RecommendationView>(advice)}};
  Snapshot shown;
  shown.nodes = {{.name = "honest"}, {.name = "odd", .refused = {.beyond_capacity = 7}}};
  shown.workloads = {std::make_shared<const WorkloadView>(workload)};
  snapshot_ = std::make_shared<const Snapshot>(shown);
  const auto server = Serve();
  EXPECT_THAT(Ask(*server, Get("/metrics")),
              AllOf(HasSubstr("loadline_node_outweighed_containers{node=\"odd\"} 1\n"),
                    HasSubstr("loadline_node_outweighed_containers{node=\"honest\"} 0\n"),
                    HasSubstr("loadline_node_refused_total{node=\"odd\",what=\"beyond_capacity\"} 7\n")));
}

TEST_F(WebServerTest, AnswersNoForeignName) {
  const auto server = Serve();
  EXPECT_THAT(Ask(*server, "GET /api/v1/nodes HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 421"));
  EXPECT_THAT(Ask(*server, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n"), StartsWith("HTTP/1.1 421"));
}

TEST_F(WebServerTest, TakesNoOrdersAndNoBodyForARequest) {
  const auto server = Serve();
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
    const std::string answer =
        Ask(*server, std::string(method) +
                         " /api/v1/nodes HTTP/1.1\r\nHost: localhost\r\nContent-Length: 40\r\n\r\n"
                         "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 405")) << method;
    EXPECT_THAT(answer, Not(HasSubstr("200 OK"))) << method;
  }
}

TEST_F(WebServerTest, EndsARequestThatIsTooLarge) {
  const auto server = Serve();
  Client client(server->port());
  client.Send("GET / HTTP/1.1\r\nHost: localhost\r\n");
  const std::string header = "X-Filler: " + std::string(1000, 'x') + "\r\n";
  for (int i = 0; i < 100 && client.Send(header); ++i) {
  }
  EXPECT_THAT(client.Read(), Not(HasSubstr("200 OK")));
  EXPECT_THAT(Ask(*server, Get("/healthz")), StartsWith("HTTP/1.1 200"));
}

TEST_F(WebServerTest, TakesNoBodyForTheNextRequest) {
  const auto server = Serve();
  const std::string hidden = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
  for (const char* framing : {"Content-Length: 44\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n2c\r\n"}) {
    const std::string answer =
        Ask(*server, std::string("GET /readyz HTTP/1.1\r\nHost: localhost\r\n") + framing + hidden);
    EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos) << answer;
  }
}

TEST_F(WebServerTest, EndsARequestThatNeverEnds) {
  const auto server = Serve();
  Client client(server->port());
  client.Send("GET / HTTP/1.1\r\nHost: loc");
  EXPECT_THAT(client.Read(), Not(HasSubstr("<nothing came>")));
}

TEST_F(WebServerTest, SurvivesBytesThatAreNoRequest) {
  const auto server = Serve();
  for (const std::string& bytes :
       {std::string("\0\0\0\0", 4), std::string(5000, 'A'), std::string("GET\r\n\r\n"),
        std::string("\r\n\r\n\r\n"),
        std::string("GET /%zz%00%ff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
        "GET / HTTP/1.1\r\nHost: localhost\r\nRange: bytes=" + std::string(7000, '1') +
            "-\r\nConnection: close\r\n\r\n",
        std::string("GET /api/v1/nodes?limit=99999999999999999999 HTTP/1.1\r\nHost: localhost\r\nConnection: "
                    "close\r\n\r\n")}) {
    Client client(server->port());
    client.Send(bytes);
    client.Send("\r\n\r\n");
    client.Read();
    EXPECT_THAT(Ask(*server, Get("/healthz")), StartsWith("HTTP/1.1 200"));
  }
}

TEST_F(WebServerTest, RefusesStreamsAboveTheBound) {
  const auto server = Serve({.streams = 1});
  Client first(server->port());
  first.Send(Get("/api/v1/events"));
  EXPECT_THAT(first.Read("event: snapshot"), HasSubstr("text/event-stream"));
  EXPECT_THAT(Ask(*server, Get("/api/v1/events")), StartsWith("HTTP/1.1 503"));
}

TEST_F(WebServerTest, EndsItsStreamsAtOnceWhenItStops) {
  limits_.idle = std::chrono::hours(1);
  auto server = Serve();
  const Client idle(server->port());
  Client client(server->port());
  client.Send(Get("/api/v1/events"));
  client.Read("event: snapshot");
  const auto before = std::chrono::steady_clock::now();
  server.reset();
  // Idle connections are kept for an hour here: it must not be those that are waited for.
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::minutes(1));
  EXPECT_THAT(client.Read(), Not(HasSubstr("<nothing came>")));
}

TEST_F(WebServerTest, ProbesAreAnsweredAtAPortOfTheirOwn) {
  const auto server = Serve({.probes = ProbeAddress{}});
  ASSERT_NE(server->probes_port(), 0);
  const auto probe = [&](const std::string& path) {
    Client client(server->probes_port());
    // As the kubelet asks: by the pod's address, or whatever name.
    client.Send("GET " + path + " HTTP/1.1\r\nHost: any\r\nConnection: close\r\n\r\n");
    return client.Read();
  };
  EXPECT_THAT(probe("/healthz"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(probe("/readyz"), StartsWith("HTTP/1.1 200"));
  for (const char* path : {"/metrics", "/api/v1/nodes", "/"})
    EXPECT_THAT(probe(path), StartsWith("HTTP/1.1 404")) << path;
  snapshot_ = nullptr;
  EXPECT_THAT(probe("/readyz"), StartsWith("HTTP/1.1 503"));
}

TEST_F(WebServerTest, ShowsNothingWithoutTheTokenWhereOneIsAskedFor) {
  const auto server = Serve({.may_read = [](const std::string& token, std::string_view verb,
                                            std::string_view path) -> Result<void> {
    EXPECT_EQ(verb, "get");
    if (token == "known" && path != "/metrics") return {};
    if (token == "known") return Failure(ErrorKind::kDenied, "you may not");
    if (token == "nobody") return Failure(ErrorKind::kUnavailable, "nobody can say");
    return Failure(ErrorKind::kInvalid, "a token is needed");
  }});
  const auto ask = [&](const std::string& path, const std::string& token) {
    return Ask(*server, "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
                            (token.empty() ? "" : "Authorization: Bearer " + token + "\r\n") + "\r\n");
  };
  for (const char* path : {"/api/v1/nodes", "/api/v1/events", "/api/v1/workloads/a/b/c", "/api/v2/status",
                           "/metrics", "/api/v1/openapi.yaml"}) {
    EXPECT_THAT(ask(path, ""), StartsWith("HTTP/1.1 401")) << path;
    EXPECT_THAT(ask(path, "wrong"), HasSubstr("WWW-Authenticate: Bearer")) << path;
    EXPECT_THAT(ask(path, "nobody"), StartsWith("HTTP/1.1 503")) << path;
  }
  EXPECT_THAT(ask("/api/v1/nodes", "known"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(ask("/metrics", "known"), StartsWith("HTTP/1.1 403"));
  // The page itself holds nothing, and probes show nothing.
  for (const char* path : {"/", "/healthz", "/readyz"})
    EXPECT_THAT(ask(path, ""), StartsWith("HTTP/1.1 200")) << path;
}

TEST(Coarse, IsAPathOfAtMostThreeNames) {
  EXPECT_EQ(Coarse("/metrics"), "/metrics");
  EXPECT_EQ(Coarse("/api/v1/workloads/shop/Deployment/cart"), "/api/v1/workloads");
  EXPECT_EQ(Coarse("/api/v1/nodes"), "/api/v1/nodes");
  EXPECT_EQ(Coarse("/"), "/");
}

TEST_F(WebServerTest, SaysThatAPortIsTaken) {
  const auto server = Serve();
  const auto second = WebServer::Start({.port = server->port()}, [] { return nullptr; }, clock_);
  ASSERT_FALSE(second.has_value());
  EXPECT_THAT(second.error().message, HasSubstr("in use"));
  EXPECT_THAT(second.error().message, HasSubstr(std::to_string(server->port())));
}

TEST_F(WebServerTest, SaysThatAnAddressIsNone) {
  const auto server = WebServer::Start({.address = "localhost"}, [] { return nullptr; }, clock_);
  ASSERT_FALSE(server.has_value());
  EXPECT_EQ(server.error().kind, ErrorKind::kInvalid);
}

}  // namespace
}  // namespace loadline::collector
