#include "collector/cli/loadlinectl.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <optional>

#include "collector/cli/alert_preview.h"
#include "collector/cli/api_client.h"
#include "collector/cli/follow.h"
#include "collector/cli/listing.h"
#include "collector/cli/patch.h"
#include "collector/cli/repair_decision.h"
#include "collector/cli/test_notification.h"
#include "collector/cli/why.h"
#include "collector/cli/words.h"
#include "schemas/base/printable.h"
#include "schemas/base/secret_file.h"
#include "schemas/base/version.h"

namespace loadline::collector {
namespace {

constexpr std::chrono::milliseconds kWatchEvery{2'000};

enum ExitCode { kDone = 0, kRefused = 1, kUsage = 2, kUnreachable = 3 };

struct Command {
  std::string server;
  Listing listing;
  std::vector<std::string> words;  // that a row must have
  std::string output;              // "", "wide", "json"
  bool watch = false;
  std::string subject;   // of `why`
  std::string workload;  // of `recommend`
  std::string patch = "kubectl";
  bool follow = false;
  PreviewRequest preview;  // without a receiver: not asked for
  std::string receiver;    // of `test-notification`
  RepairDecision repair;   // without an id: none is made
  std::string token_file;  // empty: no token is shown
  std::string ca_file;     // empty: the system's authorities
};

std::string Joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : " ") + word;
  return all;
}

// The collector searches what there may be many of; the others are searched here.
bool SearchedByCollector(const std::string& resource) {
  return resource == "nodes" || resource == "workloads" || resource == "recommendations";
}

Json WithWords(Json items, const std::vector<std::string>& words) {
  Json found = Json::array();
  for (Json& item : items) {
    const std::string text = item.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (std::ranges::all_of(words,
                            [&](const std::string& word) { return text.find(word) != std::string::npos; })) {
      found.push_back(std::move(item));
    }
  }
  return found;
}

Result<std::string> GetText(ApiClient& api, const Command& command, bool colours, Wall now) {
  std::string path = command.listing.resource;
  if (SearchedByCollector(path)) path += "?search=" + UrlEncode(Joined(command.words));
  Result<Json> list = api.GetAll(path);
  if (!list) return Failure(list.error());
  Json& items = (*list)["items"];
  if (!SearchedByCollector(command.listing.resource)) items = WithWords(std::move(items), command.words);
  if (command.output == "json") {
    (*list)["total"] = items.size();
    return JsonText(*list, command.watch ? -1 : 2) + "\n";
  }
  // Of repairs: with nothing to list, too, it is said who repairs.
  const std::string stand_by = list->value("stand_by", "");
  const std::string standing =
      stand_by.empty() ? "" : fmt::format("Repair stands by: {}\n", Printable(stand_by));
  if (items.empty()) return standing + fmt::format("No {} found.\n", command.listing.resource);
  // For people: at the end of a forwarded port there may be another cluster than they think.
  const std::string cluster = list->value("cluster", "");
  const std::string head =
      colours && !cluster.empty() ? Toned(Printable(cluster), Tone::kFaint, colours) + "\n" : "";
  return head + standing + Render(TableOf(command.listing, items, now), colours);
}

int Fail(const Terminal& terminal, const Error& error) {
  terminal.error(fmt::format("loadlinectl: {}\n", error.message));
  return error.kind == ErrorKind::kUnavailable ? kUnreachable : kRefused;
}

// Draws over the last drawing on a terminal; elsewhere writes again only what has changed.
int Watch(ApiClient& api, const Command& command, const Terminal& terminal, const Clock& clock) {
  std::string last;
  do {
    const Result<std::string> text = GetText(api, command, terminal.colours, clock.WallNow());
    if (!text) return Fail(terminal, text.error());
    if (terminal.rewrites) {
      terminal.out("\x1b[H\x1b[J" + *text);
    } else if (*text != last) {
      terminal.out((last.empty() || command.output == "json" ? "" : "\n") + *text);
    }
    last = *text;
  } while (terminal.wait(kWatchEvery));
  return kDone;
}

int Follow(ApiClient& api, const Command& command, const Terminal& terminal) {
  Follower follower(command.words);
  do {
    const Result<Json> happenings = api.GetAll("happenings");
    const Result<Json> alerts = api.GetAll("alerts");
    const Result<Json> advice = api.GetAll("recommendations?search=" + UrlEncode(Joined(command.words)));
    for (const auto* answer : {&happenings, &alerts, &advice}) {
      if (!*answer) return Fail(terminal, answer->error());
    }
    for (const std::string& line : follower.Look(*happenings, *alerts, *advice)) terminal.out(line);
  } while (terminal.wait(kWatchEvery));
  return kDone;
}

int Recommend(ApiClient& api, const Command& command, const Terminal& terminal) {
  const Result<Json> workload = api.Get("workloads/" + EncodePath(command.workload));
  if (!workload) return Fail(terminal, workload.error());
  const Result<std::string> text = command.patch == "vpa" ? VpaManifest(*workload) : KubectlPatch(*workload);
  if (!text) return Fail(terminal, text.error());
  terminal.out(PrintableLines(*text));
  return kDone;
}

int Carry(const Command& command, const Terminal& terminal, const Clock& clock) {
  Result<Secret> token = command.token_file.empty() ? Secret() : ReadSecretFile(command.token_file);
  if (!token) return Fail(terminal, token.error().In("the token"));
  ApiClient api(command.server, {.token = std::move(*token), .ca_file = command.ca_file});
  if (command.follow) return Follow(api, command, terminal);
  if (command.watch) return Watch(api, command, terminal, clock);
  if (!command.workload.empty()) return Recommend(api, command, terminal);
  if (!command.repair.id.empty()) {
    const auto said = Decide(api, command.repair, terminal.user);
    if (!said) return Fail(terminal, said.error());
    terminal.out(*said);
    return kDone;
  }
  if (!command.preview.receiver.empty()) {
    const auto said = AlertPreview(api, command.preview, clock.WallNow());
    if (!said) return Fail(terminal, said.error());
    terminal.error(PrintableLines(said->warnings));
    terminal.out(said->text);
    return kDone;
  }
  if (!command.receiver.empty()) {
    const auto said = TestNotification(api, command.receiver, terminal.user);
    if (!said) return Fail(terminal, said.error());
    terminal.out(said->text);
    return said->delivered ? kDone : kRefused;
  }
  const Result<std::string> text = command.subject.empty()
                                       ? GetText(api, command, terminal.colours, clock.WallNow())
                                       : Why(api, command.subject, clock.WallNow());
  if (!text) return Fail(terminal, text.error());
  terminal.out(*text);
  return kDone;
}

void DescribePreview(CLI::App& app, PreviewRequest& request) {
  CLI::App* alert = app.add_subcommand("alert", "Notification tools");
  alert->require_subcommand(1);
  CLI::App* preview = alert->add_subcommand(
      "preview", "Print what a receiver would be sent for an alert, without sending it");
  preview->fallthrough();
  alert->fallthrough();
  preview
      ->add_option("RECEIVER", request.receiver,
                   "Name of a receiver in the alerting file; default where there is none")
      ->required();
  CLI::Option* one = preview->add_option("--alert", request.alert, "An alert: its fingerprint or its rule");
  preview
      ->add_option("--example", request.example,
                   "A sample alert of this rule; the default is one of ContainerOomKilled")
      ->type_name("RULE")
      ->excludes(one);
  preview->add_flag("--resolved", request.resolved, "What is sent when the alert resolves");
  CLI::Option* file =
      preview
          ->add_option("--config", request.file,
                       "An alerting file to try before it is loaded; the collector is not asked")
          ->type_name("FILE");
  preview->add_option("--page-url", request.page_url, "With --config: where links lead (alerting.page_url)")
      ->type_name("URL")
      ->needs(file);
  CLI::Option* json = preview->add_flag("--json", request.json, "As JSON, with the raw request bodies");
  preview->add_flag("--html", request.html, "Only the HTML part of e-mails")->excludes(json);
  preview->footer(
      "loadlinectl alert preview ops                      of the running collector (--server, as ever)\n"
      "loadlinectl alert preview ops --alert NodeSilent   of an existing alert\n"
      "loadlinectl alert preview ops --config alerts.yml  of a file that is not loaded yet");
}

void DescribeRepair(CLI::App& app, Command& command) {
  CLI::App* repair =
      app.add_subcommand("repair", "Show node repairs, and decide about steps that ask for approval");
  repair->require_subcommand(1);
  repair->fallthrough();
  CLI::App* list = repair->add_subcommand("list", "List node repairs, as `get repairs` does");
  list->fallthrough();
  list->callback([&command] { command.listing.resource = "repairs"; });
  list->add_option("WORD", command.words, "Filter: only rows that match all words");
  list->add_option("-o,--output", command.output, "wide or json")->check(CLI::IsMember({"wide", "json"}));
  for (const bool approve : {true, false}) {
    CLI::App* decision =
        repair->add_subcommand(approve ? "approve" : "refuse",
                               approve ? "Approve a step; it is carried out as soon as nothing holds it back"
                                       : "Refuse a step: the node is yours until it is well again");
    decision->fallthrough();
    decision->add_option("STEP", command.repair.id, "The step's id, or the name of its node")->required();
    decision->callback([&command, approve] { command.repair.approve = approve; });
  }
}

void Describe(CLI::App& app, Command& command) {
  app.require_subcommand(1);
  app.set_version_flag("--version", "loadlinectl " LOADLINE_VERSION);
  app.add_option("--server", command.server, "URL of the collector; also LOADLINE_SERVER")
      ->capture_default_str();
  app.add_option("--token-file", command.token_file,
                 "File with the bearer token for the collector: that of security.read_token_file, of "
                 "security.write_token_file for test-notification, or a Kubernetes token; also "
                 "LOADLINE_TOKEN_FILE")
      ->type_name("FILE");
  app.add_option("--ca-file", command.ca_file,
                 "File with the CA certificate that the collector's certificate is verified with, PEM; also "
                 "LOADLINE_CA_FILE")
      ->type_name("FILE");
  app.fallthrough();
  CLI::App* get =
      app.add_subcommand("get", "List nodes, workloads, recommendations, alerts, node repairs or incidents");
  get->add_option("RESOURCE", command.listing.resource,
                  "nodes, workloads, recommendations, alerts, repairs or stories")
      ->required()
      ->check(CLI::IsMember({"nodes", "workloads", "recommendations", "alerts", "repairs", "stories"}));
  get->add_option("WORD", command.words, "Filter: only rows that match all words");
  get->add_option("-o,--output", command.output, "wide or json")->check(CLI::IsMember({"wide", "json"}));
  get->add_flag("-w,--watch", command.watch, "Watch for changes");
  CLI::App* follow =
      app.add_subcommand("follow", "Stream OOM kills, alerts and recommendations as they happen");
  follow->add_option("WORD", command.words, "Filter: only rows that match all words");
  follow->callback([&command] { command.follow = true; });
  CLI::App* recommend =
      app.add_subcommand("recommend", "Print a patch that applies a workload's recommendation");
  recommend->add_option("WORKLOAD", command.workload, "A workload's id: shop/Deployment/cart")->required();
  recommend
      ->add_option("--patch", command.patch,
                   "kubectl: a patch of its requests; vpa: a VerticalPodAutoscaler in mode Off")
      ->capture_default_str()
      ->check(CLI::IsMember({"kubectl", "vpa"}));
  DescribePreview(app, command.preview);
  CLI::App* test = app.add_subcommand(
      "test-notification", "Send a test notification to a receiver, and show whether it was delivered");
  test->add_option("RECEIVER", command.receiver,
                   "Name of a receiver in the alerting file; default where there is none")
      ->required();
  DescribeRepair(app, command);
  CLI::App* why = app.add_subcommand("why", "Explain the state of a workload, an alert or a node");
  why->add_option("SUBJECT", command.subject,
                  "A workload's id or name, a node's name, an alert's fingerprint or rule")
      ->required();
}

// The exit code when there is nothing to carry out: help was asked for, or the line is wrong.
std::optional<int> Parse(CLI::App& app, const std::vector<std::string>& arguments, const Terminal& terminal) {
  try {
    // CLI11 takes them from the back.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    return std::nullopt;
  } catch (const CLI::Success&) {
    const bool version = std::ranges::count(arguments, "--version") > 0;
    terminal.out(version ? app.version() + "\n" : app.help());
    return kDone;
  } catch (const CLI::ParseError& error) {
    terminal.error(fmt::format("loadlinectl: {}\nSee loadlinectl --help.\n", error.what()));
    return kUsage;
  }
}

}  // namespace

int RunLoadlinectl(const std::vector<std::string>& arguments, const Terminal& terminal, const Clock& clock) {
  Command command{.server = terminal.server.empty() ? kDefaultServer : terminal.server};
  command.token_file = terminal.token_file;
  command.ca_file = terminal.ca_file;
  CLI::App app("Query and control a Loadline collector", "loadlinectl");
  Describe(app, command);
  if (const std::optional<int> code = Parse(app, arguments, terminal)) return *code;
  command.listing.wide = command.output == "wide";
  try {
    return Carry(command, terminal, clock);
  } catch (const Json::exception&) {
    return Fail(terminal,
                {ErrorKind::kInvalid, fmt::format("{} answers, but not as this version of loadlinectl "
                                                  "understands it: are both of the same version?",
                                                  command.server)});
  }
}

}  // namespace loadline::collector
