#include "tests/demo/contest.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

namespace loadline::demo {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

// A limit is worth changing when it is off by more than this share.
constexpr double kWorthChanging = 0.1;
// Served: fewer than this share of the periods since the last look were throttled.
constexpr double kServedShare = 0.01;

}  // namespace

Contest::Contest(ContestOptions options, std::function<void(const std::string&)> say)
    : options_(std::move(options)), say_(std::move(say)) {}

Result<void> Contest::Start(Mono now) {
  for (const Workload& workload : options_.workloads) {
    auto running = Running::Start(workload);
    if (!running) return Failure(running.error());
    contestants_.push_back(
        {workload.name.substr(workload.name.rfind('-') + 1), std::move(*running), workload.cpu_limit});
  }
  start_ = now;
  next_look_ = now + options_.look_every;
  return {};
}

void Contest::Step(Mono now) {
  for (Contestant& contestant : contestants_) contestant.running.Tend();
  if (now < next_look_) return;
  next_look_ += options_.look_every;
  for (Contestant& contestant : contestants_) Look(contestant, now);
}

void Contest::Look(Contestant& contestant, Mono now) {
  const testing::OwnCgroup& cgroup = contestant.running.cgroup();
  const std::uint64_t periods = cgroup.ReadKey("cpu", "cpu.stat", "nr_periods");
  const std::uint64_t throttled = cgroup.ReadKey("cpu", "cpu.stat", "nr_throttled");
  const auto passed = static_cast<double>(periods - std::exchange(contestant.periods, periods));
  const auto stopped =
      static_cast<double>(throttled - std::exchange(contestant.throttled_periods, throttled));
  const double share = passed > 0 ? stopped / passed : 0;
  contestant.throttled_share = passed > 0 ? share : 1;
  if (!contestant.served && contestant.throttled_share < kServedShare) {
    contestant.served = true;
    Say(contestant, now,
        fmt::format("is served at {} after {} changes: throttled in {:.1f} % of the last {}'s periods",
                    FormatCpu(contestant.limit), contestant.changes, 100 * share,
                    FormatSeconds(Seconds(options_.look_every))));
  }
  if (const auto target = Target(contestant)) Apply(contestant, *target, now);
}

std::optional<MilliCores> Contest::Target(const Contestant& contestant) {
  const auto answer = client_.Do(
      {.url = options_.server + "api/v1/recommendations?search=" + contestant.running.workload().name});
  if (!answer || !answer->ok()) return std::nullopt;
  for (const json& item : json::parse(answer->body, nullptr, false).value("items", json::array())) {
    const json& given = item.at("recommendation");
    if (given.at("algorithm") == contestant.algorithm)
      return given.at("cpu_millicores").at("target").get<MilliCores>();
    for (const json& other : given.at("compared")) {
      // Upstream says nothing before its first sample of a minute.
      if (other.at("algorithm") == contestant.algorithm && other.at("samples") > 0) {
        return other.at("cpu_millicores").at("target").get<MilliCores>();
      }
    }
  }
  return std::nullopt;
}

void Contest::Apply(Contestant& contestant, MilliCores target, Mono now) {
  const auto limit = static_cast<double>(contestant.limit);
  if (std::abs(static_cast<double>(target) - limit) <= kWorthChanging * limit) return;
  testing::OwnCgroup& cgroup = contestant.running.cgroup();
  if (!cgroup.LimitCpu(target)) return;
  if (options_.moves_request && !cgroup.RequestCpu(target)) return;
  ++contestant.changes;
  Say(contestant, now,
      fmt::format("limit {} -> {} (change {})", FormatCpu(std::exchange(contestant.limit, target)),
                  FormatCpu(target), contestant.changes));
}

void Contest::Say(const Contestant& contestant, Mono now, const std::string& what) const {
  say_(fmt::format("{:>12}  {:<16}  {}", "+" + FormatSeconds(Seconds(now - start_)),
                   contestant.running.workload().name, what));
}

}  // namespace loadline::demo
