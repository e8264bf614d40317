// Says whether a pod may be placed on a node, in the words of tests/support/scheduler_placement/main.go: a pair a line on
// standard input, the answer a line on standard output.
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "collector/kube_objects/placement.h"

int main() {
  using loadline::collector::MayRunOn, loadline::collector::ParseNodeTraits,
      loadline::collector::ParsePlacement;
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto asked = nlohmann::json::parse(line);
    const nlohmann::json& node = asked.at("node");
    const std::string name = node.at("metadata").at("name");
    const bool fits = MayRunOn(ParsePlacement(asked.at("pod")), name, ParseNodeTraits(node));
    std::cout << nlohmann::json{{"fits", fits}} << "\n";
  }
}
