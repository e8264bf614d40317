// Where the API server is, and how to prove who we are: from the pod we run in, or from a kubeconfig.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "schemas/base/result.h"
#include "schemas/base/secret.h"

namespace loadline::collector {

// A program that hands out tokens: kubelogin and its kind.
struct ExecPlugin {
  std::string command;
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;  // besides our own
  std::string api_version;                         // of ExecCredential
};

// Secrets (key_pem, token) are never logged and never put into an Error.
struct KubeAccess {
  std::string server;  // "https://10.0.0.1:443", no slash at the end
  std::string ca_pem;  // empty: the system's authorities
  std::string certificate_pem;
  std::string key_pem;
  // The first of these that is set makes the bearer token; none: the certificate alone.
  Secret token;
  std::filesystem::path token_file;  // read again while it rotates
  std::optional<ExecPlugin> exec;
  std::string space;  // the namespace of the pod, or of the kubeconfig's context; empty: not said
};

// Of the pod this process runs in: KUBERNETES_SERVICE_HOST and _PORT, and the service account's folder.
// kNotFound outside a cluster.
Result<KubeAccess> InClusterAccess(
    const std::filesystem::path& folder = "/var/run/secrets/kubernetes.io/serviceaccount");

// The current context of a kubeconfig file. Paths in it are relative to it. kInvalid names what is wrong.
Result<KubeAccess> ReadKubeconfig(const std::filesystem::path& path);

// `kubeconfig` when it is given, else in-cluster.
Result<KubeAccess> FindAccess(const std::string& kubeconfig);

}  // namespace loadline::collector
