// A stand-in for a workflow of Microsoft Teams that posts what its webhook is sent.
//
// It takes messages with Adaptive Cards as their published schema has them, of at most 28 KB, and keeps each.
// Replies that are queued at its server come first: so it misbehaves.
#pragma once

#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/http_server.h"

namespace loadline::test {

// What Teams refuses of a message; none: nothing.
std::vector<std::string> WhatTeamsRefuses(const nlohmann::json& message);
// Addresses that a reader of the card could press.
std::vector<std::string> TeamsLinks(const nlohmann::json& message);

class MsTeams {
 public:
  MsTeams() : server_([this](const SeenRequest& request) { return Answer(request); }) {}

  [[nodiscard]] std::string Url() const {
    return server_.Url("/workflows/1/triggers/manual/paths/invoke?sig=s3cret");
  }
  HttpServer& server() { return server_; }
  [[nodiscard]] std::vector<nlohmann::json> posted() const;
  // What it found wrong so far.
  [[nodiscard]] std::vector<std::string> complaints() const;

 private:
  Reply Answer(const SeenRequest& request);

  mutable std::mutex mutex_;
  std::vector<nlohmann::json> posted_;
  std::vector<std::string> complaints_;
  HttpServer server_;  // last: its threads use the rest
};

}  // namespace loadline::test
