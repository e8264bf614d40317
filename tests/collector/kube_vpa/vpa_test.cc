#include "collector/kube_vpa/vpa.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "collector/kube_objects/quantity.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr Wall kNow{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

TEST(Quantity, IsReadInEveryFormTheApiServerTakes) {
  EXPECT_EQ(ParseMilli("250m"), 250);
  EXPECT_EQ(ParseMilli("1"), 1000);
  EXPECT_EQ(ParseMilli("1.5"), 1500);
  EXPECT_EQ(ParseMilli(std::string_view("nan1", 3)), std::nullopt);
  EXPECT_EQ(ParseMilli("-inf"), std::nullopt);
  EXPECT_EQ(ParseMilli("0.0001"), 1) << "rounded up";
  EXPECT_EQ(ParseWhole("128Mi"), 134217728);
  EXPECT_EQ(ParseWhole("1e9"), 1000000000);
  EXPECT_EQ(ParseWhole("2G"), 2000000000);
  EXPECT_EQ(ParseWhole("100m"), 1);
  for (const char* text : {"", "Mi", "1 Gi", "1gb", "-1", "nan", "9999E"})
    EXPECT_FALSE(ParseWhole(text)) << text;
}

// Of Deployment shop/cart, generation 1.
json VpaObject(json policies = json::array()) {
  return {{"metadata", {{"namespace", "shop"}, {"name", "cart"}, {"generation", 1}}},
          {"spec",
           {{"targetRef", {{"apiVersion", "apps/v1"}, {"kind", "Deployment"}, {"name", "cart"}}},
            {"recommenders", json::array({{{"name", "loadline"}}})},
            {"resourcePolicy", {{"containerPolicies", std::move(policies)}}}}}};
}

ContainerView Measured(const std::string& name, double days) {
  auto advice = std::make_shared<Advice>();
  advice->recommendation = {
      .cpu = {.lower = 100, .target = 250, .upper = 1500, .uncapped = 250},
      .memory = {.lower = 100 * kMiB, .target = 200 * kMiB, .upper = 300 * kMiB, .uncapped = 200 * kMiB}};
  advice->recommendation.cpu.reason.history_seconds = days * 86'400;
  return {.name = name, .advice = advice};
}

WorkloadView Cart(double days = 3) {
  return {.id = "shop/Deployment/cart", .containers = {Measured("app", days), Measured("proxy", days)}};
}

json Status(const json& object, const WorkloadView* workload, Wall now = kNow) {
  return StatusOf(*ParseVpa(object), workload, now);
}

std::string Condition(const json& status, const std::string& type) {
  for (const json& condition : status["conditions"]) {
    if (condition["type"] == type) {
      return condition["status"].get<std::string>() + " " + condition.value("reason", "");
    }
  }
  return "absent";
}

TEST(Vpa, NamesItsRecommenderAndItsTarget) {
  const auto vpa = ParseVpa(VpaObject());
  ASSERT_TRUE(vpa);
  EXPECT_EQ(vpa->recommender, "loadline");
  EXPECT_EQ(vpa->WorkloadId(), "shop/Deployment/cart");
  json plain = VpaObject();
  plain["spec"].erase("recommenders");
  EXPECT_EQ(ParseVpa(plain)->recommender, "");
  EXPECT_FALSE(ParseVpa(json::parse(R"({"spec": []})")));
}

TEST(Vpa, EveryContainerHasTargetBoundsAndUncappedTarget) {
  const WorkloadView cart = Cart();
  const json status = Status(VpaObject(), &cart);
  const json& all = status["recommendation"]["containerRecommendations"];
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0], json::parse(R"({"containerName": "app",
      "target": {"cpu": "250m", "memory": "209715200"}, "lowerBound": {"cpu": "100m", "memory": "104857600"},
      "upperBound": {"cpu": "1.5", "memory": "314572800"}, "uncappedTarget": {"cpu": "250m", "memory": "209715200"}})"));
  EXPECT_EQ(Condition(status, "RecommendationProvided"), "True ");
  EXPECT_EQ(Condition(status, "LowConfidence"), "False EnoughHistory");
}

TEST(Vpa, ContainersThatHaveNoPartInItAreNeitherRecommendedForNorWeighed) {
  WorkloadView cart = Cart();
  cart.containers[1] = Measured("proxy", 0.1);
  const json status = StatusOf(*ParseVpa(VpaObject()), &cart, kNow, {{"shop/Deployment/cart", "proxy"}});
  EXPECT_EQ(status["recommendation"]["containerRecommendations"].size(), 1U);
  EXPECT_EQ(Condition(status, "LowConfidence"), "False EnoughHistory");
}

TEST(Vpa, ThePolicyCapsAllButTheUncappedTarget) {
  const WorkloadView cart = Cart();
  const json status = Status(VpaObject(json::array({{{"containerName", "app"},
                                                     {"minAllowed", {{"cpu", "300m"}}},
                                                     {"maxAllowed", {{"cpu", 1}, {"memory", "150Mi"}}}}})),
                             &cart);
  const json& app = status["recommendation"]["containerRecommendations"][0];
  EXPECT_EQ(app["target"], json::parse(R"({"cpu": "300m", "memory": "157286400"})"));
  EXPECT_EQ(app["lowerBound"]["cpu"], "300m");
  EXPECT_EQ(app["upperBound"]["cpu"], "1");
  EXPECT_EQ(app["uncappedTarget"], json::parse(R"({"cpu": "250m", "memory": "209715200"})"));
}

TEST(Vpa, ContainersThatAreOffAndResourcesThatAreNotControlledAreLeftOut) {
  const WorkloadView cart = Cart();
  const json status =
      Status(VpaObject({{{"containerName", "proxy"}, {"mode", "Off"}},
                        {{"containerName", "*"}, {"controlledResources", json::array({"memory"})}}}),
             &cart);
  const json& all = status["recommendation"]["containerRecommendations"];
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0]["containerName"], "app");
  EXPECT_FALSE(all[0]["target"].contains("cpu"));
}

TEST(Vpa, AShortHistoryIsLowConfidence) {
  const WorkloadView cart = Cart(0.5);
  EXPECT_EQ(Condition(Status(VpaObject(), &cart), "LowConfidence"), "True ShortHistory");
}

TEST(Vpa, WithoutPodsNothingIsRecommendedAndItSaysWhy) {
  const json status = Status(VpaObject(), nullptr);
  EXPECT_FALSE(status.contains("recommendation"));
  EXPECT_EQ(Condition(status, "NoPodsMatched"), "True NoPodsMatched");
  EXPECT_EQ(Condition(status, "RecommendationProvided"), "False NoPodsMatched");
  json strange = VpaObject();
  strange["spec"]["targetRef"]["kind"] = "Service";
  EXPECT_EQ(Condition(Status(strange, nullptr), "ConfigUnsupported"), "True TargetKindUnsupported");
}

TEST(Vpa, WhatIsForgottenKeepsItsLastAnswer) {
  const WorkloadView cart = Cart();
  json object = VpaObject();
  object["status"] = Status(object, &cart);
  const json status = Status(object, nullptr, kNow + 1h);
  EXPECT_EQ(status["recommendation"], object["status"]["recommendation"]);
  EXPECT_EQ(Condition(status, "RecommendationProvided"), "True ");
  WorkloadView fresh = Cart();
  for (ContainerView& container : fresh.containers) container.advice = nullptr;
  EXPECT_EQ(Status(object, &fresh)["recommendation"], object["status"]["recommendation"]);
}

TEST(Vpa, ConditionsAreSortedAndKeepTheTimeOfTheirLastChange) {
  const WorkloadView cart = Cart(0.5);
  json object = VpaObject();
  object["status"] = Status(object, &cart);
  EXPECT_EQ(object["status"]["conditions"][0]["type"], "LowConfidence");
  EXPECT_EQ(object["status"]["conditions"][1]["lastTransitionTime"], "2026-01-01T00:00:00Z");
  EXPECT_EQ(Status(object, &cart, kNow + 1h), object["status"]) << "nothing to write";
  const WorkloadView known = Cart(2);
  const json later = Status(object, &known, kNow + 1h);
  EXPECT_EQ(later["conditions"][0]["lastTransitionTime"], "2026-01-01T01:00:00Z");
  EXPECT_EQ(later["conditions"][1]["lastTransitionTime"], "2026-01-01T00:00:00Z");
}

}  // namespace
}  // namespace loadline::collector
