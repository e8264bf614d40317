#include "collector/kube_vpa/vpa_checkpoint.h"

#include <fmt/core.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "collector/kube_objects/time_stamp.h"
#include "schemas/base/json_fields.h"
#include "schemas/base/time_text.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

constexpr const char* kVersion = "v3";

Result<std::optional<Wall>> TimeOf(const json& object, const char* key) {
  const std::string text = Text(object, key);
  if (text.empty()) return std::optional<Wall>();
  auto at = ParseRfc3339(text);
  if (!at) return Failure(at.error().In(key));
  return at;
}

Result<DecayingCheckpoint> ParseHistogram(const json& object) {
  DecayingCheckpoint parsed;
  auto reference = TimeOf(object, "referenceTimestamp");
  if (!reference) return Failure(reference.error());
  parsed.reference = *reference;
  const json& total = Part(object, "totalWeight");
  if (total.is_number()) parsed.histogram.total_weight = total;
  if (!std::isfinite(parsed.histogram.total_weight))
    return Failure(ErrorKind::kInvalid, "totalWeight is no number");
  const json& weights = Part(object, "bucketWeights");
  if (!weights.is_object()) return parsed;
  for (const auto& [key, weight] : weights.items()) {
    int bucket = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), bucket);
    if (error != std::errc() || end != key.data() + key.size() || !weight.is_number_unsigned() ||
        weight.get<std::uint64_t>() > std::numeric_limits<std::uint32_t>::max())
      return Failure(ErrorKind::kInvalid, fmt::format("bucketWeights: '{}' is no bucket with a weight", key));
    parsed.histogram.bucket_weights.emplace(bucket, weight.get<std::uint32_t>());
  }
  return parsed;
}

json OrNull(const std::optional<Wall>& at) {
  return at ? json(TimeStamp(*at)) : json(nullptr);
}

// What is zero is left out, as Go does it.
json HistogramJson(const DecayingCheckpoint& histogram) {
  json object = {{"referenceTimestamp", OrNull(histogram.reference)}};
  for (const auto& [bucket, weight] : histogram.histogram.bucket_weights)
    object["bucketWeights"][std::to_string(bucket)] = weight;
  if (histogram.histogram.total_weight != 0) object["totalWeight"] = histogram.histogram.total_weight;
  return object;
}

}  // namespace

Result<VpaCheckpointObject> ParseVpaCheckpoint(const json& object) {
  const json& metadata = Part(object, "metadata");
  const json& spec = Part(object, "spec");
  const json& status = Part(object, "status");
  VpaCheckpointObject parsed{.namespace_name = Text(metadata, "namespace"),
                             .name = Text(metadata, "name"),
                             .vpa = Text(spec, "vpaObjectName"),
                             .container = Text(spec, "containerName"),
                             .data = {}};
  const std::string version = Text(status, "version");
  if (version != kVersion)
    return Failure(ErrorKind::kUnsupported, fmt::format("its version is '{}', not {}", version, kVersion));
  auto cpu = ParseHistogram(Part(status, "cpuHistogram"));
  if (!cpu) return Failure(cpu.error().In("cpuHistogram"));
  auto memory = ParseHistogram(Part(status, "memoryHistogram"));
  if (!memory) return Failure(memory.error().In("memoryHistogram"));
  auto first = TimeOf(status, "firstSampleStart");
  if (!first) return Failure(first.error());
  auto last = TimeOf(status, "lastSampleStart");
  if (!last) return Failure(last.error());
  parsed.data = {
      .cpu = std::move(*cpu), .memory = std::move(*memory), .first_sample = *first, .last_sample = *last};
  if (const json& samples = Part(status, "totalSamplesCount"); samples.is_number_integer()) {
    parsed.data.samples = samples;
    // Above all numbers that are shared by signed and unsigned, or below zero.
    if (parsed.data.samples < 0) return Failure(ErrorKind::kInvalid, "totalSamplesCount is no count");
  }
  return parsed;
}

json CheckpointStatus(const VpaCheckpoint& data, Wall now) {
  json status = {{"lastUpdateTime", TimeStamp(now)},
                 {"version", kVersion},
                 {"cpuHistogram", HistogramJson(data.cpu)},
                 {"memoryHistogram", HistogramJson(data.memory)},
                 {"firstSampleStart", OrNull(data.first_sample)},
                 {"lastSampleStart", OrNull(data.last_sample)}};
  if (data.samples != 0) status["totalSamplesCount"] = data.samples;
  return status;
}

json CheckpointDocument(const VpaCheckpointObject& checkpoint, Wall now) {
  return {{"apiVersion", "autoscaling.k8s.io/v1"},
          {"kind", "VerticalPodAutoscalerCheckpoint"},
          {"metadata",
           {{"name", checkpoint.name},
            {"namespace", checkpoint.namespace_name},
            {"labels", {{kOwnerLabel, kOwner}}}}},
          {"spec", {{"vpaObjectName", checkpoint.vpa}, {"containerName", checkpoint.container}}},
          {"status", CheckpointStatus(checkpoint.data, now)}};
}

}  // namespace loadline::collector
