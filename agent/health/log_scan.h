// A log of any length, handed over piece by piece: which rules it matches, and in which line.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "agent/health/log_text.h"
#include "agent/health/rule_engine.h"

namespace loadline::agent {

class LogScan {
 public:
  // Called with the number of the line, from 1, that completes the match.
  using Told = std::function<void(std::uint64_t line, const RuleMatch& match)>;

  LogScan(RuleEngine engine, Told told) : engine_(std::move(engine)), told_(std::move(told)) {}

  // The next bytes. A line that is longer than any that a log has is taken as several.
  void Add(std::string_view bytes);
  // There are no more: the last line need not have an end.
  void End();

  [[nodiscard]] std::uint64_t lines() const { return lines_; }
  [[nodiscard]] std::uint64_t matches() const { return matches_; }
  // Records of /dev/kmsg that are missing in between.
  [[nodiscard]] std::uint64_t lost() const { return text_.lost(); }
  [[nodiscard]] std::size_t rules() const { return engine_.rules(); }

 private:
  void Line(std::string_view line);

  RuleEngine engine_;
  Told told_;
  LogText text_;
  std::string begun_;  // a line whose end has not come yet
  std::uint64_t lines_ = 0;
  std::uint64_t matches_ = 0;
};

}  // namespace loadline::agent
