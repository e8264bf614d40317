#include "collector/sink/slack_buttons.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "collector/alert/repair_label.h"
#include "collector/alert_text/alert_words.h"
#include "collector/match/matcher.h"
#include "collector/sink/slack_blocks.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

// Slack's limits.
constexpr std::size_t kUrl = 3'000;
constexpr std::size_t kValue = 2'000;
constexpr std::size_t kWords = 75;
constexpr std::size_t kConfirmTitle = 100;
constexpr std::size_t kConfirmText = 300;
// Decided about under one message; the rest on the page.
constexpr std::size_t kMostAsked = 3;

json Button(std::string_view words, std::string action) {
  return {{"type", "button"}, {"text", SlackPlain(words, kWords)}, {"action_id", std::move(action)}};
}

// Those that all of them have.
std::vector<AlertLink> SharedLinks(std::span<const Notification> batch) {
  const std::vector<const Alert*> alerts = MostSevereFirst(batch);
  if (alerts.empty()) return {};
  std::vector<AlertLink> links = Links(*alerts.front());
  for (const Alert* alert : alerts) {
    const std::vector<AlertLink> its = Links(*alert);
    std::erase_if(links, [&](const AlertLink& link) { return std::ranges::find(its, link) == its.end(); });
  }
  return links;
}

class Actions {
 public:
  // A link asks nothing of us, but Slack tells of it.
  void AddLink(std::string_view words, const std::string& url) {
    if (url.size() > kUrl) return;
    json button = Button(words, fmt::format("{}{}", kLinkAction, elements_.size()));
    button["url"] = url;
    elements_.push_back(std::move(button));
  }
  void Add(json button, std::string name) {
    if (name.size() > kValue) return;
    button["value"] = std::move(name);
    elements_.push_back(std::move(button));
  }
  void MoveTo(std::vector<json>& blocks) {
    if (!elements_.empty()) blocks.push_back({{"type", "actions"}, {"elements", std::move(elements_)}});
  }
  [[nodiscard]] std::size_t size() const { return elements_.size(); }

 private:
  json elements_ = json::array();
};

// The one alert that a message is about, or null.
const Alert* Alone(std::span<const Notification> batch) {
  return batch.size() == 1 && batch[0].alerts.size() == 1 ? &batch[0].alerts[0] : nullptr;
}

// Ours: what others post asks elsewhere.
bool Asks(const Alert& alert) {
  return alert.rule == kRepairAsked && alert.state == AlertState::kFiring && !alert.posted &&
         alert.labels.contains(kRepairLabel);
}

// A step takes a node from the cluster: what is approved by a slip of the thumb cannot be taken back.
json Confirmation(const std::string& what) {
  return {{"title", SlackPlain("Approve this step?", kConfirmTitle)},
          {"text", SlackPlain(what + ". It is carried out as soon as the limits allow.", kConfirmText)},
          {"confirm", SlackPlain("Approve", kWords)},
          {"deny", SlackPlain("Cancel", kWords)}};
}

void AddDecisions(const Notification& notification, std::vector<json>& blocks) {
  Actions actions;
  const auto asking = std::ranges::count_if(notification.alerts, Asks);
  for (const Alert& alert : notification.alerts) {
    if (!Asks(alert) || actions.size() >= 2 * kMostAsked) continue;
    const std::string& step = LabelValue(alert.labels, "step");
    const std::string& node = LabelValue(alert.labels, "node");
    const std::string which = asking > 1 ? fmt::format(": {} {}", step, node) : "";
    const std::size_t number = actions.size() / 2;
    json approve = Button("Approve" + which, fmt::format("{}{}", kApproveAction, number));
    approve["style"] = "primary";
    approve["confirm"] = Confirmation(fmt::format("{} node {}", step, node));
    json refuse = Button("Refuse" + which, fmt::format("{}{}", kRefuseAction, number));
    refuse["style"] = "danger";
    const std::string& id = LabelValue(alert.labels, kRepairLabel);
    actions.Add(std::move(approve), id);
    actions.Add(std::move(refuse), id);
  }
  actions.MoveTo(blocks);
}

void AddSilences(const Notification& notification, Actions& actions) {
  const bool one = notification.alerts.size() == 1 && notification.more == 0;
  const std::string name =
      one ? NameOfAlert(notification.alerts[0].fingerprint) : NameOfGroup(notification.group_key);
  for (const SilenceButton& button : kSilenceButtons)
    actions.Add(Button(button.words, std::string(button.action)), name);
}

}  // namespace

std::vector<json> SlackButtons(std::span<const Notification> batch, const std::string& page_url,
                               const PressButtons& buttons) {
  std::vector<json> blocks;
  if (batch.size() == 1 && buttons.repair) AddDecisions(batch[0], blocks);
  Actions actions;
  const Alert* alone = Alone(batch);
  const bool press = buttons.silence && batch.size() == 1 && AnyFiring(batch[0]);
  if (!page_url.empty()) {
    const std::string url = page_url + "/#/alerts" + (alone != nullptr ? "/" + alone->fingerprint : "");
    actions.AddLink("Open", url);
    if (alone != nullptr && AnyFiring(batch[0]) && !press) actions.AddLink("Silence", url + "/silence");
  }
  if (press) AddSilences(batch[0], actions);
  for (const AlertLink& link : SharedLinks(batch)) actions.AddLink(link.words, link.url);
  actions.MoveTo(blocks);
  return blocks;
}

}  // namespace loadline::collector
