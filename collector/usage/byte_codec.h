// Compact bytes for snapshots: little-endian fixed-size values and variable-length integers, one after the
// other.
//
// The reader never reads past the end: after the first failure every value is zero and `ok` is false, so
// callers check once, at the end.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "schemas/base/clock.h"
#include "schemas/base/instants.h"

namespace loadline::collector {

class ByteWriter {
 public:
  template <typename T>
    requires std::is_arithmetic_v<T>
  void Put(T value) {
    static_assert(std::endian::native == std::endian::little);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void PutVarint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<char>(value | 0x80));
    bytes_.push_back(static_cast<char>(value));
  }
  void PutTime(const std::optional<Wall>& time) {
    Put<std::uint8_t>(time.has_value());
    if (time) Put<std::int64_t>(time->time_since_epoch().count());
  }
  void PutText(std::string_view text) {
    PutVarint(text.size());
    bytes_.append(text);
  }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  template <typename T>
    requires std::is_arithmetic_v<T>
  [[nodiscard]] T Get() {
    T value{};
    if (!ok_ || rest_.size() < sizeof value) return Fail<T>();
    rest_.copy(reinterpret_cast<char*>(&value), sizeof value);
    rest_.remove_prefix(sizeof value);
    return value;
  }
  [[nodiscard]] std::uint64_t GetVarint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = Get<std::uint8_t>();
      value |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return ok_ ? value : 0;
    }
    return Fail<std::uint64_t>();
  }
  // Lies in the bytes that are read.
  [[nodiscard]] std::string_view GetText() {
    const std::uint64_t size = GetVarint();
    if (!ok_ || size > rest_.size()) return Fail<std::string_view>();
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return text;
  }
  [[nodiscard]] std::optional<Wall> GetTime() {
    if (Get<std::uint8_t>() == 0) return std::nullopt;
    return GetInstant();
  }
  [[nodiscard]] Wall GetInstant() { return WithinReach(Wall(Duration(Get<std::int64_t>()))); }
  // A length of time that can be added to any of them: at most ten years.
  [[nodiscard]] Duration GetLength() {
    constexpr Duration kMost = std::chrono::hours(24 * 366 * 10);
    const Duration length(Get<std::int64_t>());
    return std::clamp(length, Duration::zero(), kMost);
  }
  // What is below zero, infinite or no number is none: a sum may have been rounded to just below it.
  template <typename T>
    requires std::is_floating_point_v<T>
  [[nodiscard]] T GetAmount() {
    const T value = Get<T>();
    return std::isfinite(value) && value >= 0 ? value : T{0};
  }

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool AtEnd() const { return rest_.empty(); }
  // For a value that was read but cannot be.
  void Reject() { ok_ = false; }

 private:
  template <typename T>
  T Fail() {
    ok_ = false;
    return T{};
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace loadline::collector
