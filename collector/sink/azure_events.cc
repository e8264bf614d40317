#include "collector/sink/azure_events.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "collector/alert_text/alert_words.h"
#include "collector/sink/webhook_body.h"
#include "collector/sink/written_json.h"
#include "schemas/base/foreign_json.h"
#include "schemas/base/letter_case.h"
#include "schemas/base/version.h"

namespace loadline::collector {
namespace {

using nlohmann::json;
using What = ItemAnswer::What;

constexpr Duration kSettingRetry = std::chrono::minutes(1);
constexpr std::size_t kMostValue = 8'000;  // the limit is 8,192 characters
constexpr std::size_t kMostName = 500;     // 512
constexpr int kMostRedirects = 3;

// Statuses of items and of whole answers that may go away by themselves.
bool Passes(int status) {
  return MayDoLater(status) || status == 401 || status == 402 || status == 403 || status == 439;
}

bool IsRedirect(int status) {
  return status == 307 || status == 308;
}

std::string Text(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace

Result<ConnectionString> ParseConnectionString(std::string_view text) {
  std::map<std::string, std::string> values;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find(';'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    const std::size_t equal = pair.find('=');
    if (equal == std::string_view::npos) continue;
    std::string value(pair.substr(equal + 1));
    while (value.ends_with(' ')) value.pop_back();
    const std::string_view key = pair.substr(std::min(pair.find_first_not_of(' '), equal));
    values[InSmallLetters(key.substr(0, key.find('=')))] = std::move(value);
  }
  ConnectionString connection{.instrumentation_key = values["instrumentationkey"],
                              .ingestion_endpoint = values["ingestionendpoint"]};
  if (connection.instrumentation_key.empty())
    return Failure(ErrorKind::kInvalid, "the connection string holds no InstrumentationKey");
  if (connection.ingestion_endpoint.empty()) {
    const std::string& suffix = values["endpointsuffix"];
    connection.ingestion_endpoint =
        suffix.empty() ? "https://dc.applicationinsights.azure.com" : "https://dc." + suffix;
  }
  if (connection.ingestion_endpoint.find("://") == std::string::npos)
    return Failure(ErrorKind::kInvalid, "the connection string's IngestionEndpoint is no URL");
  while (connection.ingestion_endpoint.ends_with('/')) connection.ingestion_endpoint.pop_back();
  return connection;
}

AzureEvents::AzureEvents(AzureEventsOptions options, std::shared_ptr<AzureTokens> tokens, const Clock& clock)
    : ItemSink(options.most_bytes),
      options_(std::move(options)),
      clock_(clock),
      file_(options_.connection_string_file),
      client_(std::move(tokens), options_.scope, clock, options_.timeout) {}

std::string AzureEvents::Write(const Notification& notification, const Alert& alert) const {
  json properties = json::object();
  const json row = AzureRow(notification, alert, options_.row);
  for (const auto& [name, value] : row.items()) {
    if (!value.is_null() && name != "TimeGenerated") properties[name] = Cut(Text(value), kMostValue);
  }
  const json event = {{"ver", 2},
                      {"name", Cut("Loadline." + alert.rule, kMostName)},
                      {"properties", std::move(properties)},
                      {"measurements", {{"occurrences", static_cast<double>(alert.occurrences)}}}};
  return Written({{"ver", 1},
                  {"name", "Microsoft.ApplicationInsights.Event"},
                  {"time", AlertmanagerTime(notification.at)},
                  {"sampleRate", 100},
                  {"iKey", ""},
                  {"tags",
                   {{"ai.cloud.role", "loadline"},
                    {"ai.cloud.roleInstance", options_.row.cluster},
                    {"ai.internal.sdkVersion", "loadline:" LOADLINE_VERSION}}},
                  {"data", {{"baseType", "EventData"}, {"baseData", event}}}});
}

Result<ConnectionString> AzureEvents::Connection() {
  const Result<Secret> text = file_.Read();
  if (!text) return Failure(text.error());
  Result<ConnectionString> connection = ParseConnectionString(text->Reveal());
  if (!connection) return Failure(connection.error().In(file_.path()));
  return connection;
}

ItemAnswer AzureEvents::Post(std::span<const std::string> items, const std::stop_token& stop) {
  const Result<ConnectionString> connection = Connection();
  if (!connection) return {.detail = connection.error().message, .retry_after = kSettingRetry};
  // The key is written where `Write` left room for it: it may have changed since.
  std::vector<std::string> keyed(items.begin(), items.end());
  const std::string key = json(connection->instrumentation_key).dump();
  for (std::string& item : keyed) {
    constexpr std::string_view kRoom = "\"iKey\":\"\"";
    if (const std::size_t at = item.find(kRoom); at != std::string::npos)
      item.replace(at, kRoom.size(), "\"iKey\":" + key);
  }
  const AzureClient::Body body{.content_type = "application/json", .text = JsonArray(keyed)};
  std::string url = connection->ingestion_endpoint + "/v2.1/track";
  if (redirected_from_ == url) url = redirected_to_;
  std::optional<HttpResponse> response;
  ItemAnswer answer = client_.Post(url, body, stop, response);
  for (int i = 0; i < kMostRedirects && response && IsRedirect(response->status); ++i) {
    const std::string to = response->Header("location").value_or("");
    // Never from https to what anybody can read.
    if (to.empty() || (url.starts_with("https://") && !to.starts_with("https://"))) break;
    redirected_from_ = connection->ingestion_endpoint + "/v2.1/track";
    redirected_to_ = url = to;
    answer = client_.Post(url, body, stop, response);
  }
  return response ? ReadItems(*response, std::move(answer), items.size()) : answer;
}

ItemAnswer AzureEvents::ReadItems(const HttpResponse& response, ItemAnswer judged, std::size_t sent) {
  if (response.status != 206) return judged;
  const json body = ParseForeign(response.body);
  const json errors = body.is_object() ? body.value("errors", json::array()) : json::array();
  judged.what = What::kPartly;
  std::size_t not_taken = 0;
  for (const json& error : errors) {
    if (!error.is_object() || !error.contains("index") || !error["index"].is_number_unsigned()) continue;
    const auto index = error["index"].get<std::size_t>();
    if (index >= sent) continue;
    const int status = error.contains("statusCode") && error["statusCode"].is_number_integer()
                           ? error["statusCode"].get<int>()
                           : 500;
    ++not_taken;
    // Sampled out, as somebody has set the resource up to do: that is no refusal, and again it would be too.
    if (status == 206) continue;
    (Passes(status) ? judged.open : judged.refused).push_back(index);
  }
  judged.detail = fmt::format("HTTP 206: {} of {} events not taken", not_taken, sent);
  return judged;
}

}  // namespace loadline::collector
