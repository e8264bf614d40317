// What people write for the collector: its configuration, and the alerting file with matchers, intervals,
// durations and templates in it.
#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "collector/alert_file/alert_config.h"
#include "collector/alert_file/prometheus_duration.h"
#include "collector/alert_text/text_template.h"
#include "collector/calendar/time_interval.h"
#include "collector/config/read_config.h"
#include "collector/config/settings.h"
#include "collector/match/matcher.h"
#include "tests/fuzz/readers.h"

namespace loadline::fuzz {
namespace {

using namespace collector;

const Wall kNow = Wall(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});

// The kinds that are spoken hang on their sinks and those on the network; these read as they do, with keys
// of each type.
const std::vector<IntegrationKind>& Kinds() {
  using enum KeyType;
  static const KeyTypes kHttpKeys = Keys({{kUrl, {"url", "api_url"}},
                                          {kFile, {"url_file", "app_token_file"}},
                                          {kSecret, {"app_token"}},
                                          {kLink, {"icon_url"}},
                                          {kText, {"channel", "fields", "payload", "format"}},
                                          {kTemplate, {"title", "text"}},
                                          {kFlag, {"update_message"}},
                                          {kDuration, {"timeout"}},
                                          {kCount, {"max_alerts"}},
                                          {kWhole, {"chat"}},
                                          {kHttp, {"http_config"}}});
  static const std::vector<IntegrationKind> kKinds = {
      {.name = "slack",
       .keys = kHttpKeys,
       .needs = {{.own = {"api_url", "app_token"}, .global = {"slack_api_url", ""}, .what = "no URL"}},
       .global = Keys({{kUrl, {"slack_api_url"}}})},
      {.name = "webhook", .keys = kHttpKeys},
      {.name = "email",
       .keys = Keys({{kText, {"to", "from", "min_severity", "hours"}},
                     {kHostPort, {"smarthost"}},
                     {kSecret, {"auth_password"}},
                     {kHeaders, {"headers"}},
                     {kTemplate, {"html", "text"}},
                     {kFlag, {"require_tls"}},
                     {kTls, {"tls_config"}}}),
       .needs = {{.own = {"from"}, .global = {"smtp_from"}, .what = {}}},
       .global =
           Keys({{kText, {"smtp_from"}}, {kHostPort, {"smtp_smarthost"}}, {kTls, {"smtp_tls_config"}}})}};
  return kKinds;
}

void MatcherList(std::string_view text) {
  const auto matchers = ParseMatchers(text);
  if (!matchers) return Require(!matchers.error().message.empty());
  for (const Matcher& matcher : *matchers) {
    // An equality holds of its own value, and the opposite does not.
    if (matcher.regex()) continue;
    const Labels labels = {{matcher.name(), matcher.value()}};
    Require(matcher.Matches(labels) != matcher.negative());
  }
  (void)MatchAll(*matchers, {{"namespace", "shop"}});
  (void)MatchersText(*matchers);
}

// The template, behind a zero what it is about, and behind another one a file that it may call.
void Template(std::string_view text) {
  const std::string_view itself = Cut(text, '\0');
  const auto data = nlohmann::json::parse(Cut(text, '\0'), nullptr, false);
  auto templates = std::make_shared<TemplateSet>(*TemplateSet::BuiltIn());
  if (const auto added = templates->Add(text, "fuzz.tmpl"); !added)
    Require(added.error().message.starts_with("fuzz.tmpl:"));
  const auto parsed = TextTemplate::Parse(itself, templates);
  if (!parsed) return Require(!parsed.error().message.empty());
  const auto same = [](std::string_view words) { return std::string(words); };
  const TextData about{
      .values = data.is_object() ? data : nlohmann::json::object(), .escape = same, .now = kNow};
  for (const auto& rendered : {parsed->Render(about), parsed->RenderHtml(about)}) {
    if (rendered) Require(rendered->size() <= TextTemplate::kMostRendered + 8);
  }
  (void)parsed->Literals();
}

void AlertingFile(std::string_view text) {
  const auto config = ParseAlertConfig(text, "alerting.yaml", Kinds());
  if (!config) return Require(config.error().message.starts_with("alerting.yaml"));
  Require(config->original == text && !config->plan.receivers.empty());
  // What is shown of it is YAML again.
  const std::string shown = WithoutSecrets(config->original, Kinds());
  Require(!shown.empty() && !WithoutSecrets(shown, Kinds()).empty());
}

void ConfigFile(std::string_view text) {
  auto config = ParseConfig(std::string(text), "loadline.yaml");
  if (!config) return Require(config.error().message.starts_with("loadline.yaml"));
  // Every value that was taken can be said, and said again it is the same.
  for (const Setting& setting : Settings(*config)) {
    const std::string said = Format(setting);
    Require(Parse(setting, said).has_value() && Format(setting) == said);
  }
}

void DurationText(std::string_view text) {
  const auto duration = ParsePrometheusDuration(text);
  if (duration) Require(*duration >= Duration::zero());
}

void Intervals(std::string_view text) {
  TimeInterval interval;
  const auto take = [&](const Result<IntRange>& range, std::vector<IntRange>& into, int least, int most) {
    if (!range) return;
    Require(range->first >= least && range->last <= most);
    into.push_back(*range);
  };
  take(ParseWeekdays(text), interval.weekdays, 0, 6);
  take(ParseDaysOfMonth(text), interval.days_of_month, -31, 31);
  take(ParseMonths(text), interval.months, 1, 12);
  // As Alertmanager takes them: any number, which no year need be.
  constexpr int kLeast = std::numeric_limits<int>::min();
  constexpr int kMost = std::numeric_limits<int>::max();
  take(ParseYears(text), interval.years, kLeast, kMost);
  if (const auto time = ParseTimeOfDay(text)) Require(*time >= 0 && *time <= 24 * 60);
  (void)interval.Contains(kNow);
}

constexpr std::array<Reader, 6> kReaders = {MatcherList, Template,     AlertingFile,
                                            ConfigFile,  DurationText, Intervals};

}  // namespace

std::span<const Reader> Readers() {
  return kReaders;
}

}  // namespace loadline::fuzz
