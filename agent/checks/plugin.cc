#include "agent/checks/plugin.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "agent/host/small_file.h"
#include "schemas/base/folder.h"

namespace loadline::agent {
namespace {

namespace fs = std::filesystem;

std::string Trimmed(std::string text) {
  constexpr const char* kBlank = " \t\r\n";
  text.erase(text.find_last_not_of(kBlank) + 1);
  text.erase(0, text.find_first_not_of(kBlank));
  return text;
}

Result<std::string> ProgramOf(const std::string& folder, const PluginRule& rule) {
  const fs::path written(rule.path);
  for (const fs::path& path : {fs::path(folder) / written, fs::path(folder) / written.filename()}) {
    if (::access(path.c_str(), X_OK) == 0) return path.string();
  }
  return Failure(ErrorKind::kNotFound,
                 fmt::format("rule {}: {} is not there, or cannot be executed", rule.reason, rule.path));
}

Result<std::vector<std::string>> FilesOf(const std::string& folder) {
  const auto entries = EntriesOf(folder);
  if (!entries) return Failure(entries.error());
  std::error_code ignored;
  std::vector<std::string> files;
  for (const fs::path& entry : *entries) {
    if (entry.extension() == ".json" && fs::is_regular_file(entry, ignored)) files.push_back(entry.string());
  }
  return files;
}

PlannedCheck PlanOf(PluginRule rule, std::string program, int lane) {
  PlannedCheck planned{.name = "plugin",
                       .looks_at = fmt::format("{}: {}, for {}", rule.reason, program,
                                               rule.condition.empty() ? "no condition" : rule.condition),
                       .conditions = {},
                       .every = rule.every,
                       .hold = {},
                       .at_once = true,
                       .source = wire::kPluginSource,
                       .lane = lane};
  if (!rule.condition.empty()) {
    planned.conditions.push_back(rule.condition);
    planned.causes.emplace_back(rule.condition, rule.reason);
  }
  planned.check = std::make_unique<Plugin>(std::move(rule), std::move(program));
  return planned;
}

}  // namespace

Judgement JudgePlugin(const PluginRule& rule, const Result<ChildAnswer>& answer) {
  Judgement judgement{.condition = rule.condition, .reason = rule.reason};
  if (!answer) {
    judgement.message = answer.error().message;
    return judgement;
  }
  judgement.message = Trimmed(answer->output);
  if (answer->exit_status == 0) judgement.health = Health::kGood;
  if (answer->exit_status == 1) judgement.health = Health::kBad;
  if (judgement.message.empty())
    judgement.message = fmt::format("{} ended with {}", rule.path, answer->exit_status);
  return judgement;
}

Plugin::~Plugin() {
  if (left_ > 0) ::waitpid(left_, nullptr, WNOHANG);
}

std::vector<Judgement> Plugin::Look(Mono /*now*/, const std::stop_token& stop) {
  if (left_ > 0 && ::waitpid(left_, nullptr, WNOHANG) == 0)
    return {JudgePlugin(rule_, Failure(ErrorKind::kUnavailable, "its last run still hangs in the kernel"))};
  left_ = 0;
  ChildProgram program{.command = {program_},
                       .patience = rule_.timeout,
                       .max_output = rule_.max_output,
                       .cut_output = true,
                       .quiet = true};
  program.command.insert(program.command.end(), rule_.arguments.begin(), rule_.arguments.end());
  const auto answer = RunChild(program, stop, &left_);
  if (stop.stop_requested()) return {};
  return {JudgePlugin(rule_, answer)};
}

Result<std::vector<PlannedCheck>> PlanPlugins(const std::string& folder, int first_lane) {
  const auto files = FilesOf(folder);
  if (!files) return Failure(files.error());
  std::vector<PlannedCheck> planned;
  int lanes = 1;
  std::vector<PluginRule> rules;
  for (const std::string& name : *files) {
    const auto text = ReadWholeFile(name);
    if (!text) return Failure(text.error());
    auto file = ParsePluginFile(name, *text);
    if (!file) return Failure(file.error());
    if (!file->rules.empty()) lanes = std::max(lanes, file->concurrency);
    for (PluginRule& rule : file->rules) {
      auto program = ProgramOf(folder, rule);
      if (!program) return Failure(program.error().In(name));
      planned.push_back(PlanOf(std::move(rule), *std::move(program), 0));
    }
  }
  // So many run at once, and whoever hangs holds up those of its lane alone.
  for (std::size_t i = 0; i < planned.size(); ++i)
    planned[i].lane = first_lane + static_cast<int>(i % static_cast<std::size_t>(lanes));
  return planned;
}

}  // namespace loadline::agent
