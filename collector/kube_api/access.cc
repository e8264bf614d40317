#include "collector/kube_api/access.h"

#include <fmt/core.h>
#include <yaml-cpp/yaml.h>

#include <array>
#include <cstdlib>

#include "schemas/base/text_file.h"

namespace loadline::collector {
namespace {

// Standard alphabet with padding, as kubeconfigs have it; anything else is refused.
std::optional<std::string> DecodeBase64(std::string_view text) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0;
  int held = 0;
  for (const char c : text) {
    if (c == '=' || c == '\n') continue;
    const std::size_t value = kAlphabet.find(c);
    if (value == kAlphabet.npos) return std::nullopt;
    bits = (bits << 6 | static_cast<unsigned>(value)) & 0xffffff;
    held += 6;
    if (held >= 8) out += static_cast<char>(bits >> (held -= 8) & 0xff);
  }
  return out;
}

std::string TextOf(const YAML::Node& node, const char* key) {
  return node[key] ? node[key].as<std::string>() : std::string();
}

YAML::Node Named(const YAML::Node& list, const std::string& name, const char* part) {
  for (const YAML::Node& entry : list) {
    if (TextOf(entry, "name") == name && entry[part]) return entry[part];
  }
  return YAML::Node(YAML::NodeType::Undefined);
}

// PEM that stands in the file itself ("<key>-data") or in another file ("<key>").
Result<std::string> Pem(const YAML::Node& node, const std::string& key, const std::filesystem::path& folder) {
  if (const std::string data = TextOf(node, (key + "-data").c_str()); !data.empty()) {
    auto pem = DecodeBase64(data);
    if (!pem) return Failure(ErrorKind::kInvalid, key + "-data is not base64");
    return *pem;
  }
  const std::string file = TextOf(node, key.c_str());
  return file.empty() ? std::string() : ReadTextFile(folder / file);
}

ExecPlugin Plugin(const YAML::Node& exec) {
  ExecPlugin plugin{.command = TextOf(exec, "command"), .api_version = TextOf(exec, "apiVersion")};
  for (const YAML::Node& argument : exec["args"]) plugin.arguments.push_back(argument.as<std::string>());
  for (const YAML::Node& entry : exec["env"])
    plugin.environment[TextOf(entry, "name")] = TextOf(entry, "value");
  return plugin;
}

Result<KubeAccess> FromYaml(const YAML::Node& config, const std::filesystem::path& folder) {
  const std::string current = TextOf(config, "current-context");
  const YAML::Node context = Named(config["contexts"], current, "context");
  if (!context) return Failure(ErrorKind::kInvalid, fmt::format("no context '{}'", current));
  const YAML::Node cluster = Named(config["clusters"], TextOf(context, "cluster"), "cluster");
  if (!cluster)
    return Failure(ErrorKind::kInvalid, fmt::format("no cluster '{}'", TextOf(context, "cluster")));
  const YAML::Node user = Named(config["users"], TextOf(context, "user"), "user");

  KubeAccess access{.server = TextOf(cluster, "server"), .space = TextOf(context, "namespace")};
  while (access.server.ends_with('/')) access.server.pop_back();
  if (access.server.empty()) return Failure(ErrorKind::kInvalid, "the cluster has no server");
  auto ca = Pem(cluster, "certificate-authority", folder);
  if (!ca) return Failure(ca.error());
  access.ca_pem = *ca;
  if (!user) return access;
  auto certificate = Pem(user, "client-certificate", folder);
  auto key = Pem(user, "client-key", folder);
  if (!certificate) return Failure(certificate.error());
  if (!key) return Failure(key.error());
  access.certificate_pem = *certificate;
  access.key_pem = *key;
  access.token = TextOf(user, "token");
  if (const std::string file = TextOf(user, "tokenFile"); !file.empty()) access.token_file = folder / file;
  if (user["exec"]) access.exec = Plugin(user["exec"]);
  return access;
}

}  // namespace

Result<KubeAccess> InClusterAccess(const std::filesystem::path& folder) {
  const char* host = std::getenv("KUBERNETES_SERVICE_HOST");
  const char* port = std::getenv("KUBERNETES_SERVICE_PORT");
  if (host == nullptr || port == nullptr) {
    return Failure(ErrorKind::kNotFound, "not in a cluster: KUBERNETES_SERVICE_HOST is not set");
  }
  auto ca = ReadTextFile(folder / "ca.crt");
  if (!ca) return Failure(ca.error().In("the service account's folder"));
  const bool ipv6 = std::string_view(host).contains(':');
  return KubeAccess{
      .server = fmt::format(fmt::runtime(ipv6 ? "https://[{}]:{}" : "https://{}:{}"), host, port),
      .ca_pem = *ca,
      .token_file = folder / "token",
      .space = ReadTextFile(folder / "namespace").value_or("")};
}

Result<KubeAccess> ReadKubeconfig(const std::filesystem::path& path) {
  auto text = ReadTextFile(path);
  if (!text) return Failure(text.error().In("cannot read the kubeconfig"));
  try {
    auto access = FromYaml(YAML::Load(*text), path.parent_path());
    if (!access) return Failure(access.error().In(path.string()));
    return access;
  } catch (const YAML::Exception& e) {
    // e.what() may quote the file, which holds secrets; the line number does not.
    return Failure(ErrorKind::kInvalid,
                   fmt::format("{}: line {}: not a kubeconfig", path.string(), e.mark.line + 1));
  }
}

Result<KubeAccess> FindAccess(const std::string& kubeconfig) {
  return kubeconfig.empty() ? InClusterAccess() : ReadKubeconfig(kubeconfig);
}

}  // namespace loadline::collector
