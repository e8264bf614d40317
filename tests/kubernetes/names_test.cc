// Containers of a real cluster have their names, whatever controls them.
#include <fmt/core.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "collector/kube_api/object_cache.h"
#include "collector/kube_api/watch.h"
#include "collector/kube_objects/cluster_names.h"
#include "collector/kube_objects/sizing_policy.h"
#include "tests/kubernetes/own_cluster.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

// The watches of pods and jobs, running.
struct Watching {
  explicit Watching(const KubeAccess& access)
      : pods({.path = "/api/v1/pods", .page = 2},
             {.begin_list = [this] { names.BeginPods(); },
              .upsert = [this](const nlohmann::json& pod) { names.UpsertPod(pod); },
              .remove = [this](const nlohmann::json& pod) { names.RemovePod(pod); },
              .end_list = [this] { names.EndPods(); }}),
        jobs({.path = "/apis/batch/v1/jobs", .metadata_only = true},
             {.begin_list = [] {},
              .upsert = [this](const nlohmann::json& job) { names.UpsertJob(job); },
              .remove = [this](const nlohmann::json& job) { names.RemoveJob(job); },
              .end_list = [] {}}) {
    for (Watch* watch : {&pods, &jobs}) {
      threads.emplace_back([this, watch, access](const std::stop_token& stop) {
        KubeClient api(access, clock, stop);
        watch->Run(api, stop);
      });
    }
  }
  SystemClock clock;
  ClusterNames names{clock};
  Watch pods;
  Watch jobs;
  std::vector<std::jthread> threads;
};

class KubernetesNames : public test::OnCluster {
 protected:
  // "Kind/workload/container" of each container of the namespace's pods, by what the API says of their ids.
  std::set<std::string> NamesOfNamespace(const ClusterNames& names) {
    std::set<std::string> found;
    auto pods = api().Do({.path = fmt::format("/api/v1/namespaces/{}/pods", NamespaceName())});
    EXPECT_TRUE(pods) << pods.error().message;
    for (const nlohmann::json& object : (*pods)["items"]) {
      const auto pod = ParsePod(object);
      for (const Pod::Container& container : pod->containers) {
        const FoundName name = names.Find(pod->node, pod->uid, container.id);
        if (name.answer != NameAnswer::kKnown) continue;
        found.insert(name.name.kind + "/" + name.name.workload + "/" + name.name.container);
      }
    }
    return found;
  }
};

constexpr const char* kTemplate = R"("template": {"metadata": {"labels": {"app": "NAME"}}, "spec": {
  "terminationGracePeriodSeconds": 0, RESTART "containers": [{"name": "main", "command": ["sleep", "1000"],
  "image": "docker.io/loadline-test/busybox:1"}]}})";

std::string Workload(const std::string& name, const std::string& spec, const std::string& restart = "") {
  std::string text = R"({"metadata": {"name": ")" + name + R"("}, "spec": {)" + spec + kTemplate + "}}";
  for (const auto& [from, to] : {std::pair{std::string("NAME"), name}, {std::string("RESTART"), restart}}) {
    for (std::size_t at = 0; (at = text.find(from)) != text.npos;) text.replace(at, from.size(), to);
  }
  return text;
}

TEST_F(KubernetesNames, EveryKindOfControllerNamesItsContainers) {
  Watching watching(access());
  const std::string selector = R"("selector": {"matchLabels": {"app": "NAME"}}, )";
  const std::string never = R"("restartPolicy": "Never", )";
  Create("/apis/apps/v1/deployments", Workload("web", selector + R"("replicas": 2, )"));
  Create("/apis/apps/v1/statefulsets", Workload("db", selector));
  Create("/apis/apps/v1/daemonsets", Workload("log", selector));
  Create("/apis/apps/v1/replicasets", Workload("bare", selector));
  Create("/apis/batch/v1/jobs", Workload("import", "", never));
  // Fires at the next full minute at the latest; made to fire now by hand, as `kubectl create job --from`
  // does.
  std::string job = Workload("nightly-1", "", never);
  auto cron = Create("/apis/batch/v1/cronjobs", R"({"metadata": {"name": "nightly"}, "spec": {"suspend": true,
      "schedule": "0 0 1 1 *", "jobTemplate": {"spec": )" +
                                                    nlohmann::json::parse(job)["spec"].dump() + "}}}");
  nlohmann::json owned = nlohmann::json::parse(job);
  owned["metadata"]["ownerReferences"] = {{{"apiVersion", "batch/v1"},
                                           {"kind", "CronJob"},
                                           {"name", "nightly"},
                                           {"uid", cron["metadata"]["uid"]},
                                           {"controller", true}}};
  Create("/apis/batch/v1/jobs", owned.dump());
  CreateSleeper("single", "node2");

  const std::set<std::string> expected = {
      "Deployment/web/main", "StatefulSet/db/main",  "DaemonSet/log/main", "ReplicaSet/bare/main",
      "Job/import/main",     "CronJob/nightly/main", "Pod/single/app"};
  std::set<std::string> found;
  EXPECT_TRUE(Eventually([&] { return (found = NamesOfNamespace(watching.names)) == expected; }))
      << testing::PrintToString(found);
}

TEST_F(KubernetesNames, HowANamespaceWantsRulesIsFollowed) {
  ObjectCache<std::string> namespaces(RulesOfNamespace);
  Watch watch({.path = "/api/v1/namespaces", .metadata_only = true}, namespaces.Sink());
  const std::jthread following([&](const std::stop_token& stop) {
    const SystemClock clock;
    KubeClient client(access(), clock, stop);
    watch.Run(client, stop);
  });
  const auto annotate = [&](const nlohmann::json& alerts) {
    const auto done = api().Do({.method = "PATCH",
                                .path = "/api/v1/namespaces/" + NamespaceName(),
                                .body = {{"metadata", {{"annotations", {{"loadline.io/alerts", alerts}}}}}},
                                .content_type = kMergePatch});
    EXPECT_TRUE(done) << done.error().message;
  };
  annotate("ContainerThrottled=off");
  EXPECT_TRUE(Eventually([&] { return namespaces.Find(NamespaceName()) == "ContainerThrottled=off"; }));
  annotate(nullptr);
  EXPECT_TRUE(Eventually([&] { return !namespaces.Find(NamespaceName()); }));
}

TEST_F(KubernetesNames, EveryCgroupOfARunningPodIsAContainerWithANameOrTheSandbox) {
  Watching watching(access());
  const std::string uid = CreateSleeper("one", "node1")["metadata"]["uid"];
  // What the agent sees: the cgroups below the pod's. Others come and go meanwhile, and with them the folder
  // that is being read: what was found until then counts, the next look finds the rest.
  const auto containers = [&] {
    std::map<std::string, NameAnswer> answers;
    std::error_code gone;
    std::filesystem::recursive_directory_iterator entry(
        "/sys/fs/cgroup", std::filesystem::directory_options::skip_permission_denied, gone);
    for (; entry != std::filesystem::end(entry); entry.increment(gone)) {
      if (entry->path().parent_path().filename() != "pod" + uid || !entry->is_directory(gone)) continue;
      const std::string id = entry->path().filename();
      answers[id] = watching.names.Find("node1", uid, id).answer;
    }
    return answers;
  };
  std::map<std::string, NameAnswer> answers;
  EXPECT_TRUE(Eventually([&] {
    answers = containers();
    std::multiset<NameAnswer> kinds;
    for (const auto& [_, answer] : answers) kinds.insert(answer);
    return kinds == std::multiset{NameAnswer::kKnown, NameAnswer::kNoWorkload};
  })) << testing::PrintToString(answers.size());
  EXPECT_EQ(watching.names.Find("node2", uid, answers.begin()->first).answer, NameAnswer::kNotOurs);
}

TEST_F(KubernetesNames, APodThatIsDeletedIsStillNamed) {
  Watching watching(access());
  const nlohmann::json made = CreateSleeper("brief", "node1");
  std::string id;
  ASSERT_TRUE(Eventually([&] {
    auto pod = api().Do({.path = fmt::format("/api/v1/namespaces/{}/pods/brief", NamespaceName())});
    id = ParsePod(*pod)->containers[0].id;
    return !id.empty();
  }));
  ASSERT_TRUE(api().Do(
      {.method = "DELETE", .path = fmt::format("/api/v1/namespaces/{}/pods/brief", NamespaceName())}));
  ASSERT_TRUE(Eventually([&] { return watching.names.size().gone == 1; }));
  EXPECT_EQ(watching.names.Find("node1", made["metadata"]["uid"].get<std::string>(), id).name.container,
            "app");
}

// The API server is down for a while and comes back with an empty watch cache, so that our position is too
// old.
TEST_F(KubernetesNames, AnApiServerThatRestartsIsFollowedAgain) {
  Watching watching(access());
  ASSERT_TRUE(Eventually([&] { return watching.pods.synced(); }));
  CreateSleeper("before", "node1");
  ASSERT_TRUE(test::RunClusterTool("stop kube-apiserver"));
  ASSERT_TRUE(Eventually([&] { return !watching.pods.trouble().empty(); }));
  ASSERT_TRUE(test::RunClusterTool("start kube-apiserver"));
  const nlohmann::json made = CreateSleeper("after", "node2");
  EXPECT_TRUE(Eventually(
      [&] { return watching.names.NodeOf(made["metadata"]["uid"].get<std::string>()) == "node2"; }, 60s));
  EXPECT_THAT(watching.pods.trouble(), IsEmpty());
  EXPECT_GE(watching.pods.counters().failures, 1);
}

}  // namespace
}  // namespace loadline::collector
