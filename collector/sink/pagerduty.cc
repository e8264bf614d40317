#include "collector/sink/pagerduty.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "collector/alert_file/go_duration.h"
#include "collector/alert_file/section_checks.h"
#include "collector/alert_text/alert_words.h"
#include "collector/sink/default_texts.h"
#include "collector/sink/http_config.h"
#include "collector/sink/own_texts.h"
#include "collector/sink/sha256.h"
#include "collector/sink/sink_kind.h"
#include "collector/sink/webhook.h"
#include "collector/sink/webhook_body.h"
#include "collector/sink/written_json.h"
#include "schemas/base/foreign_json.h"
#include "schemas/base/letter_case.h"
#include "schemas/base/printable.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

// PagerDuty's: characters of a summary, bytes of an event.
constexpr std::size_t kMostSummary = 1'024;
constexpr std::size_t kMostEvent = 512'000;
// The key comes beside the rest.
constexpr std::size_t kRoomForKey = 1'000;
constexpr const char* kClient = "Loadline";

bool TooLarge(const json& event) {
  return Written(event).size() + kRoomForKey > kMostEvent;
}

// A text that is JSON is what it says: a number, a list. Everything else stays a text.
json Typed(const std::string& text) {
  json value = ParseForeign(text);
  return value.is_discarded() ? json(text) : value;
}

json Details(const Notification& notification, const PagerdutyOptions& options, const TextData& data) {
  json firing = json::array();
  json resolved = json::array();
  const json body = WebhookBody(notification, options.page_url, 0);
  for (const json& alert : body.at("alerts"))
    (alert.at("status") == "firing" ? firing : resolved).push_back(alert);
  json details = {{"num_firing", firing.size()}, {"num_resolved", resolved.size()}};
  if (notification.more > 0) details["num_more"] = notification.more;
  details["firing"] = std::move(firing);
  details["resolved"] = std::move(resolved);
  for (const std::string& name : options.texts.Names("details"))
    details[name] = Typed(options.texts.Say("details." + name, data));
  return details;
}

void AddParts(const PagerdutyOptions& options, const TextData& data, const char* list, const char* needed,
              std::initializer_list<const char*> keys, json& event) {
  json parts = json::array();
  for (const std::string& element : options.texts.Elements(list)) {
    json part;
    for (const char* key : keys) part[key] = options.texts.Say(element + "." + key, data);
    if (part.at(needed) != "") parts.push_back(std::move(part));
  }
  if (!parts.empty()) event[list] = std::move(parts);
}

void AddUnlessEmpty(json& object, const char* key, std::string text) {
  if (!text.empty()) object[key] = std::move(text);
}

json VersionOne(const std::string& summary, const std::string& type, const std::string& key, json details) {
  return {
      {"event_type", type}, {"incident_key", key}, {"description", summary}, {"details", std::move(details)}};
}

json VersionTwo(const PagerdutyOptions& options, const TextData& data, const std::string& client,
                json details) {
  const SectionTexts& texts = options.texts;
  json payload = {{"source", texts.Say("source", data, client)},
                  {"severity", PagerdutySeverity(texts.Say("severity", data))},
                  {"custom_details", std::move(details)}};
  for (const char* key : {"class", "component", "group"}) AddUnlessEmpty(payload, key, texts.Say(key, data));
  json event = {{"payload", std::move(payload)}};
  AddParts(options, data, "images", "src", {"src", "alt", "href"}, event);
  AddParts(options, data, "links", "href", {"href", "text"}, event);
  return event;
}

void MakeItFit(json& event, json& details) {
  if (!TooLarge(event)) return;
  constexpr const char* kLeftOut =
      "left out: with it the event is larger than the 512 KB that PagerDuty takes";
  details["firing"] = details["resolved"] = kLeftOut;
  if (TooLarge(event)) details = {{"error", kLeftOut}};
}

// {"status": "invalid event", "message": ..., "errors": [...]}
std::string Complaint(const HttpResponse& answer) {
  const json body = ParseForeign(answer.body);
  if (!body.is_object()) return answer.body;
  std::vector<std::string> words;
  if (body.contains("message") && body["message"].is_string()) words.push_back(body["message"]);
  if (body.contains("errors") && body["errors"].is_array()) {
    for (const json& error : body["errors"]) {
      if (error.is_string()) words.push_back(error);
    }
  }
  return fmt::format("{}", fmt::join(words, ": "));
}

}  // namespace

std::string PagerdutySeverity(const std::string& said) {
  static const std::map<std::string, std::string> kWords = {
      {"critical", "critical"}, {"error", "error"},   {"warning", "warning"},
      {"info", "info"},         {"sev0", "critical"}, {"sev1", "error"},
      {"sev2", "warning"},      {"sev3", "info"},     {"sev4", "info"}};
  const auto word = kWords.find(InSmallLetters(said));
  return word == kWords.end() ? "error" : word->second;
}

json PagerdutyEvent(const Notification& notification, const PagerdutyOptions& options) {
  const TextData data = TemplateData(notification, options.page_url, SpacedLines);
  const bool fires = AnyFiring(notification) || notification.others_fire;
  const std::string client = options.texts.Say("client", data, kClient);
  const std::string page = options.page_url.empty() ? "" : options.page_url + "/#/alerts";
  const std::string summary =
      Cut(OneLine(options.texts.Say("description", data,
                                    SubjectText(data.Escaped(), fires ? notification.more : 0))),
          kMostSummary);
  const std::string key = Sha256(notification.group_key);
  const char* type = fires ? "trigger" : "resolve";
  const bool one = options.version == PagerdutyOptions::Version::kOne;
  json details = Details(notification, options, data);
  json event = one ? VersionOne(summary, type, key, std::move(details))
                   : VersionTwo(options, data, client, std::move(details));
  if (!one) {
    event["event_action"] = type;
    event["dedup_key"] = key;
    event["payload"]["summary"] = summary;
  }
  if (!one || fires) {
    event["client"] = client;
    AddUnlessEmpty(event, "client_url", options.texts.Say("client_url", data, page));
  }
  MakeItFit(event, one ? event["details"] : event["payload"]["custom_details"]);
  return event;
}

Pagerduty::Pagerduty(PagerdutyOptions options, const Clock& clock)
    : options_(std::move(options)), clock_(clock), key_(options_.key), http_(options_.way, clock) {}

SinkTraits Pagerduty::traits() const {
  const std::size_t key =
      std::hash<std::string>()(options_.key.text.Reveal() + options_.key.file + options_.url);
  return {.per_second = 1, .burst = 60, .at_once = 4, .place = fmt::format("pagerduty {:x}", key)};
}

Outcome Pagerduty::Send(std::span<const Notification> batch, const std::stop_token& stop) {
  const Notification& notification = batch.front();
  const Result<Secret> read = key_.Read();
  if (!read) return {Verdict::kRetry, read.error().message, options_.setting_retry};
  const Result<Secret> key =
      FilledKey(*read, TemplateData(notification, options_.page_url, OneLine), options_.texts.templates());
  if (!key) return {Verdict::kRefused, key.error().message};
  json event = PagerdutyEvent(notification, options_);
  event[options_.version == PagerdutyOptions::Version::kOne ? "service_key" : "routing_key"] = key->Reveal();
  const Result<HttpResponse> answer = http_.Do({.method = "POST",
                                                .url = options_.url,
                                                .headers = {"Content-Type: application/json"},
                                                .body = Written(event),
                                                .timeout = options_.timeout,
                                                .max_answer = 64 * kKiB,
                                                .stop = stop});
  if (!answer) return {Verdict::kRetry, answer.error().message};
  return JudgeHttp(*answer, HostOf(options_.url), clock_.WallNow(), Complaint(*answer));
}

std::vector<ShownMessage> Pagerduty::Show(std::span<const Notification> batch, Wall /*now*/) const {
  std::vector<ShownMessage> shown;
  for (const Notification& notification : batch)
    shown.push_back({.text = {}, .body = Written(PagerdutyEvent(notification, options_))});
  return shown;
}

namespace {

constexpr const char* kVersionOneUrl = "https://events.pagerduty.com/generic/2010-04-15/create_event.json";

Result<std::unique_ptr<Sink>> Make(const IntegrationConfig& config, const SinkParts& parts) {
  Result<HttpWayOptions> way = HttpWayOf(config);
  if (!way) return Failure(way.error());
  PagerdutyOptions options{.texts = {config,
                                     {"description", "client", "client_url", "severity", "class", "component",
                                      "group", "source", "details", "images", "links"}},
                           .page_url = parts.page_url,
                           .way = std::move(*way)};
  // Where both are given Alertmanager speaks version 1.
  const bool one = !(ValueOf(config, "service_key") + ValueOf(config, "service_key_file")).empty();
  options.version = one ? PagerdutyOptions::Version::kOne : PagerdutyOptions::Version::kTwo;
  const std::string key = one ? "service_key" : "routing_key";
  options.key = {.text = ValueOf(config, key), .file = ValueOf(config, key + "_file")};
  options.url = one ? kVersionOneUrl : ValueOf(config, "url", options.url);
  const Duration timeout = ParseGoDuration(ValueOf(config, "timeout")).value_or(Duration::zero());
  if (timeout > Duration::zero()) options.timeout = timeout;
  return std::make_unique<Pagerduty>(std::move(options), parts.clock);
}

void Check(const YamlMap& map, const KeyValues& /*values*/) {
  AtMostOne(map, map.node(), {"routing_key", "routing_key_file"});
  AtMostOne(map, map.node(), {"service_key", "service_key_file"});
  ExpectMapping(map, "details", false);
  Elements(map, "images",
           [&](const YAML::Node& image) { OnlyKeys(map, image, "images", {"href", "src", "alt"}); });
  Elements(map, "links", [&](const YAML::Node& link) { OnlyKeys(map, link, "links", {"href", "text"}); });
}

}  // namespace

namespace kinds {

SinkKind Pagerduty() {
  using enum KeyType;
  return {
      .section = {.name = "pagerduty",
                  .keys =
                      Keys({{kSecret, {"routing_key", "service_key"}},
                            {kFile, {"routing_key_file", "service_key_file"}},
                            {kUrl, {"url"}},
                            {kLink, {"client_url"}},
                            {kTemplate,
                             {"client", "description", "source", "severity", "class", "component", "group"}},
                            {kTexts, {"details", "images", "links"}},
                            {kTimeout, {"timeout"}},
                            {kHttp, {"http_config"}}}),
                  .needs = {{.own = {"routing_key", "routing_key_file", "service_key", "service_key_file"},
                             .global = {"", "", "", ""},
                             .what = "missing service or routing key",
                             .several = true},
                            {.own = {"url"}, .global = {"pagerduty_url"}, .what = {}}},
                  .global = Keys({{kUrl, {"pagerduty_url"}}}),
                  .check = Check},
      .make = Make};
}

}  // namespace kinds
}  // namespace loadline::collector
