#include "collector/kube_objects/runtime_heap.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "schemas/base/json_fields.h"

namespace loadline::collector {
namespace {

constexpr std::array<std::string_view, 7> kOptions = {
    "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "JAVA_OPTS",   "JAVA_OPTIONS",
    "CATALINA_OPTS",     "_JAVA_OPTIONS",    "NODE_OPTIONS"};
// No machine has more; a number that would not fit is none.
constexpr double kMost = 0x1p50;

std::optional<Bytes> Times(std::string_view number, double unit) {
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc{} || end != number.data() + number.size()) return std::nullopt;
  if (!(value > 0) || value * unit > kMost) return std::nullopt;
  return static_cast<Bytes>(value * unit);
}

// "512m", "2G", "1073741824": as the JVM writes it.
std::optional<Bytes> JvmSize(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const std::string_view number = text.substr(0, text.size() - 1);
  switch (std::tolower(static_cast<unsigned char>(text.back()))) {
    case 'k':
      return Times(number, 0x1p10);
    case 'm':
      return Times(number, 0x1p20);
    case 'g':
      return Times(number, 0x1p30);
    case 't':
      return Times(number, 0x1p40);
    default:
      return Times(text, 1);
  }
}

// "512MiB", "1GiB", "536870912": as Go writes it. "off" is none.
std::optional<Bytes> GoSize(std::string_view text) {
  struct Unit {
    std::string_view name;
    double bytes;
  };
  constexpr std::array<Unit, 5> kUnits = {
      {{"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30}, {"TiB", 0x1p40}, {"B", 1}}};
  for (const Unit& unit : kUnits) {
    if (text.ends_with(unit.name)) return Times(text.substr(0, text.size() - unit.name.size()), unit.bytes);
  }
  return Times(text, 1);
}

std::optional<Bytes> HeapIn(std::string_view word) {
  constexpr std::string_view kXmx = "-Xmx";
  constexpr std::string_view kMaxHeap = "-XX:MaxHeapSize=";
  constexpr std::string_view kOldSpace = "--max-old-space-size=";
  constexpr std::string_view kOldSpaceToo = "--max_old_space_size=";
  if (word.starts_with(kXmx)) return JvmSize(word.substr(kXmx.size()));
  if (word.starts_with(kMaxHeap)) return JvmSize(word.substr(kMaxHeap.size()));
  if (word.starts_with(kOldSpace) || word.starts_with(kOldSpaceToo))
    return Times(word.substr(kOldSpace.size()), 0x1p20);
  return std::nullopt;
}

// Of several the last one holds.
void FindHeap(std::string_view text, Bytes& heap) {
  constexpr std::string_view kBlanks = " \t\n\"'";
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(kBlanks), text.size());
    heap = HeapIn(text.substr(0, end)).value_or(heap);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

Bytes MaxHeapOf(const nlohmann::json& container) {
  Bytes heap = 0;
  for (const nlohmann::json& variable : Part(container, "env")) {
    const std::string name = Text(variable, "name");
    const std::string value = Text(variable, "value");
    if (name == "GOMEMLIMIT") heap = GoSize(value).value_or(heap);
    if (std::ranges::find(kOptions, name) != kOptions.end()) FindHeap(value, heap);
  }
  for (const char* const words : {"command", "args"}) {
    for (const nlohmann::json& word : Part(container, words)) {
      if (word.is_string()) FindHeap(word.get_ref<const std::string&>(), heap);
    }
  }
  return heap;
}

}  // namespace loadline::collector
