// Random but valid messages, for tests that want many. The same seed gives the same messages.
#pragma once

#include <random>
#include <string>

#include "schemas/wire/records.h"

namespace loadline::test {

class RandomRecords {
 public:
  explicit RandomRecords(std::uint32_t seed) : random_(seed) {}

  wire::Message Message();
  wire::Hello Hello();
  wire::Record Record();
  // `containers` of them, each with some parts.
  wire::ClockReading Clocks();
  wire::Report Report(int containers);
  wire::CgroupIdentity Identity();
  wire::ContainerWindow Container(std::uint32_t ref);

 private:
  // Mostly small, sometimes as large as it gets.
  std::uint64_t Number(std::uint64_t most);
  std::uint32_t Count() { return static_cast<std::uint32_t>(Number(0xffff'ffff)); }
  Bytes Size() { return static_cast<Bytes>(Number(1ull << 50)); }
  // As the wire carries memory of containers.
  Bytes Pages() { return static_cast<Bytes>(Number(0xffff'ffff)) * 4096; }
  std::string Text(std::size_t most);
  std::string Name(std::size_t most) { return "n" + Text(most - 1); }
  bool Maybe() { return Number(1) == 1; }
  wire::OomKill OomKill();
  wire::MemoryStall MemoryStall();
  wire::HealthEvent HealthEvent();
  wire::NodeWindow Node();

  std::mt19937 random_;
};

}  // namespace loadline::test
