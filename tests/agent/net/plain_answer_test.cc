#include "agent/net/plain_answer.h"

#include <gtest/gtest.h>

namespace loadline::agent {
namespace {

// "200 body", "more" while it is not whole, or what is wrong with it.
std::string Read(std::string_view bytes, bool ended = false) {
  const auto answer = ReadPlainAnswer(bytes, ended);
  if (!answer) return answer.error().message;
  if (!*answer) return "more";
  return std::to_string((*answer)->status) + " " + (*answer)->body;
}

TEST(PlainAnswer, IsWholeWithTheBytesThatItPromised) {
  const std::string answer =
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nCONTENT-LENGTH:  5 \r\n\r\nhello";
  EXPECT_EQ(Read(answer), "200 hello");
  for (std::size_t length = 0; length < answer.size(); ++length) {
    EXPECT_EQ(Read(answer.substr(0, length)), "more") << length;
    EXPECT_EQ(Read(answer.substr(0, length), true), "the answer ended before it was whole") << length;
  }
  EXPECT_EQ(Read(answer + "more"), "200 hello");
}

TEST(PlainAnswer, WithoutALengthItIsWholeWhenTheConnectionEnds) {
  EXPECT_EQ(Read("HTTP/1.0 410 Gone\r\n\r\nlater"), "more");
  EXPECT_EQ(Read("HTTP/1.0 410 Gone\r\n\r\nlater", true), "410 later");
}

TEST(PlainAnswer, ComesInPieces) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string body = "5\r\nhello\r\n6;name=value\r\n world\r\n0\r\n\r\n";
  EXPECT_EQ(Read(head + body), "200 hello world");
  for (std::size_t length = 0; length < body.size() - 2; ++length) {
    if (body.substr(0, length).find("\r\n0\r\n") != std::string::npos) break;
    EXPECT_EQ(Read(head + body.substr(0, length)), "more") << length;
  }
  EXPECT_EQ(Read(head + "x\r\n"), "a piece of the answer has no length");
  EXPECT_EQ(Read(head + "2\r\nabcd"), "a piece of the answer has no end");
  EXPECT_EQ(Read(head + "ffffffffffffffff\r\nabcd"), "more") << "and never whole";
}

TEST(PlainAnswer, WhatIsNoHttpIsKnownByItsFirstBytes) {
  EXPECT_EQ(Read("SSH-2.0"), "the answer is no HTTP");
  EXPECT_EQ(Read("HTTP/2 200\r\n\r\n"), "the answer is no HTTP");
  EXPECT_EQ(Read("HTTP/1.1 OK\r\n\r\n", true), "the answer is no HTTP");
  EXPECT_EQ(Read("HTTP/1.1 999 OK\r\n\r\n", true), "the answer is no HTTP");
  EXPECT_EQ(Read("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), "the length of the answer is none");
  EXPECT_EQ(Read("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
            "the length of the answer is none");
}

}  // namespace
}  // namespace loadline::agent
