#include "collector/zmtp/frames.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace loadline::collector::zmtp {
namespace {

Bytes Of(std::initializer_list<int> values) {
  Bytes bytes;
  for (const int value : values) bytes.push_back(std::byte(value));
  return bytes;
}

TEST(ZmtpFrames, AHeaderIsReadAsItIsWritten) {
  for (const std::size_t size : {0U, 1U, 255U, 256U, 65'536U, 1U << 20}) {
    for (const bool command : {false, true}) {
      Bytes bytes;
      AppendHeader(bytes, command, size);
      const auto header = ReadHeader(bytes, 1 << 20);
      ASSERT_TRUE(header && *header) << size;
      EXPECT_EQ((*header)->body_bytes, size);
      EXPECT_EQ((*header)->header_bytes, bytes.size());
      EXPECT_EQ((*header)->command, command);
      for (std::size_t part = 0; part < bytes.size(); ++part) {
        EXPECT_EQ(ReadHeader(std::span(bytes).first(part), 1 << 20), std::nullopt) << "not whole yet";
      }
    }
  }
}

TEST(ZmtpFrames, ALengthOverTheBoundIsRefusedBeforeAnythingOfItHasCome) {
  EXPECT_EQ(ReadHeader(Of({2, 0, 0, 0, 0, 0, 0, 4, 1}), 1024).error(), Fault::kTooLarge);
  EXPECT_EQ(ReadHeader(Of({2, 255, 255, 255, 255, 255, 255, 255, 255}), 1024).error(), Fault::kTooLarge);
  EXPECT_EQ((*ReadHeader(Of({2, 0, 0, 0, 0, 0, 0, 4, 0}), 1024))->body_bytes, 1024U);
}

TEST(ZmtpFrames, PartsAndReservedFlagsAreRefused) {
  EXPECT_EQ(ReadHeader(Of({1, 0}), 1024).error(), Fault::kMultipart);
  for (int flags = 8; flags < 256; flags += 2) {
    EXPECT_EQ(ReadHeader(Of({flags, 0}), 1024).error(), Fault::kBadCommand) << flags;
  }
}

TEST(ZmtpFrames, NoiseIsKnownByItsFirstBytes) {
  const auto greeting = ServerGreeting();
  for (std::size_t part = 0; part <= greeting.size(); ++part) {
    EXPECT_TRUE(MayBeGreeting(std::span(greeting).first(part))) << part;
  }
  const std::string_view http = "GET / HTTP/1.1\r\n";
  EXPECT_FALSE(MayBeGreeting(std::as_bytes(std::span(http)).first(1)));
  auto old = greeting;
  old[10] = std::byte{2};
  EXPECT_FALSE(MayBeGreeting(old)) << "ZMTP 2 knows no CURVE";
}

TEST(ZmtpFrames, OnlyAClientOfCurveGreetsAsOne) {
  auto greeting = ServerGreeting();
  EXPECT_FALSE(IsClientGreeting(greeting)) << "two servers";
  greeting[32] = std::byte{0};
  EXPECT_TRUE(IsClientGreeting(greeting));
  auto plain = greeting;
  std::ranges::copy(Of({'P', 'L', 'A', 'I', 'N'}), plain.begin() + 12);
  EXPECT_FALSE(IsClientGreeting(plain)) << "nothing goes in the clear";
  auto longer = greeting;
  longer[17] = std::byte{'2'};
  EXPECT_FALSE(IsClientGreeting(longer));
}

}  // namespace
}  // namespace loadline::collector::zmtp
