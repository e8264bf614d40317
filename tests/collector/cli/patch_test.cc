#include "collector/cli/patch.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace loadline::collector {
namespace {

using testing::HasSubstr;

Json Workload(const std::string& kind = "Deployment") {
  const Json advice = {{"cpu_millicores", {{"target", 250}}},
                       {"memory_bytes", {{"target", (200 << 20) - 1}}}};
  return {{"id", "shop/" + kind + "/cart"},
          {"namespace", "shop"},
          {"kind", kind},
          {"name", "cart"},
          {"containers", Json::array({{{"name", "app"}, {"recommendation", advice}},
                                      {{"name", "new"}, {"recommendation", nullptr}}})}};
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

TEST(Patch, AnAutoscalerNamesTargetAndRecommender) {
  EXPECT_THAT(VpaManifest(Workload("StatefulSet")).value(),
              testing::AllOf(HasSubstr("kind: StatefulSet\n    name: cart\n"),
                             HasSubstr("- name: loadline\n"), HasSubstr("updateMode: \"Off\"")));
  EXPECT_THAT(VpaManifest(Workload("CronJob")).value(), HasSubstr("apiVersion: batch/v1\n    kind: CronJob"));
}

TEST(Patch, WhatHasNoTemplateOrNoAdviceIsRefused) {
  EXPECT_EQ(KubectlPatch(Workload("Pod")).error().kind, ErrorKind::kInvalid);
  Json unit = Workload("SystemdUnit");
  unit["namespace"] = "";
  EXPECT_THAT(VpaManifest(unit).error().message, HasSubstr("no pod template"));
  Json fresh = Workload();
  fresh["containers"].erase(0);
  EXPECT_THAT(KubectlPatch(fresh).error().message, HasSubstr("nothing is recommended yet"));
}

}  // namespace
}  // namespace loadline::collector
