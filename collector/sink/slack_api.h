// Slack's Web API as far as messages need it: one call, and what its answer means.
//
// Slack says almost every error with status 200 and {"ok": false, "error": NAME}; only its rate limit is a
// status, 429. The names are many, what can be done about them is little: SlackAnswer::Means.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "collector/http/http_way.h"

namespace loadline::collector {

struct SlackAnswer {
  enum class Means {
    kDone,
    kLater,    // no answer, half of one, 5xx, too many requests: the same again, after `retry_after` if given
    kSetting,  // token, scope or channel: somebody has to mend it
    kMessage,  // Slack does not take this message
    kGone,     // the message or thread meant is not there any more, or can no longer be edited
  };
  Means means = Means::kLater;
  std::string detail;  // "slack.com:443: channel_not_found", no secret; empty when done
  std::optional<Duration> retry_after{};
  std::string channel{};  // the id, whatever name was given
  std::string ts{};       // of the message; a key, not a number
};

// What {"ok": false, "error": name} calls for. Names that are not known are faults of the setting: said and
// tried again, so that nothing is lost for a new word.
SlackAnswer::Means MeaningOfSlackError(const std::string& name);

struct SlackApiOptions {
  std::string url = "https://slack.com/api";
  Duration timeout = std::chrono::seconds(10);
  HttpWayOptions way{};  // but for who we are, which the token says
};

class SlackApi {
 public:
  // `clock` outlives it; it is asked when Retry-After is a date.
  SlackApi(SlackApiOptions options, const Clock& clock);

  // `method`: "chat.postMessage". One thread at a time.
  SlackAnswer Call(const std::string& method, const Secret& token, const nlohmann::json& arguments,
                   const std::stop_token& stop);

 private:
  [[nodiscard]] SlackAnswer Judge(const HttpResponse& response) const;

  SlackApiOptions options_;
  const Clock& clock_;
  HttpWay http_;
};

}  // namespace loadline::collector
