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
#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "collector/alert_file/explain_route.h"
#include "collector/app/choices.h"
#include "collector/app/collector.h"
#include "collector/backtest/backtest.h"
#include "collector/config/read_config.h"
#include "collector/ingest/curve_keys.h"
#include "collector/simulate/simulate.h"
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
  SimulateOptions simulate;
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
  check->add_option("FILE", arguments.check_file, "the file, or one of alerts as Alertmanager has it")
      ->required();
  check
      ->add_option("--route", arguments.route,
                   "show which receivers an alert with these labels would be routed to, and why")
      ->type_name("LABEL=VALUE,...");
  app.add_subcommand("make-key", "print a new secret CURVE key for the file collector.key, and exit");
  SetUpBacktest(
      *app.add_subcommand("backtest", "replay recorded usage against the sizing algorithms, and exit"),
      arguments.backtest);
  SetUpSimulate(
      *app.add_subcommand("simulate",
                          "let nodes fail that do not exist, print what is said of them and done about it, "
                          "and exit"),
      arguments.simulate);
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

// All that the start would do with the file, and with the file of alerts that it names; with --route also who
// would be told.
Result<void> Check(const Arguments& arguments) {
  const Result<Config> config = ReadConfigOrAlerts(arguments.check_file);
  if (!config) return Failure(config.error());
  const SystemClock clock;
  const Result<Choices> choices = TryStart(*config, clock);
  if (!choices) return Failure(choices.error());
  const std::optional<AlertConfig>& alerts = choices->alerts;
  for (const std::string& warning : alerts ? alerts->warnings : std::vector<std::string>{})
    fmt::print("{}: {}\n", config->alerting.file, Printable(warning));
  if (arguments.route.empty()) return {};
  if (!alerts) return Failure(ErrorKind::kInvalid, "there are no routes: alerting.file is not set");
  const Result<Matchers> wanted = ParseMatchers(arguments.route);
  if (!wanted) return Failure(wanted.error().In("--route"));
  Labels labels;
  for (const Matcher& matcher : *wanted) labels[matcher.name()] = matcher.value();
  fmt::print("{}", PrintableLines(ExplainRoute(*alerts, labels, clock.WallNow())));
  return {};
}

// Signals are blocked before any thread begins, so that only this descriptor sees them.
Result<Fd> CatchSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
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

// The next signal; nothing: it cannot be waited for.
std::optional<std::uint32_t> NextSignal(const Fd& signals) {
  signalfd_siginfo signal{};
  ssize_t bytes = 0;
  while ((bytes = ::read(signals.get(), &signal, sizeof signal)) < 0 && errno == EINTR) {
  }
  return bytes == sizeof signal ? std::optional(signal.ssi_signo) : std::nullopt;
}

// The configuration as it is now, when the collector could start with it.
Result<Config> Reread(const Arguments& arguments) {
  Result<Config> config = ConfigOf(arguments);
  if (!config) return config;
  const SystemClock clock;
  if (const Result<Choices> choices = TryStart(*config, clock); !choices) return Failure(choices.error());
  return config;
}

// What POST /-/reload does: the signal is to come when the answer is known to be good.
Result<void> AskForReload(const Arguments& arguments) {
  if (const Result<Config> config = Reread(arguments); !config) return Failure(config.error());
  ::kill(::getpid(), SIGHUP);
  return {};
}

using Running = std::unique_ptr<Collector>;

Result<Running> StartOne(const Config& config, const Arguments& arguments) {
  Result<Running> collector = Collector::Start(config, [&arguments] { return AskForReload(arguments); });
  if (collector) {
    spdlog::info("agents connect to {}, the page is at {}", (*collector)->agent_endpoint(),
                 (*collector)->web_url());
  }
  return collector;
}

// Everything begins anew with the new configuration, as after a restart, which forgets nothing. Where it cannot,
// the old one goes on. Fails where that cannot either.
Result<void> Reload(const Arguments& arguments, Config& config, Running& collector) {
  Result<Config> next = Reread(arguments);
  if (!next) {
    spdlog::error("the configuration is bad, the old one stays: {}", next.error().message);
    return {};
  }
  spdlog::info("reloading the configuration");
  // Whoever asked for it over HTTP is still to get the answer.
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  collector.reset();
  spdlog::set_level(spdlog::level::from_str(next->log.level));
  Result<Running> started = StartOne(*next, arguments);
  if (started) {
    config = std::move(*next);
  } else {
    spdlog::error("the new configuration does not start, the old one stays: {}", started.error().message);
    started = StartOne(config, arguments);
  }
  if (!started) return Failure(started.error());
  collector = std::move(*started);
  return {};
}

int Run(Config config, const Arguments& arguments) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("collector"));
  spdlog::set_formatter(LogLines());
  spdlog::set_level(spdlog::level::from_str(config.log.level));
  if (auto kept = KeepOnlyCapabilities(kKept); !kept) spdlog::warn("{}", kept.error().message);
  AllowManyConnections();
  const Result<Fd> signals = CatchSignals();
  if (!signals) return Fail(signals.error());
  Result<Running> collector = StartOne(config, arguments);
  if (!collector) return Fail(collector.error());
  while (NextSignal(*signals) == SIGHUP) {
    if (auto reloaded = Reload(arguments, config, *collector); !reloaded) return Fail(reloaded.error());
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
  if (app.got_subcommand("simulate")) return RunSimulate(arguments.simulate);
  Result<Config> config = ConfigOf(arguments);
  return config ? Run(std::move(*config), arguments) : Fail(config.error());
}

}  // namespace loadline::collector
