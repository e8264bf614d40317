#include "collector/web/azure_alert.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "collector/match/matcher.h"
#include "schemas/base/text.h"
#include "schemas/base/time_text.h"
#include "schemas/base/utf8.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

constexpr std::size_t kMostText = 2'000;
constexpr std::size_t kMostDimensions = 30;
constexpr const char* kAzureAlertLabel = "azure_alert";

const json& Field(const json& object, const char* name) {
  static const json kNone;
  if (!object.is_object()) return kNone;
  const auto it = object.find(name);
  return it == object.end() ? kNone : *it;
}

const json& First(const json& array) {
  static const json kNone;
  return array.is_array() && !array.empty() ? array.front() : kNone;
}

// As text, whatever it is; "" for null.
std::string Word(const json& value) {
  if (value.is_null()) return "";
  std::string text = value.is_string() ? value.get<std::string>()
                                       : value.dump(-1, ' ', false, json::error_handler_t::replace);
  text.resize(WholeCharacters(text, kMostText));
  return text;
}

std::string Word(const json& object, const char* name) {
  return Word(Field(object, name));
}

std::string LabelName(const std::string& name) {
  std::string out = name;
  std::ranges::replace_if(out, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  if (out.empty() || std::isdigit(static_cast<unsigned char>(out.front())) != 0) out.insert(0, "_");
  return out;
}

// What stands after `/name/` in a resource's id, whose case is anybody's guess.
std::string Segment(const std::string& id, const std::string& name) {
  const std::size_t at = InLowerCase(id).find("/" + name + "/");
  if (at == std::string::npos) return "";
  const std::size_t from = at + name.size() + 2;
  return id.substr(from, id.find('/', from) - from);
}

std::string LastSegment(const std::string& id) {
  return id.substr(id.rfind('/') + 1);
}

// "microsoft.compute/virtualmachines"
std::string KindOf(const std::string& id) {
  const std::string provider = Segment(id, "providers");
  if (provider.empty()) return "";
  const std::size_t from = id.find(provider) + provider.size() + 1;
  if (from >= id.size()) return provider;
  return provider + "/" + id.substr(from, id.find('/', from) - from);
}

void Set(Labels& labels, const std::string& name, std::string value) {
  if (!value.empty()) labels.try_emplace(name, std::move(value));
}

void NameTarget(const json& essentials, Labels& labels) {
  const std::string target = Word(First(Field(essentials, "alertTargetIDs")));
  const std::string item = Word(First(Field(essentials, "configurationItems")));
  Set(labels, "resource", item.empty() ? LastSegment(target) : item);
  Set(labels, "resource_group", Segment(target, "resourcegroups"));
  Set(labels, "resource_type", KindOf(target));
  Set(labels, "cluster", Segment(target, "managedclusters"));
}

void NameDimensions(const json& context, Labels& labels) {
  std::size_t count = 0;
  const json& conditions = Field(Field(context, "condition"), "allOf");
  for (const json& condition : conditions.is_array() ? conditions : json::array()) {
    const json& dimensions = Field(condition, "dimensions");
    for (const json& dimension : dimensions.is_array() ? dimensions : json::array()) {
      if (++count <= kMostDimensions)
        Set(labels, LabelName(Word(dimension, "name")), Word(dimension, "value"));
    }
  }
  const json& own = Field(context, "labels");  // of Prometheus
  if (!own.is_object()) return;
  for (const auto& [name, value] : own.items()) {
    if (++count <= kMostDimensions) Set(labels, LabelName(name), Word(value));
  }
}

std::string EventText(const json& event) {
  std::string out;
  const json& columns = First(event);
  for (const json& column : columns.is_array() ? columns : json::array()) {
    out += fmt::format("{}{}: {}", out.empty() ? "" : "; ", Word(column, "name"), Word(column, "value"));
  }
  return out;
}

std::string ConditionText(const json& condition, const json& all) {
  const std::string window = Word(all, "windowSize");
  const std::string over = window.empty() ? "" : " over " + window;
  std::string event = EventText(Field(condition, "event"));
  if (!event.empty()) return event;
  const std::string value = Word(condition, "metricValue");
  std::string what = Word(condition, "metricName");
  if (what.empty()) what = Word(condition, "searchQuery");
  return fmt::format("{} {} {} {}{}: {}", what, Word(condition, "timeAggregation"),
                     Word(condition, "operator"), Word(condition, "threshold"), over,
                     value.empty() ? "no value" : value);
}

// Which signal it was, and what it had come to.
std::string ReasonOf(const json& context) {
  const json& condition = Field(context, "condition");
  if (const json& first = First(Field(condition, "allOf")); first.is_object())
    return ConditionText(first, condition);
  if (const std::string expression = Word(context, "expression"); !expression.empty()) {
    return fmt::format("{}: {} for {}", expression, Word(context, "expressionValue"), Word(context, "for"));
  }
  std::string out;
  const json& properties = Field(context, "properties");
  for (const auto& [where, name] : {std::pair(&context, "operationName"),
                                    {&context, "status"},
                                    {&properties, "title"},
                                    {&properties, "cause"},
                                    {&properties, "currentHealthStatus"}}) {
    if (const std::string word = Word(*where, name); !word.empty()) {
      out += fmt::format("{}{}: {}", out.empty() ? "" : "; ", name, word);
    }
  }
  return out;
}

std::string Link(const json& essentials, const json& context) {
  const json& condition = First(Field(Field(context, "condition"), "allOf"));
  for (const std::string& link :
       {Word(condition, "linkToFilteredSearchResultsUI"), Word(essentials, "investigationLink")}) {
    if (link.starts_with("https://")) return link;
  }
  return "";
}

std::optional<Wall> Instant(const json& essentials, const char* name) {
  const Result<std::optional<Wall>> at = ParseRfc3339(Word(essentials, name));
  return at ? *at : std::nullopt;
}

// Each event of a trouble of resources or services is an alert of its own to Azure, and always "Fired". What they have in
// common is the resource, or the incident that Azure tracks. Empty: it is no such event.
std::string HealthTrouble(const json& essentials, const json& context) {
  const std::string source = InLowerCase(Word(context, "eventSource"));
  const std::string incident = Word(Field(context, "properties"), "trackingId");
  if (source == "servicehealth" && !incident.empty()) return "service-health:" + InLowerCase(incident);
  const std::string target = Word(First(Field(essentials, "alertTargetIDs")));
  if (source == "resourcehealth" && !target.empty()) return "resource-health:" + InLowerCase(target);
  return "";
}

// What comes after the end (the root cause, in days) is no trouble of its own.
bool SaysThatItIsOver(const json& context) {
  const json& properties = Field(context, "properties");
  const std::string stage = InLowerCase(Word(properties, "stage"));
  const std::string operation = InLowerCase(Word(context, "operationName"));
  return InLowerCase(Word(context, "status")) == "resolved" || stage == "resolved" || stage == "complete" ||
         stage == "canceled" || stage == "rca" || operation.ends_with("/resolved/action") ||
         InLowerCase(Word(properties, "currentHealthStatus")) == "available";
}

Duration KeepOf(const json& essentials, const json& context, const AzureAlertOptions& options) {
  if (!HealthTrouble(essentials, context).empty()) return options.keep_stateful;
  const bool of_row = !Field(First(Field(Field(context, "condition"), "allOf")), "event").is_null();
  const std::string signal = Word(essentials, "signalType");
  return !of_row && (signal == "Metric" || signal == "Log") ? options.keep_stateful : options.keep;
}

// Azure writes the same id now in large letters and now in small ones.
std::string AlertId(const json& essentials, const json& context) {
  if (std::string trouble = HealthTrouble(essentials, context); !trouble.empty()) return trouble;
  const std::string id = LastSegment(Word(essentials, "alertId"));
  return InLowerCase(id.empty() ? Word(essentials, "originAlertId") : id);
}

// The alert as it is kept here, over at `end`.
Posting EndOf(const Alert& alert, Wall end) {
  return {.labels = RoutedLabels(alert),
          .annotations = alert.posted->annotations,
          .generator_url = alert.posted->generator_url,
          .starts_at = std::min(alert.since, end),
          .ends_at = end};
}

}  // namespace

Result<std::optional<Posting>> PostingOfAzure(const json& payload, Wall now,
                                              const AzureAlertOptions& options) {
  if (Word(payload, "schemaId") != "azureMonitorCommonAlertSchema") {
    return Failure(ErrorKind::kInvalid,
                   "not the common alert schema: turn it on at the action group's webhook");
  }
  const json& data = Field(payload, "data");
  const json& essentials = Field(data, "essentials");
  const json& context = Field(data, "alertContext");
  const std::string rule = Word(essentials, "alertRule");
  if (rule.empty()) return Failure(ErrorKind::kInvalid, "data.essentials.alertRule is missing");
  if (Word(Field(data, "customProperties"), "source") == "loadline") return std::optional<Posting>();

  Posting posting;
  const std::string severity = Word(essentials, "severity");
  posting.labels = {
      {"alertname", rule}, {"severity", severity.empty() ? "Sev3" : severity}, {"source", "azure"}};
  Set(posting.labels, "signal", Word(essentials, "signalType"));
  Set(posting.labels, "service", Word(essentials, "monitoringService"));
  Set(posting.labels, kAzureAlertLabel, AlertId(essentials, context));
  NameTarget(essentials, posting.labels);
  NameDimensions(context, posting.labels);
  const json& annotations = Field(context, "annotations");
  const std::string description = Word(essentials, "description");
  const std::string summary = Word(annotations, "summary");
  posting.annotations["summary"] = !summary.empty() ? summary : description.empty() ? rule : description;
  Set(posting.annotations, "description", ReasonOf(context));
  Set(posting.annotations, "runbook_url", Word(annotations, "runbook_url"));
  posting.generator_url = Link(essentials, context);

  const std::optional<Wall> fired = Instant(essentials, "firedDateTime");
  const bool resolved = InLowerCase(Word(essentials, "monitorCondition")) == "resolved" ||
                        (!HealthTrouble(essentials, context).empty() && SaysThatItIsOver(context));
  // Azure's clock may be ahead of ours: what is over, is over now.
  const Wall ends = resolved ? std::min(Instant(essentials, "resolvedDateTime").value_or(now), now)
                             : now + KeepOf(essentials, context, options);
  const Wall starts = std::min(fired.value_or(now), ends);
  if (auto done = Complete(posting, starts, ends, now, options.keep); !done) return Failure(done.error());
  return std::optional(std::move(posting));
}

std::vector<Posting> WithAllOfItsId(Posting posting, const AlertBook& book, Wall now) {
  const std::string& id = LabelValue(posting.labels, kAzureAlertLabel);
  std::vector<Posting> postings;
  if (posting.ends_at <= now && !id.empty()) {
    for (const auto& [fingerprint, alert] : book.alerts()) {
      if (alert.posted && alert.state != AlertState::kResolved &&
          InLowerCase(LabelValue(alert.labels, kAzureAlertLabel)) == id)
        postings.push_back(EndOf(alert, posting.ends_at));
    }
  }
  if (postings.empty()) postings.push_back(std::move(posting));
  return postings;
}

}  // namespace loadline::collector
