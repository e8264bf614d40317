#include "collector/web/receiver_preview.h"

namespace loadline::collector {
namespace {

constexpr std::string_view kBefore = "/api/v1/receivers/";
constexpr std::string_view kAfter = "/preview";

std::string Value(const Query& query, std::string_view name) {
  const auto found = query.find(name);
  return found == query.end() ? "" : found->second;
}

}  // namespace

bool IsReceiverPreview(std::string_view path) {
  return path.size() > kBefore.size() + kAfter.size() && path.starts_with(kBefore) && path.ends_with(kAfter);
}

Answer AnswerReceiverPreview(std::string_view path, const Query& query, ReceiverPreview* preview) {
  if (preview == nullptr) return ErrorAnswer(503, "nobody is told here");
  const PreviewWish wish{
      .receiver = std::string(path.substr(kBefore.size(), path.size() - kBefore.size() - kAfter.size())),
      .alert = Value(query, "alert"),
      .example = Value(query, "example"),
      .resolved = Value(query, "resolved") == "true"};
  if (wish.alert.empty() == wish.example.empty())
    return ErrorAnswer(400, "one of alert (a fingerprint or a rule) and example (a rule) must be given");
  const Result<Json> shown = preview->Preview(wish);
  if (!shown)
    return ErrorAnswer(shown.error().kind == ErrorKind::kNotFound ? 404 : 503, shown.error().message);
  return {.body = Text(*shown)};
}

}  // namespace loadline::collector
