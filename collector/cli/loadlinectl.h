// loadlinectl: the collector's answers in a terminal.
//
//   loadlinectl get nodes|workloads|recommendations|alerts [WORD...] [-o wide|json] [--watch]
//   loadlinectl follow [WORD...]
//   loadlinectl why WORKLOAD|ALERT|NODE
//   loadlinectl recommend WORKLOAD [--patch kubectl|vpa]
//   loadlinectl alert preview RECEIVER [--config FILE] [--alert ALERT | --example RULE] [--resolved]
//                                      [--json | --html]
//   loadlinectl test-notification RECEIVER [--token-file FILE]
//
// Exit codes: 0 done; 1 the collector refused, what was asked for does not exist, or no message was
// delivered; 2 the command line is wrong; 3 the collector cannot be reached.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "schemas/base/clock.h"

namespace loadline::collector {

// Everything that the program takes from the world around it.
struct Terminal {
  std::function<void(const std::string&)> out;
  std::function<void(const std::string&)> error;
  bool colours = false;   // out is a terminal that wants them
  bool rewrites = false;  // out is a terminal: --watch draws over what it drew
  // LOADLINE_SERVER; empty when it is not set.
  std::string server{};
  // LOADLINE_TOKEN_FILE and LOADLINE_CA_FILE, likewise.
  std::string token_file{};
  std::string ca_file{};
  // Who runs it, for messages to others: "alice on laptop".
  std::string user = "somebody";
  // Between two looks of --watch and of follow; false ends it.
  std::function<bool(std::chrono::milliseconds)> wait;
};

inline constexpr const char* kDefaultServer = "http://127.0.0.1:8080";

// `arguments` without the program's name. Returns the exit code.
int RunLoadlinectl(const std::vector<std::string>& arguments, const Terminal& terminal, const Clock& clock);

}  // namespace loadline::collector
