#include "collector/detect/rules_for.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "collector/detect/rule.h"
#include "collector/match/matcher.h"
#include "collector/snapshot/snapshot.h"

namespace loadline::collector {
namespace {

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t from = text.find_first_not_of(kBlank);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kBlank) - from + 1);
}

// The piece before `sign`, which is taken off with it.
std::string_view Next(std::string_view& text, char sign) {
  const std::size_t end = text.find(sign);
  const std::string_view piece = Trimmed(text.substr(0, end));
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return piece;
}

template <typename T>
std::optional<T> Number(std::string_view text, std::string_view& rest) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  rest = std::string_view(end, text.data() + text.size());
  return number;
}

std::optional<Duration> Time(std::string_view text) {
  using std::chrono::hours, std::chrono::minutes, std::chrono::seconds;
  std::string_view unit;
  const auto number = Number<std::uint32_t>(text, unit);
  if (!number) return std::nullopt;
  for (const auto& [name, size] :
       {std::pair<std::string_view, seconds>("s", 1), {"m", minutes(1)}, {"h", hours(1)}, {"d", hours(24)}}) {
    if (unit == name && size * *number <= kAnyTime) return size * *number;
  }
  return std::nullopt;
}

template <typename T>
std::optional<T> ValueOf(std::string_view text) {
  if constexpr (std::is_same_v<T, Duration>) {
    return Time(text);
  } else {
    std::string_view rest;
    const auto number = Number<T>(text, rest);
    return rest.empty() ? number : std::nullopt;
  }
}

std::unexpected<Error> Wrong(std::string_view change, std::string_view why) {
  return Failure(ErrorKind::kInvalid, fmt::format("'{}': {}", change, why));
}

Result<void> SetThreshold(const AnyThreshold& threshold, std::string_view value, RuleConfig& config) {
  return std::visit(
      [&]<typename T>(const Threshold<T>& kind) -> Result<void> {
        const auto read = ValueOf<T>(value);
        // So that what is not a number is out of range too.
        if (!read || !(*read >= kind.least && *read <= kind.most))
          return Failure(ErrorKind::kInvalid,
                         fmt::format("{} is no value of {}, or out of its range", value, kind.key));
        config.thresholds[kind.key] = *read;
        return {};
      },
      threshold);
}

const Rule* RuleNamed(std::string_view name) {
  const auto found =
      std::ranges::find(AllRules(), name, [](const Rule& rule) { return std::string_view(rule.name); });
  return found == AllRules().end() ? nullptr : &*found;
}

Result<void> SetKey(const Rule& rule, std::string_view key, std::string_view value, RuleConfig& config) {
  if (key.empty()) {
    if (value != "off" && !SeverityNamed(std::string(value)))
      return Failure(ErrorKind::kInvalid, fmt::format("{} is none of Sev0 to Sev4 and off", value));
    config.severity = value;
    return {};
  }
  if (key == "for") {
    const auto time = Time(value);
    if (!time) return Failure(ErrorKind::kInvalid, fmt::format("{} is no time, such as 90s or 15m", value));
    config.hold = *time;
    return {};
  }
  for (const AnyThreshold& threshold : rule.thresholds) {
    if (std::visit([](const auto& kind) { return std::string_view(kind.key); }, threshold) == key)
      return SetThreshold(threshold, value, config);
  }
  return Failure(ErrorKind::kInvalid, fmt::format("{} has no {}", rule.name, key));
}

Result<void> Change(const RuleConfigs& rules, std::string_view change, RuleConfigs& changed) {
  if (change == "off") {
    for (const auto& [name, config] : rules) changed.try_emplace(name, config).first->second.severity = "off";
    return {};
  }
  std::string_view value = change;
  std::string_view key = Next(value, '=');
  value = Trimmed(value);
  const std::string_view name = Next(key, '.');
  const Rule* rule = RuleNamed(name);
  if (rule == nullptr) return Wrong(change, fmt::format("there is no rule {}", name));
  const auto configured = rules.find(rule->name);
  RuleConfig config = configured == rules.end() ? RuleConfig{} : configured->second;
  if (const auto before = changed.find(rule->name); before != changed.end()) config = before->second;
  if (auto set = SetKey(*rule, key, value, config); !set) return Wrong(change, set.error().message);
  changed[rule->name] = std::move(config);
  return {};
}

// Gives each change to `use`, until it says false.
template <typename Use>
void ForEachChange(std::string_view changes, Use use) {
  while (!changes.empty()) {
    const std::string_view change = Next(changes, ',');
    if (!change.empty() && !use(change)) return;
  }
}

bool IsFor(std::string_view whom, std::string_view namespace_name, std::string_view workload) {
  if (whom.ends_with('*')) return workload.starts_with(whom.substr(0, whom.size() - 1));
  return whom == workload || (!namespace_name.empty() && whom == namespace_name);
}

}  // namespace

Result<RuleConfigs> ChangedRules(const RuleConfigs& rules, std::string_view changes) {
  RuleConfigs changed;
  Result<void> done;
  ForEachChange(changes, [&](std::string_view change) {
    done = Change(rules, change, changed);
    return done.has_value();
  });
  if (!done) return Failure(done.error());
  return changed;
}

Result<void> CheckRulesFor(std::string_view text) {
  const RuleConfigs rules = DefaultRules();
  while (!text.empty()) {
    std::string_view changes = Next(text, ';');
    if (changes.empty()) continue;
    const std::string_view entry = changes;
    const std::string_view whom = Next(changes, ':');
    if (whom.empty() || Trimmed(changes).empty())
      return Wrong(entry, "expected whom it is for, a colon and what is changed");
    if (auto changed = ChangedRules(rules, changes); !changed) return Failure(changed.error());
  }
  return {};
}

RulesFor::RulesFor(const DetectConfig& config, const Model& model, const ChangesByNamespace* namespaces)
    : config_(config), model_(model), namespaces_(namespaces) {
  for (std::string_view text = config.rules_for; !text.empty();) {
    std::string_view changes = Next(text, ';');
    const std::string_view whom = Next(changes, ':');
    if (!whom.empty()) entries_.push_back({whom, changes});
  }
}

std::string RulesFor::ChangesOf(std::string_view namespace_name, std::string_view workload) const {
  std::string changes;
  for (const Entry& entry : entries_) {
    if (IsFor(entry.whom, namespace_name, workload)) changes += fmt::format("{},", entry.changes);
  }
  if (namespaces_ == nullptr) return changes;
  if (const auto wanted = namespaces_->find(namespace_name); wanted != namespaces_->end())
    changes += fmt::format("{},", wanted->second);
  return changes;
}

const RuleConfigs* RulesFor::Read(const std::string& changes) {
  if (changes.empty()) return nullptr;
  auto [known, is_new] = by_changes_.try_emplace(changes);
  if (is_new) {
    ForEachChange(changes, [&](std::string_view change) {
      (void)Change(config_.rules, change, known->second);
      return true;
    });
  }
  return &known->second;
}

const RuleConfigs* RulesFor::Changed(const Workload& workload, const Container& container) {
  std::string changes = ChangesOf(workload.namespace_name, workload.id);
  if (container.last_spec) changes += container.last_spec->alerts;
  return Read(changes);
}

const RuleConfig* RulesFor::Of(const std::string& rule, const Labels& labels) {
  if (const std::string& workload = LabelValue(labels, "workload"); !workload.empty()) {
    std::string changes = ChangesOf(LabelValue(labels, "namespace"), workload);
    const Container* container = model_.FindContainer(workload, LabelValue(labels, "container"));
    if (container != nullptr && container->last_spec) changes += container->last_spec->alerts;
    const RuleConfigs* changed = Read(changes);
    if (changed != nullptr && changed->contains(rule)) return &changed->at(rule);
  }
  const auto configured = config_.rules.find(rule);
  return configured == config_.rules.end() ? nullptr : &configured->second;
}

}  // namespace loadline::collector
