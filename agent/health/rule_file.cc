#include "agent/health/rule_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "schemas/base/foreign_json.h"

namespace loadline::agent {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 3> kLogPlugins = {"kmsg", "journald", "filelog"};
// A line is a kilobyte at most: so much is joined and searched for a rule of several lines.
constexpr int kMostBufferLines = 1000;

// Reads one file; every error begins with its name.
class Reader {
 public:
  explicit Reader(const std::string& name) : name_(name) {}

  Result<RuleFile> Read(std::string_view text) const {
    const Json json = ParseForeign(text);
    if (json.is_discarded()) return Fail("is no JSON");
    if (!json.is_object()) return Fail("is no object with rules");
    RuleFile file;
    const auto plugin = Text(json, "plugin");
    if (!plugin) return Failure(plugin.error());
    // Files of node-problem-detector's first versions name none, and have rules for a log all the same.
    const bool reads_log = plugin->empty() ? json.contains("rules")
                                           : std::ranges::find(kLogPlugins, *plugin) != kLogPlugins.end();
    if (!reads_log) {
      file.without_rules =
          plugin->empty() ? "names no plugin" : fmt::format("plugin '{}' reads no log", *plugin);
      return file;
    }
    const auto conditions = Conditions(json);
    if (!conditions) return Failure(conditions.error());
    const auto lines = BufferLines(json);
    if (!lines) return Failure(lines.error());
    const auto rules = List(json, "rules");
    if (!rules) return Failure(rules.error());
    for (const Json& each : *rules) {
      auto rule = ReadRule(each, file.rules.size() + 1, *conditions);
      if (!rule) return Failure(rule.error());
      rule->buffer_lines = *lines;
      file.rules.push_back(*std::move(rule));
    }
    return file;
  }

 private:
  [[nodiscard]] std::unexpected<Error> Fail(std::string_view what) const {
    return Failure(ErrorKind::kInvalid, fmt::format("{}: {}", name_, what));
  }

  // The text of a key; empty when there is none. `where` is put before an error.
  [[nodiscard]] Result<std::string> Text(const Json& object, const char* key,
                                         const std::string& where = "") const {
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) return std::string();
    if (!found->is_string()) return Fail(fmt::format("{}'{}' is no text", where, key));
    return found->get<std::string>();
  }

  [[nodiscard]] Result<Json> List(const Json& object, const char* key) const {
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) return Json::array();
    if (!found->is_array()) return Fail(fmt::format("'{}' is no list", key));
    if (!std::ranges::all_of(*found, [](const Json& each) { return each.is_object(); }))
      return Fail(fmt::format("'{}' holds something that is no object", key));
    return *found;
  }

  [[nodiscard]] Result<std::set<std::string>> Conditions(const Json& json) const {
    const auto list = List(json, "conditions");
    if (!list) return Failure(list.error());
    std::set<std::string> names;
    for (const Json& each : *list) {
      const auto type = Text(each, "type");
      if (!type) return Failure(type.error());
      names.insert(*type);
    }
    return names;
  }

  [[nodiscard]] Result<int> BufferLines(const Json& json) const {
    const auto found = json.find("bufferSize");
    if (found == json.end() || *found == 0) return LogRule{}.buffer_lines;
    if (!found->is_number_integer() || *found < 1 || *found > kMostBufferLines)
      return Fail(fmt::format("bufferSize is no number from 1 to {}", kMostBufferLines));
    return found->get<int>();
  }

  [[nodiscard]] Result<LogRule> ReadRule(const Json& json, std::size_t number,
                                         const std::set<std::string>& conditions) const {
    LogRule rule{.file = name_};
    std::string type;
    for (const auto& [key, value] : {std::pair{"type", &type},
                                     {"condition", &rule.condition},
                                     {"reason", &rule.reason},
                                     {"pattern", &rule.pattern},
                                     {"patternGeneratedMessageSuffix", &rule.suffix}}) {
      auto text = Text(json, key, fmt::format("rule {}: ", number));
      if (!text) return Failure(text.error());
      *value = *std::move(text);
    }
    const std::string which = fmt::format("rule {} ({})", number, rule.reason);
    if (rule.reason.empty()) return Fail(fmt::format("rule {}: has no reason", number));
    if (rule.pattern.empty()) return Fail(which + ": has no pattern");
    if (type == "temporary") {
      rule.condition.clear();
    } else if (type != "permanent") {
      return Fail(fmt::format("{}: type '{}' is neither temporary nor permanent", which, type));
    } else if (!conditions.contains(rule.condition)) {
      return Fail(fmt::format("{}: condition '{}' is not declared", which, rule.condition));
    }
    return rule;
  }

  const std::string& name_;
};

}  // namespace

Result<RuleFile> ParseRuleFile(const std::string& name, std::string_view json) {
  return Reader(name).Read(json);
}

}  // namespace loadline::agent
