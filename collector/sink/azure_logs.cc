#include "collector/sink/azure_logs.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "collector/sink/written_json.h"

namespace loadline::collector {
namespace {

std::string UrlOf(const AzureLogsOptions& options) {
  return fmt::format("{}{}dataCollectionRules/{}/streams/{}?api-version=2023-01-01", options.endpoint,
                     options.endpoint.ends_with('/') ? "" : "/", UrlEncode(options.rule_id),
                     UrlEncode(options.stream));
}

}  // namespace

AzureLogs::AzureLogs(AzureLogsOptions options, std::shared_ptr<AzureTokens> tokens, const Clock& clock)
    : ItemSink(options.most_bytes),
      options_(std::move(options)),
      url_(UrlOf(options_)),
      client_(std::move(tokens), options_.scope, clock, options_.timeout) {}

std::string AzureLogs::Write(const Notification& notification, const Alert& alert) const {
  return Written(AzureRow(notification, alert, options_.row));
}

ItemAnswer AzureLogs::Post(std::span<const std::string> items, const std::stop_token& stop) {
  return client_.Post(url_, {.content_type = "application/json", .text = JsonArray(items)}, stop);
}

}  // namespace loadline::collector
