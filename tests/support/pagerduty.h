// A stand-in for PagerDuty's Events API, versions 1 and 2, on one loopback port.
//
// It refuses what the published schema refuses, in PagerDuty's words, and keeps an incident for each dedup_key, as
// events trigger and resolve it. Replies that are queued at its server come first: so it misbehaves.
#pragma once

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/http_server.h"

namespace loadline::test {

// What is wrong with an event of version 2, or of version 1; none: nothing.
std::vector<std::string> WhatPagerdutyRefuses(const nlohmann::json& event);
std::vector<std::string> WhatPagerdutyOneRefuses(const nlohmann::json& event);

class Pagerduty {
 public:
  struct Incident {
    bool open = false;
    int triggers = 0;
    nlohmann::json last;  // the event that changed it last
  };

  Pagerduty() : server_([this](const SeenRequest& request) { return Answer(request); }) {}

  [[nodiscard]] std::string Url() const { return server_.Url("/v2/enqueue"); }
  [[nodiscard]] std::string VersionOneUrl() const {
    return server_.Url("/generic/2010-04-15/create_event.json");
  }
  HttpServer& server() { return server_; }
  // By key of the incident.
  [[nodiscard]] std::map<std::string, Incident> incidents() const;
  // What it found wrong so far.
  [[nodiscard]] std::vector<std::string> complaints() const;

 private:
  Reply Answer(const SeenRequest& request);

  mutable std::mutex mutex_;
  std::map<std::string, Incident> incidents_;
  std::vector<std::string> complaints_;
  HttpServer server_;  // last: its threads use the rest
};

}  // namespace loadline::test
