// GET /api/v1/receivers/{name}/preview: what a receiver would be sent of an alert, without sending it.
#pragma once

#include <string>
#include <string_view>

#include "collector/web/answer.h"
#include "collector/web/json.h"
#include "schemas/base/result.h"

namespace loadline::collector {

// Of which alert: one that there is, or an example of a rule.
struct PreviewWish {
  std::string receiver;
  std::string alert;    // a fingerprint or a rule: of several the worst that fires
  std::string example;  // a rule; one of both is given
  bool resolved = false;
};

class ReceiverPreview {
 public:
  virtual ~ReceiverPreview() = default;
  // The body of the answer. Thread-safe. kNotFound: no such receiver, alert or rule, and the message says
  // which there are; kUnavailable: starting or stopping.
  virtual Result<Json> Preview(const PreviewWish& wish) = 0;
};

[[nodiscard]] bool IsReceiverPreview(std::string_view path);
// `preview` may be null: nobody would be told here.
Answer AnswerReceiverPreview(std::string_view path, const Query& query, ReceiverPreview* preview);

}  // namespace loadline::collector
