// A figure over the last five minutes, for what is told after the fact: who grew before somebody was evicted.
//
// One point each 15 s, and the latest as it is: an eviction is explained by minutes, not by seconds. 168
// bytes.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "schemas/base/clock.h"

namespace loadline::collector {

class Trail {
 public:
  struct Point {
    std::uint32_t at_s = 0;
    float value = 0;
  };
  static constexpr std::size_t kPoints = 20;
  static constexpr std::uint32_t kApart = 15;

  void Add(Wall at, double value) {
    const Point point{Second(at), static_cast<float>(value)};
    // The latest point moves along until it is far enough from the one before it.
    const bool moves = count_ > 1 && point.at_s - At(count_ - 2).at_s < kApart;
    if (!moves) ++count_;
    points_[(count_ - 1) % kPoints] = point;
  }

  struct Change {
    double from = 0;  // the least since `since`, and when it was that
    double to = 0;    // the last one known at the asked instant
    Wall since{};
    Wall until{};
  };
  // From the least value within `span` before `at` to the last one; nothing without a point in it.
  [[nodiscard]] std::optional<Change> Rise(Wall at, Duration span) const {
    const std::uint32_t last = Second(at);
    const auto first =
        static_cast<std::uint32_t>(last - std::min<std::int64_t>(last, span / std::chrono::seconds(1)));
    std::optional<Change> change;
    for (std::size_t i = count_ - std::min(count_, kPoints); i < count_; ++i) {
      const Point& point = At(i);
      if (point.at_s < first || point.at_s > last) continue;
      const Wall when{std::chrono::seconds(point.at_s)};
      if (!change || point.value < change->from) {
        const double to = change ? change->to : point.value;
        change = Change{.from = point.value, .to = to, .since = when, .until = when};
      }
      change->to = point.value;
      change->until = when;
    }
    return change;
  }
  // The oldest point within `span` before the latest, and the latest.
  struct Ends {
    Point first;
    Point last;
  };
  [[nodiscard]] std::optional<Ends> Over(Duration span) const {
    if (count_ == 0) return std::nullopt;
    const Point& last = At(count_ - 1);
    for (std::size_t i = count_ - std::min(count_, kPoints); i < count_; ++i) {
      if (last.at_s - At(i).at_s <= static_cast<std::uint32_t>(span / std::chrono::seconds(1)))
        return Ends{At(i), last};
    }
    return std::nullopt;
  }
  [[nodiscard]] bool empty() const { return count_ == 0; }

  // Oldest first, to be saved; and back.
  [[nodiscard]] std::vector<Point> Points() const {
    std::vector<Point> points;
    for (std::size_t i = count_ - std::min(count_, kPoints); i < count_; ++i) points.push_back(At(i));
    return points;
  }
  void Restore(const std::vector<Point>& points) {
    count_ = 0;
    for (const Point& point : points) points_[count_++ % kPoints] = point;
  }

 private:
  [[nodiscard]] const Point& At(std::size_t i) const { return points_[i % kPoints]; }
  static std::uint32_t Second(Wall at) {
    return static_cast<std::uint32_t>(at.time_since_epoch() / std::chrono::seconds(1));
  }

  std::array<Point, kPoints> points_{};
  std::size_t count_ = 0;  // ever added
};

}  // namespace loadline::collector
