#include "collector/kube_api/access.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::filesystem::path Write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path) << text;
  return path;
}

constexpr const char* kConfig = R"(
apiVersion: v1
kind: Config
current-context: work
clusters:
- name: home
  cluster: {server: "https://wrong"}
- name: aks
  cluster: {server: "https://aks.example:443/", certificate-authority-data: Q0EK}
users:
- name: me
  user: {client-certificate: me.crt, client-key-data: S0VZCg==, tokenFile: token}
contexts:
- name: work
  context: {cluster: aks, user: me}
)";

TEST(Kubeconfig, TheCurrentContextIsTakenAndPathsAreRelativeToTheFile) {
  TemporaryFolder folder;
  Write(folder / "me.crt", "CERT\n");
  auto access = ReadKubeconfig(Write(folder / "config", kConfig));
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ(access->server, "https://aks.example:443");
  EXPECT_EQ(access->ca_pem, "CA\n");
  EXPECT_EQ(access->certificate_pem, "CERT\n");
  EXPECT_EQ(access->key_pem, "KEY\n");
  EXPECT_EQ(access->token_file, folder / "token");
}

TEST(Kubeconfig, AnExecPluginIsTakenWithArgumentsAndEnvironment) {
  TemporaryFolder folder;
  auto access = ReadKubeconfig(Write(folder / "config", R"(
current-context: c
clusters: [{name: k, cluster: {server: "https://k"}}]
contexts: [{name: c, context: {cluster: k, user: u}}]
users:
- name: u
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: kubelogin
      args: [get-token, --login, workloadidentity]
      env: [{name: AAD, value: "1"}]
)"));
  ASSERT_TRUE(access) << access.error().message;
  ASSERT_TRUE(access->exec);
  EXPECT_EQ(access->exec->command, "kubelogin");
  EXPECT_THAT(access->exec->arguments, ElementsAre("get-token", "--login", "workloadidentity"));
  EXPECT_EQ(access->exec->environment.at("AAD"), "1");
}

TEST(Kubeconfig, WhatIsWrongIsNamedAndNoSecretIsQuoted) {
  TemporaryFolder folder;
  const auto message = [&](const std::string& text) {
    return ReadKubeconfig(Write(folder / "config", text)).error().message;
  };
  EXPECT_THAT(message("current-context: gone\n"), HasSubstr("no context 'gone'"));
  EXPECT_THAT(message("users:\n- name: x\n  user: {token: hush\n"), Not(HasSubstr("hush")));
  EXPECT_THAT(ReadKubeconfig(folder / "none").error().message, HasSubstr("cannot read"));
}

TEST(InClusterAccess, OutsideAClusterItSaysSo) {
  unsetenv("KUBERNETES_SERVICE_HOST");
  EXPECT_EQ(InClusterAccess().error().kind, ErrorKind::kNotFound);
}

TEST(InClusterAccess, TakesAddressAuthorityAndTokenFileFromThePod) {
  TemporaryFolder folder;
  Write(folder / "ca.crt", "CA");
  setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
  setenv("KUBERNETES_SERVICE_PORT", "443", 1);
  auto access = InClusterAccess(folder.path());
  unsetenv("KUBERNETES_SERVICE_HOST");
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ(access->server, "https://[fd00::1]:443");
  EXPECT_EQ(access->ca_pem, "CA");
  EXPECT_EQ(access->token_file, folder / "token");
}

}  // namespace
}  // namespace loadline::collector
