#include "collector/web/receiver_preview.h"

#include <nlohmann/json.hpp>

#include "collector/web/query.h"
#include "collector/web/receiver_path.h"

namespace loadline::collector {
namespace {

constexpr std::string_view kWhat = "/preview";

}  // namespace

bool IsReceiverPreview(std::string_view path) {
  return ReceiverIn(path, kWhat).has_value();
}

Answer AnswerReceiverPreview(std::string_view path, const Query& query, ReceiverPreview* preview) {
  if (preview == nullptr) return ErrorAnswer(503, "nobody is told here");
  const PreviewWish wish{.receiver = ReceiverIn(path, kWhat).value_or(""),
                         .alert = Get(query, "alert"),
                         .example = Get(query, "example"),
                         .resolved = Get(query, "resolved") == "true"};
  if (wish.alert.empty() == wish.example.empty())
    return ErrorAnswer(400, "one of alert (a fingerprint or a rule) and example (a rule) must be given");
  const Result<Json> shown = preview->Preview(wish);
  if (!shown)
    return ErrorAnswer(shown.error().kind == ErrorKind::kNotFound ? 404 : 503, shown.error().message);
  return {.body = Text(*shown)};
}

}  // namespace loadline::collector
