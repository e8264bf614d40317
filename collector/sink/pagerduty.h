// PagerDuty's Events API, version 2, and version 1 for those who have a service key.
//
// A group of alerts is one incident: its dedup_key is the SHA-256 of the group's key, as with Alertmanager, so
// every word about the group changes the same incident and its end resolves it. A resend changes nothing.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "collector/alert/sink.h"
#include "collector/http/http_way.h"
#include "collector/sink/section_texts.h"

namespace loadline::collector {

struct PagerdutyOptions {
  enum class Version { kOne, kTwo };
  Version version = Version::kTwo;
  SecretSource key{};  // the routing key, of version 1 the service key; may be a template
  std::string url = "https://events.pagerduty.com/v2/enqueue";
  SectionTexts texts{};  // description, client, client_url, severity, details, images, ...
  std::string page_url{};
  HttpWayOptions way{};
  Duration timeout = std::chrono::seconds(10);
  // After a fault of the setting: less is noise there, more delays pages once it is mended.
  Duration setting_retry = std::chrono::minutes(1);
};

// The event, without its key. What PagerDuty would refuse for its length is shortened; where the event as a
// whole is larger than 512 KB, the alerts within it are left out and it says so.
nlohmann::json PagerdutyEvent(const Notification& notification, const PagerdutyOptions& options);

// What PagerDuty takes for a severity: critical, error, warning or info. Loadline's own are put into its words;
// for what is neither, error, for an event of another severity is refused.
std::string PagerdutySeverity(const std::string& said);

class Pagerduty final : public Sink {
 public:
  // `clock` outlives it.
  Pagerduty(PagerdutyOptions options, const Clock& clock);

  // PagerDuty takes 120 events a minute for one key.
  [[nodiscard]] SinkTraits traits() const override;
  Outcome Send(std::span<const Notification> batch, const std::stop_token& stop) override;
  [[nodiscard]] std::vector<ShownMessage> Show(std::span<const Notification> batch, Wall now) const override;

 private:
  const PagerdutyOptions options_;
  const Clock& clock_;
  LiveSecret key_;
  HttpWay http_;
};

}  // namespace loadline::collector
