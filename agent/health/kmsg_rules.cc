#include "agent/health/kmsg_rules.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <functional>
#include <iterator>

#include "agent/health/built_in_rules.h"
#include "agent/health/log_scan.h"
#include "schemas/base/fd.h"
#include "schemas/base/printable.h"

namespace loadline::agent {
namespace {

// No record of /dev/kmsg is longer than a quarter of this.
constexpr std::size_t kReadAtOnce = std::size_t{64} << 10;

Result<void> AddRules(const std::string& name, std::string_view json, std::vector<LogRule>& rules,
                      std::vector<std::string>& notes) {
  auto file = ParseRuleFile(name, json);
  if (!file) return Failure(file.error());
  if (!file->without_rules.empty())
    notes.push_back(fmt::format("{}: no rules for a log in it: {}", name, file->without_rules));
  std::ranges::move(file->rules, std::back_inserter(rules));
  return {};
}

Result<Fd> OpenFile(const std::string& path) {
  Fd fd(path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return SystemFailure(path, errno);
  return fd;
}

// Hands over all bytes of a file, as they come.
Result<void> ReadAll(const std::string& path, const std::function<void(std::string_view)>& take) {
  const auto fd = OpenFile(path);
  if (!fd) return Failure(fd.error());
  std::string buffer(kReadAtOnce, '\0');
  for (;;) {
    const ssize_t size = ::read(fd->get(), buffer.data(), buffer.size());
    if (size == 0) return {};
    // EPIPE: /dev/kmsg has forgotten records that were not read yet. Their numbers will be missing.
    if (size < 0 && (errno == EINTR || errno == EPIPE)) continue;
    if (size < 0) return SystemFailure(path, errno);
    take(std::string_view(buffer).substr(0, static_cast<std::size_t>(size)));
  }
}

void PrintMatch(std::uint64_t line, const RuleMatch& match) {
  const LogRule& rule = *match.rule;
  std::puts(fmt::format("{}\t{}\t{}\t{}", line, rule.permanent() ? Printable(rule.condition) : "temporary",
                        Printable(rule.reason), Printable(match.InOneLine()))
                .c_str());
}

}  // namespace

Result<std::vector<LogRule>> LoadLogRules(const std::vector<std::string>& files,
                                          std::vector<std::string>& notes) {
  std::vector<LogRule> rules;
  for (const std::string& file : files) {
    if (file == kBuiltInRules) {
      for (const BuiltInRules& own : BuiltInRuleFiles())
        if (const auto added = AddRules(std::string(own.name), own.json, rules, notes); !added)
          return Failure(added.error());
      continue;
    }
    std::string json;
    if (const auto read = ReadAll(file, [&](std::string_view bytes) { json += bytes; }); !read)
      return Failure(read.error());
    if (const auto added = AddRules(file, json, rules, notes); !added) return Failure(added.error());
  }
  return rules;
}

Result<std::vector<LogRule>> LoadLogRulesOrBuiltIn(const std::vector<std::string>& files,
                                                   std::vector<std::string>& notes) {
  return LoadLogRules(files.empty() ? std::vector<std::string>{kBuiltInRules} : files, notes);
}

Result<void> RunKmsgRules(const KmsgRulesOptions& options) {
  std::vector<std::string> notes;
  auto rules = LoadLogRulesOrBuiltIn(options.rules, notes);
  if (!rules) return Failure(rules.error());
  for (const std::string& note : notes) std::fprintf(stderr, "%s\n", Printable(note).c_str());
  auto engine = RuleEngine::Make(*std::move(rules));
  if (!engine) return Failure(engine.error());
  LogScan scan(*std::move(engine), PrintMatch);
  const auto read = ReadAll(options.log, [&](std::string_view bytes) {
    scan.Add(bytes);
    std::fflush(stdout);  // who follows a log wants to see it
  });
  if (!read) return read;
  scan.End();
  std::puts(fmt::format("{} matches in {} lines, {} rules, {} records lost", scan.matches(), scan.lines(),
                        scan.rules(), scan.lost())
                .c_str());
  return {};
}

}  // namespace loadline::agent
