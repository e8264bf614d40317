#include "agent/health/kernel_log.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "agent/health/kmsg_rules.h"
#include "agent/health/mended.h"
#include "agent/host/disks.h"
#include "agent/host/machine.h"
#include "agent/host/small_file.h"
#include "schemas/wire/health_sources.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;

constexpr const char* kSource = wire::kKernelLogSource;
// At once: some ten milliseconds of work. A flood beyond is overwritten, and counted.
constexpr std::size_t kMostRecords = 10'000;
// The kernel writes first and acts then; and looking costs a read of all mounts.
constexpr Duration kLookEvery = 10s;
constexpr std::size_t kMostHolding = 64;

wire::HealthEvent EventOf(const LogFault& fault, Mono now, Wall wall) {
  return {.at_ns = (wall - (now - fault.at)).time_since_epoch().count(),
          .source = kSource,
          .condition = fault.rule->condition,
          .reason = fault.rule->reason,
          .message = fault.text,
          .times = fault.times};
}

wire::HealthEvent EndOf(const std::string& condition, const std::string& reason, const std::string& why,
                        Wall wall) {
  return {.at_ns = wall.time_since_epoch().count(),
          .source = kSource,
          .condition = condition,
          .reason = reason,
          .message = why,
          .ended = true};
}

}  // namespace

Result<std::unique_ptr<KernelLog>> KernelLog::Open(const KernelLogOptions& options, const HostRoot& host,
                                                   Mono now) {
  std::vector<std::string> notes;
  auto rules = LoadLogRulesOrBuiltIn(options.rules, notes);
  if (!rules) return Failure(rules.error());
  for (const std::string& note : notes) spdlog::warn("{}", note);
  auto engine = RuleEngine::Make(*std::move(rules));
  if (!engine) return Failure(engine.error());
  std::unique_ptr<KernelLog> log(new KernelLog(FaultLog(*std::move(engine), now - options.lookback), host));
  auto file = KmsgFile::Open(options.file);
  if (file)
    log->file_.emplace(*std::move(file));
  else
    log->unreadable_ = file.error().message;
  return log;
}

void KernelLog::Line(std::string_view text, Mono at) {
  words_.clear();
  KernelWords(text, words_);
  for (const std::string_view words : words_) faults_.Add(words, at);
}

void KernelLog::TakeRecord(const KmsgRecord& record) {
  for (const std::string_view words : text_.Lines(record)) faults_.Add(words, Mono(record.since_boot));
}

std::vector<wire::HealthEvent> KernelLog::Read(Mono now, Wall wall) {
  if (file_) file_->Read(kMostRecords, [this](const KmsgRecord& record) { TakeRecord(record); });
  std::vector<wire::HealthEvent> events;
  for (const LogFault& fault : faults_.Take(now)) {
    if (fault.rule->permanent()) Hold(fault);
    events.push_back(EventOf(fault, now, wall));
  }
  if (now - looked_ >= kLookEvery) EndTheMended(now, wall, events);
  return events;
}

void KernelLog::Hold(const LogFault& fault) {
  const LogRule& rule = *fault.rule;
  const auto known = std::ranges::find_if(holding_, [&](const Holding& one) {
    return one.condition == rule.condition && one.device == fault.device;
  });
  if (known != holding_.end()) {
    known->since = fault.at;
  } else if (holding_.size() < kMostHolding) {
    holding_.push_back({rule.condition, rule.reason, fault.device, fault.at});
  }
}

// A condition of several devices ends with the last of them. Of one that is found in what was written before the agent
// started, and is over, only the end is told.
void KernelLog::EndTheMended(Mono now, Wall wall, std::vector<wire::HealthEvent>& events) {
  looked_ = now;
  if (holding_.empty() || !SeesTheMachine(host_)) return;
  // Of the machine: a pod that shares its process ids has other mounts than it.
  const std::string mountinfo = ReadWholeFile(host_.root + "/proc/1/mountinfo").value_or("");
  if (mountinfo.empty()) return;
  std::vector<wire::HealthEvent> ended;
  std::erase_if(holding_, [&](const Holding& one) {
    const auto why = now - one.since >= kLookEvery ? WhyOver(one, mountinfo) : std::nullopt;
    if (why) ended.push_back(EndOf(one.condition, one.reason, *why, wall));
    return why.has_value();
  });
  for (wire::HealthEvent& end : ended) {
    if (std::ranges::find(holding_, end.condition, &Holding::condition) != holding_.end()) continue;
    std::erase_if(events, [&](const wire::HealthEvent& event) { return event.condition == end.condition; });
    events.push_back(std::move(end));
  }
}

std::optional<std::string> KernelLog::WhyOver(const Holding& holding, std::string_view mountinfo) const {
  if (holding.device.empty()) return std::nullopt;
  std::string number = ReadWholeFile(host_.root + "/sys/class/block/" + holding.device + "/dev").value_or("");
  number.erase(number.find_last_not_of('\n') + 1);
  return WhyMended(
      holding.condition,
      {.name = holding.device, .read_only = number.empty() ? std::nullopt : IsReadOnly(mountinfo, number)});
}

}  // namespace loadline::agent
