#include "agent/platform/event_watch.h"

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>

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

Result<std::optional<PlainServer>> MetadataService(const std::string& option, const HostRoot& host) {
  if (option == "off") return std::nullopt;
  if (option == "auto") {
    const std::string tag = ReadWholeFile(host.root + "/sys/class/dmi/id/chassis_asset_tag").value_or("");
    return tag.starts_with(kAzureTag) ? std::optional(EventWatchOptions().server) : std::nullopt;
  }
  Result<PlainServer> server = ReadPlainUrl(option);
  if (!server) return Failure(server.error());
  return *std::move(server);
}

EventWatch::EventWatch(EventWatchOptions options, const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      stop_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      asking_([this](const std::stop_token& stop) { Run(stop); }) {}

EventWatch::~EventWatch() {
  asking_.request_stop();
  (void)::eventfd_write(stop_.get(), 1);
}

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
      Result<std::string> name = AskName();
      if (name) {
        spdlog::info("Azure's scheduled events are followed, as of machine {}", Printable(*name));
        announced.emplace(*std::move(name));
      } else {
        asked = Failure(name.error().In("asking for the machine's name"));
      }
    }
    if (announced) {
      const Result<std::string> document = Ask(kEvents, answered ? options_.answer : options_.first_answer);
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
    if (!Wait(pause)) return;
  }
}

Result<std::string> EventWatch::Ask(const char* path, Duration within) const {
  Result<PlainAnswer> answer =
      GetPlain(options_.server, {.path = path, .header = kHeader, .within = within}, stop_.get());
  if (!answer) return Failure(answer.error());
  if (answer->status < 200 || answer->status > 299)
    return Failure(ErrorKind::kUnavailable, fmt::format("HTTP {}", answer->status));
  return std::move(answer->body);
}

Result<std::string> EventWatch::AskName() {
  Result<std::string> name = Ask(kName, options_.answer);
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

bool EventWatch::Wait(Duration time) const {
  pollfd stop{.fd = stop_.get(), .events = POLLIN, .revents = 0};
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(time);
  return ::poll(&stop, 1, static_cast<int>(wait.count())) <= 0;
}

}  // namespace loadline::agent
