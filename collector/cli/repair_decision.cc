#include "collector/cli/repair_decision.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "schemas/base/printable.h"

namespace loadline::collector {
namespace {

// More than the collector's own patience.
constexpr Duration kPatience = std::chrono::seconds(10);

// The step that asks, by its id or its node.
Result<Json> Asking(ApiClient& api, const std::string& named) {
  const Result<Json> repairs = api.GetAll("repairs");
  if (!repairs) return Failure(repairs.error());
  for (const Json& repair : repairs->at("items")) {
    const bool asks = repair.at("state") == "asked" && repair.at("closed").is_null();
    if (asks && (repair.at("id") == named || repair.at("node") == named)) return repair;
  }
  return Failure(ErrorKind::kNotFound,
                 fmt::format("no repair asks for approval as '{}': see loadlinectl repair list", named));
}

}  // namespace

Result<std::string> Decide(ApiClient& api, const RepairDecision& decision, const std::string& user) {
  const Result<Json> asking = Asking(api, decision.id);
  if (!asking) return Failure(asking.error());
  const Result<Json> answer = api.Post(decision.approve ? "repairs/approve" : "repairs/refuse",
                                       {{"id", asking->at("id")}, {"by", user}}, kPatience);
  if (!answer) return Failure(answer.error());
  return fmt::format("{}: {} node {}\n", answer->at("state").get<std::string>(),
                     Printable(asking->at("step").get<std::string>()),
                     Printable(asking->at("node").get<std::string>()));
}

}  // namespace loadline::collector
