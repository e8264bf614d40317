// A person who presses a button under a message, as Slack tells an app of it: a form with a payload, signed by the app's
// secret. What goes wrong on the way goes wrong when it is told to.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "schemas/base/clock.h"

namespace loadline::test {

inline constexpr const char* kSigningSecret = "8f742231b10e8888abcd99yyyzzz85a5";

struct Pressing {
  std::string action{};  // of the button, which stands under the message
  std::string response_url{};
  std::string user = "U0ALICE01";
  std::string user_name = "alice";
  // Somebody who can post in the app's name made a button of his own; the message need not have one.
  std::optional<std::string> forged_value{};
  std::string secret = kSigningSecret;
  Duration age{};  // of the signature
  std::string content_type = "application/x-www-form-urlencoded";
  std::size_t padding = 0;  // a message that is so much longer
};

// One request: sent twice it is a replay.
struct PressRequest {
  std::vector<std::string> headers;
  std::string body;
};

// Throws std::out_of_range where the message has no such button: Slack shows none that is not there.
PressRequest PressOf(const nlohmann::json& message, const std::string& ts, const Pressing& pressing);
// Of a payload of any kind.
PressRequest SignedPayload(const std::string& payload, const Pressing& pressing);

// The status of the answer; 0 without one.
int Send(const std::string& url, const PressRequest& request);

}  // namespace loadline::test
