// What chance decides in a simulation, and a seed decides of chance: the same in every run.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>

namespace loadline::collector {

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : random_(seed) {}
  double Between(double from, double to) { return std::uniform_real_distribution<double>(from, to)(random_); }
  // Exponentially distributed.
  double Around(double mean) { return -mean * std::log(Between(1e-9, 1)); }
  // 0 to n - 1.
  std::size_t Below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }

 private:
  std::mt19937_64 random_;
};

}  // namespace loadline::collector
