#include "collector/serve/client_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/serve/chunks.h"

namespace loadline::collector {
namespace {

using testing::ElementsAre;
using testing::Pair;

int StatusOf(const std::string& head) {
  const auto parsed = ParseHead(head);
  return parsed ? 200 : parsed.error().status;
}

std::string Get(const std::string& headers) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n";
}

TEST(ParseHead, ReadsPathQueryAndHeaders) {
  const auto head = ParseHead(
      "GET /api/v1/work%20loads?search=a+b%26c&x&filter=1&filter=2#f HTTP/1.1\r\nHOST:  me:80 \r\n"
      "Accept:\r\n\r\n");
  ASSERT_TRUE(head.has_value());
  const ClientRequest& request = head->request;
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path, "/api/v1/work loads");
  EXPECT_THAT(request.query,
              ElementsAre(Pair("search", "a b&c"), Pair("x", ""), Pair("filter", "1"), Pair("filter", "2")));
  EXPECT_EQ(request.Header("host"), "me:80");
  EXPECT_EQ(request.Header("accept"), "");
  EXPECT_TRUE(request.keep_alive);
  EXPECT_FALSE(head->body.any());
}

TEST(ParseHead, KnowsWhetherTheConnectionGoesOn) {
  EXPECT_FALSE(ParseHead(Get("Connection: close\r\n"))->request.keep_alive);
  EXPECT_FALSE(ParseHead(Get("Connection: x, Close\r\n"))->request.keep_alive);
  EXPECT_FALSE(ParseHead("GET / HTTP/1.0\r\n\r\n")->request.keep_alive);
  EXPECT_TRUE(ParseHead("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")->request.keep_alive);
}

TEST(ParseHead, ATargetWithAHostIsAskedForThatHost) {
  const auto head = ParseHead("GET http://evil.example/x HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(head->request.Header("host"), "evil.example");
  EXPECT_EQ(head->request.path, "/x");
}

TEST(ParseHead, KnowsHowTheBodyIsFramed) {
  EXPECT_EQ(ParseHead(Get("Content-Length: 12\r\n"))->body.length, 12U);
  EXPECT_TRUE(ParseHead(Get("Transfer-Encoding: Chunked\r\n"))->body.chunked);
  EXPECT_TRUE(ParseHead(Get("Content-Length: 12\r\nExpect: 100-continue\r\n"))->body.expects_continue);
}

TEST(ParseHead, RefusesWhatTwoReadersCouldUnderstandDifferently) {
  for (const char* headers :
       {"Content-Length: 1\r\nContent-Length: 1\r\n", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: -1\r\n", "Content-Length: +1\r\n", "Content-Length: 1, 1\r\n",
        "Content-Length: 0x1\r\n", "Content-Length:\r\n", "Content-Length: 99999999999999999999999\r\n",
        "Content-Length : 1\r\n", " Folded: x\r\n", "X: a\r\n b\r\n", "X: a\nY: b\r\n", "X: a\rb\r\n",
        "NoColon\r\n", ": x\r\n", "X y: z\r\n", "Host: b\r\n", "Authorization: a\r\nAuthorization: b\r\n"}) {
    EXPECT_EQ(StatusOf(Get(headers)), 400) << headers;
  }
  EXPECT_EQ(StatusOf(Get("Transfer-Encoding: gzip, chunked\r\n")), 501);
  EXPECT_EQ(StatusOf(Get("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")), 400);
  EXPECT_EQ(StatusOf("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf(Get("X: " + std::string(1, '\0') + "\r\n")), 400);
  EXPECT_EQ(StatusOf(Get("Expect: magic\r\n")), 417);
}

TEST(ParseHead, RefusesLinesThatAreNoRequest) {
  for (const char* line :
       {"GET", "GET /", "GET  / HTTP/1.1", " GET / HTTP/1.1", "G\tT / HTTP/1.1", "GET x HTTP/1.1",
        "OPTIONS * HTTP/1.1", "GET /%zz HTTP/1.1", "GET /%4 HTTP/1.1", "GET /%00 HTTP/1.1",
        "GET /?%f HTTP/1.1", "", "ABCDEFGHIJKLMNOPQ / HTTP/1.1", "GET / http/1.1"}) {
    EXPECT_EQ(StatusOf(std::string(line) + "\r\nHost: a\r\n\r\n"), 400) << line;
  }
  EXPECT_EQ(StatusOf("GET / HTTP/2.0\r\n\r\n"), 505);
}

TEST(ParseHead, TakesAnyByteOfANameThatIsEncoded) {
  const auto head = ParseHead("GET /a%0d%0ab%2Fc HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->request.path, "/a\r\nb/c");
  EXPECT_EQ(head->request.headers.size(), 1U) << "and it is no header";
}

TEST(ParseHead, BoundsTheHeaders) {
  std::string many;
  for (int i = 0; i < 200; ++i) many += "X: y\r\n";
  EXPECT_EQ(StatusOf(Get(many)), 431);
}

// The body of `bytes`, fed `step` at a time; "?" where it has no end, "!" where it cannot be read.
std::string Unchunk(const std::string& bytes, std::size_t step) {
  Chunks chunks;
  std::string in, body;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    in += bytes.substr(at, step);
    const Chunks::State state = chunks.Take(in, body);
    if (state == Chunks::State::kBad) return "!";
    if (state == Chunks::State::kDone) return body;
  }
  return "?";
}

TEST(Chunks, AreReadHoweverTheyCome) {
  const std::string bytes = "3\r\nabc\r\n00A;ext=1\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n";
  for (const std::size_t step : {1U, 2U, 5U, 100U}) EXPECT_EQ(Unchunk(bytes, step), "abc0123456789") << step;
}

TEST(Chunks, ThatCannotBeReadAreRefused) {
  for (const char* bytes : {"x\r\n", "\r\n", "-1\r\nabc", "3\r\nabcd\r\n0\r\n\r\n", "0x3\r\nabc\r\n",
                            "fffffffff\r\n", "3 3\nabc"}) {
    EXPECT_NE(Unchunk(bytes, 1).find_first_of("!?"), std::string::npos) << bytes;
  }
  EXPECT_EQ(Unchunk(std::string(5000, '1'), 100), "!");
  EXPECT_EQ(Unchunk("3;" + std::string(5000, 'x') + "\r\n", 7000), "!");
}

}  // namespace
}  // namespace loadline::collector
