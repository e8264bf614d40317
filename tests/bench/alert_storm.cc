// A storm of alerts against a Slack that takes one message a second: is the first critical one told in time,
// is every alert accounted for, and is Slack's rate kept?
//
// Alerting, lane and sink are the collector's; the stand-in for Slack answers 429 to whatever comes too fast,
// and each message accounts for the alerts that it names or counts as it was posted. Told is an incoming
// webhook, and a bot that edits its messages and answers in their threads, whose edits count for the rate
// too.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <regex>
#include <thread>

#include "collector/alert/alerting.h"
#include "collector/sink/lanes.h"
#include "collector/sink/slack_bot.h"
#include "collector/sink/slack_webhook.h"
#include "tests/bench/figure.h"
#include "tests/support/memory_journal.h"
#include "tests/support/slack.h"
#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

struct Options {
  std::vector<int> alerts = {500, 50'000};
  double seconds = 10;
  int rounds = 3;  // of each size
  std::vector<std::string> via = {"webhook", "bot"};
  bool json = false;
};

struct Storm {
  double first_critical_ms = 0;
  long lost = 0;
  int messages_per_minute = 0;
  int limited = 0;
};

Happening Kill(int number, Wall at) {
  const bool critical = number % 100 == 50;
  return {{.rule = "ContainerOomKilled",
           .labels = {{"namespace", fmt::format("team-{}", number % 20)},
                      {"container", fmt::format("c{}", number)}},
           .severity = critical ? Severity::kSev0 : Severity::kSev2,
           .summary = "killed at its limit",
           .reason = "oom_kill rose",
           .keep = 1h,
           .urgent = true},
          at};
}

// How many firing alerts a message accounts for: in its headline, or line by line in a thread's history.
long Accounted(const test::Slack::Posted& posted) {
  static const std::regex kMany("^([0-9]+) firing");
  static const std::regex kLine("\n• \\*Sev");
  static const std::regex kRest("\n… and ([0-9]+) more");
  const std::string text = posted.first.value("text", "");
  std::smatch found;
  if (posted.thread_ts.empty()) return std::regex_search(text, found, kMany) ? std::stol(found[1]) : 1;
  const long rest = std::regex_search(text, found, kRest) ? std::stol(found[1]) : 0;
  return rest + std::distance(std::sregex_iterator(text.begin(), text.end(), kLine), {});
}

int BusiestMinute(const std::vector<Mono>& taken) {
  long most = 0;
  for (auto first = taken.begin(); first != taken.end(); ++first)
    most = std::max(most, std::lower_bound(first, taken.end(), *first + 60s) - first);
  return static_cast<int>(most);
}

std::unique_ptr<Sink> SinkTo(test::Slack& slack, const std::string& via, const std::string& secret_file,
                             const Clock& clock) {
  if (via == "bot") {
    std::ofstream(secret_file) << "xoxb-test";
    return std::make_unique<SlackBot>(
        SlackBotOptions{.token_file = secret_file, .channel = "#ops", .api = {.url = slack.ApiUrl()}}, clock);
  }
  std::ofstream(secret_file) << slack.WebhookUrl();
  return std::make_unique<SlackWebhook>(SlackWebhookOptions{.url_file = secret_file}, clock);
}

Storm Run(const std::string& via, int alerts, double seconds) {
  SystemClock clock;
  TemporaryFolder folder;
  test::Slack slack({.per_second = 1, .burst = 3});
  Lanes lanes(clock);
  lanes.Add("ops/slack[0]", SinkTo(slack, via, folder.path() + "/secret", clock));
  const RoutingPlan plan = PlanFor({.name = "ops", .integrations = {{.name = "ops/slack[0]"}}});
  test::MemoryJournal journal;
  Alerting alerting({}, plan, journal, lanes);
  if (!alerting.Restore(clock.WallNow())) return {};

  const Mono start = clock.Now();
  Mono first_critical{};
  constexpr int kSteps = 500;
  for (int step = 0, number = 0; step < kSteps; ++step) {
    std::vector<Happening> kills;
    for (; number < static_cast<long>(alerts) * (step + 1) / kSteps; ++number) {
      kills.push_back(Kill(number, clock.WallNow()));
      if (number == 50) first_critical = clock.Now();
    }
    if (!kills.empty()) alerting.Happened(kills, clock.WallNow());
    const std::vector<DeliveryReport> reports = lanes.TakeReports();
    alerting.Settle(reports, clock.WallNow());
    std::this_thread::sleep_until(start + std::chrono::duration_cast<Duration>(
                                              std::chrono::duration<double>(seconds * (step + 1) / kSteps)));
  }
  for (const Mono end = clock.Now() + 60s; alerting.waiting() > 0 && clock.Now() < end;) {
    std::this_thread::sleep_for(20ms);
    const std::vector<DeliveryReport> reports = lanes.TakeReports();
    alerting.Settle(reports, clock.WallNow());
    alerting.Update({}, {}, clock.WallNow());
  }
  Storm storm{.first_critical_ms = 1e9, .lost = alerts, .messages_per_minute = 0, .limited = slack.limited()};
  for (const auto& posted : slack.posted()) {
    storm.lost -= Accounted(posted);
    if (test::VisibleText(posted.first).find("Sev0") != std::string::npos) {
      storm.first_critical_ms = std::min(storm.first_critical_ms, Seconds(posted.at - first_critical) * 1e3);
    }
  }
  storm.messages_per_minute = BusiestMinute(slack.taken());
  return storm;
}

void Measure(const Options& options, const std::string& via) {
  for (const int alerts : options.alerts) {
    std::vector<double> criticals;
    Storm worst;
    for (int round = 0; round < options.rounds; ++round) {
      const Storm storm = Run(via, alerts, options.seconds);
      criticals.push_back(storm.first_critical_ms);
      worst.lost = std::abs(storm.lost) > std::abs(worst.lost) ? storm.lost : worst.lost;
      worst.messages_per_minute = std::max(worst.messages_per_minute, storm.messages_per_minute);
      worst.limited = std::max(worst.limited, storm.limited);
    }
    // The last and largest size through the webhook has the plain names.
    const std::string of = (via == "webhook" ? "" : "_" + via) +
                           (alerts == options.alerts.back() ? "" : fmt::format("_{}", alerts));
    const auto print = [&](const std::string& metric, double value, const std::string& unit) {
      bench::Print("alert-storm", {.metric = metric + of, .value = value, .unit = unit}, options.json);
    };
    print("first_critical_p99_ms", std::ranges::max(criticals), "ms");
    print("lost", static_cast<double>(worst.lost), "alerts");
    print("messages_per_minute", worst.messages_per_minute, "messages");
    print("answers_429", worst.limited, "answers");
  }
}

}  // namespace
}  // namespace loadline::collector

int main(int argc, char** argv) {
  loadline::collector::Options options;
  CLI::App app("A storm of alerts against a Slack of one message a second");
  app.add_option("--alerts", options.alerts, "sizes of the storms");
  app.add_option("--seconds", options.seconds, "in which they come");
  app.add_option("--via", options.via, "webhook, bot, or both")->check(CLI::IsMember({"webhook", "bot"}));
  app.add_option("--rounds", options.rounds, "of each size; the worst counts");
  app.add_flag("--json", options.json);
  CLI11_PARSE(app, argc, argv);
  for (const std::string& via : options.via) loadline::collector::Measure(options, via);
  return 0;
}
