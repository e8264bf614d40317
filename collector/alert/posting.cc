#include "collector/alert/posting.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <iterator>
#include <utility>

#include "schemas/base/printable.h"

namespace loadline::collector {
namespace {

constexpr const char* kAlertName = "alertname";

std::size_t BytesOf(const Labels& labels) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : labels) bytes += name.size() + value.size();
  return bytes;
}

// What people read first of an alert.
constexpr std::array kRead = {"summary", "description", "message", "title", "runbook_url", "runbook"};

// The last by name go first, and of those that people read none while there are others.
void DropBeyond(std::size_t most, Labels& annotations) {
  for (const bool any : {false, true}) {
    for (auto it = annotations.end(); it != annotations.begin() && annotations.size() > most;) {
      --it;
      const bool read = std::ranges::find(kRead, it->first) != kRead.end();
      if (any || !read) it = annotations.erase(it);
    }
  }
}

// The longest are cut first, for the short ones say what the alert is about.
void CutTo(std::size_t bytes, Labels& annotations) {
  for (std::size_t longest = 16 * 1024; BytesOf(annotations) > bytes && longest >= 64; longest /= 2) {
    for (auto& [name, value] : annotations) value = Cut(value, longest);
  }
  while (BytesOf(annotations) > bytes) DropBeyond(annotations.size() - 1, annotations);
}

std::string FirstOf(const Labels& labels, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (auto it = labels.find(name); it != labels.end() && !it->second.empty()) return it->second;
  }
  return "";
}

std::unexpected<Error> Refuse(std::string why) {
  return Failure(ErrorKind::kInvalid, std::move(why));
}

}  // namespace

Result<void> Complete(Posting& posting, std::optional<Wall> starts_at, std::optional<Wall> ends_at, Wall now,
                      Duration resolve_timeout, const PostingLimits& limits) {
  std::erase_if(posting.labels, [](const auto& label) { return label.second.empty(); });
  if (posting.labels.empty()) return Refuse("at least one label pair required");
  if (posting.labels.size() > limits.labels) return Refuse(fmt::format("more than {} labels", limits.labels));
  if (BytesOf(posting.labels) > limits.bytes)
    return Refuse(fmt::format("labels are larger than {} bytes", limits.bytes));
  DropBeyond(limits.annotations, posting.annotations);
  std::size_t room = limits.bytes - BytesOf(posting.labels);
  // Half an address leads nowhere.
  if (posting.generator_url.size() > room / 2) posting.generator_url.clear();
  room -= posting.generator_url.size();
  CutTo(room, posting.annotations);
  for (const Labels* labels : {&posting.labels, &posting.annotations}) {
    for (const auto& [name, value] : *labels) {
      if (name.empty()) return Refuse(fmt::format("a value without a name: '{}'", value));
    }
  }
  posting.starts_at = starts_at.value_or(ends_at.value_or(now));
  posting.ends_at = ends_at.value_or(now + resolve_timeout);
  if (posting.ends_at < posting.starts_at) return Refuse("start time must be before end time");
  return {};
}

std::string WebLink(std::string url) {
  constexpr std::size_t kLongest = 2'000;
  const bool web = url.starts_with("https://") || url.starts_with("http://");
  const bool odd = std::ranges::any_of(
      url, [](unsigned char c) { return c <= 0x20 || c == 0x7f || c == '"' || c == '<' || c == '>'; });
  return web && !odd && url.size() <= kLongest ? std::move(url) : "";
}

Severity SeverityOf(const std::string& word) {
  static constexpr std::array<std::pair<const char*, Severity>, 15> kWords = {
      {{"critical", Severity::kSev0},
       {"page", Severity::kSev0},
       {"emergency", Severity::kSev0},
       {"error", Severity::kSev1},
       {"high", Severity::kSev1},
       {"warning", Severity::kSev2},
       {"warn", Severity::kSev2},
       {"info", Severity::kSev4},
       {"informational", Severity::kSev4},
       {"none", Severity::kSev4},
       {"Sev0", Severity::kSev0},
       {"Sev1", Severity::kSev1},
       {"Sev2", Severity::kSev2},
       {"Sev3", Severity::kSev3},
       {"Sev4", Severity::kSev4}}};
  const auto found =
      std::ranges::find(kWords, word, [](const auto& entry) { return std::string(entry.first); });
  return found == kWords.end() ? Severity::kSev3 : found->second;
}

Condition ConditionOf(const Posting& posting) {
  Condition what{.rule = FirstOf(posting.labels, {kAlertName}), .labels = posting.labels};
  what.labels.erase(kAlertName);
  what.severity = SeverityOf(FirstOf(posting.labels, {"severity"}));
  what.summary = FirstOf(posting.annotations, {"summary", "message", "title", "description"});
  what.reason = FirstOf(posting.annotations, {"description", "message"});
  if (what.reason == what.summary) what.reason.clear();
  what.runbook = WebLink(FirstOf(posting.annotations, {"runbook_url", "runbook"}));
  return what;
}

}  // namespace loadline::collector
