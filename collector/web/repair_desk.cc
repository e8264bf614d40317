#include "collector/web/repair_desk.h"

#include <nlohmann/json.hpp>

#include "collector/web/json.h"
#include "schemas/base/foreign_json.h"

namespace loadline::collector {
namespace {

constexpr std::string_view kApprove = "/api/v1/repairs/approve";
constexpr std::string_view kRefuse = "/api/v1/repairs/refuse";
constexpr std::size_t kLongestName = 100;
constexpr std::size_t kLongestId = 400;

std::string Text(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

bool IsRepairDecision(std::string_view path) {
  return path == kApprove || path == kRefuse;
}

Answer AnswerRepairDecision(std::string_view method, std::string_view path, std::string_view body,
                            RepairDesk* desk) {
  if (method != "POST") {
    Answer answer = ErrorAnswer(405, "only POST");
    answer.headers = {{"Allow", "POST"}};
    return answer;
  }
  if (desk == nullptr) return ErrorAnswer(404, "no node is repaired here: repair.mode");
  const Json asked = ParseForeign<Json>(body);
  const std::string id = asked.is_object() ? Text(asked, "id") : "";
  const std::string who = asked.is_object() ? Text(asked, "by") : "";
  if (id.empty() || who.empty() || id.size() > kLongestId || who.size() > kLongestName)
    return ErrorAnswer(400, R"(expected a body like {"id": "web-2@1/1/1", "by": "somebody"})");
  const bool approve = path == kApprove;
  if (const Result<void> decided = desk->Decide(id, approve, who); !decided)
    return ErrorAnswer(decided.error().kind == ErrorKind::kNotFound ? 404 : 503, decided.error().message);
  return {.body = collector::Text({{"id", id}, {"state", approve ? "approved" : "refused"}})};
}

}  // namespace loadline::collector
