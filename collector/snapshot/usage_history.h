// The short live history of a container: one point a window, the latest 180 of them.
//
// Meant to be copied: points lie in blocks of thirty that copies share, so a snapshot of a hundred thousand
// histories costs about a hundred bytes each and not three kilobytes. A point takes 12 bytes. Copies may be
// read in any thread; one history is not to be changed and read at the same time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace loadline::collector {

// One window of a container, summed over its replicas.
struct UsagePoint {
  std::int64_t at_ms = 0;  // wall clock, end of the window; whole seconds are kept
  float cpu_cores = 0;     // this and memory are kept to 0.05 %
  float memory_bytes = 0;
  float throttled_share = 0;  // throttled periods / periods; kept to 1/65535
};

class UsageHistory {
 public:
  static constexpr std::size_t kPoints = 180;

  // In order of time: a point that is not after the last one takes its place.
  void Add(const UsagePoint& point);

  // Oldest first, at most kPoints.
  [[nodiscard]] std::vector<UsagePoint> Points() const;
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] bool empty() const { return blocks_.empty(); }

 private:
  static constexpr std::size_t kBlockPoints = 30;
  // A figure by its logarithm: 1,000 steps an octave from 2^-20 to 2^45.
  using Figure = std::uint16_t;
  struct Block {
    std::int64_t base_s = 0;  // of the first point
    std::uint32_t count = 0;
    std::array<std::uint16_t, kBlockPoints> after_base_s{};
    std::array<Figure, kBlockPoints> cpu{};
    std::array<Figure, kBlockPoints> memory{};
    std::array<std::uint16_t, kBlockPoints> throttled{};
  };
  [[nodiscard]] static Figure Pack(float value);
  [[nodiscard]] static float Unpack(Figure figure);
  [[nodiscard]] static UsagePoint At(const Block& block, std::size_t index);
  static void Put(Block& block, std::size_t index, const UsagePoint& point);
  Block& OpenBlock();

  // Only the last block is ever written, and only after copying it when somebody else holds it too.
  std::vector<std::shared_ptr<Block>> blocks_;
};

}  // namespace loadline::collector
