#include "collector/app/command_line.h"

#include <fmt/format.h>
#include <linux/capability.h>
#include <signal.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>

#include "collector/alert_file/alert_config.h"
#include "collector/alert_file/explain_route.h"
#include "collector/app/cluster_name.h"
#include "collector/app/collector.h"
#include "collector/backtest/backtest.h"
#include "collector/config/read_config.h"
#include "collector/ingest/curve_keys.h"
#include "collector/sink/sink_kind.h"
#include "schemas/base/fd.h"
#include "schemas/base/hardening.h"
#include "schemas/base/log_lines.h"
#include "schemas/base/printable.h"
#include "schemas/base/version.h"

namespace loadline::collector {
namespace {

struct Arguments {
  std::string config_file;
  std::string state_dir;
  std::string listen;
  std::string web;
  std::string token_file;
  std::string keys_dir;
  std::string slack_webhook_file;
  std::string slack_token_file;
  std::string slack_channel;
  std::string compare;
  std::string create_vpas;
  std::string log_level;
  std::string check_file;
  std::string route;
  bool print_defaults = false;
  bool core_dumps = false;
  BacktestOptions backtest;
};

int Fail(const Error& error) {
  fmt::print(stderr, "loadline-collector: {}\n", PrintableLines(error.message));
  return 1;
}

void Describe(CLI::App& app, Arguments& arguments) {
  app.set_version_flag("--version", LOADLINE_VERSION);
  app.add_option("--config", arguments.config_file, "configuration file (YAML)")->type_name("FILE");
  app.add_option("--state-dir", arguments.state_dir, "state folder (store.folder)")->type_name("DIR");
  app.add_option("--listen", arguments.listen, "where agents connect (listen.agents)")
      ->type_name("tcp://HOST:PORT");
  app.add_option("--web", arguments.web, "where the page, the API and /metrics are served (listen.web)")
      ->type_name("HOST:PORT");
  app.add_option("--token-file", arguments.token_file, "token that agents must show (security.token_file)")
      ->type_name("FILE");
  app.add_option("--keys-dir", arguments.keys_dir, "CURVE keys (security.keys_folder)")->type_name("DIR");
  app.add_option("--slack-webhook-file", arguments.slack_webhook_file,
                 "file with the webhook's URL (slack.webhook_file)")
      ->type_name("FILE");
  app.add_option("--slack-token-file", arguments.slack_token_file,
                 "file with a Slack bot's token (slack.bot_token_file)")
      ->type_name("FILE");
  app.add_option("--slack-channel", arguments.slack_channel, "where the bot writes (slack.channel)")
      ->type_name("CHANNEL");
  app.add_option("--compare", arguments.compare, "a second algorithm, for comparison (recommend.compare)")
      ->type_name("ALGORITHM");
  app.add_option("--create-vpas", arguments.create_vpas,
                 "make VerticalPodAutoscalers in mode Off for workloads without one: off, * or namespaces "
                 "(kubernetes.create_vpas)")
      ->type_name("NAMESPACE,...");
  app.add_option("--log-level", arguments.log_level, "trace, debug, info, warning, error or off (log.level)")
      ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error", "off"}))
      ->type_name("LEVEL");
  app.add_flag("--core-dumps", arguments.core_dumps,
               "allow core files and debuggers, which see keys and tokens in memory");
  app.add_flag("--print-defaults", arguments.print_defaults,
               "print a configuration file with every setting, and exit");
  CLI::App* check = app.add_subcommand("check-config", "validate a configuration file, and exit");
  check->add_option("FILE", arguments.check_file, "the file")->required();
  check
      ->add_option("--route", arguments.route,
                   "show which receivers an alert with these labels would be routed to, and why")
      ->type_name("LABEL=VALUE,...");
  app.add_subcommand("make-key", "print a new secret CURVE key for the file collector.key, and exit");
  SetUpBacktest(
      *app.add_subcommand("backtest", "replay recorded usage against the sizing algorithms, and exit"),
      arguments.backtest);
}

Result<Config> ConfigOf(const Arguments& arguments) {
  Config config;
  if (!arguments.config_file.empty()) {
    Result<Config> read = ReadConfig(arguments.config_file);
    if (!read) return read;
    config = std::move(*read);
  }
  const auto set = [](std::string& setting, const std::string& argument) {
    if (!argument.empty()) setting = argument;
  };
  set(config.store.folder, arguments.state_dir);
  set(config.listen.agents, arguments.listen);
  set(config.listen.web, arguments.web);
  set(config.security.token_file, arguments.token_file);
  set(config.security.keys_folder, arguments.keys_dir);
  set(config.slack.webhook_file, arguments.slack_webhook_file);
  set(config.slack.bot_token_file, arguments.slack_token_file);
  set(config.slack.channel, arguments.slack_channel);
  set(config.recommend.compare, arguments.compare);
  set(config.kubernetes.create_vpas, arguments.create_vpas);
  set(config.log.level, arguments.log_level);
  if (auto consistent = CheckTogether(config); !consistent) return Failure(consistent.error());
  return config;
}

// The file itself, and the file of alerts that it names; with --route also who would be told.
Result<void> Check(const Arguments& arguments) {
  const Result<Config> config = ReadConfig(arguments.check_file);
  if (!config) return Failure(config.error());
  if (config->alerting.file.empty()) {
    if (arguments.route.empty()) return {};
    return Failure(ErrorKind::kInvalid, "there are no routes: alerting.file is not set");
  }
  const Result<AlertConfig> alerts = ReadAlertConfig(config->alerting.file, SpokenKinds());
  if (!alerts) return Failure(alerts.error());
  if (auto named = GivenClusterName(*config, alerts->plan.own_labels); !named) return Failure(named.error());
  for (const std::string& warning : alerts->warnings)
    fmt::print("{}: {}\n", config->alerting.file, Printable(warning));
  if (arguments.route.empty()) return {};
  const Result<Matchers> wanted = ParseMatchers(arguments.route);
  if (!wanted) return Failure(wanted.error().In("--route"));
  Labels labels;
  for (const Matcher& matcher : *wanted) labels[matcher.name()] = matcher.value();
  fmt::print("{}", PrintableLines(ExplainRoute(*alerts, labels, SystemClock().WallNow())));
  return {};
}

// Signals are blocked before any thread begins, so that only this descriptor sees them.
Result<Fd> CatchSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // A peer that hangs up, and a file that may not grow, are errors of the call, not the end of the process.
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
  Fd fd(::signalfd(-1, &signals, SFD_CLOEXEC));
  if (!fd.valid()) return SystemFailure("catching signals", errno);
  return fd;
}

// Each agent is a connection, and the usual bound of 1024 is a few hundred of them. What the system allows at
// most is taken.
void AllowManyConnections() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

// To standard output, for a pipe: `make-key >collector.key`.
int MakeKey() {
  const Result<CurveKeys> keys = NewCurveKeys();
  if (!keys) return Fail(keys.error());
  fmt::print("{}\n", keys->secret_key.Reveal());
  return 0;
}

// Of root's powers, run by hand: files of whoever started it, and a port below 1024. In a pod there are none.
constexpr std::array kKept = {CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_NET_BIND_SERVICE};

int Run(const Config& config) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("collector"));
  spdlog::set_formatter(LogLines());
  spdlog::set_level(spdlog::level::from_str(config.log.level));
  if (auto kept = KeepOnlyCapabilities(kKept); !kept) spdlog::warn("{}", kept.error().message);
  AllowManyConnections();
  const Result<Fd> signals = CatchSignals();
  if (!signals) return Fail(signals.error());
  Result<std::unique_ptr<Collector>> collector = Collector::Start(config);
  if (!collector) return Fail(collector.error());
  spdlog::info("agents connect to {}, the page is at {}", (*collector)->agent_endpoint(),
               (*collector)->web_url());
  signalfd_siginfo signal{};
  while (::read(signals->get(), &signal, sizeof signal) != sizeof signal && errno == EINTR) {
  }
  spdlog::info("stopping");
  const bool damaged = (*collector)->damaged();
  collector->reset();
  if (damaged) return 1;
  spdlog::info("stopped: everything is saved");
  return 0;
}

}  // namespace

int RunCommandLine(int argc, char** argv) {
  Arguments arguments;
  CLI::App app(
      "Receives what the agents of a cluster report, keeps it, and says what is wrong and what each "
      "container "
      "should ask for.",
      "loadline-collector");
  Describe(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  HardenProcess(arguments.core_dumps);
  if (arguments.print_defaults) {
    fmt::print("{}", DefaultConfigFile());
    return 0;
  }
  if (!arguments.check_file.empty()) {
    if (auto checked = Check(arguments); !checked) return Fail(checked.error());
    fmt::print("{}: good\n", arguments.check_file);
    return 0;
  }
  if (app.got_subcommand("make-key")) return MakeKey();
  if (app.got_subcommand("backtest")) return RunBacktest(arguments.backtest);
  const Result<Config> config = ConfigOf(arguments);
  return config ? Run(*config) : Fail(config.error());
}

}  // namespace loadline::collector
