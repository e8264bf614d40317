#include "collector/kube_repair/lease_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "collector/kube_objects/time_stamp.h"
#include "schemas/base/json_fields.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

// Where it does not say, as client-go's default.
constexpr std::int64_t kLasts = 15;
constexpr std::int64_t kLongest = 3600;

std::int64_t Number(const json& object, const char* key, std::int64_t otherwise) {
  const json& value = Part(object, key);
  return value.is_number_integer() ? value.get<std::int64_t>() : otherwise;
}

// A MicroTime, which has six digits behind the point.
std::string MicroTime(Wall at) {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()) % 1s;
  std::string text = TimeStamp(at);
  text.pop_back();
  return fmt::format("{}.{:06}Z", text, micros.count());
}

json& SpecOf(json& lease) {
  json& spec = lease["spec"];
  if (!spec.is_object()) spec = json::object();
  return spec;
}

}  // namespace

LeaseRecord ParseLease(const json& lease) {
  const json& spec = Part(lease, "spec");
  const std::int64_t lasts =
      std::clamp<std::int64_t>(Number(spec, "leaseDurationSeconds", kLasts), 1, kLongest);
  return {.holder = Text(spec, "holderIdentity"),
          .lasts = std::chrono::seconds(lasts),
          .renewed = Text(spec, "renewTime"),
          .acquired = Text(spec, "acquireTime"),
          .transitions = Number(spec, "leaseTransitions", 0),
          .version = Text(Part(lease, "metadata"), "resourceVersion")};
}

json ClaimedLease(json lease, const std::string& space, const std::string& name, const std::string& holder,
                  Duration lasts, Wall now) {
  const bool made = !lease.is_object();
  if (made) {
    lease = {{"apiVersion", "coordination.k8s.io/v1"},
             {"kind", "Lease"},
             {"metadata", {{"name", name}, {"namespace", space}}}};
  }
  const LeaseRecord before = ParseLease(lease);
  json& spec = SpecOf(lease);
  if (before.holder != holder) {
    spec["acquireTime"] = MicroTime(now);
    spec["leaseTransitions"] = made ? 0 : before.transitions + 1;
  }
  spec["holderIdentity"] = holder;
  spec["leaseDurationSeconds"] = std::chrono::duration_cast<std::chrono::seconds>(lasts).count();
  spec["renewTime"] = MicroTime(now);
  return lease;
}

json ReleasedLease(json lease, Wall now) {
  json& spec = SpecOf(lease);
  spec.erase("holderIdentity");
  spec["leaseDurationSeconds"] = 1;
  spec["renewTime"] = MicroTime(now);
  return lease;
}

}  // namespace loadline::collector
