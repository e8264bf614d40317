// Opsgenie's Alert API, version 2.
//
// A group of alerts is one alert there: its alias is the SHA-256 of the group's key, as with Alertmanager, so
// every word about the group is counted at the same alert and its end closes it. Opsgenie keeps the message and
// the description of the first word unless it is told to change them (update_alerts).
#pragma once

#include <string>
#include <vector>

#include "collector/alert/sink.h"
#include "collector/http/http_way.h"
#include "collector/sink/section_texts.h"

namespace loadline::collector {

struct OpsgenieOptions {
  SecretSource key{};  // may be a template
  std::string url = "https://api.opsgenie.com/";
  SectionTexts texts{};  // message, description, responders, tags, ...
  bool update_alerts = false;
  std::string page_url{};
  HttpWayOptions way{};
  Duration timeout = std::chrono::seconds(10);
  // After a fault of the setting: less is noise there, more delays pages once it is mended.
  Duration setting_retry = std::chrono::minutes(1);
};

// One request of those that tell of a notification, without the key.
struct OpsgenieCall {
  std::string method;
  std::string path;  // "v2/alerts/ALIAS/close?identifierType=alias"
  std::string body;
};
// What Opsgenie would refuse for its length or for being no priority is shortened or left out.
std::vector<OpsgenieCall> OpsgenieCalls(const Notification& notification, const OpsgenieOptions& options);

// P1 to P5; Loadline's severities are put into these words. Empty: neither, and Opsgenie chooses.
std::string OpsgeniePriority(const std::string& said);

class Opsgenie final : public Sink {
 public:
  // `clock` outlives it.
  Opsgenie(OpsgenieOptions options, const Clock& clock);

  [[nodiscard]] SinkTraits traits() const override;
  Outcome Send(std::span<const Notification> batch, const std::stop_token& stop) override;
  [[nodiscard]] std::vector<ShownMessage> Show(std::span<const Notification> batch, Wall now) const override;

 private:
  const OpsgenieOptions options_;
  const Clock& clock_;
  LiveSecret key_;
  HttpWay http_;
};

}  // namespace loadline::collector
