#include "collector/web/alertmanager.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <random>

#include "collector/web/alertmanager_json.h"
#include "schemas/base/time_text.h"

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

// Nothing when it is not among those asked for. On alerting's thread.
std::optional<AlertSeen> See(const Alert& alert, const Alerting& alerting, const Choice& choice, Wall now) {
  if (alert.state != AlertState::kFiring) return std::nullopt;
  const Labels labels = RoutedLabels(alert);
  if (!MatchAll(choice.filters, labels)) return std::nullopt;
  AlertSeen seen;
  for (const Route* route : MatchRoutes(alerting.dispatcher().plan().root, labels))
    seen.receivers.push_back(route->receiver);
  if (auto muted = alerting.mutes().Inhibited(alert)) seen.inhibited_by = std::move(muted->by);
  if (auto muted = alerting.mutes().Silenced(alert, now)) seen.silenced_by = std::move(muted->by);
  if (!Wanted(seen, choice)) return std::nullopt;
  seen.alert = alert;
  return seen;
}

Answer GetAlerts(const AlertApiRequest& request, AlertDesk& desk) {
  const Result<Choice> choice = ChoiceOf(request);
  if (!choice) return Refusal(choice.error());
  std::vector<AlertSeen> chosen;
  Wall at{};
  Duration lasts{};
  const bool done = desk.With([&](Alerting& alerting, Wall now) {
    at = now;
    lasts = alerting.dispatcher().plan().resolve_timeout;
    for (const auto& [fingerprint, alert] : alerting.book().alerts()) {
      if (auto seen = See(alert, alerting, *choice, now)) chosen.push_back(std::move(*seen));
    }
  });
  if (!done) return Busy();
  Json out = Json::array();
  for (const AlertSeen& seen : chosen) out.push_back(GettableAlert(seen, at, lasts));
  return Ok(out);
}

struct GroupSeen {
  Labels labels;
  std::string receiver;
  std::vector<AlertSeen> alerts;
};

Answer GetGroups(const AlertApiRequest& request, AlertDesk& desk) {
  const Result<Choice> choice = ChoiceOf(request);
  if (!choice) return Refusal(choice.error());
  std::vector<GroupSeen> groups;
  Wall at{};
  Duration lasts{};
  const bool done = desk.With([&](Alerting& alerting, Wall now) {
    at = now;
    lasts = alerting.dispatcher().plan().resolve_timeout;
    for (const auto& [key, group] : alerting.dispatcher().groups()) {
      if (!MatchAll(choice->receiver, {{"receiver", group.route->receiver}})) continue;
      GroupSeen seen{.labels = group.labels, .receiver = group.route->receiver, .alerts = {}};
      for (const std::string& fingerprint : group.members) {
        const Alert* alert = alerting.book().Find(fingerprint);
        auto member = alert ? See(*alert, alerting, *choice, now) : std::nullopt;
        if (member) seen.alerts.push_back(std::move(*member));
      }
      if (!seen.alerts.empty()) groups.push_back(std::move(seen));
    }
  });
  if (!done) return Busy();
  Json out = Json::array();
  for (const GroupSeen& group : groups) {
    Json alerts = Json::array();
    for (const AlertSeen& seen : group.alerts) alerts.push_back(GettableAlert(seen, at, lasts));
    out.push_back(
        {{"alerts", std::move(alerts)}, {"labels", group.labels}, {"receiver", {{"name", group.receiver}}}});
  }
  return Ok(out);
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

// A random UUID: what clients of Alertmanager take for a silence's id.
std::string NewId() {
  std::random_device random;
  const auto word = [&] { return random(); };
  const unsigned a = word(), b = word(), c = word(), d = word();
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:04x}{:08x}", a, b >> 16U, b & 0xfffU,
                     0x8000U | ((c >> 16U) & 0x3fffU), c & 0xffffU, d);
}

Answer GetSilences(const AlertApiRequest& request, AlertDesk& desk) {
  const Result<Matchers> filters = Filters(request);
  if (!filters) return Refusal(filters.error());
  std::vector<Silence> silences;
  Wall at{};
  const bool done = desk.With([&](const Alerting& alerting, Wall now) {
    at = now;
    for (const auto& [id, silence] : alerting.mutes().silences().all()) {
      Labels named;
      for (const Matcher& matcher : silence.matchers) named[matcher.name()] = matcher.value();
      if (MatchAll(*filters, named)) silences.push_back(silence);
    }
  });
  if (!done) return Busy();
  // Those in force first, and of these the one that ends soonest.
  static constexpr std::array kOrder = {1, 0, 2};
  std::ranges::sort(silences, {}, [&](const Silence& silence) {
    return std::pair(kOrder.at(static_cast<std::size_t>(silence.StateAt(at))), silence.ends_at);
  });
  Json out = Json::array();
  for (const Silence& silence : silences) out.push_back(GettableSilence(silence, at));
  return Ok(out);
}

Answer PostSilence(const AlertApiRequest& request, AlertDesk& desk) {
  Result<Silence> silence = ReadSilence(request.body);
  if (!silence) return Refusal(silence.error());
  Result<std::string> id;
  const bool done = desk.With(
      [&](Alerting& alerting, Wall now) { id = alerting.SetSilence(std::move(*silence), now, NewId()); });
  if (!done) return Busy();
  return id ? Ok({{"silenceID", *id}}) : Refusal(id.error());
}

Answer OneSilence(const AlertApiRequest& request, const std::string& id, AlertDesk& desk) {
  if (request.method == "DELETE") {
    Result<void> expired;
    const bool done =
        desk.With([&](Alerting& alerting, Wall now) { expired = alerting.ExpireSilence(id, now); });
    if (!done) return Busy();
    return expired ? Answer{} : Refusal(expired.error());
  }
  std::optional<Silence> found;
  Wall at{};
  const bool done = desk.With([&](const Alerting& alerting, Wall now) {
    at = now;
    if (const Silence* silence = alerting.mutes().silences().Find(id)) found = *silence;
  });
  if (!done) return Busy();
  return found ? Ok(GettableSilence(*found, at)) : Refusal(404, fmt::format("no silence {}", id));
}

Answer GetReceivers(AlertDesk& desk) {
  Json out = Json::array();
  const bool done = desk.With([&](const Alerting& alerting, Wall) {
    for (const Receiver& receiver : alerting.dispatcher().plan().receivers)
      out.push_back({{"name", receiver.name}});
  });
  return done ? Ok(out) : Busy();
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

}  // namespace

Answer AnswerAlertmanager(const AlertApiRequest& request, const AlertApiOptions& options) {
  if (!options.desk) return Refusal(404, "alerts are not served here");
  AlertDesk& desk = *options.desk;
  const std::string_view rest = request.path.substr(std::min(request.path.size(), kPrefix.size()));
  const bool get = request.method == "GET" || request.method == "HEAD";
  const bool post = request.method == "POST";
  if (rest == "alerts" && post) return PostAlerts(request, desk);
  if (rest == "silences" && post) return PostSilence(request, desk);
  if (rest == "alerts" || rest == "silences") {
    if (!get) return NotAllowed("GET, HEAD, POST");
    return rest == "alerts" ? GetAlerts(request, desk) : GetSilences(request, desk);
  }
  if (rest.starts_with(kSilence)) {
    if (!get && request.method != "DELETE") return NotAllowed("GET, HEAD, DELETE");
    return OneSilence(request, std::string(rest.substr(kSilence.size())), desk);
  }
  if (!get) return NotAllowed("GET, HEAD");
  if (rest == "alerts/groups") return GetGroups(request, desk);
  if (rest == "receivers") return GetReceivers(desk);
  if (rest == "status") return GetStatus(options);
  return Refusal(404, fmt::format("no such path '{}'", request.path));
}

}  // namespace loadline::collector
