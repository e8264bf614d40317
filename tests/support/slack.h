// A stand-in for Slack: incoming webhook, the chat methods of the Web API and the URLs by which a press is answered, on
// one loopback port; buttons are pressed as slack_press.h has it.
//
// It refuses what Slack's published limits refuse, in Slack's words; it keeps to Slack's rate when told to;
// and it remembers every message it took, and whom each would have pinged.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/http_server.h"

namespace loadline::test {

// Why Slack would refuse this message ("invalid_blocks: header longer than 150"), or nothing.
std::optional<std::string> WhySlackRefuses(const nlohmann::json& message);
// Mentions in the message that would notify people: "<!channel>", "<@U1>".
std::vector<std::string> Pings(const nlohmann::json& message);
// What a reader of the message could press in its text, buttons aside: addresses of links, and whatever Slack
// makes a link or a name of by itself where it may.
std::vector<std::string> Links(const nlohmann::json& message);
// All text of a message that a person would see, in order.
std::string VisibleText(const nlohmann::json& message);

class Slack {
 public:
  struct Options {
    double per_second = 0;  // 0: no rate limit
    double burst = 3;
    std::string token = "xoxb-test";
    // The first of its app's presses that are answered in vain: their URLs have expired.
    int expired_urls = 0;
  };
  explicit Slack(Options options);
  Slack() : Slack(Options{}) {}

  [[nodiscard]] std::string WebhookUrl() const { return server_.Url("/services/T0/B0/secret"); }
  [[nodiscard]] std::string ApiUrl() const { return server_.Url("/api"); }
  HttpServer& server() { return server_; }

  struct Posted {
    nlohmann::json message;  // as it is now
    nlohmann::json first;    // as it was posted
    Mono at{};
    std::string ts;         // Web API only
    std::string thread_ts;  // Web API only
    int updates = 0;
  };
  [[nodiscard]] std::vector<Posted> posted() const;
  // When something was taken, posts and updates alike.
  [[nodiscard]] std::vector<Mono> taken() const;
  [[nodiscard]] int limited() const { return limited_; }
  [[nodiscard]] int refused() const { return refused_; }
  // Below it lie the URLs by which presses are answered; and one of them, another with each call.
  [[nodiscard]] std::string ResponseBase() const { return server_.Url("/actions/"); }
  [[nodiscard]] std::string ResponseUrl() {
    return ResponseBase() + "T0/" + std::to_string(next_url_++) + "/secret";
  }
  // What was said by them: blocks, thread_ts, response_type.
  [[nodiscard]] std::vector<nlohmann::json> replies() const;
  // Somebody deletes a message in the client.
  void Delete(const std::string& ts);

 private:
  Reply Answer(const SeenRequest& request);
  Reply Webhook(const SeenRequest& request);
  Reply Api(const SeenRequest& request);
  Reply Response(const SeenRequest& request);
  bool Limited(Mono now);

  const Options options_;
  mutable std::mutex mutex_;
  std::vector<Posted> posted_;
  std::vector<nlohmann::json> replies_;
  std::map<std::string, int> answered_;  // how often, by URL
  std::vector<Mono> taken_;
  double tokens_;
  Mono filled_{};
  int next_ts_ = 1;
  std::atomic<int> next_url_{1};
  std::atomic<int> limited_{0};
  std::atomic<int> refused_{0};
  HttpServer server_;  // last: its threads use the rest
};

}  // namespace loadline::test
