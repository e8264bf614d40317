// `loadlinectl test-notification RECEIVER`.
#pragma once

#include <string>

#include "collector/cli/api_client.h"

namespace loadline::collector {

struct TestSaid {
  bool delivered = false;  // by every way of the receiver
  std::string text;        // a line for each way
};

// `user` is named in the message. Takes at most half a minute.
Result<TestSaid> TestNotification(ApiClient& api, const std::string& receiver, const std::string& user);

}  // namespace loadline::collector
