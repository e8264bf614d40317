// Reads what versions before schemas/state.fbs saved: a row of fields without tags. Nothing is written so any
// more.
//
//   template <typename A> void Fields(A& archive, Point& point) { archive(point.x, point.y); }
//   Loader loader(bytes); loader(point);  if (!loader.ok()) ...
//
// Numbers, enumerations, times, strings, pointers, vectors, usages and histories are known; other types need
// Fields where argument-dependent lookup finds it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "collector/snapshot/usage_history.h"
#include "collector/usage/byte_reader.h"
#include "collector/usage/container_usage.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

template <typename A>
void Fields(A& a, UsagePoint& p) {
  a(p.at_ms, p.cpu_cores, p.memory_bytes, p.throttled_share);
}

class Loader {
 public:
  explicit Loader(std::string_view bytes) : reader_(bytes) {}

  template <typename... T>
  void operator()(T&... values) {
    (One(values), ...);
  }
  [[nodiscard]] bool ok() const { return reader_.ok(); }
  [[nodiscard]] bool AtEnd() const { return reader_.AtEnd(); }

 private:
  template <typename T>
  void One(T& value) {
    if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(reader_.Get<std::underlying_type_t<T>>());
    } else if constexpr (std::is_integral_v<T> && sizeof(T) > 2) {
      value = static_cast<T>(reader_.GetVarint());
    } else if constexpr (std::is_same_v<T, bool>) {
      value = reader_.Get<std::uint8_t>() != 0;
    } else if constexpr (std::is_arithmetic_v<T>) {
      value = reader_.Get<T>();
    } else {
      Fields(*this, value);
    }
  }
  void One(std::string& text) { text = reader_.GetText(); }
  void One(Wall& at) { at = reader_.GetInstant(); }
  void One(Duration& duration) { duration = Duration(reader_.Get<Duration::rep>()); }
  void One(ContainerUsage& usage) {
    if (Result<ContainerUsage> loaded = ContainerUsage::ReadBeforeTags(reader_.GetText())) {
      usage = std::move(*loaded);
    } else {
      reader_.Reject();
    }
  }
  void One(UsageHistory& history) {
    std::vector<UsagePoint> points;
    One(points);
    for (const UsagePoint& point : points) history.Add(point);
  }
  template <typename T>
  void One(std::unique_ptr<T>& value) {
    if (reader_.Get<std::uint8_t>() == 0) return;
    value = std::make_unique<T>();
    One(*value);
  }
  template <typename T>
  void One(std::vector<T>& values) {
    values.clear();
    // Grows as bytes are read, so that a false number cannot ask for all memory.
    for (std::uint64_t left = reader_.GetVarint(); left > 0 && reader_.ok(); --left) {
      One(values.emplace_back());
    }
  }
  template <typename T, std::size_t N>
  void One(std::array<T, N>& values) {
    for (T& value : values) One(value);
  }

  ByteReader reader_;
};

}  // namespace loadline::collector
