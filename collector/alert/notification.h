// What is sent to one receiver at one time: the alerts of a group, and why they are sent now.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collector/alert/alert.h"

namespace loadline::collector {

struct Notification {
  // The same intent has the same id over retries and restarts: receivers that know idempotency keys see a
  // resend as one.
  std::string id;
  std::string receiver;     // as the configuration names it
  std::string integration;  // which of the receiver's ways: "slack-ops/slack[0]"; names the lane
  std::string group_key;    // {}/{severity="Sev0"}:{namespace="shop"}
  Labels group_labels;
  std::string reason;  // why now: "1 new alert, told at once", "repeated after 4 h"
  Wall at{};           // when it was decided
  bool urgent = false;
  bool repeat = false;
  std::string cause{};  // why now, in Alertmanager's words: "first notification", "some alerts resolved"
  std::vector<Alert> alerts{};  // most severe first, as many as Integration::names says
  std::size_t more = 0;         // alerts of the group beyond that bound
  bool others_fire = false;     // one of several pieces, and something fires, in this one or another
  Labels route_labels{};        // of its route, as the configuration has them
  bool once = false;            // tried once, whatever comes of it, and never stored
};

// Of a text: more would make one message no person reads.
inline constexpr std::size_t kMaxAlertsPerNotification = 200;
// Of a piece where all are named: more would make one write no disk likes, and a request that many a server
// does not take.
inline constexpr std::size_t kMostAlertsOfAPiece = 1'000;
inline constexpr std::size_t kMostBytesOfAPiece = 800'000;

[[nodiscard]] bool AnyFiring(const Notification& notification);
// The most severe of the firing alerts, or of all when none fires.
[[nodiscard]] Severity MostSevere(const Notification& notification);

std::string EncodeNotification(const Notification& notification);
Result<Notification> DecodeNotification(std::string_view text);

}  // namespace loadline::collector
