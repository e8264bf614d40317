// `loadline-collector backtest`: replays recorded usage against the algorithms, and prints how each would
// have done.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

namespace loadline::collector {

struct BacktestOptions {
  std::filesystem::path traces;
  std::vector<std::string> algorithms;  // specs of MakeAlgorithm; empty: all that are compared by default
  std::vector<std::string> sources;     // empty: all
  // Empty: 24h, but 6h for a source of which no series is longer than two days.
  std::string cadence;
  std::string warmup;
  std::string memory = "raw";  // raw, or max6h: the largest of the last six hours
  std::string floors = "on";
  bool censored = false;
  double knob = 0.5;
  int folds = 0;  // 0: figures; else how sure they are
  bool json = false;
  std::string scenario;  // instead of traces: one of ScenarioNames(), or all
};

// Adds the options to a subcommand; they are filled when it is parsed.
void SetUpBacktest(CLI::App& command, BacktestOptions& options);

// Prints to stdout, and a progress bar to stderr when that is a terminal. Returns the exit code: 0, or 2 with
// one line on stderr when the options or the traces are wrong.
int RunBacktest(const BacktestOptions& options);

}  // namespace loadline::collector
