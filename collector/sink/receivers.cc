#include "collector/sink/receivers.h"

#include <fmt/core.h>

#include "collector/sink/common_schema.h"
#include "collector/sink/email.h"
#include "collector/sink/log_sink.h"
#include "collector/sink/slack_bot.h"
#include "collector/sink/slack_webhook.h"
#include "collector/sink/webhook.h"

namespace loadline::collector {
namespace {

std::string Value(const IntegrationConfig& config, const std::string& key,
                  const std::string& otherwise = "") {
  auto it = config.values.find(key);
  return it == config.values.end() || it->second.empty() ? otherwise : it->second;
}

std::vector<std::string> Addresses(const std::string& list) {
  std::vector<std::string> addresses;
  std::string address;
  for (const char c : list + ",") {
    if (c == ',' && !address.empty()) addresses.push_back(std::exchange(address, {}));
    if (c != ',' && c != ' ') address += c;
  }
  return addresses;
}

// Texts that cannot be parsed were taken away when the file was read.
std::optional<TextTemplate> Own(const IntegrationConfig& config, const std::string& key) {
  const std::string text = Value(config, key);
  if (text.empty()) return std::nullopt;
  Result<TextTemplate> parsed = TextTemplate::Parse(text);
  return parsed ? std::optional(std::move(*parsed)) : std::nullopt;
}

SlackMessageOptions SlackTexts(const IntegrationConfig& config, const std::string& page_url) {
  return {.page_url = page_url, .own = {.title = Own(config, "title"), .text = Own(config, "text")}};
}

constexpr std::string_view kPostMessage = "/chat.postMessage";

// Alertmanager has two ways to name a bot token: app_token, or the authorization of an api_url that is
// chat.postMessage's.
Result<std::unique_ptr<Sink>> MakeSlackBot(const IntegrationConfig& config, const std::string& page_url,
                                           const Clock& clock) {
  const bool by_app = !(Value(config, "app_token") + Value(config, "app_token_file")).empty();
  const std::string token = by_app ? "app_token" : "http_config.authorization.credentials";
  SlackBotOptions options{.token = Value(config, token),
                          .token_file = Value(config, token + "_file"),
                          .channel = Value(config, "channel"),
                          .edit = Value(config, "update_message", "true") != "false",
                          .message = SlackTexts(config, page_url)};
  std::string url = by_app ? Value(config, "app_url") : Value(config, "api_url");
  if (url.ends_with(kPostMessage)) url.resize(url.size() - kPostMessage.size());
  if (!url.empty()) options.api.url = url;
  if (options.channel.empty()) return Failure(ErrorKind::kInvalid, "a bot token needs a channel");
  if (options.token.empty() && options.token_file.empty()) {
    return Failure(ErrorKind::kInvalid,
                   "chat.postMessage needs a token: app_token_file, or "
                   "http_config.authorization.credentials_file");
  }
  return std::make_unique<SlackBot>(std::move(options), clock);
}

Result<std::unique_ptr<Sink>> MakeSlack(const IntegrationConfig& config, const std::string& page_url,
                                        const Clock& clock) {
  const std::string url = Value(config, "api_url");
  const std::string app_token = Value(config, "app_token") + Value(config, "app_token_file");
  if (!app_token.empty() || url.ends_with(kPostMessage)) return MakeSlackBot(config, page_url, clock);
  return std::make_unique<SlackWebhook>(
      SlackWebhookOptions{
          .url = url, .url_file = Value(config, "api_url_file"), .message = SlackTexts(config, page_url)},
      clock);
}

Result<std::unique_ptr<Sink>> MakeEmail(const IntegrationConfig& config, const std::string& page_url,
                                        const Clock& clock) {
  EmailOptions options{
      .to = Addresses(Value(config, "to")),
      .from = Value(config, "from"),
      .host = Value(config, "smarthost"),
      .hello = Value(config, "hello"),
      .username = Value(config, "auth_username"),
      .password = Value(config, "auth_password"),
      .password_file = Value(config, "auth_password_file"),
      .require_tls = Value(config, "require_tls", "true") != "false",
      .ca_file = Value(config, "tls_config.ca_file"),
      .page_url = page_url,
      .own = {
          .title = Own(config, "headers.Subject"), .text = Own(config, "text"), .html = Own(config, "html")}};
  if (const std::string implicit = Value(config, "force_implicit_tls"); !implicit.empty())
    options.implicit_tls = implicit == "true";
  // What is not a plain address could smuggle headers or commands into the mail.
  options.to.push_back(options.from);
  for (const std::string& address : options.to) {
    if (address.find_first_of("\r\n<>\" ") != std::string::npos || address.find('@') == std::string::npos) {
      return Failure(ErrorKind::kInvalid, fmt::format("'{}' is no plain address (name@domain)", address));
    }
  }
  options.to.pop_back();
  return std::make_unique<Email>(std::move(options), clock);
}

Result<std::unique_ptr<Sink>> MakeSink(const IntegrationConfig& config, const std::string& page_url,
                                       const Clock& clock, AzureSinks& azure) {
  if (config.kind.starts_with("azure_")) return azure.Make(config);
  if (config.kind == "log") return std::make_unique<LogSink>();
  if (config.kind == "slack") return MakeSlack(config, page_url, clock);
  if (config.kind == "email") return MakeEmail(config, page_url, clock);
  if (config.kind == "webhook" || config.kind == "alertmanager") {
    const std::string most = Value(config, "max_alerts", "0");
    WebhookOptions options{.url = Value(config, "url"),
                           .url_file = Value(config, "url_file"),
                           .bearer_file = Value(config, "http_config.authorization.credentials_file",
                                                Value(config, "http_config.bearer_token_file")),
                           .page_url = page_url,
                           .max_alerts = static_cast<std::size_t>(std::strtoul(most.c_str(), nullptr, 10))};
    const std::string format = Value(config, "format", "alertmanager");
    if (format == "common_alert_schema")
      return std::make_unique<CommonSchemaWebhook>(std::move(options), clock);
    if (format != "alertmanager") {
      return Failure(ErrorKind::kInvalid,
                     "format: expected alertmanager (the default) or common_alert_schema");
    }
    const auto form = config.kind == "webhook" ? Webhook::Form::kWebhook : Webhook::Form::kAlertmanager;
    return std::make_unique<Webhook>(std::move(options), form, clock);
  }
  return Failure(ErrorKind::kUnsupported, fmt::format("{} is not spoken yet", config.kind));
}

}  // namespace

Result<void> AddLanes(const AlertConfig& config, const std::string& page_url, const Clock& clock,
                      AzureSinks& azure, Lanes& lanes) {
  for (const IntegrationConfig& integration : config.integrations) {
    auto sink = MakeSink(integration, page_url, clock, azure);
    if (!sink) return Failure(sink.error().In(integration.name));
    lanes.Add(integration.name, std::move(*sink));
  }
  return {};
}

}  // namespace loadline::collector
