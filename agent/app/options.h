// What the agent is told on its command line.
#pragma once

#include <expected>
#include <string>

#include "agent/app/agent.h"
#include "agent/app/collector_gone.h"
#include "agent/health/kmsg_rules.h"
#include "agent/source/machine_source.h"
#include "agent/top/top.h"
#include "agent/uplink/spool.h"

namespace loadline::agent {

struct Options {
  enum class Command { kRun, kTop, kProbe, kReady, kKmsgRules };
  Command command = Command::kRun;

  std::string collector = "tcp://127.0.0.1:7400";
  std::string collector_key_file;         // the collector's public key
  std::string key_file;                   // the secret key that agents were given
  std::string token_file;                 // empty: no token
  std::string node;                       // empty: the machine's own name
  std::string ready_file;                 // empty: none
  std::string scheduled_events = "auto";  // see MetadataService
  MachineSourceOptions source;
  AgentTiming timing;
  SpoolOptions spool;
  Duration linger{0};  // see UplinkOptions
  CollectorGoneOptions collector_gone;
  TopOptions top;
  KmsgRulesOptions kmsg_rules;
  bool json = false;  // of `probe`
  bool core_dumps = false;
};

// Why the program ends before it has begun: help, or one line about what is wrong.
struct EarlyExit {
  int status = 0;
  std::string text;
};
std::expected<Options, EarlyExit> ParseCommandLine(int argc, const char* const* argv);

}  // namespace loadline::agent
