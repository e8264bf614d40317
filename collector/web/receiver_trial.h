// POST /api/v1/receivers/{name}/test: one message to one receiver, that people may see that it arrives.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collector/web/answer.h"
#include "schemas/base/result.h"

namespace loadline::collector {

// How the message went by one of the receiver's ways.
struct TrialOutcome {
  std::string way;  // "ops/slack[0]"
  // delivered, refused (it never will be), failed (not this time), waiting (not known yet)
  std::string outcome;
  std::string detail{};  // for people; never a secret
};

class ReceiverTrial {
 public:
  virtual ~ReceiverTrial() = default;
  // Sends and waits, bounded, until every way has an outcome. Thread-safe. kNotFound: there is no such
  // receiver, and the message names those that there are; kExhausted: too many ask at once.
  virtual Result<std::vector<TrialOutcome>> Try(const std::string& receiver, const std::string& asked_by) = 0;
};

[[nodiscard]] bool IsReceiverTrial(std::string_view path);
// To one who may write. `trial` may be null: nothing can be sent here.
Answer AnswerReceiverTrial(std::string_view method, std::string_view path, std::string_view body,
                           ReceiverTrial* trial);

}  // namespace loadline::collector
