#include "collector/simulate/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "collector/simulate/repair_checker.h"
#include "schemas/base/units.h"

namespace loadline::collector {
namespace {

using Line = std::pair<double, std::string>;

std::string At(double at, const std::string& node, const std::string& words) {
  return fmt::format("{:>12}  {:<12} {}\n", FormatSeconds(at), node.empty() ? "collector" : node, words);
}

std::string AfterWords(const FaultScore& fault) {
  if (!fault.after) return "it was never said";
  return *fault.after > 0 ? fmt::format("after {:.1f} s", *fault.after) : "all the time";
}

std::string FaultWords(const FaultScore& fault) {
  const std::string evidence = fault.evidence.empty() ? "" : " (" + fault.evidence + ")";
  const std::string said = fault.node.empty() ? "nothing is said of nodes for it" : SaidName(fault.said);
  return fmt::format("{}: {}, {}{}: {}", TraitsOf(fault.kind).name, said, AfterWords(fault), evidence,
                     fault.right ? "right" : "WRONG");
}

std::string ActWords(const PlayedAct& act) {
  const RepairIntent& intent = act.intent;
  const char* how = intent.mode == RepairMode::kAuto  ? ""
                    : intent.mode == RepairMode::kAsk ? "asks for: "
                                                      : "dry run: would ";
  return fmt::format("{}{}: {}{}", how, Name(intent.step), intent.reason, act.wrong ? ": WRONG" : "");
}

nlohmann::json Milliseconds(double seconds) {
  return std::isfinite(seconds) ? nlohmann::json(std::round(seconds * 1000)) : nlohmann::json();
}

std::string SecondsText(double after) {
  return std::isfinite(after) ? fmt::format("{:.1f}", after) : "-";
}

std::string Quantile(const PlayTally& tally, double share) {
  return SecondsText(tally.After(share));
}

struct Beside {
  std::string_view name;
  std::string_view words;
  const PeerScore* score;
};
std::vector<Beside> AllBeside(const PlayTally& tally) {
  std::vector<Beside> all = {{"loadline", "Loadline", &tally.ours}};
  for (std::size_t peer = 0; peer < kPeers; ++peer)
    all.push_back({NameOf(static_cast<Peer>(peer)), WordsOf(static_cast<Peer>(peer)), &tally.peers[peer]});
  return all;
}

}  // namespace

std::string TimelineOf(const FaultScenario& scenario, const PlayEnd& end) {
  std::vector<Line> lines;
  for (const FaultScore& fault : end.faults)
    lines.emplace_back(fault.at, At(fault.at, fault.node, FaultWords(fault)));
  for (const FalseVerdict& verdict : end.false_verdicts) {
    lines.emplace_back(verdict.at,
                       At(verdict.at, verdict.node,
                          fmt::format("FALSE VERDICT: {} ({})", SaidName(verdict.said), verdict.evidence)));
  }
  for (const PlayedAct& act : end.acts)
    lines.emplace_back(act.at, At(act.at, act.intent.node, ActWords(act)));
  std::ranges::stable_sort(lines, {}, &Line::first);
  std::string text =
      fmt::format("{}: {} nodes, {}\n", scenario.name, end.nodes, FormatSeconds(scenario.last));
  for (const Line& line : lines) text += line.second;
  if (!end.first_broken.empty()) text += fmt::format("BROKEN: {}\n", end.first_broken);
  PlayTally tally{.scenario = scenario.name};
  tally.Add(end);
  return text + ToText(tally) + fmt::format("bounds of repair checked at {} looks\n", end.looks);
}

std::string ToText(const PlayTally& tally) {
  std::string acts;
  for (const auto& [name, count] : tally.acts)
    acts += fmt::format("{}{} {}", acts.empty() ? "" : ", ", count, name);
  return fmt::format(
      "right: {} of {} faults, in {} of {} runs; said after {} s (median), {} s (p99)\n"
      "false verdicts: {}; steps: {}; wrong ones: {}; runs with a storm: {}; blind for {}; bounds broken: "
      "{}\n",
      tally.faults_right, tally.faults, tally.right, tally.runs, Quantile(tally, 0.5), Quantile(tally, 0.99),
      tally.false_verdicts, acts.empty() ? "none" : acts, tally.wrong_acts, tally.storms,
      FormatSeconds(tally.blind_seconds), tally.broken);
}

std::string ToTable(const std::vector<PlayTally>& tallies) {
  std::string text = fmt::format("{:<22} {:>6} {:>8} {:>10} {:>9} {:>6} {:>12} {:>7}\n", "scenario", "runs",
                                 "right %", "median s", "p99 s", "false", "wrong steps", "broken");
  for (const PlayTally& tally : tallies) {
    fmt::format_to(std::back_inserter(text), "{:<22} {:>6} {:>8.1f} {:>10} {:>9} {:>6} {:>12} {:>7}\n",
                   tally.scenario, tally.runs, 100 * tally.RightShare(), Quantile(tally, 0.5),
                   Quantile(tally, 0.99), tally.false_verdicts, tally.wrong_acts, tally.broken);
  }
  return text;
}

std::string ToTextBeside(const PlayTally& tally) {
  std::string text = fmt::format("{:<27} {:>11} {:>10} {:>9} {:>8}\n", "nobody repairs; who says so", "seen",
                                 "median s", "p99 s", "falsely");
  for (const auto& [_, words, score] : AllBeside(tally)) {
    fmt::format_to(std::back_inserter(text), "{:<27} {:>11} {:>10} {:>9} {:>8}\n", words,
                   fmt::format("{} of {}", score->after.size(), score->faults),
                   SecondsText(QuantileOf(score->after, 0.5)), SecondsText(QuantileOf(score->after, 0.99)),
                   score->falsely);
  }
  return text;
}

std::string ToJsonBeside(const PlayTally& tally) {
  std::string text;
  for (const auto& [name, _, score] : AllBeside(tally)) {
    text += nlohmann::ordered_json{{"scenario", tally.scenario},
                                   {"peer", name},
                                   {"faults", score->faults},
                                   {"seen", score->after.size()},
                                   {"p50_ms", Milliseconds(QuantileOf(score->after, 0.5))},
                                   {"p99_ms", Milliseconds(QuantileOf(score->after, 0.99))},
                                   {"falsely", score->falsely}}
                .dump() +
            "\n";
  }
  return text;
}

std::string ToJsonLines(const PlayEnd& end) {
  std::string text;
  const auto add = [&text](const nlohmann::ordered_json& line) { text += line.dump() + "\n"; };
  for (const FaultScore& fault : end.faults) {
    add({{"fault", TraitsOf(fault.kind).name},
         {"node", fault.node},
         {"at_seconds", fault.at},
         {"verdict", SaidName(fault.said)},
         {"after_ms", fault.after ? Milliseconds(*fault.after) : nlohmann::json()},
         {"right", fault.right}});
  }
  for (const FalseVerdict& verdict : end.false_verdicts)
    add({{"false_verdict", SaidName(verdict.said)}, {"node", verdict.node}, {"at_seconds", verdict.at}});
  for (const PlayedAct& act : end.acts) {
    add({{"act", Name(act.intent.step)},
         {"node", act.intent.node},
         {"at_seconds", act.at},
         {"mode", Name(act.intent.mode)},
         {"wrong", act.wrong}});
  }
  return text;
}

std::string ToJson(const PlayTally& tally) {
  const nlohmann::ordered_json object = {{"scenario", tally.scenario},
                                         {"runs", tally.runs},
                                         {"verdict_right_share", tally.RightShare()},
                                         {"faults", tally.faults},
                                         {"faults_right", tally.faults_right},
                                         {"detect_p50_ms", Milliseconds(tally.After(0.5))},
                                         {"detect_p99_ms", Milliseconds(tally.After(0.99))},
                                         {"false_verdicts", tally.false_verdicts},
                                         {"wrong_acts", tally.wrong_acts},
                                         {"acts", tally.acts},
                                         {"storms", tally.storms},
                                         {"blind_seconds", tally.blind_seconds},
                                         {"broken", tally.broken}};
  return object.dump();
}

}  // namespace loadline::collector
