// `loadlinectl follow`: what happens, as it happens, a line each, in plain text that can be kept.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "collector/cli/api_client.h"

namespace loadline::collector {

// Remembers what it has told. Not thread-safe.
class Follower {
 public:
  // Only what has all these words is told; none: everything.
  explicit Follower(std::vector<std::string> words) : words_(std::move(words)) {}

  // The lines for what is new in these answers of the API, oldest first: kills and stalls, alerts that fire
  // or are resolved, and advice, when it is given first and when a target has moved by more than a tenth.
  std::vector<std::string> Look(const Json& happenings, const Json& alerts, const Json& recommendations);

 private:
  struct Line {
    std::string at;  // RFC 3339
    std::string what;
    std::string text;
    auto operator<=>(const Line&) const = default;
  };
  void Happenings(const Json& items, std::vector<Line>& out);
  void Alerts(const Json& items, std::vector<Line>& out);
  void Advice(const std::string& at, const Json& items, std::vector<Line>& out);
  [[nodiscard]] bool Wanted(const std::string& text) const;

  struct Targets {
    double cpu = 0;
    double memory = 0;
  };
  std::vector<std::string> words_;
  std::string last_happening_;                 // the latest instant told
  std::set<std::string> told_at_last_;         // what was told of that instant
  std::map<std::string, std::string> states_;  // of alerts, by fingerprint
  std::map<std::string, Targets> targets_;     // by workload and container
};

}  // namespace loadline::collector
