#include "agent/app/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <map>

#include "agent/checks/check_list.h"
#include "agent/platform/event_watch.h"
#include "schemas/base/version.h"

namespace loadline::agent {
namespace {

template <typename Enum>
std::map<std::string, Enum> NamesOf(int count) {
  std::map<std::string, Enum> names;
  for (int value = 0; value < count; ++value) names.emplace(wire::Name(Enum(value)), Enum(value));
  return names;
}
const auto kSignals = NamesOf<wire::Signal>(wire::kSignalCount);
const auto kRungs = NamesOf<wire::Rung>(static_cast<int>(wire::Rung::kOff) + 1);

// The value of a name; the error lists all names.
template <typename Enum>
Enum Choose(const std::map<std::string, Enum>& names, const std::string& name, const char* option) {
  if (const auto found = names.find(name); found != names.end()) return found->second;
  std::string known;
  for (const auto& each : names) known += (known.empty() ? "" : ", ") + each.first;
  throw CLI::ValidationError(option, "'" + name + "' is not one of " + known);
}

// "oom_kill=files"
KernelProbesOptions::Ceiling ParseCeiling(const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::string rung = equals == std::string::npos ? "" : text.substr(equals + 1);
  return {.signal = Choose(kSignals, text.substr(0, equals), "--rung"),
          .rung = Choose(kRungs, rung, "--rung")};
}

std::string CheckNameList() {
  std::string list;
  for (const std::string& name : CheckNames()) list += (list.empty() ? "" : ", ") + name;
  return list;
}

std::string TopColumnList() {
  std::string list;
  for (const auto& [name, column] : TopColumnNames()) list += (list.empty() ? "" : ", ") + name;
  return list;
}

// The parser and the places it writes to before they are put into Options.
class CommandLine {
 public:
  CommandLine()
      : app_("Collects container and node metrics from the kernel and sends them to a Loadline collector.") {
    app_.set_version_flag("--version", LOADLINE_VERSION);
    app_.option_defaults()->always_capture_default();
    app_.require_subcommand(0, 1);
    app_.fallthrough();
    AddSource();
    AddChecks();
    AddUplink();
    AddDebugging();
    AddTop();
    probe_ = app_.add_subcommand("probe",
                                 "Show the collection method (rung) of each signal on this kernel and what "
                                 "each check finds, or why it cannot");
    probe_->add_flag("--json", options_.json, "As one JSON object");
    AddKmsgRules();
    ready_ = app_.add_subcommand("ready", "Exit 0 if the collector is accepting the running agent's records");
  }

  std::expected<Options, EarlyExit> Parse(int argc, const char* const* argv) {
    try {
      app_.parse(argc, argv);
      Settle();
    } catch (const CLI::Error& error) {
      return std::unexpected(Explain(error));
    }
    return std::move(options_);
  }

 private:
  void AddSource() {
    MachineSourceOptions& source = options_.source;
    app_.add_option("--cgroup-root", source.host.cgroup_mount,
                    "Mount point of the host's cgroup file system");
    app_.add_option("--disk", source.disks, "File system to report, given by any path on it; repeatable");
    app_.add_option("--off", off_, "Signal to disable; repeatable");
    app_.add_option("--kernel-log", source.log.file, "Kernel log to look for node faults in");
    app_.add_option(
        "--kernel-log-rules", source.log.rules,
        std::string("Rule file in node-problem-detector's format to use instead of the built-in rules; "
                    "repeatable; '") +
            kBuiltInRules + "' is the built-in rules");
    app_.add_option("--scheduled-events", options_.scheduled_events,
                    "Whether to report what Azure announces for this machine (freeze, reboot, redeploy, "
                    "preempt, terminate): auto (on machines of Azure), off, or the http:// address of a "
                    "metadata service")
        ->check([](const std::string& text) {
          const auto service = MetadataService(text, {});
          return service ? std::string() : service.error().message + ", nor auto or off";
        });
    app_.add_flag("--run-queue", run_queue_, "Also measure run-queue latency; hooks every context switch");
    app_.add_option("--rung", ceilings_, "Best collection method to try, as SIGNAL=RUNG; repeatable");
  }

  void AddChecks() {
    CheckOptions& checks = options_.source.checks;
    app_.add_option("--check-off", checks.off,
                    "Check on the node to disable, or all; repeatable: " + CheckNameList());
    app_.add_option(
        "--check-kubelet", checks.kubelet,
        "ADDRESS:PORT where the kubelet serves /healthz; default: 127.0.0.1:10248 where the agent "
        "shares the node's network");
    app_.add_option("--check-runtime", checks.runtime_socket,
                    "Socket of the container runtime; default: that of containerd or CRI-O where it is seen");
    app_.add_option("--check-dns", checks.dns_name,
                    "Name to resolve; default: the API server's service in a cluster, else the DNS root");
    app_.add_option(
        "--check-plugins", checks.plugins,
        "Folder with custom plugin monitors of node-problem-detector (*.json) and their programs");
  }

  void AddDebugging() {
    app_.add_flag("--core-dumps", options_.core_dumps,
                  "Allow core files and debuggers, which see keys and tokens in memory");
  }

  void AddUplink() {
    app_.add_option("--collector", options_.collector, "Address of the collector")
        ->envname("LOADLINE_COLLECTOR");
    app_.add_option("--collector-key-file", options_.collector_key_file,
                    "File with the collector's public key")
        ->envname("LOADLINE_COLLECTOR_KEY_FILE");
    app_.add_option("--key-file", options_.key_file,
                    "File with the secret key of agents; without it only a collector that accepts any key "
                    "answers")
        ->envname("LOADLINE_KEY_FILE");
    app_.add_option("--token-file", options_.token_file, "File with the bearer token for the collector")
        ->envname("LOADLINE_TOKEN_FILE");
    app_.add_option("--node", options_.node, "Name of this node; default: the host name")
        ->envname("LOADLINE_NODE");
    app_.add_option("--ready-file", options_.ready_file,
                    "File that exists while the collector accepts records; `ready` checks it");
    app_.add_option(
            "--collector-gone-webhook-file", options_.collector_gone.webhook_file,
            "File with the URL of a Slack-compatible incoming webhook to notify when the collector has been "
            "unreachable for 30 s, and when it is back")
        ->envname("LOADLINE_COLLECTOR_GONE_WEBHOOK_FILE");
    app_.add_option("--collector-gone-nodes", options_.collector_gone.nodes,
                    "Approximate number of nodes in the cluster: about eight of them notify the webhook")
        ->check(CLI::PositiveNumber);
    app_.add_option("--window", window_s_, "Reporting interval, seconds")->check(CLI::Range(1, 300));
    app_.add_option(
            "--cpu-budget", options_.timing.cpu_budget,
            "CPU the agent may use, thousandths of a core; above it, it samples less often. 0: no budget")
        ->check(CLI::Range(0, 64'000));
    app_.add_option("--spool-dir", options_.spool.directory,
                    "Folder for unacknowledged records; default: memory only");
    app_.add_option("--linger", linger_s_,
                    "Seconds to wait on shutdown for the collector to acknowledge what is left")
        ->check(CLI::Range(0, 300));
    app_.add_option("--spool-mib", spool_mib_, "Maximum size of that folder, MiB")
        ->check(CLI::Range(1, 65536));
    app_.add_option("--spool-memory-mib", spool_memory_mib_, "Memory for unacknowledged records, MiB")
        ->check(CLI::Range(1, 1024));
  }

  void AddTop() {
    top_ = app_.add_subcommand("top", "Show this machine's cgroups, live; needs no collector");
    TopOptions& top = options_.top;
    top_->add_option("--sort", sort_, "Column to sort by: " + TopColumnList());
    top_->add_flag("--reverse", top.reverse, "Sort ascending");
    top_->add_flag("--all", top.all, "Include idle cgroups, slices and nested cgroups");
    top_->add_option("--interval", interval_s_, "Refresh interval, seconds")->check(CLI::Range(1, 60));
    top_->add_option("--count", top.count, "Exit after this many refreshes, as plain text")
        ->check(CLI::PositiveNumber);
    top_->add_option("--rows", top.rows, "Maximum rows in plain text; 0 is all");
    top_->add_flag("--once", once_, "The same as --count 1");
  }

  void AddKmsgRules() {
    KmsgRulesOptions& kmsg = options_.kmsg_rules;
    kmsg_rules_ = app_.add_subcommand(
        "kmsg-rules", "Find node faults in a kernel log, by rules in node-problem-detector's format");
    kmsg_rules_->footer(
        "Prints for each match, between tabs: line number, condition or 'temporary', reason, text.");
    kmsg_rules_
        ->add_option(
            "FILE", kmsg.log,
            "Output of dmesg or journalctl, kern.log, a serial console, /dev/kmsg; - is standard input")
        ->required();
    kmsg_rules_->add_option("--rules", kmsg.rules,
                            std::string("Rule file to use instead of the built-in rules; repeatable; '") +
                                kBuiltInRules + "' is the built-in rules");
  }

  void Settle() {
    MachineSourceOptions& source = options_.source;
    source.off.clear();
    for (const std::string& name : source.checks.off) {
      const std::vector<std::string> names = CheckNames();
      if (name != "all" && std::ranges::find(names, name) == names.end())
        throw CLI::ValidationError("--check-off", "'" + name + "' is not one of all, " + CheckNameList());
    }
    for (const std::string& signal : off_) source.off.push_back(Choose(kSignals, signal, "--off"));
    options_.top.sort = Choose(TopColumnNames(), sort_, "--sort");
    if (!run_queue_) source.off.push_back(wire::Signal::kRunQueue);
    for (const std::string& ceiling : ceilings_) source.ceilings.push_back(ParseCeiling(ceiling));
    options_.timing.window = std::chrono::seconds(window_s_);
    options_.timing.first_window = std::min(options_.timing.first_window, options_.timing.window);
    options_.spool.disk_bytes = static_cast<std::size_t>(spool_mib_) << 20;
    options_.spool.memory_bytes = static_cast<std::size_t>(spool_memory_mib_) << 20;
    options_.linger = std::chrono::seconds(linger_s_);
    options_.top.interval = std::chrono::seconds(interval_s_);
    if (once_) options_.top.count = 1;
    if (*top_) options_.command = Options::Command::kTop;
    if (*probe_) options_.command = Options::Command::kProbe;
    if (*kmsg_rules_) options_.command = Options::Command::kKmsgRules;
    if (*ready_) {
      options_.command = Options::Command::kReady;
      if (options_.ready_file.empty()) throw CLI::RequiredError("--ready-file");
    }
    if (options_.command == Options::Command::kRun && options_.collector_key_file.empty()) {
      throw CLI::RequiredError("--collector-key-file");
    }
  }

  EarlyExit Explain(const CLI::Error& error) {
    std::ostringstream out, err;
    const int status = app_.exit(error, out, err);
    return {.status = status == 0 ? 0 : 2, .text = out.str() + err.str()};
  }

  CLI::App app_;
  CLI::App* top_ = nullptr;
  CLI::App* probe_ = nullptr;
  CLI::App* ready_ = nullptr;
  CLI::App* kmsg_rules_ = nullptr;
  Options options_;
  std::vector<std::string> off_;
  std::vector<std::string> ceilings_;
  std::string sort_ = "cpu";
  bool run_queue_ = false;
  bool once_ = false;
  int window_s_ = 10;
  int interval_s_ = 1;
  int linger_s_ = 0;
  int spool_mib_ = 256;
  int spool_memory_mib_ = 4;
};

}  // namespace

std::expected<Options, EarlyExit> ParseCommandLine(int argc, const char* const* argv) {
  return CommandLine().Parse(argc, argv);
}

}  // namespace loadline::agent
