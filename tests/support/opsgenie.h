// A stand-in for Opsgenie's Alert API on one loopback port.
//
// It takes what its published schema takes, with the key it is given, and keeps an alert for each alias as requests
// open, change and close it. Replies that are queued at its server come first: so it misbehaves.
#pragma once

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/http_server.h"

namespace loadline::test {

class Opsgenie {
 public:
  struct Alert {
    bool open = false;
    int count = 0;
    std::string message;
    std::string description;
    nlohmann::json created;  // the request that opened it
  };

  explicit Opsgenie(std::string key = "k3y")
      : key_(std::move(key)), server_([this](const SeenRequest& request) { return Answer(request); }) {}

  [[nodiscard]] std::string Url() const { return server_.Url("/"); }
  HttpServer& server() { return server_; }
  // By alias.
  [[nodiscard]] std::map<std::string, Alert> alerts() const;
  // What it found wrong so far.
  [[nodiscard]] std::vector<std::string> complaints() const;

 private:
  Reply Answer(const SeenRequest& request);
  Reply Take(const SeenRequest& request, const nlohmann::json& body);

  const std::string key_;
  mutable std::mutex mutex_;
  std::map<std::string, Alert> alerts_;
  std::vector<std::string> complaints_;
  HttpServer server_;  // last: its threads use the rest
};

}  // namespace loadline::test
