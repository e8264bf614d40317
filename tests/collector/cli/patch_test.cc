#include "collector/cli/patch.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace loadline::collector {
namespace {

using testing::HasSubstr;

struct Has {
  std::string qos = "Burstable";
  Json cpu_limit = nullptr;
  Json memory_limit = nullptr;
};

Json Advice(std::int64_t target, const Json& current_limit) {
  return {{"target", target}, {"current_limit", current_limit}};
}

Json Container(const std::string& name, const Has& has = {}) {
  const auto twice = [](const Json& limit) {
    return limit.is_null() ? limit : Json(2 * limit.get<std::int64_t>());
  };
  return {{"name", name},
          {"qos_class", has.qos},
          {"recommended_limits",
           {{"cpu_millicores", twice(has.cpu_limit)}, {"memory_bytes", twice(has.memory_limit)}}},
          {"recommendation",
           {{"cpu_millicores", Advice(250, has.cpu_limit)},
            {"memory_bytes", Advice((200 << 20) - 1, has.memory_limit)}}}};
}

// As GET /api/v1/workloads/ID answers.
Json Answer(Json containers, const std::string& kind = "Deployment") {
  return {{"at", "2026-01-01T00:00:00Z"},
          {"workload",
           {{"id", "shop/" + kind + "/cart"},
            {"namespace", "shop"},
            {"kind", kind},
            {"name", "cart"},
            {"containers", std::move(containers)}}}};
}

Json Workload(const std::string& kind = "Deployment") {
  Json fresh = Container("new");
  fresh["recommendation"] = nullptr;
  return Answer(Json::array({Container("app"), fresh}), kind);
}

// What the command says of the only container.
Json ResourcesIn(const std::string& command) {
  const auto begin = command.find('{');
  const Json patch = Json::parse(command.substr(begin, command.rfind('}') + 1 - begin));
  const Json& containers = patch.at("spec").at("template").at("spec").at("containers");
  EXPECT_EQ(containers.size(), 1U);
  return containers.at(0).at("resources");
}

TEST(Patch, IsOneCommandThatSetsTheRequestsOfMeasuredContainers) {
  EXPECT_EQ(KubectlPatch(Workload()).value(),
            "kubectl --namespace shop patch deployment cart --type strategic --patch "
            R"('{"spec":{"template":{"spec":{"containers":[{"name":"app","resources":{"requests":)"
            R"({"cpu":"250m","memory":"200Mi"}}}]}}}}')"
            "\n");
  EXPECT_THAT(KubectlPatch(Workload("CronJob")).value(),
              HasSubstr(R"({"spec":{"jobTemplate":{"spec":{"template")"));
}

TEST(Patch, LimitsComeWithRequestsThatWouldExceedThem) {
  const Json over =
      ResourcesIn(*KubectlPatch(Answer(Json::array({Container("app", {.memory_limit = 128 << 20})}))));
  EXPECT_EQ(over, Json::parse(
                      R"({"requests": {"cpu": "250m", "memory": "200Mi"}, "limits": {"memory": "256Mi"}})"));
  const Json far_over =
      ResourcesIn(*KubectlPatch(Answer(Json::array({Container("app", {.memory_limit = 64 << 20})}))));
  EXPECT_EQ(far_over.at("limits").at("memory"), "200Mi") << "never below the request";
  const Json under = ResourcesIn(
      *KubectlPatch(Answer(Json::array({Container("app", {.cpu_limit = 500, .memory_limit = 512 << 20})}))));
  EXPECT_FALSE(under.contains("limits")) << "they stay";
}

TEST(Patch, AGuaranteedPodStaysOne) {
  const Json kept = ResourcesIn(*KubectlPatch(Answer(
      Json::array({Container("app", {.qos = "Guaranteed", .cpu_limit = 500, .memory_limit = 512 << 20})}))));
  EXPECT_EQ(kept.at("limits"), kept.at("requests"));
}

TEST(Patch, AnAutoscalerNamesTargetAndRecommender) {
  EXPECT_THAT(VpaManifest(Workload("StatefulSet")).value(),
              testing::AllOf(HasSubstr("kind: StatefulSet\n    name: cart\n"),
                             HasSubstr("- name: loadline\n"), HasSubstr("updateMode: \"Off\"")));
  EXPECT_THAT(VpaManifest(Workload("CronJob")).value(), HasSubstr("apiVersion: batch/v1\n    kind: CronJob"));
}

TEST(Patch, WhatHasNoTemplateOrNoAdviceIsRefused) {
  EXPECT_EQ(KubectlPatch(Workload("Pod")).error().kind, ErrorKind::kInvalid);
  Json unit = Workload("SystemdUnit");
  unit["workload"]["namespace"] = "";
  EXPECT_THAT(VpaManifest(unit).error().message, HasSubstr("no pod template"));
  EXPECT_THAT(KubectlPatch(Workload("Job")).error().message, HasSubstr("whose template is fixed"));
  EXPECT_THAT(KubectlPatch(Workload("Rollout")).error().message, HasSubstr("no such patch"));
  EXPECT_TRUE(VpaManifest(Workload("Rollout")));
  Json fresh = Workload();
  fresh["workload"]["containers"].erase(0);
  EXPECT_THAT(KubectlPatch(fresh).error().message, HasSubstr("nothing is recommended yet"));
}

}  // namespace
}  // namespace loadline::collector
