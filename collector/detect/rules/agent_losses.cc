// The agent could not keep up in its last window; its figures are too low by what is named.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "collector/detect/rule.h"
#include "schemas/wire/losses.h"

namespace loadline::collector::rules {
namespace {

std::string WordsOf(const wire::LossCounts& losses) {
  std::vector<std::string> words;
  for (const wire::Loss& loss : wire::kLosses) {
    if (const std::uint64_t count = losses.*loss.count; count > 0)
      words.push_back(fmt::format("{} {}", count, loss.words));
  }
  return fmt::format("{}", fmt::join(words, ", "));
}

void DetectAgentLosses(const NodeSeen& seen, const RuleSettings& /*settings*/, Found& found) {
  if (seen.node.last_losses == wire::LossCounts{}) return;
  const std::string losses = WordsOf(seen.node.last_losses);
  found.Add({.labels = {{"node", seen.node.name}},
             .summary = fmt::format("Agent data loss on {}: {}", seen.node.name, losses),
             .reason = fmt::format("In its last window the agent counted {}.", losses),
             .keep = std::chrono::minutes(1)});
}

}  // namespace

Rule AgentLosses() {
  return {.name = "AgentLosses",
          .meaning = "The agent could not keep up; its figures are too low by what is named.",
          .remedy = "Give the agent more CPU or memory.",
          .severity = Severity::kSev3,
          .own = true,
          .example = {{"node", "node-1"}},
          .detect = DetectAgentLosses};
}

}  // namespace loadline::collector::rules
