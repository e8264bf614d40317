// `loadline-collector simulate`: what would be said of nodes that fail, how soon, and what would be done about it.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace loadline::collector {

struct SimulateOptions {
  std::vector<std::string>
      scenarios;  // files, or names of those that come with the program; all: each of these
  std::uint64_t seed = 1;
  std::uint64_t seeds = 1;  // with more than one: only what came of all of them
  bool list = false;
  std::string print;    // a scenario that comes with the program, as it is
  bool beside = false;  // what others would say of the same nodes, while nobody repairs
  bool json = false;
};

// Adds the options to a subcommand; they are filled when it is parsed.
void SetUpSimulate(CLI::App& command, SimulateOptions& options);

// Prints to stdout. Returns the exit code: 0; 1 when a bound of repair was broken; 2 with one line on stderr when the options
// or a scenario are wrong.
int RunSimulate(const SimulateOptions& options);

}  // namespace loadline::collector
