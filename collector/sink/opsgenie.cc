#include "collector/sink/opsgenie.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "collector/alert_file/section_checks.h"
#include "collector/alert_text/alert_words.h"
#include "collector/sink/default_texts.h"
#include "collector/sink/http_config.h"
#include "collector/sink/own_texts.h"
#include "collector/sink/sha256.h"
#include "collector/sink/sink_kind.h"
#include "collector/sink/webhook.h"
#include "collector/sink/written_json.h"
#include "schemas/base/foreign_json.h"
#include "schemas/base/letter_case.h"
#include "schemas/base/printable.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

// Opsgenie's, in characters, of which bytes are never fewer.
constexpr std::size_t kMessage = 130;
constexpr std::size_t kDescription = 15'000;
constexpr std::size_t kDetails = 8'000;  // names and values together
constexpr std::size_t kNote = 25'000;
constexpr std::size_t kEntity = 512;
constexpr std::size_t kSource = 100;
constexpr std::size_t kResponders = 50;
constexpr std::size_t kTags = 20;
constexpr std::size_t kActions = 10;
constexpr std::size_t kWord = 50;  // a tag, an action
constexpr std::string_view kByAlias = "?identifierType=alias";
constexpr const char* kOurName = "Loadline";

std::string DefaultDescription(const json& data, std::size_t more) {
  const std::size_t room = kDescription / 2 - 500;
  std::string text = ValuesText(data.at("CommonAnnotations")) + "\n";
  if (const json firing = AlertsThatAre(data, "firing"); !firing.empty())
    text += "Alerts Firing:\n" + AlertListText(firing, kPlainList, more, room);
  text += "\n";
  if (const json resolved = AlertsThatAre(data, "resolved"); !resolved.empty())
    text += "Alerts Resolved:\n" + AlertListText(resolved, kPlainList, 0, room);
  return text;
}

// The labels that all alerts have, and what the section adds or says otherwise. The section's come first when
// there is not room for all.
json Details(const TextData& data, const SectionTexts& texts) {
  json details = json::object();
  std::size_t room = kDetails;
  const auto add = [&](const std::string& name, const std::string& value) {
    if (details.contains(name) || name.size() + value.size() > room) return;
    room -= name.size() + value.size();
    details[name] = value;
  };
  for (const std::string& name : texts.Names("details")) add(name, texts.Say("details." + name, data));
  const json shown = data.Escaped();
  for (const auto& [name, value] : shown.at("CommonLabels").items()) add(name, value.get<std::string>());
  return details;
}

json Responders(const TextData& data, const SectionTexts& texts) {
  json responders = json::array();
  const auto add = [&](json responder) {
    if (responders.size() < kResponders) responders.push_back(std::move(responder));
  };
  for (const std::string& element : texts.Elements("responders")) {
    const std::string type = InSmallLetters(texts.Say(element + ".type", data));
    // One name for many teams, as labels may have it.
    if (type == "teams") {
      for (const std::string& team : PartsOf(texts.Say(element + ".name", data)))
        add({{"name", team}, {"type", "team"}});
      continue;
    }
    json responder = json::object();
    for (const char* key : {"id", "name", "username"}) {
      if (std::string said = texts.Say(element + "." + key, data); !said.empty())
        responder[key] = std::move(said);
    }
    if (responder.empty()) continue;  // a label that these alerts do not have
    responder["type"] = type;
    add(std::move(responder));
  }
  return responders;
}

void AddUnlessEmpty(json& object, const char* key, json value) {
  if (!value.empty() && value != "") object[key] = std::move(value);
}

json Words(const std::string& list, std::size_t most) {
  json words = json::array();
  for (const std::string& part : PartsOf(list)) {
    if (words.size() < most) words.push_back(Cut(part, kWord));
  }
  return words;
}

std::string Source(const TextData& data, const OpsgenieOptions& options) {
  const std::string page = options.page_url.empty() ? kOurName : options.page_url + "/#/alerts";
  return Cut(options.texts.Say("source", data, page), kSource);
}

OpsgenieCall Create(const TextData& data, const OpsgenieOptions& options, const std::string& alias,
                    const std::string& message, const std::string& description) {
  const SectionTexts& texts = options.texts;
  json body = {{"alias", alias},
               {"message", message},
               {"details", Details(data, texts)},
               {"source", Source(data, options)}};
  AddUnlessEmpty(body, "description", description);
  AddUnlessEmpty(body, "responders", Responders(data, texts));
  AddUnlessEmpty(body, "tags", Words(texts.Say("tags", data), kTags));
  AddUnlessEmpty(body, "actions", Words(texts.Say("actions", data), kActions));
  AddUnlessEmpty(body, "note", Cut(texts.Say("note", data), kNote));
  AddUnlessEmpty(body, "entity", Cut(texts.Say("entity", data), kEntity));
  AddUnlessEmpty(body, "priority", OpsgeniePriority(texts.Say("priority", data)));
  return {"POST", "v2/alerts", Written(body)};
}

// {"message": ..., "errors": {"priority": ...}, "took": ..., "requestId": ...}
std::string Complaint(const HttpResponse& answer) {
  const json body = ParseForeign(answer.body);
  if (!body.is_object()) return answer.body;
  const bool said = body.contains("message") && body["message"].is_string();
  std::string words = said ? body["message"].get<std::string>() : "";
  if (body.contains("errors") && !body["errors"].empty()) words += " " + Written(body["errors"]);
  return words;
}

}  // namespace

std::string OpsgeniePriority(const std::string& said) {
  const std::string word = InSmallLetters(said);
  if (word.size() == 2 && word[0] == 'p' && word[1] >= '1' && word[1] <= '5')
    return std::string("P") + word[1];
  if (word.size() == 4 && word.starts_with("sev") && word[3] >= '0' && word[3] <= '4')
    return std::string("P") + static_cast<char>(word[3] + 1);
  return "";
}

std::vector<OpsgenieCall> OpsgenieCalls(const Notification& notification, const OpsgenieOptions& options) {
  const TextData data = TemplateData(notification, options.page_url, SpacedLines);
  const std::string alias = Sha256(notification.group_key);
  if (!AnyFiring(notification) && !notification.others_fire) {
    return {{"POST", fmt::format("v2/alerts/{}/close{}", alias, kByAlias),
             Written({{"source", Source(data, options)}})}};
  }
  const std::string message = Cut(
      OneLine(options.texts.Say("message", data, SubjectText(data.Escaped(), notification.more))), kMessage);
  const std::string description =
      Cut(options.texts.Say("description", data, DefaultDescription(data.Escaped(), notification.more)),
          kDescription);
  std::vector<OpsgenieCall> calls = {Create(data, options, alias, message, description)};
  if (options.update_alerts) {
    calls.push_back(
        {"PUT", fmt::format("v2/alerts/{}/message{}", alias, kByAlias), Written({{"message", message}})});
    calls.push_back({"PUT", fmt::format("v2/alerts/{}/description{}", alias, kByAlias),
                     Written({{"description", description}})});
  }
  return calls;
}

Opsgenie::Opsgenie(OpsgenieOptions options, const Clock& clock)
    : options_(std::move(options)), clock_(clock), key_(options_.key), http_(options_.way, clock) {}

// Opsgenie's rates grow with the people of an account; this is what the smallest bears. More answers 429.
SinkTraits Opsgenie::traits() const {
  const std::size_t key =
      std::hash<std::string>()(options_.key.text.Reveal() + options_.key.file + options_.url);
  return {.per_second = 5, .burst = 50, .at_once = 4, .place = fmt::format("opsgenie {:x}", key)};
}

Outcome Opsgenie::Send(std::span<const Notification> batch, const std::stop_token& stop) {
  const Notification& notification = batch.front();
  const Result<Secret> read = key_.Read();
  if (!read) return {Verdict::kRetry, read.error().message, options_.setting_retry};
  const Result<Secret> key =
      FilledKey(*read, TemplateData(notification, options_.page_url, OneLine), options_.texts.templates());
  if (!key) return {Verdict::kRefused, key.error().message};
  for (const OpsgenieCall& call : OpsgenieCalls(notification, options_)) {
    const Result<HttpResponse> answer = http_.Do({.method = call.method,
                                                  .url = options_.url + call.path,
                                                  .headers = {"Content-Type: application/json"},
                                                  .authorization = "GenieKey " + key->Reveal(),
                                                  .body = call.body,
                                                  .timeout = options_.timeout,
                                                  .max_answer = 64 * kKiB,
                                                  .stop = stop});
    if (!answer) return {Verdict::kRetry, answer.error().message};
    const bool nothing_to_close = answer->status == 404 && call.path.find("/close") != std::string::npos;
    if (answer->ok() || nothing_to_close) continue;
    return JudgeHttp(*answer, HostOf(options_.url), clock_.WallNow(), Complaint(*answer));
  }
  return {Verdict::kDelivered, {}};
}

std::vector<ShownMessage> Opsgenie::Show(std::span<const Notification> batch, Wall /*now*/) const {
  std::vector<ShownMessage> shown;
  for (const Notification& notification : batch) {
    for (OpsgenieCall& call : OpsgenieCalls(notification, options_)) {
      const std::string text =
          fmt::format("{} /{}\n{}", call.method, call.path, json::parse(call.body).dump(2));
      shown.push_back({.text = text, .body = std::move(call.body)});
    }
  }
  return shown;
}

namespace {

Result<std::unique_ptr<Sink>> Make(const IntegrationConfig& config, const SinkParts& parts) {
  Result<HttpWayOptions> way = HttpWayOf(config);
  if (!way) return Failure(way.error());
  OpsgenieOptions options{
      .key = {.text = ValueOf(config, "api_key"), .file = ValueOf(config, "api_key_file")},
      .texts = {config,
                {"message", "description", "source", "details", "entity", "responders", "actions", "tags",
                 "note", "priority"}},
      .update_alerts = ValueOf(config, "update_alerts") == "true",
      .page_url = parts.page_url,
      .way = std::move(*way)};
  options.url = ValueOf(config, "api_url", options.url);
  if (!options.url.ends_with('/')) options.url += '/';
  return std::make_unique<Opsgenie>(std::move(options), parts.clock);
}

void Check(const YamlMap& map, const KeyValues& /*values*/) {
  ExpectMapping(map, "details", true);
  static const std::set<std::string> kTypes = {"team", "teams", "user", "escalation", "schedule"};
  Elements(map, "responders", [&](const YAML::Node& responder) {
    OnlyKeys(map, responder, "responders", {"id", "name", "username", "type"});
    if (!Says(responder, "id") && !Says(responder, "name") && !Says(responder, "username"))
      map.Fail("responders", "a responder needs an id, a name or a username");
    const std::string type = InSmallLetters(Word(responder, "type"));
    if (type.find("{{") == std::string::npos && !kTypes.contains(type))
      map.Fail("responders", fmt::format("'{}' is none of {}", type, fmt::join(kTypes, ", ")));
  });
}

}  // namespace

namespace kinds {

SinkKind Opsgenie() {
  using enum KeyType;
  return {.section = {.name = "opsgenie",
                      .keys = Keys({{kSecret, {"api_key"}},
                                    {kFile, {"api_key_file"}},
                                    {kUrl, {"api_url"}},
                                    {kTemplate,
                                     {"message", "description", "source", "entity", "actions", "tags", "note",
                                      "priority"}},
                                    {kTexts, {"details", "responders"}},
                                    {kFlag, {"update_alerts"}},
                                    {kHttp, {"http_config"}}}),
                      .needs = {{.own = {"api_key", "api_key_file"},
                                 .global = {"opsgenie_api_key", "opsgenie_api_key_file"},
                                 .what = "no OpsGenie API key, neither here nor in global"},
                                {.own = {"api_url"}, .global = {"opsgenie_api_url"}, .what = {}}},
                      .global = Keys({{kSecret, {"opsgenie_api_key"}},
                                      {kFile, {"opsgenie_api_key_file"}},
                                      {kUrl, {"opsgenie_api_url"}}}),
                      .check = Check},
          .make = Make};
}

}  // namespace kinds
}  // namespace loadline::collector
