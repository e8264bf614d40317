#include "collector/kube_objects/sizing_policy.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "collector/kube_objects/quantity.h"
#include "schemas/base/json_fields.h"

namespace loadline::collector {
namespace {

std::optional<double> ParseShare(const std::string& text) {
  double share = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), share);
  if (error != std::errc{} || end != text.data() + text.size() || !(share >= 0 && share <= 1))
    return std::nullopt;
  return share;
}

void Read(const nlohmann::json& annotations, const std::string& prefix, SizingPolicy& policy) {
  const auto text = [&](const char* name) { return Text(annotations, (prefix + name).c_str()); };
  policy.least.cpu = ParseMilli(text("min-cpu")).value_or(policy.least.cpu);
  policy.least.memory = ParseWhole(text("min-memory")).value_or(policy.least.memory);
  policy.most.cpu = ParseMilli(text("max-cpu")).value_or(policy.most.cpu);
  policy.most.memory = ParseWhole(text("max-memory")).value_or(policy.most.memory);
  if (const auto knob = ParseShare(text("knob"))) policy.knob = knob;
  if (const std::string limits = text("limits"); !limits.empty()) policy.limits_stay = limits == "keep";
}

}  // namespace

SizingPolicy PolicyOf(const nlohmann::json& annotations, const std::string& container) {
  SizingPolicy policy;
  Read(annotations, "loadline.io/", policy);
  Read(annotations, container + ".loadline.io/", policy);
  return policy;
}

std::string AlertsWanted(const nlohmann::json& metadata, const std::string& container) {
  // More would be no use to anybody, and is kept for each container.
  constexpr std::size_t kMost = 1024;
  const nlohmann::json& annotations = Part(metadata, "annotations");
  std::string all;
  for (const std::string& said :
       {Text(Part(metadata, "labels"), "loadline.io/alerts"), Text(annotations, "loadline.io/alerts"),
        Text(annotations, (container + ".loadline.io/alerts").c_str())}) {
    if (said.empty() || all.size() + said.size() > kMost) continue;
    all += (all.empty() ? "" : ",") + said;
  }
  return all;
}

}  // namespace loadline::collector
