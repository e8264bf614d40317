#include "agent/platform/event_watch.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "agent/host/small_file.h"
#include "agent/platform/announcements.h"
#include "schemas/base/printable.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;

constexpr const char* kEvents = "/metadata/scheduledevents?api-version=2020-07-01";
constexpr const char* kName = "/metadata/instance/compute/name?api-version=2021-02-01&format=text";
constexpr const char* kHeader = "Metadata: true";
constexpr std::size_t kLongestName = 128;
// Of all of Azure's machines, and of no others.
constexpr const char* kAzureTag = "7783-7084-3265-9085-8269-3286-77";
// Nobody takes them: then the last ones are worth most.
constexpr std::size_t kMostKept = 64;

}  // namespace

Result<std::optional<HostPort>> MetadataService(const std::string& option, const HostRoot& host) {
  if (option == "off") return std::nullopt;
  if (option == "auto") {
    const std::string tag = ReadWholeFile(host.root + "/sys/class/dmi/id/chassis_asset_tag").value_or("");
    return tag.starts_with(kAzureTag) ? std::optional(EventWatchOptions().server) : std::nullopt;
  }
  Result<HostPort> server = ReadPlainUrl(option);
  if (!server) return Failure(server.error());
  return *std::move(server);
}

EventWatch::EventWatch(EventWatchOptions options, const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      asking_([this](const std::stop_token& stop) { Run(stop); }) {}

std::vector<wire::HealthEvent> EventWatch::Take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(events_, {});
}

void EventWatch::Run(const std::stop_token& stop) {
  std::optional<Announcements> announced;
  bool answered = false;
  Duration pause = options_.ask_each;
  while (!stop.stop_requested()) {
    Result<void> asked;
    if (!announced) {
      Result<std::string> name = AskName(Patience::Of(options_.answer, stop));
      if (name) {
        spdlog::info("Azure's scheduled events are followed, as of machine {}", Printable(*name));
        announced.emplace(*std::move(name));
      } else {
        asked = Failure(name.error().In("asking for the machine's name"));
      }
    }
    if (announced) {
      const Duration within = answered ? options_.answer : options_.first_answer;
      const Result<std::string> document = Ask(kEvents, Patience::Of(within, stop));
      auto events = document ? announced->Read(*document, clock_.WallNow()) : Failure(document.error());
      if (events) {
        answered = true;
        Keep(*std::move(events));
      } else {
        asked = Failure(events.error());
      }
    }
    if (stop.stop_requested()) return;
    Log(asked ? "" : asked.error().message);
    pause = asked ? options_.ask_each : std::min(2 * pause, options_.longest_pause);
    std::unique_lock lock(mutex_);
    stopped_.wait_for(lock, stop, pause, [] { return false; });
  }
}

Result<std::string> EventWatch::Ask(const char* path, const Patience& patience) const {
  Result<PlainAnswer> answer = GetPlain(options_.server, {.path = path, .header = kHeader}, patience);
  if (!answer) return Failure(answer.error());
  if (answer->status < 200 || answer->status > 299)
    return Failure(ErrorKind::kUnavailable, fmt::format("HTTP {}", answer->status));
  return std::move(answer->body);
}

Result<std::string> EventWatch::AskName(const Patience& patience) const {
  Result<std::string> name = Ask(kName, patience);
  if (!name) return name;
  name->erase(name->find_last_not_of("\r\n ") + 1);
  if (name->empty() || name->size() > kLongestName) return Failure(ErrorKind::kUnavailable, "it has none");
  return name;
}

void EventWatch::Keep(std::vector<wire::HealthEvent> events) {
  for (const wire::HealthEvent& event : events)
    spdlog::info("Azure's scheduled events: {}{}", event.ended ? "" : event.reason + ": ",
                 Printable(event.message));
  const std::lock_guard lock(mutex_);
  std::ranges::move(events, std::back_inserter(events_));
  if (events_.size() > kMostKept)
    events_.erase(events_.begin(), events_.end() - static_cast<std::ptrdiff_t>(kMostKept));
}

// Once for each trouble.
void EventWatch::Log(const std::string& trouble) {
  if (std::exchange(trouble_, trouble) == trouble) return;
  if (trouble.empty())
    spdlog::info("Azure's scheduled events are followed again");
  else
    spdlog::warn("Azure's scheduled events cannot be followed: {}", Printable(trouble));
}

}  // namespace loadline::agent
