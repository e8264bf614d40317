// Repair steps carried out by somebody else's service: each is posted to one URL, signed, and asked after there until it is
// over. What is posted is docs/repair-webhook.schema.json. Belongs to one thread.
//
// A step is begun by `"action": "begin"`, which may come again under the same id until it is answered, and asked after by
// `"look"`, which begins nothing. So a process that was killed in between asks what became of it, and whoever lost an
// answer never has a node rebooted twice.
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>

#include "collector/http/http_client.h"
#include "collector/http/secret_source.h"
#include "collector/repair/executor.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

struct StepWebhookOptions {
  std::string url;
  std::string secret_file;  // its content signs what is posted; read anew when it changes
  std::string ca_file;      // empty: the system's authorities
  std::string cluster;      // what the cluster is called
  // How long a step may take. Of one that is not over by then nobody can tell.
  Duration within = std::chrono::minutes(15);
  bool machines_only = false;  // reboot, reimage and replace are posted; Kubernetes does the rest
};

class StepWebhook {
 public:
  // What is known of a step that is under way.
  struct Progress {
    bool sent = false;   // it may have been heard of
    bool taken = false;  // it was
    Mono begun{};
    Mono next{};  // when it is asked after
    Wall deadline{};
    std::string words{};  // of the last answer, or why there was none
  };

  // `clock` must outlive it.
  StepWebhook(const StepWebhookOptions& options, const Clock& clock, std::stop_token stop);

  // Begins a step, or goes on with it.
  OrderNews Make(const RepairIntent& order, const std::string& provider_id, Progress& progress);
  // Begins nothing: what became of a step that was begun, or perhaps was not.
  OrderNews AskAfter(const RepairIntent& order, Progress& progress);

 private:
  enum class State : std::uint8_t { kRunning, kDone, kFailed, kUnknown };

  OrderNews First(const RepairIntent& order, const std::string& provider_id, Progress& progress);
  OrderNews Look(const RepairIntent& order, Progress& progress);
  Result<State> Post(const std::string& id, const std::string& body, bool looks, Progress& progress);
  [[nodiscard]] bool Waits(Progress& progress) const;

  const StepWebhookOptions& options_;
  const Clock& clock_;
  const std::stop_token stop_;
  HttpClient http_;
  LiveSecret secret_;
};

}  // namespace loadline::collector
