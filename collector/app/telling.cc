#include "collector/app/telling.h"

#include <spdlog/spdlog.h>

namespace loadline::collector {
namespace {

constexpr const char* kLog = "default/log[0]";

// Every notification is a line of the log.
class LogOnly final : public Telling, public Outbox {
 public:
  explicit LogOnly(const Clock& clock)
      : clock_(clock), plan_(PlanFor({.name = "default", .integrations = {{.name = kLog}}})) {}

  [[nodiscard]] const RoutingPlan& plan() const override { return plan_; }
  [[nodiscard]] Outbox& outbox() override { return *this; }
  [[nodiscard]] std::vector<DeliveryReport> TakeReports() override { return std::exchange(reports_, {}); }

  [[nodiscard]] bool Offer(const Notification& notification) override {
    for (const Alert& alert : notification.alerts) {
      spdlog::warn("{} {} {}: {}", Name(alert.state), Name(alert.severity), alert.rule, alert.summary);
    }
    reports_.push_back({.id = notification.id,
                        .integration = notification.integration,
                        .outcome = {.verdict = Verdict::kDelivered, .detail = "logged"},
                        .attempts = 1,
                        .at = clock_.WallNow()});
    return true;
  }

 private:
  const Clock& clock_;
  RoutingPlan plan_;
  std::vector<DeliveryReport> reports_;
};

}  // namespace

Result<std::unique_ptr<Telling>> MakeTelling(const Config&, const Clock& clock) {
  return std::make_unique<LogOnly>(clock);
}

}  // namespace loadline::collector
