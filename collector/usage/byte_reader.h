// What versions before schemas/state.fbs saved: little-endian fixed-size values and variable-length integers,
// one after the other.
//
// The reader never reads past the end: after the first failure every value is zero and `ok` is false, so
// callers check once, at the end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "collector/state/piece.h"
#include "schemas/base/clock.h"
#include "schemas/base/instants.h"

namespace loadline::collector {

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
  [[nodiscard]] Duration GetLength() { return WithinReach(Duration(Get<std::int64_t>())); }
  template <typename T>
    requires std::is_floating_point_v<T>
  [[nodiscard]] T GetAmount() {
    return state::Amount(Get<T>());
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
