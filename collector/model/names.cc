#include "collector/model/names.h"

#include <fmt/format.h>

#include <cctype>

namespace loadline::collector {
namespace {

// As much of a container's id as people are used to see.
std::string ShortId(const std::string& id) {
  return id.substr(0, 12);
}

// Keeps what may stand in the path of a URL as it is, slashes too.
std::string UrlSafe(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    const bool plain =
        std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("/-._~@:").contains(c);
    if (plain) {
      safe += c;
    } else {
      safe += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return safe;
}

}  // namespace

std::optional<ContainerName> CgroupNames::Resolve(const NameQuestion& question) const {
  const wire::CgroupIdentity& identity = question.identity;
  using enum wire::CgroupKind;
  const auto named = [](const char* space, const char* kind, const std::string& name,
                        std::string container = "") {
    const char* slash = name.starts_with('/') ? "" : "/";
    return ContainerName{space + (slash + UrlSafe(name)), "", kind, name, std::move(container)};
  };
  switch (identity.kind) {
    case kRoot:
    case kSlice:
    case kPod:
      return std::nullopt;
    case kPodContainer:
      return named("pod", "Pod", identity.pod_uid, ShortId(identity.container_id));
    case kDocker:
      return named("docker", "DockerContainer", ShortId(identity.container_id));
    case kSystemdUnit:
      return named("unit", "SystemdUnit", identity.unit);
    case kPlain:
      return named("path", "Cgroup", identity.path);
  }
  return std::nullopt;
}

std::string PlaceOf(std::string_view node, std::string_view pod) {
  return std::string(node) + (pod.empty() ? std::string() : " (pod " + std::string(pod) + ")");
}

std::string LimitOwner(const wire::CgroupIdentity& owner) {
  if (owner.kind == wire::CgroupKind::kPodContainer) return "the container";
  if (owner.kind == wire::CgroupKind::kPod) return "the pod";
  return owner.IsNamed() ? owner.path : kUnnamedCgroup;
}

bool IsNamed(const wire::OomKill& kill) {
  return kill.victim.IsNamed() && (!kill.limit_owner || kill.limit_owner->IsNamed());
}

wire::CgroupIdentity ContainerOf(wire::CgroupIdentity identity) {
  if (!identity.sub_path.empty() && identity.path.ends_with(identity.sub_path)) {
    identity.path.resize(identity.path.size() - identity.sub_path.size());
  }
  identity.sub_path.clear();
  return identity;
}

}  // namespace loadline::collector
