// The cluster that `tests/kubernetes/cluster up` brought up, as tests use it.
//
//   class Api : public OnCluster {};       // skipped, with the reason, where there is no cluster
//   TEST_F(Api, ...) { api().Do(...); }
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "collector/kube_api/access.h"
#include "collector/kube_api/kube_client.h"

namespace loadline::test {

class OnCluster : public testing::Test {
 protected:
  // Enters the cluster's network with this whole process, once.
  void SetUp() override;
  // Removes the namespace of the test, if it made one.
  void TearDown() override;

  [[nodiscard]] const collector::KubeAccess& access() const { return access_; }  // of an administrator
  collector::KubeClient& api() { return *api_; }
  // A namespace of this test's own, made at the first call.
  const std::string& NamespaceName();
  // POSTs a document into the namespace; fails the test with the server's words.
  nlohmann::json Create(const std::string& path, const std::string& yaml_as_json);
  // A pod whose only container sleeps, on this node.
  nlohmann::json CreateSleeper(const std::string& name, const std::string& node);

  // Waits until it holds; false after `patience`.
  static bool Eventually(const std::function<bool()>& holds, Duration patience = std::chrono::seconds(30));

 private:
  SystemClock clock_;
  collector::KubeAccess access_;
  std::unique_ptr<collector::KubeClient> api_;
  std::string namespace_;
};

// Runs `tests/kubernetes/cluster ARGUMENTS`; whether it succeeded.
bool RunClusterTool(const std::string& arguments);
// What it prints without the line's end, given `input`; empty when it failed.
std::string ClusterToolOutput(const std::string& arguments, const std::string& input);

}  // namespace loadline::test
