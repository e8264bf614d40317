// Microsoft Teams through a workflow's webhook ("Post to a channel when a webhook request is received"): an
// Adaptive Card for each word about a group, and in a storm one for many.
//
// The URL is the secret. Old connectors' URLs take the same cards, but say with status 200 that they could not
// pass one on: that is tried again.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "collector/alert/sink.h"
#include "collector/http/http_way.h"
#include "collector/sink/section_texts.h"

namespace loadline::collector {

struct MsTeamsOptions {
  SecretSource url{};
  SectionTexts texts{};  // title, text
  std::string page_url{};
  HttpWayOptions way{};
  Duration timeout = std::chrono::seconds(10);
  // After a fault of the setting: less is noise there, more delays pages once it is mended.
  Duration setting_retry = std::chrono::minutes(1);
};

// The message that has the card. No larger than the 28 KB that Teams takes: alerts that have no room are
// counted. What a process or a pod is called is no link in it.
nlohmann::json MsTeamsMessage(std::span<const Notification> batch, const MsTeamsOptions& options);

class MsTeams final : public Sink {
 public:
  // `clock` outlives it.
  MsTeams(MsTeamsOptions options, const Clock& clock);

  // Workflows bear some hundred messages a minute.
  [[nodiscard]] SinkTraits traits() const override;
  Outcome Send(std::span<const Notification> batch, const std::stop_token& stop) override;
  [[nodiscard]] std::vector<ShownMessage> Show(std::span<const Notification> batch, Wall now) const override;

 private:
  const MsTeamsOptions options_;
  const Clock& clock_;
  LiveSecret url_;
  HttpWay http_;
};

}  // namespace loadline::collector
