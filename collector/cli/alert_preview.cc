#include "collector/cli/alert_preview.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "collector/alert_file/alert_config.h"
#include "collector/cli/words.h"
#include "collector/detect/example.h"
#include "collector/sink/preview.h"
#include "collector/sink/receivers.h"
#include "collector/sink/sink_kind.h"
#include "schemas/base/printable.h"
#include "schemas/base/time_text.h"

namespace loadline::collector {
namespace {

constexpr const char* kExample = "ContainerOomKilled";

std::optional<Wall> Instant(const Json& value) {
  if (!value.is_string()) return std::nullopt;
  const auto parsed = ParseRfc3339(value.get_ref<const std::string&>());
  return parsed ? *parsed : std::nullopt;
}

Alert AlertOf(const Json& seen) {
  Alert alert{.rule = seen.at("rule").get<std::string>(),
              .labels = seen.at("labels").get<Labels>(),
              .severity = SeverityNamed(seen.at("severity").get<std::string>()).value_or(Severity::kSev3),
              .summary = seen.at("summary").get<std::string>(),
              .reason = seen.at("reason").get<std::string>(),
              .state = AlertState::kFiring};
  alert.fingerprint = seen.at("fingerprint").get<std::string>();
  alert.runbook = seen.value("runbook_url", "");
  alert.since = Instant(seen.at("since")).value_or(Wall{});
  alert.fired = Instant(seen.at("fired"));
  alert.resolved = Instant(seen.at("resolved"));
  if (seen.at("state") == "resolved") alert.state = AlertState::kResolved;
  alert.occurrences = seen.at("occurrences").get<std::uint64_t>();
  return alert;
}

// The list has the worst first.
Result<Alert> AlertNamed(ApiClient& api, const std::string& name) {
  const Result<Json> alerts = api.GetAll("alerts");
  if (!alerts) return Failure(alerts.error());
  for (const Json& seen : alerts->at("items")) {
    if (seen.at("fingerprint") == name || seen.at("rule") == name) return AlertOf(seen);
  }
  return Failure(ErrorKind::kNotFound,
                 fmt::format("no alert '{}': loadlinectl get alerts -o wide lists all", name));
}

// What sections of a file leave to the collector's own configuration. Nothing is sent there.
AzureSettings Anywhere() {
  return {.authentication = "managed-identity",
          .credential = {},
          .logs = {.endpoint = "https://azure.invalid", .rule_id = "dcr-preview"},
          .events = {.connection_string_file = "not read"}};
}

Result<Json> ByFile(ApiClient& api, const PreviewRequest& request, Wall now, std::string& warnings) {
  Result<AlertConfig> config = ReadAlertConfig(request.file, SpokenKinds());
  if (!config) return Failure(config.error());
  for (const std::string& warning : config->warnings)
    warnings += fmt::format("{}: {}\n", request.file, warning);
  const SystemClock clock;
  Lanes lanes(clock);
  AzureSinks azure(Anywhere(), clock);
  if (auto added = AddLanes(*config, request.page_url, clock, azure, lanes); !added)
    return Failure(added.error().In(request.file));
  const Result<Alert> alert =
      request.alert.empty() ? ExampleAlert(request.example, DetectConfig{}, config->plan.own_labels, now)
                            : AlertNamed(api, request.alert);
  if (!alert) return Failure(alert.error());
  return PreviewOf(config->plan, request.receiver, request.resolved ? AsResolved(*alert, now) : *alert, lanes,
                   now);
}

Result<Json> ByCollector(ApiClient& api, const PreviewRequest& request) {
  const std::string what =
      request.alert.empty() ? "example=" + UrlEncode(request.example) : "alert=" + UrlEncode(request.alert);
  return api.Get(fmt::format("receivers/{}/preview?{}{}", UrlEncode(request.receiver), what,
                             request.resolved ? "&resolved=true" : ""));
}

// Line by line: what comes from the cluster must not steer the terminal.
std::string Indented(const std::string& text) {
  std::string out;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string line = Printable(text.substr(start, end - start));
    out += line.empty() ? "\n" : "  " + line + "\n";
    start = end + 1;
  }
  return out;
}

std::string Words(const Json& message) {
  const std::string text = message.at("text").get<std::string>();
  if (!text.empty()) return text;
  const Json& body = message.at("body");
  return body.is_string() ? body.get<std::string>() : JsonText(body, 2);
}

std::string Html(const Json& preview) {
  std::string all;
  for (const Json& way : preview.at("ways")) {
    for (const Json& message : way.at("messages")) {
      const auto html = message.at("html").get<std::string>();
      if (!html.empty()) all += html + "\n";
    }
  }
  return all;
}

std::string Text(const Json& preview) {
  std::string all;
  for (const Json& way : preview.at("ways")) {
    const std::string note = way.at("note").get<std::string>();
    all += fmt::format("{}{}{}\n", all.empty() ? "" : "\n", Printable(way.at("name").get<std::string>()),
                       note.empty() ? "" : " (" + Printable(note) + ")");
    for (const Json& message : way.at("messages")) all += Indented(Words(message));
  }
  return all.empty() ? "the receiver has no way to tell anybody: nothing would be sent\n" : all;
}

}  // namespace

Result<PreviewSaid> AlertPreview(ApiClient& api, const PreviewRequest& asked, Wall now) {
  PreviewRequest request = asked;
  if (request.alert.empty() && request.example.empty()) request.example = kExample;
  PreviewSaid said;
  const Result<Json> preview =
      request.file.empty() ? ByCollector(api, request) : ByFile(api, request, now, said.warnings);
  if (!preview) return Failure(preview.error());
  if (request.json) {
    said.text = JsonText(*preview, 2) + "\n";
  } else if (request.html) {
    said.text = PrintableLines(Html(*preview));
    if (said.text.empty())
      return Failure(ErrorKind::kNotFound, "no way of the receiver sends HTML: only e-mail does");
  } else {
    said.text = Text(*preview);
  }
  return said;
}

}  // namespace loadline::collector
