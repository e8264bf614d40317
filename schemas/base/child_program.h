// Runs another program to its end: its standard input is given, its standard output is the answer.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline {

struct ChildProgram {
  std::vector<std::string> command;  // the program, found on PATH unless it has a slash, and its arguments
  std::vector<std::string> environment{};  // "NAME=value"; these replace our own of the same name
  std::string input{};                     // never seen in an argument list: the place for a secret
  Duration patience = std::chrono::seconds(30);
  std::size_t max_output = 1 << 20;  // bytes
  // What is said beyond it, up to 1 MiB, is thrown away, in place of an end to the program.
  bool cut_output = false;
  bool quiet = false;  // its standard error is thrown away
};

struct ChildAnswer {
  int exit_status = 0;
  std::string output;
};

// Returns when the program has ended, and leaves none behind: one that takes longer than its patience, says
// too much, or still runs when `stop` is requested is killed; so is what it has started and left in its
// process group, in any case. Its standard error is ours, unless it is quiet; signals that we block it does not. Errors
// name the program alone: kNotFound or kDenied when it cannot be started, kUnavailable when it did not end by itself.
//
// One that hangs in the kernel does not end by being killed. It is waited for all the same, unless there is a place for
// `left`: then it is left a second later, and is the caller's to be waited for.
Result<ChildAnswer> RunChild(const ChildProgram& program, const std::stop_token& stop = {},
                             pid_t* left = nullptr);

}  // namespace loadline
