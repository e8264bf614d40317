// The words in which people are told of alerts, the same in every sink.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/alert/notification.h"
#include "schemas/base/printable.h"

namespace loadline::collector {

// "ContainerOomKilled shop/checkout/app": the rule, and what tells it from its like.
std::string Title(const Alert& alert);
// "Sev1" while it fires, then "Resolved".
std::string StateWord(const Alert& alert);
// "shop/checkout/app on node-1 in aks-prod": the place, from the labels people know, with the cluster unless
// it is a single machine that is named already; the instance where nothing else says where; "" when there are
// none of them.
std::string Where(const Alert& alert);
// A text of the alert as it may be shown: with its lines where somebody wrote them into a rule, in one where a
// process may have called itself something.
std::string Worded(const Alert& alert, std::string_view text);
// The labels that neither title nor place says, as "instance=10.0.0.1:9100, job=node": first those in which the
// alert is not like all of `others`, then the rest.
std::string FurtherLabels(const Alert& alert, std::span<const Alert* const> others);
// Where somebody who posted it leads, and what to do about it: "Source", "Dashboard", "Runbook". Links alone
// that a browser opens as a page.
struct AlertLink {
  const char* words;
  std::string url;
  bool operator==(const AlertLink& other) const { return url == other.url; }
};
std::vector<AlertLink> Links(const Alert& alert);
// What must not be shown as it is (schemas/base/printable.h) becomes a space: whatever a process calls itself
// forges no line, no header and no direction of reading.
std::string OneLine(std::string_view text);
// "2026-01-01 10:15:00 UTC"
std::string Utc(Wall at);

// Many notifications as numbers: what a digest says of what it does not name.
struct Tally {
  std::size_t firing = 0;
  std::size_t resolved = 0;
  std::map<std::pair<Severity, std::string>, std::size_t> by_rule;  // of those named; most severe first
  std::size_t more = 0;  // in none of the above: cut before they got here
  [[nodiscard]] std::size_t total() const { return firing + resolved + more; }
};
Tally Count(std::span<const Notification> batch);
// "3 firing, 1 resolved": the first words of a message about many.
std::string Headline(const Tally& tally);
// All alerts of a batch, firing before resolved, most severe first; the same alert once, in its newest state.
std::vector<const Alert*> MostSevereFirst(std::span<const Notification> batch);

}  // namespace loadline::collector
