#include "collector/web/server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <httplib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <thread>

#include "collector/web/connection.h"
#include "collector/web/site.h"
#include "collector/web/worker_pool.h"
#include "schemas/base/fd.h"

namespace loadline::collector {
namespace {

// Tells every thread at once that the server stops.
class StopSignal {
 public:
  [[nodiscard]] int fd() const { return event_.get(); }
  void Raise() {
    {
      std::lock_guard lock(mutex_);
      raised_ = true;
    }
    changed_.notify_all();
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(event_.get(), &one, sizeof one);
  }
  // False when raised.
  bool Sleep(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return !changed_.wait_for(lock, time, [this] { return raised_; });
  }

 private:
  Fd event_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool raised_ = false;
};

// httplib's server over our connections instead of its own, which bound neither a request's headers nor its
// time.
class HttpServer final : public httplib::Server {
 public:
  using WantsBody = std::function<bool(const httplib::Request&)>;
  HttpServer(const StopSignal& stop, const ConnectionLimits& limits, WantsBody wants_body)
      : stop_(stop), limits_(limits), wants_body_(std::move(wants_body)) {}

 private:
  bool process_and_close_socket(socket_t socket) override {
    const Fd owned(socket);
    Connection connection(socket, stop_.fd(), limits_);
    for (int left = limits_.requests; left > 0 && connection.AwaitRequest(); --left) {
      bool closed = false;
      bool body = false;
      const auto look = [&](const httplib::Request& request) {
        body = MayHaveBody(request);
        if (body && wants_body_(request)) connection.AllowBody();
      };
      if (!process_request(connection, left == 1, closed, look) || closed) break;
      // A body that nobody read must not be taken for the next request.
      if (body || connection.exceeded()) break;
    }
    ::shutdown(socket, SHUT_RDWR);
    return true;
  }

  static bool MayHaveBody(const httplib::Request& request) {
    const bool reads = request.method == "GET" || request.method == "HEAD";
    return !reads || request.has_header("Content-Length") || request.has_header("Transfer-Encoding");
  }

  const StopSignal& stop_;
  const ConnectionLimits limits_;
  const WantsBody wants_body_;
};

bool TakesGzip(const httplib::Request& request) {
  return request.get_header_value("Accept-Encoding").find("gzip") != std::string::npos;
}

// A body of ours is final: as a content provider httplib neither compresses nor cuts it.
void SetBytes(httplib::Response& out, std::string bytes, const std::string& type) {
  const auto held = std::make_shared<const std::string>(std::move(bytes));
  out.set_content_provider(held->size(), type,
                           [held](std::size_t offset, std::size_t size, httplib::DataSink& sink) {
                             return sink.write(held->data() + offset, size);
                           });
}

void SetStream(httplib::Response& out, std::function<void(const Writer&)> stream, const std::string& type) {
  out.set_chunked_content_provider(type, [stream = std::move(stream)](std::size_t, httplib::DataSink& sink) {
    bool listening = true;
    stream([&](std::string_view piece) {
      listening = listening && sink.write(piece.data(), piece.size());
      return listening;
    });
    if (listening) sink.done();
    return listening;
  });
}

// What the site is asked, with everything but the body; lives as long as httplib's request.
struct Asked {
  explicit Asked(const httplib::Request& in)
      : host(in.get_header_value("Host")),
        if_none_match(in.get_header_value("If-None-Match")),
        authorization(in.get_header_value("Authorization")),
        origin(in.get_header_value("Origin")),
        content_type(in.get_header_value("Content-Type")) {
    for (const auto& [name, value] : in.params) query.emplace(name, value);
    const auto [first, last] = in.params.equal_range("filter");
    std::transform(first, last, std::back_inserter(filters), [](const auto& entry) { return entry.second; });
  }
  [[nodiscard]] WebRequest Request(const httplib::Request& in) const {
    return {.method = in.method,
            .path = in.path,
            .query = query,
            .host = host,
            .if_none_match = if_none_match,
            .takes_gzip = TakesGzip(in),
            .authorization = authorization,
            .origin = origin,
            .content_type = content_type,
            .body = in.body,
            .filters = filters};
  }

  Query query;
  std::vector<std::string> filters;
  std::string host, if_none_match, authorization, origin, content_type;
};

void Fill(httplib::Response& out, Answer answer) {
  out.status = answer.status;
  for (const auto& [name, value] : answer.headers) out.set_header(name, value);
  if (answer.stream) {
    SetStream(out, std::move(answer.stream), answer.content_type);
  } else if (answer.headers.contains("Content-Encoding")) {
    SetBytes(out, std::move(answer.body), answer.content_type);
  } else if (answer.status != 304) {
    out.set_content(answer.body, answer.content_type);
  }
}

class HttplibWebServer final : public WebServer {
 public:
  HttplibWebServer(const WebOptions& options, SnapshotSource source, const Clock& clock)
      : options_(options),
        site_(options, std::move(source), clock, [this](auto time) { return stop_.Sleep(time); }),
        server_(stop_, options.limits,
                [this](const httplib::Request& in) { return site_.WantsBody(Asked(in).Request(in)); }) {
    server_.new_task_queue = [this] { return new WorkerPool(options_.connections, options_.connections); };
    // httplib's own options would let two servers share a port, and neither would notice.
    server_.set_socket_options([](socket_t socket) {
      const int yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    server_.set_tcp_nodelay(true);
    server_.set_payload_max_length(options_.limits.body_bytes);
    // A request whose body is wanted goes on to the handler of POST, which has read it; all others end here.
    server_.set_pre_routing_handler([this](const httplib::Request& in, httplib::Response& out) {
      if (site_.WantsBody(Asked(in).Request(in))) return httplib::Server::HandlerResponse::Unhandled;
      Handle(in, out);
      return httplib::Server::HandlerResponse::Handled;
    });
    server_.Post(".*", [this](const httplib::Request& in, httplib::Response& out) {
      Handle(in, out);
      out.set_header("Connection", "close");
    });
  }

  ~HttplibWebServer() override {
    stop_.Raise();
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  Result<void> Listen() {
    errno = 0;
    if (options_.port == 0) {
      const int port = server_.bind_to_any_port(options_.address);
      if (port <= 0) return BindFailure(errno);
      port_ = static_cast<std::uint16_t>(port);
    } else {
      if (!server_.bind_to_port(options_.address, options_.port)) return BindFailure(errno);
      port_ = options_.port;
    }
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    // stop() is forgotten when it comes before the loop runs.
    while (!server_.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return {};
  }

  [[nodiscard]] std::uint16_t port() const override { return port_; }
  [[nodiscard]] std::string url() const override {
    const bool v6 = options_.address.find(':') != std::string::npos;
    return v6 ? fmt::format("http://[{}]:{}/", options_.address, port_)
              : fmt::format("http://{}:{}/", options_.address, port_);
  }

 private:
  [[nodiscard]] std::unexpected<Error> BindFailure(int error) const {
    const std::string doing =
        fmt::format("listening for the web on {} port {}", options_.address, options_.port);
    return SystemFailure(doing, error != 0 ? error : EINVAL);
  }

  void Handle(const httplib::Request& in, httplib::Response& out) const {
    Fill(out, site_.Respond(Asked(in).Request(in)));
  }

  WebOptions options_;
  StopSignal stop_;
  Site site_;
  HttpServer server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<WebServer>> WebServer::Start(const WebOptions& options, SnapshotSource source,
                                                    const Clock& clock) {
  in6_addr address{};
  if (inet_pton(AF_INET, options.address.c_str(), &address) != 1 &&
      inet_pton(AF_INET6, options.address.c_str(), &address) != 1) {
    return Failure(ErrorKind::kInvalid, fmt::format("'{}' is not a numeric IP address", options.address));
  }
  auto server = std::make_unique<HttplibWebServer>(options, std::move(source), clock);
  if (const Result<void> listening = server->Listen(); !listening) return Failure(listening.error());
  return server;
}

}  // namespace loadline::collector
