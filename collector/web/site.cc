#include "collector/web/site.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "collector/web/api.h"
#include "collector/web/assets.h"
#include "collector/web/bearer.h"
#include "collector/web/counters.h"
#include "collector/web/events.h"
#include "collector/web/hosts.h"
#include "collector/web/metrics.h"

namespace loadline::collector {
namespace {

constexpr std::string_view kApi = "/api/v1/";
constexpr std::string_view kAlertApi = "/api/v2/";
// Each waits for the core, and some for receivers.
constexpr std::size_t kWritesAtOnce = 16;

// As many answers of many bytes are made at once as Alertmanager makes.
std::size_t ReadsAtOnce() {
  return std::max<std::size_t>(8, std::thread::hardware_concurrency());
}

// Whether such an answer may be large: everything but files, one thing, and what says little.
bool IsLarge(std::string_view path) {
  if (path == "/metrics") return true;
  if (path.starts_with(kAlertApi)) return path != "/api/v2/status" && path != "/api/v2/receivers";
  return path.starts_with(kApi) && path != "/api/v1/collector" && path != "/api/v1/events" &&
         !path.ends_with(".yaml");
}

// By our name, and by Alertmanager's.
bool IsHealth(std::string_view path) {
  return path == "/healthz" || path == "/-/healthy";
}

bool IsReadiness(std::string_view path) {
  return path == "/readyz" || path == "/-/ready";
}

constexpr std::string_view kReload = "/-/reload";

// A word for each kind of path, so that the counter's labels stay few whatever is asked.
const char* KindOf(std::string_view path) {
  if (path == "/metrics") return "metrics";
  if (IsHealth(path) || IsReadiness(path)) return "health";
  if (path == "/api/v1/events") return "events";
  if (path.starts_with(kAlertApi)) return "alert_api";
  if (IsAzureHook(path)) return "azure_hook";
  if (path == kPressHook) return "slack";
  return path.starts_with(kApi) ? "api" : "page";
}

Answer PlainText(int status, std::string body) {
  return {.status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(body)};
}

AzureHookRequest HookRequest(const WebRequest& request) {
  return {request.method, request.path, request.authorization, request.body};
}

PressHookRequest PressRequest(const WebRequest& request) {
  return {request.method, request.content_type, request.content_length, request.slack_signature,
          request.body};
}

bool Reads(const WebRequest& request) {
  return request.method == "GET" || request.method == "HEAD";
}

Answer File(const Asset& asset, const WebRequest& request) {
  Answer answer{.content_type = std::string(asset.content_type)};
  // "no-cache" lets a browser keep it but makes it ask: after an upgrade the page is never the old one.
  answer.headers = {
      {"ETag", std::string(asset.etag)}, {"Cache-Control", "no-cache"}, {"Vary", "Accept-Encoding"}};
  if (request.if_none_match.find(asset.etag) != std::string_view::npos) {
    answer.status = 304;
  } else if (request.takes_gzip) {
    answer.headers["Content-Encoding"] = "gzip";
    answer.body = asset.gzip;
  } else {
    answer.body = asset.bytes;
  }
  return answer;
}

// An open stream as long as it lives, in the gauge.
class CountedStream {
 public:
  explicit CountedStream(std::shared_ptr<WebCounters> counters) : counters_(std::move(counters)) {
    counters_->streams().Increment();
  }
  CountedStream(const CountedStream&) = delete;
  CountedStream& operator=(const CountedStream&) = delete;
  ~CountedStream() { counters_->streams().Decrement(); }

 private:
  std::shared_ptr<WebCounters> counters_;
};

}  // namespace

Answer Readiness(const SnapshotSource& source) {
  const std::shared_ptr<const Snapshot> snapshot = source();
  if (!snapshot) return PlainText(503, "starting: nothing is known yet\n");
  // Without its store it goes on hearing agents and telling people: see /api/v1/collector and its alert.
  return PlainText(200, "ok\n");
}

Site::Site(WebOptions options, SnapshotSource source, const Clock& clock)
    : options_(std::move(options)),
      source_(std::move(source)),
      clock_(clock),
      counters_(std::make_shared<WebCounters>()),
      reads_(ReadsAtOnce()),
      writes_(kWritesAtOnce) {
  PressHookOptions& hook = options_.press_hook;
  if (hook.gate == nullptr || hook.desk == nullptr) return;
  counters_->HearPresses(press_refusal::kAll);
  hook.count = [counters = counters_](const char* reason) { counters->CountRefusedPress(reason); };
  hook.desk->TellRefusals(hook.count);
}

Answer Site::Respond(const WebRequest& request) const {
  Answer answer = Route(request);
  counters_->Count(KindOf(request.path), answer.status);
  const auto add = [&](const char* name, const char* value) { answer.headers.emplace(name, value); };
  add("Cache-Control", "no-store");
  add("X-Content-Type-Options", "nosniff");
  add("X-Frame-Options", "DENY");
  add("Referrer-Policy", "no-referrer");
  add("Cross-Origin-Resource-Policy", "same-origin");
  add("Cross-Origin-Opener-Policy", "same-origin");
  add("Content-Security-Policy",
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  return answer;
}

// Whoever changes something must be one of ours: no page of another site, and the bearer of the token where
// there is one.
std::optional<Answer> Site::Refuse(const WebRequest& request) const {
  // Its token stands for it, by whatever name it came.
  if (IsAzureHook(request.path)) return RefuseAzureHook(HookRequest(request), options_.azure_hook);
  // So does Slack's signature.
  if (request.path == kPressHook)
    return RefusePressHook(PressRequest(request), options_.press_hook, clock_.WallNow());
  if (!HostIsOurs(request.host, options_.hosts)) {
    return ErrorAnswer(
        421, fmt::format("this server does not answer to the name '{}': listen.web_hosts", request.host));
  }
  if (Reads(request)) return RefuseReading(request);
  const bool reload = request.method == "POST" && request.path == kReload;
  if (!reload && !request.path.starts_with(kAlertApi) && !IsReceiverTrial(request.path) &&
      !IsRepairDecision(request.path)) {
    Answer answer = ErrorAnswer(405, "this API is read-only: GET and HEAD");
    answer.headers = {{"Allow", "GET, HEAD"}};
    return answer;
  }
  // A browser sends an origin with every such request; programs send none.
  const std::string_view origin =
      request.origin.substr(std::min(request.origin.find("://"), request.origin.size()));
  if (!request.origin.empty() && origin != fmt::format("://{}", request.host))
    return ErrorAnswer(403, "pages of other sites may change nothing here");
  // Without asking first a browser sends forms and text to other sites, but never JSON.
  // To be read anew nothing is said.
  if (request.method == "POST" && !reload && !request.content_type.starts_with("application/json"))
    return ErrorAnswer(415, "the body must be application/json");
  if (!options_.alerts.may_write) return ErrorAnswer(403, "nothing can be changed here");
  const std::string token = BearerOf(request.authorization).value_or("");
  if (const Result<void> may = options_.alerts.may_write(token); !may) {
    Answer answer = ErrorAnswer(token.empty() ? 401 : 403, may.error().message);
    if (token.empty()) answer.headers = {{"WWW-Authenticate", "Bearer"}};
    return answer;
  }
  return std::nullopt;
}

std::optional<Answer> Site::RefuseReading(const WebRequest& request) const {
  const bool holds_something = request.path == "/metrics" || request.path.starts_with("/api/");
  if (!options_.may_read || !holds_something) return std::nullopt;
  const std::string token = BearerOf(request.authorization).value_or("");
  // Whoever may change things may look at them, too.
  if (!token.empty() && options_.alerts.may_write && options_.alerts.may_write(token)) return std::nullopt;
  const Result<void> may = options_.may_read(token, "get", Coarse(request.path));
  if (may) return std::nullopt;
  switch (may.error().kind) {
    case ErrorKind::kDenied:
      return ErrorAnswer(403, may.error().message);
    case ErrorKind::kInvalid: {
      Answer answer = ErrorAnswer(401, may.error().message);
      answer.headers = {{"WWW-Authenticate", "Bearer"}};
      return answer;
    }
    default: {
      Answer answer = ErrorAnswer(503, may.error().message);
      answer.headers = {{"Retry-After", "1"}};
      return answer;
    }
  }
}

bool Site::WantsBody(const WebRequest& request) const {
  return request.method == "POST" && !Refuse(request);
}

Answer Site::Route(const WebRequest& request) const {
  if (Reads(request) && IsHealth(request.path)) return PlainText(200, "ok\n");
  if (Reads(request) && IsReadiness(request.path)) return Readiness(source_);
  // Slack waits for three seconds, and this for nobody.
  if (request.path == kPressHook)
    return AnswerPressHook(PressRequest(request), options_.press_hook, clock_.WallNow());
  if (std::optional<Answer> refusal = Refuse(request)) return std::move(*refusal);
  return Admit(request);
}

// What costs much is done a few at a time.
Answer Site::Admit(const WebRequest& request) const {
  std::shared_ptr<const void> place;
  if (!Reads(request) || IsLarge(request.path)) {
    place = (Reads(request) ? reads_ : writes_).Take(request.pipe);
    if (!place) {
      Answer answer = ErrorAnswer(503, "too many such requests at once: try again");
      answer.headers = {{"Retry-After", "1"}};
      return answer;
    }
  }
  Answer answer = Answering(request);
  answer.holds = std::move(place);
  return answer;
}

Answer Site::Answering(const WebRequest& request) const {
  if (IsAzureHook(request.path)) return AnswerAzureHook(HookRequest(request), options_.azure_hook);
  if (request.path.starts_with(kAlertApi)) {
    return AnswerAlertmanager({request.method, request.path, request.query, request.filters, request.body},
                              options_.alerts);
  }
  if (request.method == "POST" && request.path == kReload) return Reload();
  if (IsReceiverTrial(request.path))
    return AnswerReceiverTrial(request.method, request.path, request.body, options_.trial);
  if (IsRepairDecision(request.path))
    return AnswerRepairDecision(request.method, request.path, request.body, options_.repairs);
  if (IsReceiverPreview(request.path))
    return AnswerReceiverPreview(request.path, request.query, options_.preview);
  for (const Asset& asset : Assets()) {
    if (asset.path == request.path) return File(asset, request);
  }
  if (request.path == "/metrics") return Metrics();
  if (request.path == "/api/v1/events") return Events();
  if (request.path.starts_with(kApi)) {
    const std::shared_ptr<const Snapshot> snapshot = source_();
    return snapshot ? AnswerApi(request.path, request.query, *snapshot)
                    : ErrorAnswer(503, "the collector is starting: nothing is known yet");
  }
  return ErrorAnswer(404, fmt::format("no such path '{}'", request.path));
}

Answer Site::Reload() const {
  if (!options_.reload) return ErrorAnswer(501, "the configuration is read at the start alone");
  if (auto reloaded = options_.reload(); !reloaded)
    return PlainText(500, fmt::format("failed to reload config: {}\n", reloaded.error().message));
  return PlainText(200, "");
}

Answer Site::Metrics() const {
  Answer answer{.content_type = "text/plain; version=0.0.4; charset=utf-8"};
  answer.stream = [snapshot = source_(), counters = counters_](const Writer& write) {
    if (!write(counters->Text())) return;
    if (snapshot) WriteMetrics(*snapshot, write);
  };
  return answer;
}

Answer Site::Events() const {
  if (counters_->streams().Value() >= static_cast<double>(options_.streams)) {
    Answer answer = ErrorAnswer(503, "too many live streams: ask again instead");
    answer.headers = {{"Retry-After", "5"}};
    return answer;
  }
  Answer answer{.content_type = "text/event-stream"};
  answer.feed = FollowEvents(source_, clock_, {}, std::make_shared<CountedStream>(counters_));
  return answer;
}

}  // namespace loadline::collector
