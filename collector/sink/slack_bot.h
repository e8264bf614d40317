// Slack through a bot token: one message a group of alerts, kept true as long as anything in it fires.
//
// The first word about a group is a message. What changes later is a line of history in its thread; what is
// new, and a reminder, is also shown in the channel, for an edit notifies nobody. Then the message is edited:
// a turn of its own, so that each turn of the lane is one request and posts and edits share one rate. When
// the last alert of it has resolved the message says so and is let go; the next word begins another. A
// message that somebody has deleted is written anew. In a storm everything that waits comes as one digest,
// most severe first, and the messages it speaks of are brought up to date as Slack's rate allows.
//
// Which message belongs to which group is kept through Outcome::keep, so that a restart goes on editing it.
// The token had better stand in a file, which is read anew when it changes. Faults of the setting (revoked
// token, unknown channel) are tried again slowly, for somebody will mend them.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "collector/alert/sink.h"
#include "collector/alert/token_bucket.h"
#include "collector/sink/slack_api.h"
#include "collector/sink/slack_message.h"
#include "schemas/base/renewed_secret.h"

namespace loadline::collector {

struct SlackBotOptions {
  Secret token{};  // one of both
  std::string token_file{};
  std::string channel;                             // C0123, or #name
  std::optional<TextTemplate> channel_template{};  // in place of it: as labels have it
  bool edit = true;                                // false: every word is a message of its own
  SlackApiOptions api{};
  SlackMessageOptions message{};
  // After a fault of the setting. Less is noise on Slack's side, more delays pages once it is mended.
  Duration setting_retry = std::chrono::minutes(1);
};

class SlackBot final : public Sink {
 public:
  SlackBot(SlackBotOptions options, const Clock& clock);

  // One message a second and channel with short bursts, so that any minute has at most 60, edits among them.
  [[nodiscard]] SinkTraits traits() const override;
  void Recall(const std::string& key, const std::string& value) override;
  Outcome Send(std::span<const Notification> batch, const std::stop_token& stop) override;
  [[nodiscard]] std::optional<Mono> UpkeepDue(Mono now) const override;
  Outcome Upkeep(const std::stop_token& stop) override;
  [[nodiscard]] std::vector<ShownMessage> Show(std::span<const Notification> batch, Wall now) const override;

 private:
  struct Message {
    std::string channel;
    std::string ts;
    Notification says;  // what it shows; what it is to show, when it is stale
    bool stale = false;
  };
  using Messages = std::map<std::string, Message>;  // by group

  Result<void> Prepare(const std::stop_token& stop);
  SlackAnswer Say(const std::string& method, std::span<const Notification> batch,
                  const nlohmann::json& place);
  SlackAnswer Post(std::span<const Notification> batch);
  [[nodiscard]] std::string ChannelOf(const Notification& notification) const;
  [[nodiscard]] nlohmann::json Place(const Notification& notification) const;
  SlackAnswer Reply(const Message& message, const Notification& changes, bool in_channel);
  SlackAnswer Edit(const Message& message);
  SlackAnswer Begin(const Notification& notification);
  SlackAnswer Continue(Messages::iterator open, const Notification& notification);
  SlackAnswer Digest(std::span<const Notification> batch);
  void Note(Messages::iterator open);
  void LetGo(Messages::iterator open);
  [[nodiscard]] Outcome OutcomeOf(SlackAnswer answer);

  SlackBotOptions options_;
  const Clock& clock_;
  RenewedSecret token_file_;
  SlackApi api_;
  // chat.update bears about 50 a minute.
  TokenBucket edits_{40.0 / 60, 5};
  Messages open_;
  // Of the send under way.
  Secret token_;
  std::stop_token stop_;
  std::map<std::string, std::optional<std::string>> keep_;
};

}  // namespace loadline::collector
