#include "collector/config/read_config.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <vector>

#include "collector/config/settings.h"
#include "schemas/base/printable.h"
#include "schemas/base/text_file.h"

namespace loadline::collector {
namespace {

// Letters to change, add or take away.
std::size_t Distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

class Reader {
 public:
  Reader(std::string file, std::vector<Setting> settings)
      : file_(std::move(file)), settings_(std::move(settings)) {}

  // A mapping goes deeper, anything else is a value.
  Result<void> Read(const YAML::Node& node, const std::string& key) {
    if (node.IsMap()) {
      if (!key.empty() && !IsSection(key)) return Refuse(node, key, "a single value is expected here");
      std::set<std::string> seen;
      for (const auto& entry : node) {
        const std::string& name = entry.first.Scalar();
        const std::string below = key.empty() ? name : key + "." + name;
        if (!seen.insert(name).second) return Refuse(entry.first, below, "given twice");
        if (!IsSection(below) && Find(below) == nullptr) return RefuseUnknown(entry.first, below);
        if (auto done = Read(entry.second, below); !done) return done;
      }
      return {};
    }
    const Setting* setting = Find(key);
    // A section without a body, and an empty file, leave the defaults.
    if (setting == nullptr && node.IsNull()) return {};
    if (setting == nullptr) return Refuse(node, key.empty() ? "the file" : key, "a mapping is expected here");
    if (node.IsSequence()) return Refuse(node, key, "a single value is expected here");
    const auto parsed = Parse(*setting, node.IsNull() ? "" : node.Scalar());
    return parsed ? parsed : Refuse(node, key, parsed.error().message);
  }

 private:
  [[nodiscard]] bool IsSection(const std::string& key) const {
    return std::ranges::any_of(settings_, [&](const Setting& s) { return s.key.starts_with(key + "."); });
  }
  [[nodiscard]] const Setting* Find(const std::string& key) const {
    const auto it = std::ranges::find(settings_, key, &Setting::key);
    return it == settings_.end() ? nullptr : &*it;
  }
  [[nodiscard]] Result<void> Refuse(const YAML::Node& node, const std::string& key,
                                    const std::string& why) const {
    return Failure(ErrorKind::kInvalid,
                   fmt::format("{}: line {}: {}: {}", file_, node.Mark().line + 1, key, why));
  }
  [[nodiscard]] Result<void> RefuseUnknown(const YAML::Node& node, const std::string& key) const {
    std::set<std::string> known;
    for (const Setting& setting : settings_) {
      known.insert(setting.key);
      known.insert(setting.key.substr(0, setting.key.find('.')));
    }
    const auto nearest = std::ranges::min_element(
        known, {}, [&](const std::string& candidate) { return Distance(candidate, key); });
    return Refuse(node, key, fmt::format("unknown key; did you mean {}?", *nearest));
  }

  std::string file_;
  std::vector<Setting> settings_;
};

// The lines that open section `to` ("rules.NodeSilent") after `from`.
std::string Headings(const std::string& from, const std::string& to) {
  std::string text = "\n";
  for (std::size_t start = 0, depth = 0; start < to.size(); ++depth) {
    const std::size_t end = std::min(to.find('.', start), to.size());
    const std::string path = to.substr(0, end);
    if (from != path && !from.starts_with(path + "."))
      text += fmt::format("{}{}:\n", std::string(2 * depth, ' '), to.substr(start, end - start));
    start = end + 1;
  }
  return text;
}

Result<void> CheckClusterName(const Config& config) {
  constexpr std::size_t kLongest = 100;
  const std::string& name = config.cluster.name.empty() ? config.azure.cluster : config.cluster.name;
  if (!config.azure.cluster.empty() && name != config.azure.cluster) {
    return Failure(ErrorKind::kInvalid,
                   "azure.cluster is the old key of cluster.name and says otherwise: leave it out");
  }
  if (name.size() > kLongest || name != Spaced(name) || name.starts_with(' ') || name.ends_with(' ')) {
    return Failure(ErrorKind::kInvalid,
                   fmt::format("cluster.name: expected one line of at most {} bytes", kLongest));
  }
  return {};
}

// Whether this is what alerting.file names, a file in Alertmanager's language. Of what cannot be read its reader says where.
bool IsOfAlerts(const std::string& yaml) {
  try {
    const YAML::Node top = YAML::Load(yaml);
    return top.IsMap() && (top["route"] || top["receivers"]);
  } catch (const YAML::Exception&) {
    return false;
  }
}

Result<std::string> TextOf(const std::string& path) {
  return ReadTextFile(path, kLongestTextFile, "configuration");
}

}  // namespace

Result<Config> ParseConfig(const std::string& yaml, const std::string& name) {
  Config config;
  try {
    Reader reader(name, Settings(config));
    if (auto done = reader.Read(YAML::Load(yaml), ""); !done) return Failure(done.error());
  } catch (const YAML::Exception& error) {
    return Failure(ErrorKind::kInvalid, fmt::format("{}: line {}: {}", name, error.mark.line + 1, error.msg));
  }
  if (auto consistent = CheckTogether(config); !consistent) return Failure(consistent.error().In(name));
  return config;
}

Result<void> CheckTogether(const Config& config) {
  if (config.detect.node_suspect_after >= config.detect.node_silent_after) {
    return Failure(ErrorKind::kInvalid,
                   "detect.node_suspect_after must be less than detect.node_silent_after");
  }
  if (auto named = CheckClusterName(config); !named) return named;
  if (config.listen.web_tls_cert.empty() != config.listen.web_tls_key.empty()) {
    return Failure(ErrorKind::kInvalid,
                   "listen.web_tls_cert and listen.web_tls_key are given together or not at all");
  }
  if (config.security.cluster_authentication && config.kubernetes.mode == "off") {
    return Failure(ErrorKind::kInvalid, "security.cluster_authentication needs a kubernetes.mode");
  }
  if (config.slack.bot_token_file.empty() != config.slack.channel.empty()) {
    return Failure(ErrorKind::kInvalid,
                   "slack.bot_token_file and slack.channel are given together or not at all");
  }
  return {};
}

Result<Config> ReadConfig(const std::string& path) {
  const Result<std::string> text = TextOf(path);
  if (!text) return Failure(text.error());
  if (IsOfAlerts(*text)) {
    return Failure(ErrorKind::kInvalid,
                   path + ": a file of alerts is named in alerting.file of the configuration");
  }
  return ParseConfig(*text, path);
}

Result<Config> ReadConfigOrAlerts(const std::string& path) {
  const Result<std::string> text = TextOf(path);
  if (!text) return Failure(text.error());
  if (!IsOfAlerts(*text)) return ParseConfig(*text, path);
  Config config;
  config.alerting.file = path;
  return config;
}

std::string DefaultConfigFile() {
  Config config;
  std::string text = "# Configuration of loadline-collector. Every value here is the default.\n";
  std::string section;
  for (const Setting& setting : Settings(config)) {
    const std::size_t dot = setting.key.rfind('.');
    if (setting.key.substr(0, dot) != section) {
      text += Headings(section, setting.key.substr(0, dot));
      section = setting.key.substr(0, dot);
    }
    const std::string value = Format(setting);
    const std::string indent(2 * static_cast<std::size_t>(std::ranges::count(setting.key, '.')), ' ');
    text += fmt::format("{0}# {1}\n{0}{2}: {3}\n", indent, setting.meaning, setting.key.substr(dot + 1),
                        value.empty() ? "\"\"" : value);
  }
  return text;
}

}  // namespace loadline::collector
