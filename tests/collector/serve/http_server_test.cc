// What many, slow, idle and dripping clients cost: themselves.
#include "collector/serve/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/support/http_socket.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using test::HttpSocket;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::size_t kLarge = 8 * 1024 * 1024;

// Goes on saying the same.
class Ticking final : public Feed {
 public:
  std::string Next() override { return "tick\n"; }
};

class Echo final : public HttpHandler {
 public:
  bool WantsBody(const ClientRequest& request) override { return request.path != "/unwanted"; }
  Reply Respond(const ClientRequest& request, const std::shared_ptr<Pipe>&) override {
    Reply reply{.headers = {{"Content-Type", "text/plain"}}};
    if (request.path == "/large") {
      reply.body.assign(kLarge, 'x');
    } else if (request.path == "/stream") {
      reply.stream = [this](const Writer& write) {
        ++streams;
        const std::string piece(64 * 1024, 'y');
        for (std::size_t i = 0; i < kLarge / piece.size() && write(piece); ++i) {
        }
        --streams;
      };
    } else if (request.path == "/slow") {
      reply.stream = [this](const Writer& write) {
        for (int i = 0; i < 3; ++i) {
          most_making = std::max(most_making.load(), ++making);
          std::this_thread::sleep_for(2ms);
          --making;
          write(std::string(16, 'z'));
        }
      };
    } else if (request.path == "/feed") {
      reply.feed = std::make_unique<Ticking>();
    } else {
      if (request.path == "/held") {
        ++held;
        released.wait(false);
      }
      reply.body = request.method + " " + request.path + " " + request.body;
    }
    return reply;
  }
  std::atomic<int> streams = 0;  // under way
  std::atomic<int> making = 0;   // a piece
  std::atomic<int> most_making = 0;
  std::atomic<int> held = 0;
  std::atomic<bool> released = false;
};

class HttpServerTest : public testing::Test {
 protected:
  void Serve() {
    HttpServerOptions options{.limits = limits_};
    options.workers = 4;  // fewer than any test has clients
    options.long_answers = long_answers_;
    options.on_closed = [this](const char* reason) {
      const std::lock_guard lock(mutex_);
      ++closed_[reason];
    };
    auto server = HttpServer::Start(std::move(options), echo_);
    ASSERT_TRUE(server.has_value());
    server_ = std::move(*server);
  }
  std::string Ask(const std::string& request) {
    const HttpSocket client(server_->port());
    client.Send(request);
    return client.Read();
  }
  static std::string Get(const std::string& path, const std::string& connection = "close") {
    return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: " + connection + "\r\n\r\n";
  }
  void ExpectAnHonestAnswer() { EXPECT_THAT(Ask(Get("/honest")), EndsWith("\r\n\r\nGET /honest ")); }
  int closed(const std::string& reason) {
    const std::lock_guard lock(mutex_);
    return closed_[reason];
  }
  void Await(const std::function<bool()>& something) {
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (!something() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(5ms);
    EXPECT_TRUE(something());
  }
  std::vector<std::unique_ptr<HttpSocket>> Many(int count, const std::string& bytes, int receive_buffer = 0) {
    std::vector<std::unique_ptr<HttpSocket>> sockets;
    for (int i = 0; i < count; ++i) {
      sockets.push_back(std::make_unique<HttpSocket>(server_->port(), receive_buffer));
      EXPECT_TRUE(sockets.back()->connected());
      if (!bytes.empty()) sockets.back()->Send(bytes);
    }
    return sockets;
  }

  // So long that none of the times decides a test, unless it says otherwise.
  ConnectionLimits limits_{.request_time = 1h, .idle = 1h, .write_stall = 1h, .answer_time = 1h};
  int long_answers_ = 2;
  Echo echo_;
  std::mutex mutex_;
  std::map<std::string, int> closed_;
  std::unique_ptr<HttpServer> server_;  // ends first
};

TEST_F(HttpServerTest, AnswersOneRequestAfterTheOther) {
  Serve();
  const HttpSocket client(server_->port());
  for (int i = 0; i < 3; ++i) {
    client.Send(Get("/a", "keep-alive"));
    EXPECT_THAT(client.Read("GET /a "), StartsWith("HTTP/1.1 200 OK\r\n"));
  }
  // Two at once, and the last says that it is.
  client.Send(Get("/b", "keep-alive") + Get("/c"));
  const std::string both = client.Read();
  EXPECT_THAT(both, HasSubstr("GET /b "));
  EXPECT_THAT(both, EndsWith("GET /c "));
}

TEST_F(HttpServerTest, ReadsABodyHoweverItComes) {
  Serve();
  const HttpSocket client(server_->port());
  client.Send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n01234");
  std::this_thread::sleep_for(10ms);
  client.Send("56789GET / HTTP/1.1\r\n\r\n");
  const std::string answer = client.Read();
  EXPECT_THAT(answer, EndsWith("POST /a 0123456789"));
  EXPECT_THAT(Ask("POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
              EndsWith("POST /a abc"));
}

TEST_F(HttpServerTest, AsksForABodyThatWaitsToBeAskedFor) {
  Serve();
  const HttpSocket client(server_->port());
  client.Send("POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_THAT(client.Read("\r\n\r\n"), StartsWith("HTTP/1.1 100"));
  client.Send("abc");
  EXPECT_THAT(client.Read(), EndsWith("POST /a abc"));
}

TEST_F(HttpServerTest, LeavesAnUnwantedBodyUnread) {
  Serve();
  const std::string answer =
      Ask("POST /unwanted HTTP/1.1\r\nContent-Length: 4000000\r\n\r\n" + Get("/hidden"));
  EXPECT_THAT(answer, EndsWith("POST /unwanted "));
}

TEST_F(HttpServerTest, RefusesWhatIsTooLargeOrCannotBeRead) {
  Serve();
  EXPECT_THAT(Ask("nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(Ask("GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(Ask("POST / HTTP/1.1\r\nContent-Length: 999999999999\r\n\r\n"), StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(Ask("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), StartsWith("HTTP/1.1 400"));
  Await([&] { return closed("malformed") == 2 && closed("too_large") == 2; });
}

TEST_F(HttpServerTest, ClientsThatWaitDripOrComeBackHoldNoWorker) {
  Serve();
  const auto idle = Many(100, "");
  const auto dripping = Many(100, "GET / HTTP/1.1\r\nX-Dr");
  const auto bodies = Many(50, "POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\nabc");
  const auto returning = Many(64, Get("/again", "keep-alive"));
  ExpectAnHonestAnswer();
  for (const auto& socket : dripping) socket->Send("i");
  for (const auto& socket : returning) EXPECT_THAT(socket->Read("GET /again "), HasSubstr("200 OK"));
  ExpectAnHonestAnswer();
}

TEST_F(HttpServerTest, ReadersThatDoNotReadHoldNoWorkerWhereTheAnswerIsReady) {
  Serve();
  limits_.all_answer_bytes = 1'000'000'000;
  const auto slow = Many(7, Get("/large"), 4096);
  ExpectAnHonestAnswer();
}

TEST_F(HttpServerTest, ReadersThatHoldTooMuchTogetherAreClosed) {
  limits_.all_answer_bytes = 2 * kLarge;
  Serve();
  const auto slow = Many(6, Get("/large"), 4096);
  Await([&] { return closed("slow_reader") >= 3; });
  ExpectAnHonestAnswer();
}

TEST_F(HttpServerTest, AReaderThatStallsIsGivenUpWhileTheAnswerIsMade) {
  limits_.write_stall = 200ms;
  Serve();
  const auto slow = Many(4, Get("/stream"), 4096);
  Await([&] { return closed("slow_reader") == 4; });
  Await([&] { return echo_.streams == 0; });
  ExpectAnHonestAnswer();
}

TEST_F(HttpServerTest, MakesSoManyLongAnswersAtOnceAndOthersWhileTheirReadersStall) {
  long_answers_ = 1;
  Serve();
  const auto stalled = Many(2, Get("/stream"), 4096);
  Await([&] { return echo_.streams == 2; });
  const auto readers = Many(8, Get("/slow"));
  for (const auto& reader : readers) EXPECT_THAT(reader->Read(), EndsWith("0\r\n\r\n"));
  EXPECT_EQ(echo_.most_making, 1);
}

TEST_F(HttpServerTest, SendsAllOfALongAnswerToWhoReadsIt) {
  Serve();
  EXPECT_THAT(Ask(Get("/large")), HasSubstr("Content-Length: 8388608\r\n"));
  const std::string streamed = Ask(Get("/stream"));
  EXPECT_EQ(std::ranges::count(streamed.substr(streamed.find("\r\n\r\n")), 'y'),
            static_cast<std::ptrdiff_t>(kLarge));
  EXPECT_THAT(streamed, EndsWith("0\r\n\r\n"));
}

TEST_F(HttpServerTest, CompressesForWhoTakesIt) {
  Serve();
  const std::string answer =
      Ask("GET /large HTTP/1.1\r\nHost: a\r\nAccept-Encoding: br, gzip\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Encoding: gzip\r\n"));
  EXPECT_LT(answer.size(), kLarge / 10);
}

TEST_F(HttpServerTest, FeedsManyWithoutAWorkerForEach) {
  Serve();
  const auto listeners = Many(40, Get("/feed"));
  for (const auto& listener : listeners) EXPECT_THAT(listener->Read("tick"), HasSubstr("200 OK"));
  ExpectAnHonestAnswer();
}

TEST_F(HttpServerTest, WhoIsSlowWithARequestIsClosed) {
  limits_.request_time = 100ms;
  Serve();
  const HttpSocket head(server_->port());
  head.Send("GET / HT");
  const HttpSocket body(server_->port());
  body.Send("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_TRUE(head.Closed());
  EXPECT_TRUE(body.Closed());
  Await([&] { return closed("slow_request") == 2; });
}

TEST_F(HttpServerTest, WhoIsIdleForLongIsClosed) {
  limits_.idle = 100ms;
  Serve();
  const HttpSocket idle(server_->port());
  EXPECT_TRUE(idle.Closed());
  Await([&] { return closed("idle") == 1; });
}

TEST_F(HttpServerTest, WhenFullTheLongestIdleOneMakesRoom) {
  limits_.connections = 10;
  Serve();
  const HttpSocket first(server_->port());
  std::this_thread::sleep_for(5ms);
  const auto others = Many(9, "GET / HT");
  ExpectAnHonestAnswer();
  EXPECT_TRUE(first.Closed());
  EXPECT_TRUE(std::ranges::all_of(others, [](const auto& other) { return other->Open(); }));
  EXPECT_EQ(closed("displaced"), 1);
}

TEST_F(HttpServerTest, WhenFullOfOthersThatAreServedANewOneIsTurnedAway) {
  limits_.connections = 3;
  Serve();
  const auto listeners = Many(3, Get("/feed"));
  for (const auto& listener : listeners) EXPECT_THAT(listener->Read("tick"), HasSubstr("200 OK"));
  const HttpSocket late(server_->port());
  EXPECT_TRUE(late.Closed());
  EXPECT_EQ(closed("full"), 1);
}

// Whoever posted something, and was cut off while it was done, does not know that it was.
TEST_F(HttpServerTest, WhatWasBegunIsAnsweredBeforeTheEnd) {
  Serve();
  const auto clients = Many(3, Get("/held", "keep-alive"));
  Await([&] { return echo_.held == 3; });
  const std::jthread later([this] {
    std::this_thread::sleep_for(100ms);
    echo_.released = true;
    echo_.released.notify_all();
  });
  server_.reset();
  for (const auto& client : clients) EXPECT_THAT(client->Read(), EndsWith("GET /held "));
}

TEST_F(HttpServerTest, EndsAtOnceWhateverIsUnderWay) {
  Serve();
  const auto slow = Many(4, Get("/stream"), 4096);
  const auto feed = Many(2, Get("/feed"));
  const auto idle = Many(2, "");
  Await([&] { return echo_.streams == 4; });
  server_.reset();
  EXPECT_EQ(echo_.streams, 0);
}

}  // namespace
}  // namespace loadline::collector
