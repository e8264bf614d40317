// A program of the user's, run as a check: in bounded time, with bounded output, and killed with all that it has started
// in its process group.
#pragma once

#include <string>
#include <vector>

#include "agent/checks/check.h"
#include "agent/checks/plugin_file.h"
#include "schemas/base/child_program.h"
#include "schemas/base/result.h"

namespace loadline::agent {

// What a run of the program says.
Judgement JudgePlugin(const PluginRule& rule, const Result<ChildAnswer>& answer);

class Plugin final : public Check {
 public:
  // `program`: where it is.
  Plugin(PluginRule rule, std::string program) : rule_(std::move(rule)), program_(std::move(program)) {}
  ~Plugin() override;
  std::vector<Judgement> Look(Mono now, const std::stop_token& stop) override;

 private:
  const PluginRule rule_;
  const std::string program_;
  pid_t left_ = 0;  // of a run that hangs in the kernel; 0: none
};

// The rules of all files NAME.json of a folder, ready to run. A program is found at its path; one that is relative, below the
// folder, or there by its name alone, as a ConfigMap has no folders. Fails on a file that is wrong, and on a program that
// is not there; files of other monitors are left out. Lanes are counted from `first_lane`.
Result<std::vector<PlannedCheck>> PlanPlugins(const std::string& folder, int first_lane);

}  // namespace loadline::agent
