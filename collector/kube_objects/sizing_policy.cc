#include "collector/kube_objects/sizing_policy.h"

#include <charconv>
#include <initializer_list>
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

constexpr const char* kAlerts = "loadline.io/alerts";

std::string Joined(std::initializer_list<std::string> wishes) {
  // More would be no use to anybody, and is kept for each container.
  constexpr std::size_t kMost = 1024;
  std::string all;
  for (const std::string& said : wishes) {
    if (said.empty() || all.size() + said.size() > kMost) continue;
    all += (all.empty() ? "" : ",") + said;
  }
  return all;
}

}  // namespace

SizingPolicy PolicyOf(const nlohmann::json& annotations, const std::string& container) {
  SizingPolicy policy;
  Read(annotations, "loadline.io/", policy);
  Read(annotations, container + ".loadline.io/", policy);
  return policy;
}

std::string AlertsWanted(const nlohmann::json& metadata, const std::string& container) {
  const nlohmann::json& annotations = Part(metadata, "annotations");
  return Joined({Text(Part(metadata, "labels"), kAlerts), Text(annotations, kAlerts),
                 Text(annotations, (container + "." + kAlerts).c_str())});
}

std::optional<std::string> RulesOfNamespace(const nlohmann::json& object) {
  const nlohmann::json& metadata = Part(object, "metadata");
  std::string all =
      Joined({Text(Part(metadata, "labels"), kAlerts), Text(Part(metadata, "annotations"), kAlerts)});
  return all.empty() ? std::nullopt : std::optional(std::move(all));
}

}  // namespace loadline::collector
