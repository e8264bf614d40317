// Processes that have ended and that nobody has waited for: each holds a process id, and a parent that leaves many is
// broken.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/checks/check.h"

namespace loadline::agent {

inline constexpr const char* kZombieProcesses = "ZombieProcesses";

struct ZombieCount {
  std::uint32_t all = 0;
  std::uint32_t of_one = 0;  // the parent that has the most
  std::uint32_t parent = 0;  // its process id
  std::string command;       // its name
};

// The parent, when /proc/PID/stat is of a zombie. A process may call itself anything, brackets included.
std::optional<std::uint32_t> ParentOfZombie(std::string_view stat);

// Bad from 200, or 100 of one parent; good below half of both.
Judgement JudgeZombies(const std::optional<ZombieCount>& count);

class Zombies final : public Check {
 public:
  explicit Zombies(std::string root) : root_(std::move(root)) {}
  std::vector<Judgement> Look(Mono now, const std::stop_token& stop) override;

 private:
  const std::string root_;
};

}  // namespace loadline::agent
