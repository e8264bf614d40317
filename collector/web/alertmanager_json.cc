#include "collector/web/alertmanager_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "schemas/base/foreign_json.h"
#include "schemas/base/time_text.h"

namespace loadline::collector {
namespace {

constexpr std::size_t kMaxMatchers = 100;
constexpr std::size_t kMaxText = 8 * 1024;

std::unexpected<Error> Bad(std::string why) {
  return Failure(ErrorKind::kInvalid, std::move(why));
}

// What else Alertmanager takes for a date-time, as RFC 3339 has it: without a zone (UTC), seconds or a time of day, and an
// offset without its colon.
std::string Lengthened(std::string text) {
  constexpr std::size_t kDate = 10;
  constexpr std::size_t kMinutes = 16;
  constexpr std::size_t kBareOffset = 5;
  if (text.size() <= kDate) return text + "T00:00:00Z";
  const std::size_t zone = text.find_first_of("Zz+-", kDate);
  std::string offset = zone == std::string::npos ? "Z" : text.substr(zone);
  if (offset.size() == kBareOffset) offset.insert(3, 1, ':');
  text.resize(std::min(zone, text.size()));
  return text + (text.size() == kMinutes ? ":00" : "") + offset;
}

// A member that may be missing, or empty. Fails on one that is no instant; zero times count as missing.
Result<std::optional<Wall>> Instant(const Json& in, const char* name) {
  const auto found = in.find(name);
  if (found == in.end() || found->is_null()) return std::optional<Wall>();
  if (!found->is_string()) return Bad(fmt::format("{} must be a date-time", name));
  const auto text = found->get<std::string>();
  if (text.empty()) return std::optional<Wall>();
  if (auto instant = ParseRfc3339(text)) return instant;
  if (auto instant = ParseRfc3339(Lengthened(text))) return instant;
  return Failure(ParseRfc3339(text).error().In(name));
}

Result<Labels> LabelsIn(const Json& in, const char* name) {
  Labels labels;
  const auto found = in.find(name);
  if (found == in.end() || found->is_null()) return labels;
  if (!found->is_object()) return Bad(fmt::format("{} must be an object", name));
  for (const auto& [key, value] : found->items()) {
    if (value.is_null()) continue;
    if (!value.is_string()) return Bad(fmt::format("{}.{} must be a string", name, key));
    labels[key] = value.get<std::string>();
  }
  return labels;
}

Result<std::string> TextIn(const Json& in, const char* name) {
  const auto found = in.find(name);
  if (found == in.end() || found->is_null()) return std::string();
  if (!found->is_string()) return Bad(fmt::format("{} must be a string", name));
  auto text = found->get<std::string>();
  if (text.size() > kMaxText) return Bad(fmt::format("{} is longer than {} bytes", name, kMaxText));
  return text;
}

Result<Posting> ReadPosting(const Json& in, Wall now, Duration resolve_timeout) {
  if (!in.is_object()) return Bad("an alert must be an object");
  Result<Labels> labels = LabelsIn(in, "labels");
  if (!labels) return Failure(labels.error());
  Result<Labels> annotations = LabelsIn(in, "annotations");
  if (!annotations) return Failure(annotations.error());
  const auto url = in.find("generatorURL");
  if (url != in.end() && !url->is_null() && !url->is_string()) return Bad("generatorURL must be a string");
  const auto starts_at = Instant(in, "startsAt");
  if (!starts_at) return Failure(starts_at.error());
  const auto ends_at = Instant(in, "endsAt");
  if (!ends_at) return Failure(ends_at.error());
  Posting posting{.labels = std::move(*labels), .annotations = std::move(*annotations)};
  if (url != in.end() && url->is_string()) posting.generator_url = url->get<std::string>();
  if (auto done = Complete(posting, *starts_at, *ends_at, now, resolve_timeout); !done)
    return Failure(done.error());
  return posting;
}

bool FlagIn(const Json& in, const char* name, bool otherwise) {
  const auto found = in.find(name);
  return found == in.end() || !found->is_boolean() ? otherwise : found->get<bool>();
}

Result<Matcher> ReadMatcher(const Json& in) {
  if (!in.is_object()) return Bad("a matcher must be an object");
  const Result<std::string> name = TextIn(in, "name");
  if (!name) return Failure(name.error());
  const Result<std::string> value = TextIn(in, "value");
  if (!value) return Failure(value.error());
  if (name->empty()) return Bad("a matcher needs a name");
  const bool equal = FlagIn(in, "isEqual", true);
  if (FlagIn(in, "isRegex", false))
    return Matcher::Make(*name, equal ? Matcher::Op::kMatches : Matcher::Op::kMatchesNot, *value);
  return Matcher::Make(*name, equal ? Matcher::Op::kEqual : Matcher::Op::kNotEqual, *value);
}

}  // namespace

Json GettableAlert(const AlertSeen& seen, Wall now, Duration lasts) {
  Json receivers = Json::array();
  for (const std::string& name : seen.receivers) receivers.push_back({{"name", name}});
  const bool suppressed = !seen.silenced_by.empty() || !seen.inhibited_by.empty();
  const Alert& alert = *seen.alert;
  Json out = {{"annotations", Annotations(alert)},
              {"endsAt", Rfc3339(alert.posted ? alert.posted->ends_at : now + lasts)},
              {"fingerprint", alert.fingerprint},
              {"receivers", std::move(receivers)},
              {"startsAt", Rfc3339(alert.since)},
              {"status",
               {{"inhibitedBy", seen.inhibited_by},
                {"silencedBy", seen.silenced_by},
                {"mutedBy", Json::array()},
                {"state", suppressed ? "suppressed" : "active"}}},
              {"updatedAt", Rfc3339(now)},
              {"labels", RoutedLabels(alert)}};
  if (alert.posted && !alert.posted->generator_url.empty()) out["generatorURL"] = alert.posted->generator_url;
  return out;
}

Json GettableSilence(const Silence& silence, Wall now) {
  Json matchers = Json::array();
  for (const Matcher& matcher : silence.matchers) {
    matchers.push_back({{"name", matcher.name()},
                        {"value", matcher.value()},
                        {"isRegex", matcher.regex()},
                        {"isEqual", !matcher.negative()}});
  }
  Json out = {{"id", silence.id},
              {"status", {{"state", Name(silence.StateAt(now))}}},
              {"updatedAt", Rfc3339(silence.updated_at)},
              {"comment", silence.comment},
              {"createdBy", silence.created_by},
              {"endsAt", Rfc3339(silence.ends_at)},
              {"matchers", std::move(matchers)},
              {"startsAt", Rfc3339(silence.starts_at)}};
  if (silence.until_resolved) out["untilResolved"] = true;
  return out;
}

Result<std::vector<Posting>> ReadPostings(std::string_view body, Wall now, Duration resolve_timeout,
                                          std::vector<std::string>& faults) {
  const Json in = ParseMended<Json>(body);
  if (!in.is_array()) return Bad("parsing alerts body: expected a JSON array of alerts");
  std::vector<Posting> postings;
  for (const Json& one : in) {
    Result<Posting> posting = ReadPosting(one, now, resolve_timeout);
    posting ? postings.push_back(std::move(*posting)) : faults.push_back(posting.error().message);
  }
  return postings;
}

Result<Silence> ReadSilence(std::string_view body) {
  const Json in = ParseMended<Json>(body);
  if (!in.is_object()) return Bad("parsing silence body: expected a JSON object");
  Silence silence;
  for (const auto& [name, into] :
       {std::pair("id", &silence.id), {"createdBy", &silence.created_by}, {"comment", &silence.comment}}) {
    Result<std::string> text = TextIn(in, name);
    if (!text) return Failure(text.error());
    *into = std::move(*text);
  }
  for (const auto& [name, into] : {std::pair("startsAt", &silence.starts_at), {"endsAt", &silence.ends_at}}) {
    const auto at = Instant(in, name);
    if (!at) return Failure(at.error());
    if (!at->has_value()) return Bad(fmt::format("{} in body is required", name));
    *into = **at;
  }
  silence.until_resolved = FlagIn(in, "untilResolved", false);
  const auto matchers = in.find("matchers");
  if (matchers == in.end() || !matchers->is_array() || matchers->size() > kMaxMatchers)
    return Bad(fmt::format("matchers in body must be an array of 1 to {}", kMaxMatchers));
  for (const Json& one : *matchers) {
    Result<Matcher> matcher = ReadMatcher(one);
    if (!matcher) return Failure(matcher.error());
    silence.matchers.push_back(std::move(*matcher));
  }
  return silence;
}

}  // namespace loadline::collector
