#include "collector/web/receiver_trial.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "collector/web/json.h"
#include "collector/web/receiver_path.h"
#include "schemas/base/foreign_json.h"

namespace loadline::collector {
namespace {

constexpr std::string_view kWhat = "/test";
constexpr std::size_t kLongestName = 100;

int StatusOf(ErrorKind kind) {
  if (kind == ErrorKind::kNotFound) return 404;
  return kind == ErrorKind::kExhausted ? 429 : 503;
}

Answer ErrorAnswerOf(const Error& error) {
  return ErrorAnswer(StatusOf(error.kind), error.message);
}

}  // namespace

bool IsReceiverTrial(std::string_view path) {
  return ReceiverIn(path, kWhat).has_value();
}

Answer AnswerReceiverTrial(std::string_view method, std::string_view path, std::string_view body,
                           ReceiverTrial* trial) {
  if (method != "POST") {
    Answer answer = ErrorAnswer(405, "only POST");
    answer.headers = {{"Allow", "POST"}};
    return answer;
  }
  if (trial == nullptr) return ErrorAnswer(503, "nobody can be told here");
  const Json asked = ParseForeign<Json>(body);
  if (!asked.is_object() || (asked.contains("asked_by") && !asked["asked_by"].is_string()))
    return ErrorAnswer(400, R"(expected a body like {"asked_by": "somebody"})");
  const std::string name = asked.value("asked_by", "somebody");
  if (name.size() > kLongestName) return ErrorAnswer(400, "asked_by: at most 100 bytes");
  const std::string receiver = ReceiverIn(path, kWhat).value_or("");
  const auto outcomes = trial->Try(receiver, name);
  if (!outcomes) return ErrorAnswerOf(outcomes.error());
  Json ways = Json::array();
  for (const TrialOutcome& one : *outcomes)
    ways.push_back({{"name", one.way}, {"outcome", one.outcome}, {"detail", one.detail}});
  const bool delivered = !outcomes->empty() && std::ranges::all_of(*outcomes, [](const TrialOutcome& one) {
    return one.outcome == "delivered";
  });
  return {.body = Text({{"receiver", receiver}, {"delivered", delivered}, {"ways", ways}})};
}

}  // namespace loadline::collector
