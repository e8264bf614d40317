#include "collector/kube_api/kube_client.h"

#include <fmt/core.h>

#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>

#include "schemas/base/foreign_json.h"
#include "schemas/base/json_fields.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

constexpr int kAttempts = 5;
constexpr Duration kLongestWait = 30s;
// A page of 500 pods is 5 MiB and more.
constexpr Bytes kMaxAnswer = 64 * kMiB;
constexpr std::size_t kMaxLine = 16 << 20;
// Bookmarks come about once a minute; a stream silent for longer than two of them is dead.
constexpr Duration kStreamSilence = 150s;

ApiAnswer Parsed(HttpResponse response) {
  return {response.status, response.body.empty() ? nlohmann::json() : ParseForeign(response.body)};
}

// Cuts what comes in pieces into lines.
class Lines {
 public:
  explicit Lines(std::function<bool(std::string_view)> on_line) : on_line_(std::move(on_line)) {}
  bool Add(std::string_view piece) {
    std::size_t end = 0;
    while ((end = piece.find('\n')) != piece.npos) {
      held_.append(piece.substr(0, end));
      piece.remove_prefix(end + 1);
      const bool more = held_.empty() || on_line_(held_);
      held_.clear();
      if (!more) return false;
    }
    held_.append(piece);
    return held_.size() <= kMaxLine;
  }

 private:
  std::function<bool(std::string_view)> on_line_;
  std::string held_;
};

}  // namespace

bool WaitUnlessStopped(Duration time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

Error ErrorOf(const ApiAnswer& answer) {
  ErrorKind kind = ErrorKind::kInvalid;
  if (answer.status == 401 || answer.status == 403) kind = ErrorKind::kDenied;
  if (answer.status == 404) kind = ErrorKind::kNotFound;
  if (MayDoLater(answer.status)) kind = ErrorKind::kUnavailable;
  std::string words = fmt::format("the API server answered {}", answer.status);
  if (const std::string message = Text(answer.body, "message"); !message.empty()) words += ": " + message;
  return {kind, words};
}

KubeClient::KubeClient(KubeAccess access, const Clock& clock, std::stop_token stop)
    : access_(std::move(access)),
      clock_(clock),
      stop_(std::move(stop)),
      http_(
          {.ca_pem = access_.ca_pem, .certificate_pem = access_.certificate_pem, .key_pem = access_.key_pem}),
      bearer_(access_) {}

Result<HttpRequest> KubeClient::Prepare(const ApiRequest& request) {
  if (request.method != "GET") {
    if (auto may = MayChange(); !may) return Failure(may.error());
  }
  auto token = bearer_.Get(clock_.WallNow());
  if (!token) return Failure(token.error());
  HttpRequest http{.method = request.method,
                   .url = access_.server + request.path,
                   .headers = {"Accept: " + request.accept},
                   .timeout = request.timeout,
                   .max_answer = kMaxAnswer,
                   .stop = stop_};
  http.bearer = std::move(*token);
  if (!request.body.is_null()) {
    http.body = request.body.dump();
    http.headers.push_back("Content-Type: " + request.content_type);
  }
  return http;
}

Result<HttpResponse> KubeClient::Exchange(const ApiRequest& request,
                                          const std::function<void(HttpRequest&)>& shape) {
  for (int attempt = 1;; ++attempt) {
    auto http = Prepare(request);
    if (!http) return Failure(http.error());
    shape(*http);
    auto response = http_.Do(*http);
    if (!response) return response;
    const bool refused = response->status == 401;
    if (refused) bearer_.Refused();
    const auto wait = RetryAfter(*response, clock_.WallNow());
    const bool asked = !request.once && (response->status == 429 || response->status == 503) && wait;
    if (attempt == kAttempts || (!asked && !(refused && attempt == 1))) return response;
    if (asked) {
      ++throttled_;
      if (!WaitUnlessStopped(std::min<Duration>(*wait, kLongestWait), stop_)) return response;
    }
  }
}

Result<ApiAnswer> KubeClient::Send(const ApiRequest& request) {
  auto response = Exchange(request, [](HttpRequest&) {});
  if (!response) return Failure(response.error());
  ApiAnswer answer = Parsed(std::move(*response));
  if (!answer.body.is_discarded()) return answer;
  // Of a group that nobody serves the API server says so in plain text.
  if (!answer.ok()) return ApiAnswer{.status = answer.status, .body = nullptr};
  return Failure(ErrorKind::kUnavailable, fmt::format("{}: the answer is not JSON", HostOf(access_.server)));
}

Result<nlohmann::json> KubeClient::Do(const ApiRequest& request) {
  auto answer = Send(request);
  if (!answer) return Failure(answer.error());
  if (!answer->ok()) return Failure(ErrorOf(*answer));
  return std::move(answer->body);
}

Result<ApiAnswer> KubeClient::Stream(const ApiRequest& request, std::function<bool(std::string_view)> on_line,
                                     const std::function<void()>& on_accepted) {
  Lines lines(std::move(on_line));
  auto response = Exchange(request, [&](HttpRequest& http) {
    http.timeout = Duration::zero();
    http.silence_timeout = kStreamSilence;
    http.on_accepted = on_accepted;
    http.on_body = [&](std::string_view piece) { return lines.Add(piece); };
  });
  if (!response) return Failure(response.error());
  return Parsed(std::move(*response));
}

}  // namespace loadline::collector
