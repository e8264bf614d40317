// loadline-agent: reads what the kernel knows of this node's containers, and sends it to a collector.
#include <cstdio>

#include "agent/app/options.h"
#include "agent/app/process.h"

int main(int argc, char** argv) {
  const auto options = loadline::agent::ParseCommandLine(argc, argv);
  if (!options) {
    std::fputs(options.error().text.c_str(), options.error().status == 0 ? stdout : stderr);
    return options.error().status;
  }
  return loadline::agent::RunProcess(*options);
}
