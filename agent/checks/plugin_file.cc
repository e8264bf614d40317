#include "agent/checks/plugin_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <utility>

#include "schemas/base/foreign_json.h"
#include "schemas/base/json_fields.h"
#include "schemas/base/units.h"

namespace loadline::agent {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

constexpr std::size_t kMostRules = 256;
constexpr Duration kShortestInterval = 1s;
constexpr Duration kLongest = 24h;
constexpr std::size_t kMostOutput = 4096;
constexpr int kMostConcurrency = 8;

// Reads one file; every error begins with its name.
class Reader {
 public:
  Reader(const std::string& name, const Json& json) : name_(name), json_(json) {}

  Result<PluginFile> Read() {
    if (auto read = ReadShared(); !read) return Failure(read.error());
    const Json& rules = Part(json_, "rules");
    if (!rules.is_array() || rules.size() > kMostRules)
      return Fail(fmt::format("'rules' is no list of at most {} rules", kMostRules));
    for (const Json& each : rules) {
      if (auto rule = ReadRule(each); !rule) return Failure(rule.error());
    }
    return std::move(file_);
  }

 private:
  [[nodiscard]] std::unexpected<Error> Fail(std::string_view what) const {
    return Failure(ErrorKind::kInvalid, fmt::format("{}: {}", name_, what));
  }

  // What is not there stays as it is.
  Result<void> ReadDuration(const Json& object, const char* key, Duration shortest, Duration& into) const {
    const Json& value = Part(object, key);
    if (value.is_null()) return {};
    const auto parsed = value.is_string() ? ParseGoDuration(value.get<std::string>()) : std::nullopt;
    if (!parsed || *parsed < shortest || *parsed > kLongest)
      return Fail(
          fmt::format("'{}' is no time of at least {}, as \"30s\"", key, FormatSeconds(Seconds(shortest))));
    into = *parsed;
    return {};
  }

  template <typename Number>
  Result<void> ReadNumber(const Json& object, const char* key, Number most, Number& into) const {
    const Json& value = Part(object, key);
    if (value.is_null()) return {};
    if (!value.is_number_integer() || value.get<std::int64_t>() < 1)
      return Fail(fmt::format("'{}' is no number from 1", key));
    into = static_cast<Number>(
        std::min<std::int64_t>(value.get<std::int64_t>(), static_cast<std::int64_t>(most)));
    return {};
  }

  Result<void> ReadShared() {
    const Json& config = Part(json_, "pluginConfig");
    if (auto read = ReadDuration(config, "invoke_interval", kShortestInterval, shared_.every); !read)
      return read;
    if (auto read = ReadDuration(config, "timeout", 1ms, shared_.timeout); !read) return read;
    if (auto read = ReadNumber(config, "max_output_length", kMostOutput, shared_.max_output); !read)
      return read;
    if (auto read = ReadNumber(config, "concurrency", kMostConcurrency, file_.concurrency); !read)
      return read;
    for (const Json& each : Part(json_, "conditions")) conditions_.insert(Text(each, "type"));
    return {};
  }

  Result<void> ReadRule(const Json& json) {
    PluginRule rule = shared_;
    rule.reason = Text(json, "reason");
    rule.path = Text(json, "path");
    const std::string which = fmt::format("rule {} ({})", file_.rules.size() + 1, rule.reason);
    const auto fail = [&](std::string_view what) { return Fail(fmt::format("{}: {}", which, what)); };
    if (rule.reason.empty()) return fail("has no reason");
    if (rule.path.empty()) return fail("has no path");
    const std::string type = Text(json, "type");
    if (type == "permanent") {
      rule.condition = Text(json, "condition");
      if (rule.condition.empty() || !conditions_.contains(rule.condition))
        return fail(fmt::format("condition '{}' is not declared", rule.condition));
    } else if (type != "temporary") {
      return fail(fmt::format("type '{}' is neither temporary nor permanent", type));
    }
    for (const Json& argument : Part(json, "args")) {
      if (!argument.is_string()) return fail("'args' is no list of texts");
      rule.arguments.push_back(argument.get<std::string>());
    }
    if (auto read = ReadDuration(json, "timeout", 1ms, rule.timeout); !read)
      return Failure(read.error().In(which));
    if (auto read = ReadDuration(json, "invoke_interval", kShortestInterval, rule.every); !read)
      return Failure(read.error().In(which));
    if (rule.timeout > shared_.timeout) return fail("its timeout is longer than that of pluginConfig");
    file_.rules.push_back(std::move(rule));
    return {};
  }

  const std::string& name_;
  const Json& json_;
  PluginFile file_;
  PluginRule shared_;
  std::set<std::string> conditions_;
};

}  // namespace

Result<PluginFile> ParsePluginFile(const std::string& name, std::string_view json) {
  const Json parsed = ParseForeign(json);
  if (!parsed.is_object()) return Failure(ErrorKind::kInvalid, name + ": is no JSON object");
  if (const std::string plugin = Text(parsed, "plugin"); plugin != "custom")
    return PluginFile{.without_rules = plugin.empty() ? "names no plugin"
                                                      : fmt::format("plugin '{}' runs no program", plugin)};
  return Reader(name, parsed).Read();
}

std::optional<Duration> ParseGoDuration(std::string_view text) {
  constexpr auto kUnits = std::to_array<std::pair<std::string_view, double>>(
      {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}});
  if (text == "0") return Duration::zero();
  double seconds = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    double number = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc{} || number < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const std::string_view unit = text.substr(0, text.find_first_of("0123456789."));
    const auto known = std::ranges::find(kUnits, unit, &std::pair<std::string_view, double>::first);
    if (known == kUnits.end()) return std::nullopt;
    seconds += number * known->second;
    text.remove_prefix(unit.size());
  }
  constexpr double kMost = 1e9;
  if (!(seconds <= kMost)) return std::nullopt;
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

}  // namespace loadline::agent
