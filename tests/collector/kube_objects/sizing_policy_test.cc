#include "collector/kube_objects/sizing_policy.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace loadline::collector {
namespace {

using nlohmann::json;

TEST(SizingPolicy, HoldsForEveryContainerAndOfOneForThatOne) {
  const json annotations = {{"loadline.io/min-cpu", "100m"},       {"loadline.io/max-memory", "2Gi"},
                            {"loadline.io/knob", "0.8"},           {"loadline.io/limits", "keep"},
                            {"app.loadline.io/max-memory", "8Gi"}, {"app.loadline.io/max-cpu", "4"},
                            {"app.loadline.io/limits", "move"}};
  EXPECT_EQ(PolicyOf(annotations, "proxy"), (SizingPolicy{.least = {.cpu = 100, .memory = 0},
                                                          .most = {.cpu = 0, .memory = 2 * kGiB},
                                                          .knob = 0.8,
                                                          .limits_stay = true}));
  EXPECT_EQ(PolicyOf(annotations, "app"), (SizingPolicy{.least = {.cpu = 100, .memory = 0},
                                                        .most = {.cpu = 4000, .memory = 8 * kGiB},
                                                        .knob = 0.8,
                                                        .limits_stay = false}));
}

TEST(SizingPolicy, WhatCannotBeReadIsNotThere) {
  const json annotations = {{"loadline.io/min-cpu", "much"},
                            {"loadline.io/max-memory", "-1"},
                            {"loadline.io/knob", "1.5"},
                            {"loadline.io/max-cpu", 7}};
  EXPECT_EQ(PolicyOf(annotations, "app"), SizingPolicy{});
  EXPECT_EQ(PolicyOf(json(nullptr), "app"), SizingPolicy{});
}

TEST(AlertsWanted, AreThoseOfLabelAnnotationAndContainerTheStrongestLast) {
  const json metadata = {{"labels", {{"loadline.io/alerts", "off"}}},
                         {"annotations",
                          {{"loadline.io/alerts", "ContainerThrottled=Sev4"},
                           {"app.loadline.io/alerts", "ContainerThrottled=off"}}}};
  EXPECT_EQ(AlertsWanted(metadata, "app"), "off,ContainerThrottled=Sev4,ContainerThrottled=off");
  EXPECT_EQ(AlertsWanted(metadata, "proxy"), "off,ContainerThrottled=Sev4");
  EXPECT_EQ(AlertsWanted(json::object(), "app"), "");
  EXPECT_EQ(AlertsWanted({{"annotations", {{"loadline.io/alerts", std::string(2000, 'x')}}}}, "app"), "")
      << "more than anybody reads";
}

TEST(RulesOfNamespace, AreThoseOfItsLabelAndAnnotationAndNothingWithoutThem) {
  EXPECT_EQ(RulesOfNamespace({{"metadata",
                               {{"name", "dev"},
                                {"labels", {{"loadline.io/alerts", "off"}}},
                                {"annotations", {{"loadline.io/alerts", "ContainerOomLoop=Sev3"}}}}}}),
            "off,ContainerOomLoop=Sev3");
  EXPECT_EQ(RulesOfNamespace({{"metadata", {{"name", "dev"}}}}), std::nullopt);
  EXPECT_EQ(RulesOfNamespace({{"metadata", {{"annotations", {{"loadline.io/alerts", 7}}}}}}), std::nullopt);
}

}  // namespace
}  // namespace loadline::collector
