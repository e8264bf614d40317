#include "collector/cli/test_notification.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "schemas/base/printable.h"

namespace loadline::collector {
namespace {

// More than the collector's own patience.
constexpr Duration kPatience = std::chrono::seconds(30);

}  // namespace

Result<TestSaid> TestNotification(ApiClient& api, const std::string& receiver, const std::string& user) {
  const Result<Json> answer =
      api.Post("receivers/" + UrlEncode(receiver) + "/test", {{"asked_by", user}}, kPatience);
  if (!answer) return Failure(answer.error());
  TestSaid said{.delivered = answer->at("delivered").get<bool>(), .text = ""};
  for (const Json& way : answer->at("ways")) {
    const std::string detail = Printable(way.at("detail").get<std::string>());
    said.text +=
        fmt::format("{}: {}{}{}\n", Printable(way.at("name").get<std::string>()),
                    Printable(way.at("outcome").get<std::string>()), detail.empty() ? "" : ": ", detail);
  }
  if (said.text.empty()) said.text = "the receiver has no way to tell anybody: nothing was sent\n";
  return said;
}

}  // namespace loadline::collector
