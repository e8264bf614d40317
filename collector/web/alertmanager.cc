#include "collector/web/alertmanager.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "collector/web/alertmanager_json.h"
#include "collector/web/silence_id.h"
#include "schemas/base/time_text.h"
#include "schemas/base/version.h"

namespace loadline::collector {
namespace {

constexpr std::string_view kPrefix = "/api/v2/";
constexpr std::string_view kSilence = "silence/";

// Alertmanager's clients expect a bare string.
Answer Refusal(int status, std::string_view message) {
  return {.status = status, .body = Text(Json(std::string(message)))};
}

Answer Ok(const Json& body) {
  return {.body = Text(body)};
}

Answer Busy() {
  Answer answer = Refusal(503, "the collector is starting, stopping or too busy: try again");
  answer.headers = {{"Retry-After", "5"}};
  return answer;
}

// Of a fault in alerting: whose it is.
Answer Refusal(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kInvalid:
      return Refusal(400, error.message);
    case ErrorKind::kNotFound:
      return Refusal(404, error.message);
    case ErrorKind::kExhausted:
      return Refusal(429, error.message);
    default:
      return Refusal(503, error.message);
  }
}

Answer NotAllowed(std::string_view allow) {
  Answer answer = Refusal(405, fmt::format("only {}", allow));
  answer.headers = {{"Allow", std::string(allow)}};
  return answer;
}

// Which alerts are asked for.
struct Choice {
  bool active = true;
  bool silenced = true;
  bool inhibited = true;
  Matchers filters;
  Matchers receiver;  // over the one label "receiver"; empty: any
};

Result<Matchers> Filters(const AlertApiRequest& request) {
  Matchers filters;
  for (const std::string& text : request.filters) {
    Result<Matchers> some = ParseMatchers(text);
    if (!some) return Failure(some.error().In("filter"));
    std::ranges::move(*some, std::back_inserter(filters));
  }
  return filters;
}

Result<Choice> ChoiceOf(const AlertApiRequest& request) {
  Choice choice;
  for (const auto& [name, into] : {std::pair("active", &choice.active),
                                   {"silenced", &choice.silenced},
                                   {"inhibited", &choice.inhibited}}) {
    if (const auto found = request.query.find(name); found != request.query.end()) {
      if (found->second != "true" && found->second != "false")
        return Failure(ErrorKind::kInvalid, fmt::format("'{}' must be true or false", name));
      *into = found->second == "true";
    }
  }
  Result<Matchers> filters = Filters(request);
  if (!filters) return Failure(filters.error());
  choice.filters = std::move(*filters);
  if (const auto found = request.query.find("receiver");
      found != request.query.end() && !found->second.empty()) {
    Result<Matcher> receiver = Matcher::Make("receiver", Matcher::Op::kMatches, found->second);
    if (!receiver) return Failure(receiver.error().In("receiver"));
    choice.receiver.push_back(std::move(*receiver));
  }
  return choice;
}

bool Wanted(const AlertSeen& seen, const Choice& choice) {
  const bool silenced = !seen.silenced_by.empty();
  const bool inhibited = !seen.inhibited_by.empty();
  if (!choice.active && !silenced && !inhibited) return false;
  if ((!choice.silenced && silenced) || (!choice.inhibited && inhibited)) return false;
  return choice.receiver.empty() || std::ranges::any_of(seen.receivers, [&](const std::string& name) {
           return MatchAll(choice.receiver, {{"receiver", name}});
         });
}

// Nothing when it is not among those asked for.
std::optional<AlertSeen> See(const std::shared_ptr<const Alert>& alert, const AlertsShown& shown,
                             const Choice& choice) {
  if (alert->state != AlertState::kFiring) return std::nullopt;
  const Labels labels = RoutedLabels(*alert);
  if (!MatchAll(choice.filters, labels)) return std::nullopt;
  AlertSeen seen{.alert = alert, .receivers = {}, .silenced_by = {}, .inhibited_by = {}};
  for (const Route* route : MatchRoutes(shown.plan().root, labels)) seen.receivers.push_back(route->receiver);
  if (auto source = shown.InhibitedBy(*alert)) seen.inhibited_by.push_back(*std::move(source));
  seen.silenced_by = shown.silences().Matching(labels, shown.at());
  if (!Wanted(seen, choice)) return std::nullopt;
  return seen;
}

// A list that is made while it is sent: however long it is, no more of it is in memory than the reader lags
// behind.
class JsonList {
 public:
  explicit JsonList(const Writer& write) : write_(write) {}

  // False: nobody reads any more.
  bool Add(const Json& item) {
    text_ += std::exchange(first_, false) ? "[" : ",";
    text_ += Text(item);
    return text_.size() < kPiece || write_(std::exchange(text_, {}));
  }
  void End() { write_(text_ + (first_ ? "[]" : "]")); }

 private:
  static constexpr std::size_t kPiece = 32 * 1024;
  const Writer& write_;
  std::string text_;
  bool first_ = true;
};

using Shown = std::shared_ptr<const AlertsShown>;

Answer GetAlerts(const AlertApiRequest& request, Shown shown) {
  Result<Choice> choice = ChoiceOf(request);
  if (!choice) return Refusal(choice.error());
  Answer answer;
  answer.stream = [shown = std::move(shown), choice = std::move(*choice)](const Writer& write) {
    JsonList list(write);
    for (const auto& alert : shown->alerts()) {
      const auto seen = See(alert, *shown, choice);
      if (seen && !list.Add(GettableAlert(*seen, shown->at(), shown->plan().resolve_timeout))) return;
    }
    list.End();
  };
  return answer;
}

struct GroupSeen {
  const Route* route = nullptr;
  Labels labels;
  std::string receiver;
  std::vector<AlertSeen> alerts;
};

// By their ids: what each route that takes an alert makes one group of.
std::map<std::string, GroupSeen> GroupsOf(const AlertsShown& shown, const Choice& choice) {
  std::map<std::string, GroupSeen> groups;
  for (const auto& alert : shown.alerts()) {
    const std::optional<AlertSeen> seen = See(alert, shown, choice);
    if (!seen) continue;
    const Labels labels = RoutedLabels(*alert);
    for (const Route* route : MatchRoutes(shown.plan().root, labels)) {
      if (!MatchAll(choice.receiver, {{"receiver", route->receiver}})) continue;
      Labels common = GroupLabels(*route, labels);
      GroupSeen& group = groups[GroupId(*route, common)];
      group.labels = std::move(common);
      group.receiver = route->receiver;
      group.route = route;
      group.alerts.push_back(*seen);
    }
  }
  return groups;
}

// As they would be told of now.
Labels RouteLabelsOf(const GroupSeen& group, const AlertsShown& shown) {
  const auto& fill = shown.plan().fill_route_labels;
  if (!fill || group.route->labels.empty()) return {};
  Notification told{.id = {},
                    .receiver = group.receiver,
                    .integration = {},
                    .group_key = GroupKey(*group.route, group.labels),
                    .group_labels = group.labels,
                    .reason = {},
                    .at = shown.at(),
                    .route_labels = group.route->labels};
  for (const AlertSeen& seen : group.alerts) told.alerts.push_back(*seen.alert);
  return fill(told);
}

Answer GetGroups(const AlertApiRequest& request, Shown shown) {
  Result<Choice> choice = ChoiceOf(request);
  if (!choice) return Refusal(choice.error());
  Answer answer;
  answer.stream = [shown = std::move(shown), choice = std::move(*choice)](const Writer& write) {
    JsonList list(write);
    for (const auto& [key, group] : GroupsOf(*shown, choice)) {
      Json alerts = Json::array();
      for (const AlertSeen& seen : group.alerts)
        alerts.push_back(GettableAlert(seen, shown->at(), shown->plan().resolve_timeout));
      if (!list.Add({{"alerts", std::move(alerts)},
                     {"labels", group.labels},
                     {"receiver", {{"name", group.receiver}}},
                     {"routeLabels", RouteLabelsOf(group, *shown)}}))
        return;
    }
    list.End();
  };
  return answer;
}

Answer PostAlerts(const AlertApiRequest& request, AlertDesk& desk) {
  Result<std::vector<Posting>> postings;
  std::vector<std::string> faults;
  Result<void> kept;
  const bool done = desk.With([&](Alerting& alerting, Wall now) {
    postings = ReadPostings(request.body, now, alerting.dispatcher().plan().resolve_timeout, faults);
    if (postings) kept = alerting.Post(*postings, now);
  });
  if (!done) return Busy();
  if (!postings) return Refusal(postings.error());
  if (!kept) return Refusal(kept.error());
  return faults.empty() ? Answer{} : Refusal(400, fmt::format("{}", fmt::join(faults, "; ")));
}

Answer GetSilences(const AlertApiRequest& request, Shown shown) {
  const Result<Matchers> filters = Filters(request);
  if (!filters) return Refusal(filters.error());
  const Wall at = shown->at();
  std::vector<const Silence*> silences;
  for (const auto& [id, silence] : shown->silences().all()) {
    Labels named;
    for (const Matcher& matcher : silence.matchers) named[matcher.name()] = matcher.value();
    if (MatchAll(*filters, named)) silences.push_back(&silence);
  }
  // Those in force first, and of these the one that ends soonest.
  static constexpr std::array kOrder = {1, 0, 2};
  std::ranges::sort(silences, {}, [&](const Silence* silence) {
    return std::pair(kOrder.at(static_cast<std::size_t>(silence->StateAt(at))), silence->ends_at);
  });
  Answer answer;
  answer.stream = [shown = std::move(shown), silences = std::move(silences)](const Writer& write) {
    JsonList list(write);
    for (const Silence* silence : silences) {
      if (!list.Add(GettableSilence(*silence, shown->at()))) return;
    }
    list.End();
  };
  return answer;
}

Answer PostSilence(const AlertApiRequest& request, AlertDesk& desk) {
  Result<Silence> silence = ReadSilence(request.body);
  if (!silence) return Refusal(silence.error());
  Result<std::string> id;
  const bool done = desk.With([&](Alerting& alerting, Wall now) {
    id = alerting.SetSilence(std::move(*silence), now, NewSilenceId());
  });
  if (!done) return Busy();
  return id ? Ok({{"silenceID", *id}}) : Refusal(id.error());
}

Answer ExpireSilence(const std::string& id, AlertDesk& desk) {
  Result<void> expired;
  const bool done =
      desk.With([&](Alerting& alerting, Wall now) { expired = alerting.ExpireSilence(id, now); });
  if (!done) return Busy();
  return expired ? Answer{} : Refusal(expired.error());
}

Answer GetSilence(const std::string& id, const AlertsShown& shown) {
  const Silence* found = shown.silences().Find(id);
  return found ? Ok(GettableSilence(*found, shown.at())) : Refusal(404, fmt::format("no silence {}", id));
}

Answer GetReceivers(const AlertsShown& shown) {
  Json out = Json::array();
  for (const Receiver& receiver : shown.plan().receivers) out.push_back({{"name", receiver.name}});
  return Ok(out);
}

Answer GetStatus(const AlertApiOptions& options) {
  return Ok({{"cluster", {{"status", "disabled"}, {"peers", Json::array()}}},
             {"config", {{"original", options.config}}},
             {"uptime", Rfc3339(options.started)},
             {"versionInfo",
              {{"branch", ""},
               {"buildDate", ""},
               {"buildUser", ""},
               {"goVersion", ""},
               {"revision", "loadline"},
               {"version", LOADLINE_VERSION}}}});
}

// What can be read without the core's thread.
Answer Read(const AlertApiRequest& request, std::string_view rest, const AlertApiOptions& options) {
  if (rest == "status") return GetStatus(options);
  const bool silence = rest.starts_with(kSilence);
  if (!silence && rest != "alerts" && rest != "alerts/groups" && rest != "silences" && rest != "receivers")
    return Refusal(404, fmt::format("no such path '{}'", request.path));
  Shown shown = options.desk->Shown();
  if (!shown) return Busy();
  if (silence) return GetSilence(std::string(rest.substr(kSilence.size())), *shown);
  if (rest == "alerts") return GetAlerts(request, std::move(shown));
  if (rest == "alerts/groups") return GetGroups(request, std::move(shown));
  if (rest == "silences") return GetSilences(request, std::move(shown));
  return GetReceivers(*shown);
}

}  // namespace

Answer AnswerAlertmanager(const AlertApiRequest& request, const AlertApiOptions& options) {
  if (!options.desk) return Refusal(404, "alerts are not served here");
  const std::string_view rest = request.path.substr(std::min(request.path.size(), kPrefix.size()));
  if (request.method == "GET" || request.method == "HEAD") return Read(request, rest, options);
  if (request.method == "POST" && rest == "alerts") return PostAlerts(request, *options.desk);
  if (request.method == "POST" && rest == "silences") return PostSilence(request, *options.desk);
  if (rest.starts_with(kSilence)) {
    if (request.method != "DELETE") return NotAllowed("GET, HEAD, DELETE");
    return ExpireSilence(std::string(rest.substr(kSilence.size())), *options.desk);
  }
  return NotAllowed(rest == "alerts" || rest == "silences" ? "GET, HEAD, POST" : "GET, HEAD");
}

}  // namespace loadline::collector
