#include "tests/kubernetes/own_cluster.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sched.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "schemas/base/fd.h"
#include "tests/support/temporary_folder.h"

namespace loadline::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

std::string Output(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string out;
  char buffer[4096];
  while (const std::size_t size = fread(buffer, 1, sizeof buffer, pipe.get())) out.append(buffer, size);
  return out;
}

}  // namespace

bool RunClusterTool(const std::string& arguments) {
  return std::system(("tests/kubernetes/cluster " + arguments).c_str()) == 0;
}

std::string ClusterToolOutput(const std::string& arguments, const std::string& input) {
  const TemporaryFolder folder;
  const std::string file = folder.path() + "/input";
  std::ofstream(file) << input;
  std::string out = Output(fmt::format("tests/kubernetes/cluster {} <{}", arguments, file));
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

void OnCluster::SetUp() {
  const json where =
      json::parse(Output("tests/kubernetes/cluster status --json 2>/dev/null"), nullptr, false);
  if (!where.is_object()) GTEST_SKIP() << "no cluster is up: tests/kubernetes/cluster up";
  const Fd network(open(where["network"].get<std::string>().c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(setns(network.get(), CLONE_NEWNET), 0);
  auto access = collector::ReadKubeconfig(where["kubeconfig"].get<std::string>());
  ASSERT_TRUE(access) << access.error().message;
  access_ = *access;
  api_ = std::make_unique<collector::KubeClient>(access_, clock_);
}

void OnCluster::TearDown() {
  if (namespace_.empty()) return;
  const std::string pods = fmt::format("/api/v1/namespaces/{}/pods?gracePeriodSeconds=0", namespace_);
  EXPECT_TRUE(api_->Do({.method = "DELETE", .path = "/api/v1/namespaces/" + namespace_}));
  EXPECT_TRUE(api_->Do({.method = "DELETE", .path = pods}));
}

const std::string& OnCluster::NamespaceName() {
  if (!namespace_.empty()) return namespace_;
  auto made = api_->Do(
      {.method = "POST", .path = "/api/v1/namespaces", .body = {{"metadata", {{"generateName", "test-"}}}}});
  if (!made) {
    ADD_FAILURE() << made.error().message;
    return namespace_;
  }
  namespace_ = (*made)["metadata"]["name"];
  // Pods are refused until the namespace has its service account.
  EXPECT_TRUE(Eventually([&] {
    return api_->Do({.path = fmt::format("/api/v1/namespaces/{}/serviceaccounts/default", namespace_)})
        .has_value();
  }));
  return namespace_;
}

json OnCluster::Create(const std::string& path, const std::string& text) {
  auto made = api_->Do({.method = "POST",
                        .path = fmt::format("{}/namespaces/{}/{}", path.substr(0, path.rfind('/')),
                                            NamespaceName(), path.substr(path.rfind('/') + 1)),
                        .body = json::parse(text)});
  EXPECT_TRUE(made) << made.error().message;
  return made.value_or(json());
}

json OnCluster::CreateSleeper(const std::string& name, const std::string& node) {
  return Create("/api/v1/pods", fmt::format(R"({{"metadata": {{"name": "{}"}}, "spec": {{"nodeName": "{}",
      "terminationGracePeriodSeconds": 0, "containers": [{{"name": "app", "command": ["sleep", "1000"],
      "image": "docker.io/loadline-test/busybox:1"}}]}}}})",
                                            name, node));
}

bool OnCluster::Eventually(const std::function<bool()>& holds, Duration patience) {
  const Mono deadline = SystemClock().Now() + patience;
  while (!holds()) {
    if (SystemClock().Now() > deadline) return false;
    std::this_thread::sleep_for(50ms);
  }
  return true;
}

}  // namespace loadline::test
