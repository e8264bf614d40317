#include "collector/app/verdicts_kept.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "schemas/base/foreign_json.h"

namespace loadline::collector {

using nlohmann::json;

std::string VerdictBytes(const NodeVerdict& verdict) {
  if (verdict.state == NodeState::kReporting) return "";
  return json{{"state", Name(verdict.state)},
              {"since_ns", verdict.since.time_since_epoch().count()},
              {"silence_of", static_cast<int>(verdict.silence_of)},
              {"reason", verdict.reason}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<NodeVerdict> ReadVerdict(std::string_view bytes, Wall now) {
  const json read = ParseForeign(bytes);
  if (!read.is_object()) return std::nullopt;
  const auto of = [&read](const char* key) { return read.value(key, json()); };
  const json state = of("state");
  const json since = of("since_ns");
  const json silence_of = of("silence_of");
  const json reason = of("reason");
  if (!since.is_number_integer() || !reason.is_string()) return std::nullopt;
  NodeVerdict verdict;
  if (state == Name(NodeState::kSilent)) {
    verdict.state = NodeState::kSilent;
  } else if (state == Name(NodeState::kStale)) {
    verdict.state = NodeState::kStale;
  } else {
    return std::nullopt;
  }
  verdict.since = Wall(Duration(since.get<std::int64_t>()));
  verdict.reason = reason.get<std::string>();
  // One that a later version added is not known.
  if (silence_of.is_number_unsigned() && silence_of <= static_cast<unsigned>(SilenceOf::kWay))
    verdict.silence_of = static_cast<SilenceOf>(silence_of.get<unsigned>());
  const Duration age = now - verdict.since;
  verdict.signs.silent_for =
      verdict.state == NodeState::kSilent ? std::max(age, Duration::zero()) : Duration();
  return verdict;
}

}  // namespace loadline::collector
