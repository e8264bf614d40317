// Lines of the kernel's log in, faults to be told out: the first of a kind at once, and then how often it came, so that
// a disk that fails a thousand times a second is one fault.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "agent/health/rule_engine.h"
#include "schemas/base/clock.h"

namespace loadline::agent {

struct LogFault {
  const LogRule* rule = nullptr;
  std::string text;    // of the last one; in one line
  std::string device;  // that the last one is about, of what holds; empty: none is named
  Mono at{};           // of the last one
  std::uint32_t times = 0;
};

class FaultLog {
 public:
  // Between two words on the same.
  static constexpr Duration kRepeat = std::chrono::seconds(10);
  // Beyond, devices are not told apart.
  static constexpr std::size_t kMostKinds = 512;

  // What happened before `since` is told of only as far as it holds on.
  FaultLog(RuleEngine engine, Mono since) : engine_(std::move(engine)), since_(since) {}

  // The next line, and when it was written.
  void Add(std::string_view line, Mono at);

  // What is due to be told; in the order of condition, reason and device. Rules are good as long as this is.
  std::vector<LogFault> Take(Mono now);

 private:
  struct Kind {
    Mono told_at{};
    bool told = false;
    LogFault waiting;  // times 0: nothing
  };

  RuleEngine engine_;
  Mono since_;
  // By condition and reason; what holds also by device, for each may be mended by itself.
  std::map<std::tuple<std::string, std::string, std::string>, Kind> kinds_;
};

}  // namespace loadline::agent
