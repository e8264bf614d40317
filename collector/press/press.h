// Somebody has pressed a button in Slack: what Slack posts of it, as far as it is needed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::collector {

struct Press {
  enum class What { kSilence, kApprove, kRefuse };
  What what = What::kSilence;
  Duration lasts{};  // of a silence
  std::string
      name;  // what the button names (button.h), or the id of a repair's step; anybody may have written it
  std::string user;            // Slack's id of who pressed: "U024BE7LH"
  std::string user_name{};     // as it may be shown; may be empty
  std::string channel{};       // its name, or its id; may be empty
  std::string message_ts{};    // of the message under which it stands; may be empty
  std::string response_url{};  // where Slack wants to be answered; not looked at yet, may be empty

  // "alice (Slack U024BE7LH)": who it was, for whoever reads it later.
  [[nodiscard]] std::string Who() const;
};

// Of the JSON that Slack calls a payload. Nothing: it tells of what is none of our buttons, or of one that only opens a
// link. kInvalid: it is no payload of Slack's, or of a button without who pressed it.
Result<std::optional<Press>> ReadPress(std::string_view payload);

// Whether this is an id of a person in Slack. Such an id is no mark-up, whoever wrote it.
bool IsSlackUser(std::string_view id);

// Whether an answer may go to `url`: it lies below `base` (https://hooks.slack.com/), which ends with a slash, and is
// nothing but a path.
bool IsBelow(std::string_view url, std::string_view base);

}  // namespace loadline::collector
