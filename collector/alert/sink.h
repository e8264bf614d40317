// One way of telling somebody. A sink says how a send went; when to try again is decided elsewhere
// (retry_policy.h), and on whose thread too (collector/sink/lane.h).
#pragma once

#include <map>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "collector/alert/notification.h"

namespace loadline::collector {

enum class Verdict {
  kDelivered,  // The other side has it.
  kRetry,      // It has not, or we cannot know: try again.
  kRefused,    // It never will: wrong address, wrong secret, a message it does not take.
};

struct Outcome {
  Verdict verdict = Verdict::kRetry;
  std::string detail;  // for people: "HTTP 429 from hooks.slack.com"; never a secret
  // The other side said when to come back. Everything for this receiver waits so long.
  std::optional<Duration> retry_after{};
  // What the sink wants to be told again after a restart (Sink::Recall), under keys of its own; nothing: no
  // longer. Committed with the outcome.
  std::map<std::string, std::optional<std::string>> keep{};
  // Parts (rows, recipients) that the other side refused for good in this attempt, whatever became of the
  // rest.
  std::size_t refused_items = 0;
  // Never sent: a newer word on the same group took its place. The verdict is kDelivered.
  bool superseded = false;
};

struct SinkTraits {
  double per_second = 1000;  // what the other side bears in the long run
  double burst = 1000;       // and at once
  // When more wait than may be sent, so many are told in one message. 1: the sink knows no digest.
  std::size_t digest = 1;
  // How many firing alerts of Sev0 and Sev1 one digest can name.
  std::size_t names = 50;
  // How many sends, of as many groups, it bears at once; a second one is begun only while the first takes long.
  // Of more than one Send is thread-safe, keeps nothing, and there is no upkeep.
  std::size_t at_once = 1;
  // Sinks that name the same place keep to one rate together. Empty: this one has its own. No secret.
  std::string place{};
};

// One message as the other side would get it, for people who try their texts.
struct ShownMessage {
  std::string text;    // what a person reads
  std::string body;    // what goes over the wire, without what is secret; empty: `text` is all there is
  std::string html{};  // e-mail alone, whose body is its header: `text` and this go below it
};

class Sink {
 public:
  virtual ~Sink() = default;
  [[nodiscard]] virtual SinkTraits traits() const { return {}; }
  // Something it had kept before the restart. Called before the first Send, on the same thread.
  virtual void Recall(const std::string& /*key*/, const std::string& /*value*/) {}
  // Waits until the outcome is known, bounded by a timeout of the sink's own, or until `stop` (then kRetry).
  // Called from traits().at_once threads at most. `batch` is never empty; more than one (at most traits().digest) are to
  // be told in one message.
  virtual Outcome Send(std::span<const Notification> batch, const std::stop_token& stop) = 0;
  // When the sink would bring messages up to date that it has sent before; nothing: all are. Such a turn is
  // one message to the other side as a Send is, counts for the same rate, and may wait until nothing else
  // does.
  [[nodiscard]] virtual std::optional<Mono> UpkeepDue(Mono /*now*/) const { return std::nullopt; }
  virtual Outcome Upkeep(const std::stop_token& /*stop*/) {
    return {.verdict = Verdict::kDelivered, .detail = {}};
  }
  // What Send would put into words, by the same functions, without sending it: the first word about a group.
  // Thread-safe, also beside Send; reads no secret.
  [[nodiscard]] virtual std::vector<ShownMessage> Show(std::span<const Notification> batch, Wall now) const {
    (void)batch, (void)now;
    return {};
  }
};

}  // namespace loadline::collector
