// All lanes together: the outbox that alerting hands its notifications to.
//
//   Lanes lanes(clock, [&] { core.Wake(); });
//   lanes.NoteIn(store.notes());
//   lanes.Add("ops/slack[0]", std::make_unique<SlackWebhook>(...));
//   Alerting alerting(options, plan, journal, lanes);
//   ... when woken: alerting.Settle(lanes.TakeReports(), now);
//
// Offer and TakeReports are the core thread's; Try, Forget and Show anybody's, once all are added. `on_news`
// is called on a lane's thread after each report.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "collector/alert/outbox.h"
#include "collector/notes/note_log.h"
#include "collector/sink/lane.h"
#include "collector/sink/outcome_log.h"

namespace loadline::collector {

class Lanes final : public Outbox {
 public:
  explicit Lanes(const Clock& clock, std::function<void()> on_news = {});

  // Both before the first Offer. Without notes, which must outlive it, what is delivered just before a kill
  // is delivered again.
  void NoteIn(NoteLog& notes) { log_.emplace(notes); }
  // Sinks of one place (SinkTraits) keep to its rate together.
  void Add(const std::string& name, std::unique_ptr<Sink> sink, LaneOptions options = {});

  [[nodiscard]] bool Offer(const Notification& notification) override;
  bool Recall(const std::string& integration, const std::string& key, const std::string& value) override;
  std::vector<DeliveryReport> Leftover() override;
  void Settled() override;
  [[nodiscard]] std::vector<DeliveryReport> TakeReports();
  // Offers one that alerting knows nothing of. Its first report goes to `then`, on a lane's thread, and not
  // to TakeReports, until it is forgotten. False when the lane is full or unknown.
  [[nodiscard]] bool Try(const Notification& notification, std::function<void(const DeliveryReport&)> then);
  void Forget(const std::string& id);
  // What its integration would say of it, without sending it; nothing when that is unknown.
  [[nodiscard]] std::vector<ShownMessage> Show(const Notification& notification) const;
  // For metrics: by lane.
  [[nodiscard]] std::map<std::string, LaneCounters> counters() const;

 private:
  void Take(std::vector<DeliveryReport> reports);

  const Clock& clock_;
  const std::function<void()> on_news_;
  std::mutex mutex_;
  std::optional<OutcomeLog> log_;  // nothing: nobody gave notes
  std::vector<DeliveryReport> reports_;
  std::map<std::string, std::function<void(const DeliveryReport&)>> tried_;  // by the notification's id
  std::map<std::string, std::shared_ptr<Rate>> rates_;                       // by place
  std::map<std::string, std::unique_ptr<Lane>> lanes_;                       // last: their threads call Take
};

}  // namespace loadline::collector
