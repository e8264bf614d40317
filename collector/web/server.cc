#include "collector/web/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "collector/serve/address.h"
#include "collector/serve/http_server.h"
#include "collector/web/counters.h"
#include "collector/web/site.h"

namespace loadline::collector {
namespace {

// Of these at most 16 wait for the core and as many as there are cores, but at least 8, for readers.
std::size_t PageWorkers() {
  return 32 + std::max(8U, std::thread::hardware_concurrency());
}
// Answers that are made while they are sent: the other half of the cores is for what must not be late.
int LongAnswers() {
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency() / 2));
}
// Reading gives way to what must not be late: records and alerts.
constexpr int kPageNiceness = 5;
constexpr std::size_t kProbeWorkers = 2;

// What the site is asked; the views in a WebRequest lead here and into the request.
struct Asked {
  explicit Asked(const ClientRequest& in) {
    for (const auto& [name, value] : in.query) {
      query.emplace(name, value);
      if (name == "filter") filters.push_back(value);
    }
  }
  [[nodiscard]] WebRequest Request(const ClientRequest& in, std::shared_ptr<Pipe> pipe) const {
    return {.method = in.method,
            .path = in.path,
            .query = query,
            .host = in.Header("host"),
            .if_none_match = in.Header("if-none-match"),
            .takes_gzip = in.Header("accept-encoding").find("gzip") != std::string_view::npos,
            .authorization = in.Header("authorization"),
            .origin = in.Header("origin"),
            .content_type = in.Header("content-type"),
            .content_length = in.Header("content-length"),
            .slack_signature = {in.Header("x-slack-signature"), in.Header("x-slack-request-timestamp")},
            .body = in.body,
            .filters = filters,
            .pipe = std::move(pipe)};
  }

  Query query;
  std::vector<std::string> filters;
};

Reply ReplyOf(Answer answer) {
  Reply reply{.status = answer.status, .body = std::move(answer.body)};
  reply.headers = {answer.headers.begin(), answer.headers.end()};
  if (answer.status != 304) reply.headers.emplace("Content-Type", std::move(answer.content_type));
  reply.stream = std::move(answer.stream);
  reply.feed = std::move(answer.feed);
  reply.holds = std::move(answer.holds);
  return reply;
}

class Page final : public HttpHandler {
 public:
  Page(const WebOptions& options, SnapshotSource source, const Clock& clock)
      : site_(options, std::move(source), clock) {}

  bool WantsBody(const ClientRequest& request) override {
    return site_.WantsBody(Asked(request).Request(request, nullptr));
  }
  Reply Respond(const ClientRequest& request, const std::shared_ptr<Pipe>& pipe) override {
    return ReplyOf(site_.Respond(Asked(request).Request(request, pipe)));
  }
  [[nodiscard]] const Site& site() const { return site_; }

 private:
  Site site_;
};

class Probes final : public HttpHandler {
 public:
  explicit Probes(SnapshotSource source) : source_(std::move(source)) {}

  bool WantsBody(const ClientRequest&) override { return false; }
  Reply Respond(const ClientRequest& request, const std::shared_ptr<Pipe>&) override {
    if (request.method != "GET" && request.method != "HEAD")
      return ReplyOf(ErrorAnswer(405, "only GET, HEAD"));
    if (request.path == "/readyz") return ReplyOf(Readiness(source_));
    if (request.path == "/healthz") return {.headers = {{"Content-Type", "text/plain"}}, .body = "ok\n"};
    return ReplyOf(ErrorAnswer(404, "here are only /healthz and /readyz"));
  }

 private:
  const SnapshotSource source_;
};

class TwoPorts final : public WebServer {
 public:
  TwoPorts(const WebOptions& options, SnapshotSource source, const Clock& clock)
      : options_(options), page_(options, source, clock), probes_(std::move(source)) {}

  Result<void> Listen() {
    HttpServerOptions page{.address = options_.address, .port = options_.port, .limits = options_.limits};
    page.workers = PageWorkers();
    page.long_answers = LongAnswers();
    page.niceness = kPageNiceness;
    page.on_closed = [this](const char* reason) { page_.site().counters().CountClosed(reason); };
    page.on_open = [this](std::size_t open) { page_.site().counters().SetConnections(open); };
    if (options_.tls) {
      Result<std::shared_ptr<Tls>> tls = Tls::Open(*options_.tls, options_.on_tls_trouble);
      if (!tls) return Failure(tls.error());
      page.transport = [tls = std::move(*tls)](Fd socket) { return tls->Accept(std::move(socket)); };
    }
    auto serving = HttpServer::Start(std::move(page), page_);
    if (!serving) return Failure(serving.error());
    page_server_ = std::move(*serving);
    if (!options_.probes) return {};
    HttpServerOptions probes{.address = options_.probes->address, .port = options_.probes->port};
    probes.workers = kProbeWorkers;
    probes.limits.connections = 64;
    probes.limits.per_address = 32;
    serving = HttpServer::Start(std::move(probes), probes_);
    if (!serving) return Failure(serving.error().In("the address of probes"));
    probe_server_ = std::move(*serving);
    return {};
  }

  [[nodiscard]] std::uint16_t port() const override { return page_server_->port(); }
  [[nodiscard]] std::uint16_t probes_port() const override {
    return probe_server_ ? probe_server_->port() : 0;
  }
  [[nodiscard]] std::string url() const override {
    const bool v6 = options_.address.find(':') != std::string::npos;
    return fmt::format("{}://{}:{}/", options_.tls ? "https" : "http",
                       v6 ? fmt::format("[{}]", options_.address) : options_.address, port());
  }

 private:
  const WebOptions options_;
  Page page_;
  Probes probes_;
  std::unique_ptr<HttpServer> page_server_;
  std::unique_ptr<HttpServer> probe_server_;
};

}  // namespace

Result<std::unique_ptr<WebServer>> WebServer::Start(const WebOptions& options, SnapshotSource source,
                                                    const Clock& clock) {
  auto server = std::make_unique<TwoPorts>(options, std::move(source), clock);
  if (const Result<void> listening = server->Listen(); !listening) return Failure(listening.error());
  return server;
}

}  // namespace loadline::collector
