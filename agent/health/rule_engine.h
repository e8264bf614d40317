// Which rules a log matches, line after line, as node-problem-detector finds it.
//
// A rule is looked for in the last `buffer_lines` lines, joined by line feeds; a match has to end where the last of them
// ends (`\z` is put behind the pattern, and binds to its last alternative). A match is told once, with the line that
// completes it. One pass over the new line finds the fixed texts of all rules; only the rules that have theirs are tried.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/health/rule_file.h"
#include "schemas/base/result.h"

namespace loadline::agent {

struct RuleMatch {
  const LogRule* rule = nullptr;
  std::string text;  // whole lines, from that in which the match begins to the last; and the rule's suffix

  // The same in one line, for who tells of it.
  [[nodiscard]] std::string InOneLine() const;
};

class RuleEngine {
 public:
  // The error names file, rule and pattern.
  static Result<RuleEngine> Make(std::vector<LogRule> rules);
  RuleEngine(RuleEngine&&) noexcept;
  RuleEngine& operator=(RuleEngine&&) noexcept;
  ~RuleEngine();

  // What the next line of the log completes, in the order of the rules; valid until the next call.
  const std::vector<RuleMatch>& Next(std::string_view line);

  [[nodiscard]] std::size_t rules() const;

 private:
  class Work;
  explicit RuleEngine(std::unique_ptr<Work> work);
  std::unique_ptr<Work> work_;
};

}  // namespace loadline::agent
