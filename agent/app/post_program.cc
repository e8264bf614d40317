#include "agent/app/post_program.h"

#include "schemas/base/child_program.h"

namespace loadline::agent {

std::filesystem::path PostProgram() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "loadline-agent-post";
}

Result<void> PostThrough(const std::filesystem::path& program, const std::string& url,
                         const std::string& text, const std::stop_token& stop) {
  const Result<ChildAnswer> answer = RunChild({.command = {program.string()},
                                               .input = url + "\n" + text,
                                               .patience = std::chrono::seconds(15),
                                               .max_output = 4096},
                                              stop);
  if (!answer) return Failure(answer.error());
  if (answer->exit_status == 0) return {};
  return Failure(ErrorKind::kUnavailable, answer->output.substr(0, answer->output.find('\n')));
}

}  // namespace loadline::agent
