// The bytes themselves: a frame that an older or newer side may hold or send. When one of these changes, the
// protocol has changed, and agents and stores in the field stop understanding one another.
#include <gtest/gtest.h>

#include <charconv>

#include "schemas/wire/decode.h"
#include "schemas/wire/encode.h"

namespace loadline::wire {
namespace {

std::string Hex(const Frame& frame) {
  std::string hex;
  for (std::byte byte : frame) {
    constexpr char kDigits[] = "0123456789abcdef";
    hex += kDigits[std::to_integer<int>(byte) >> 4];
    hex += kDigits[std::to_integer<int>(byte) & 15];
  }
  return hex;
}

Frame Bytes(std::string_view hex) {
  Frame frame;
  for (; hex.size() >= 2; hex.remove_prefix(2)) {
    int byte = 0;
    std::from_chars(hex.data(), hex.data() + 2, byte, 16);
    frame.push_back(static_cast<std::byte>(byte));
  }
  return frame;
}

void ExpectGolden(const Message& message, std::string_view hex) {
  EXPECT_EQ(Hex(*Encode(message)), hex);
  EXPECT_EQ(Decode(Bytes(hex)), message);
}

TEST(Golden, Ack) {
  ExpectGolden(
      Ack{.epoch = 0x1122334455667788, .sequence = 42},
      "100000004c4c433108000c000700080008000000000000040c0000000800140004000c00080000008877665544332211"
      "2a00000000000000");
}

TEST(Golden, Hello) {
  ExpectGolden(
      Hello{.node = "node-1",
            .boot_id = "b00t",
            .epoch = 7,
            .first_sequence = 3,
            .agent_version = "0.1.0",
            .kernel_version = "6.1",
            .signals = {{.signal = Signal::kOomKill, .rung = Rung::kTpBtf, .why = "no fexit"}},
            .capacity = {.cpu = 4000, .memory = 8 * kGiB},
            .window_ms = 10'000,
            .token = "t"},
      "100000004c4c433108000e000700080008000000000000012400000000001e0048004600000040003c0034002c002800"
      "2400200014000c00080004001e00000044000000102700000000000002000000a00f000000000000000000005c000000"
      "2c0000003000000003000000000000000700000000000000280000003000000000000100010000007400000003000000"
      "362e310005000000302e312e30000000040000006230307400000000060000006e6f64652d3100000100000010000000"
      "00000a000c000600070008000a0000000000020104000000080000006e6f20666578697400000000");
}

TEST(Golden, Report) {
  const Report report{
      .window_start_ns = 1'000,
      .window_end_ns = 11'000,
      .samples = 10,
      .identities = {{.ref = 2, .kind = CgroupKind::kSystemdUnit, .path = "/a.service", .unit = "a.service"}},
      .gone = {1},
      .containers = {{.ref = 2,
                      .cpu = CpuWindow{.usage_us = 5, .one_second = {{.bucket = 0, .count = 10}}},
                      .throttle = ThrottleWindow{.periods = 3},
                      .memory = MemoryWindow{.current = 8192, .peak = 8192, .shmem = 4096},
                      .processes = 1}},
      .node = {.memory_available = 65536},
      .losses = {.ring_full = 1}};
  ExpectGolden(
      Record{.epoch = 7, .sequence = 9, .body = report},
      "140000004c4c52310c001c000c001400070008000c000000000000014400000007000000000000000900000000000000"
      "30004e00400038003400000030002c002800240020001c0018001400000010000c000000000000000000000008000400"
      "300000005000000064000000cc00000084000000cc0000009c000000a0000000a4000000ac000000c0000000c4000000"
      "c80000000a000000f82a000000000000e80300000000000000000000000006000e000400060000000100000000000000"
      "00000a0028001c0004000c000a0000000000000000000000000000000000000000000000000000000000010000000000"
      "00000000010000000200000002000000000000000000000000000000000000000100000001000000000a000001000000"
      "01000000010000000500000000000000010000001b000000010000000100000001000000030000000100000002000000"
      "010000000100000001000000180000000000120014000800070000000c00000000001000120000000000000502000000"
      "180000000400000009000000612e736572766963650000000a0000002f612e736572766963650000");
}

TEST(Golden, OomKill) {
  const OomKill kill{.at_ns = 5,
                     .victim = {.ref = 2, .path = "/a"},
                     .limit_owner = CgroupIdentity{.ref = 1, .path = "/"},
                     .owner_usage = 100,
                     .owner_limit = 100,
                     .victim_rss = 90,
                     .pid = 12,
                     .command = "cat",
                     .oom_score_adj = -3,
                     .seen_through = Rung::kFexit};
  ExpectGolden(
      Record{.epoch = 7, .sequence = 10, .body = Event(kill)},
      "140000004c4c52310c001e000c001400070008000c000000000000022c00000007000000000000000a00000000000000"
      "000016003c001800040008002000280030000c001000140016000000640000003c0000000c0000002c000000fdffffff"
      "0500000000000000640000000000000064000000000000005a00000000000000000000000300000063617400e8ffffff"
      "000000060100000004000000010000002f0000000c0010000800070000000c000c000000000000060200000004000000"
      "020000002f610000");
}

}  // namespace
}  // namespace loadline::wire
