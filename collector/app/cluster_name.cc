#include "collector/app/cluster_name.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <random>

#include "collector/alert/own_labels.h"

namespace loadline::collector {
namespace {

constexpr const char* kSpace = "cluster";
constexpr const char* kLearnt = "learnt";  // from the uid
constexpr const char* kMade = "made";      // by chance
constexpr std::size_t kDigits = 8;
// The first answer is for good; later it is known.
constexpr Duration kFirstPatience = std::chrono::seconds(60);
constexpr Duration kPatience = std::chrono::seconds(2);

bool IsHex(unsigned char c) {
  return std::isxdigit(c) != 0;
}

// Empty: it is no uid.
std::string NameOf(const std::string& uid) {
  const std::string digits = uid.substr(0, kDigits);
  return digits.size() == kDigits && std::ranges::all_of(digits, IsHex) ? "c-" + digits : "";
}

std::string ByChance() {
  std::random_device random;
  return fmt::format("c-{:08x}", random());
}

void Keep(Store& store, const char* key, const std::string& name, Wall now) {
  const std::array blobs = {Blob{kSpace, key, name}};
  if (auto kept = store.Put(blobs, now); !kept)
    spdlog::error("{}; the cluster's name, {}, is not kept: set cluster.name", kept.error().message, name);
}

}  // namespace

Result<std::string> GivenClusterName(const Config& config, const Labels& external_labels) {
  const std::string& name = config.cluster.name.empty() ? config.azure.cluster : config.cluster.name;
  std::string external = ClusterOf(external_labels);
  if (name.empty()) return external;
  if (external.empty() || external == name) return name;
  return Failure(ErrorKind::kInvalid,
                 fmt::format("{}: global.external_labels: the cluster is '{}' here and '{}' by cluster.name: "
                             "one of them is enough",
                             config.alerting.file, external, name));
}

Result<std::string> NameOfKubernetes(Store& store, const AskForUid& ask, Wall now) {
  const Result<std::vector<Blob>> kept = store.Scan(kSpace);
  if (!kept) return Failure(kept.error().In("the cluster's name"));
  const auto named = [&](const char* key) {
    const auto blob = std::ranges::find(*kept, key, &Blob::key);
    return blob == kept->end() ? std::string() : blob->value;
  };
  if (std::string made = named(kMade); !made.empty()) return made;
  const std::string before = named(kLearnt);
  const Result<std::string> uid = ask(before.empty() ? kFirstPatience : kPatience);
  std::string name = uid ? NameOf(*uid) : "";
  if (name.empty() && !before.empty()) {
    name = before;
    spdlog::warn("{}: this cluster goes on being called {}",
                 uid ? "the uid of the namespace kube-system is none" : uid.error().message, name);
  }
  if (!name.empty()) {
    if (name != before) Keep(store, kLearnt, name, now);
    return name;
  }
  name = ByChance();
  Keep(store, kMade, name, now);
  spdlog::warn(
      "the uid of the namespace kube-system cannot be read ({}): this cluster is called {} from now "
      "on; cluster.name gives it a name of yours",
      uid ? "it is none" : uid.error().message, name);
  return name;
}

std::string NameOfHost() {
  std::array<char, 256> name{};
  const bool known = ::gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0';
  return known ? name.data() : "localhost";
}

}  // namespace loadline::collector
