#include "collector/kube_repair/repairs_on_lease.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "schemas/base/foreign_json.h"
#include "schemas/base/json_fields.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

// Of an annotation; all of an object together are 256 KiB at most.
constexpr std::size_t kLongestText = 256 << 10;
constexpr std::size_t kLongestKey = 300;
constexpr std::size_t kLongestName = 253;

std::int64_t Ns(Wall at) {
  return at.time_since_epoch().count();
}

std::optional<Wall> Instant(const json& object, const char* key) {
  const json& value = Part(object, key);
  if (!value.is_number_integer()) return std::nullopt;
  const auto ns = value.get<std::int64_t>();
  return ns > 0 ? std::optional(Wall(Duration(ns))) : std::nullopt;
}

}  // namespace

std::string RepairsText(std::vector<RecordedRepair> repairs) {
  std::ranges::sort(repairs, [](const RecordedRepair& a, const RecordedRepair& b) {
    return std::pair(b.taken, std::string_view(b.key)) < std::pair(a.taken, std::string_view(a.key));
  });
  if (repairs.size() > kMostOnLease) repairs.resize(kMostOnLease);
  json all = json::array();
  for (const RecordedRepair& one : repairs) {
    all.push_back({{"key", one.key},
                   {"pool", one.pool},
                   {"zone", one.zone},
                   {"taken", Ns(one.taken)},
                   {"closed", one.closed ? json(Ns(*one.closed)) : json(nullptr)}});
  }
  return all.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::vector<RecordedRepair> ReadRepairs(std::string_view text) {
  std::vector<RecordedRepair> repairs;
  if (text.size() > kLongestText) return repairs;
  const json all = ParseForeign(text);
  if (!all.is_array()) return repairs;
  for (const json& one : all) {
    RecordedRepair repair{.key = Text(one, "key"),
                          .pool = Text(one, "pool"),
                          .zone = Text(one, "zone"),
                          .closed = Instant(one, "closed")};
    const auto taken = Instant(one, "taken");
    const bool fits = !repair.key.empty() && repair.key.size() <= kLongestKey &&
                      repair.pool.size() <= kLongestName && repair.zone.size() <= kLongestName;
    if (!taken || !fits || repairs.size() >= kMostOnLease) continue;
    repair.taken = *taken;
    repairs.push_back(std::move(repair));
  }
  return repairs;
}

}  // namespace loadline::collector
