// Where action groups of Azure tell of their alerts: POST /api/azure/alerts, with a token as bearer, or,
// because a webhook of an action group can set no header, as the last part of the path: POST
// /api/azure/alerts/TOKEN.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "collector/web/alert_desk.h"
#include "collector/web/answer.h"

namespace loadline::collector {

inline constexpr std::string_view kAzureHook = "/api/azure/alerts";

struct AzureHookOptions {
  AlertDesk* desk = nullptr;  // outlives the server
  // Whether who shows this token may tell of alerts. Thread-safe. Empty: there is no such path.
  std::function<Result<void>(const std::string& token)> may_tell{};
};

struct AzureHookRequest {
  std::string_view method;
  std::string_view path;  // decoded
  std::string_view authorization;
  std::string_view body;
};

bool IsAzureHook(std::string_view path);
// Nothing when the request may be heard. No answer repeats the path, for that may hold the token.
std::optional<Answer> RefuseAzureHook(const AzureHookRequest& request, const AzureHookOptions& options);
// 200 when the alert is on the disk; Azure tries again after 503. Any number of threads.
Answer AnswerAzureHook(const AzureHookRequest& request, const AzureHookOptions& options);

}  // namespace loadline::collector
