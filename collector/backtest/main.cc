// loadline-backtest: the collector's `backtest` as a program of its own.
#include "collector/backtest/backtest.h"

int main(int argc, char** argv) {
  CLI::App app("Replays recorded usage against the sizing algorithms");
  loadline::collector::BacktestOptions options;
  loadline::collector::SetUpBacktest(app, options);
  CLI11_PARSE(app, argc, argv);
  return loadline::collector::RunBacktest(options);
}
