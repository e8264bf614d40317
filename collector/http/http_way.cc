#include "collector/http/http_way.h"

#include <algorithm>
#include <utility>

#include "schemas/base/letter_case.h"

namespace loadline::collector {
namespace {

constexpr int kMostRedirects = 10;

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// Of what these lead to it is asked, without method and body; only 307 and 308 say the same again.
bool AsksOnly(int status) {
  return status == 301 || status == 302 || status == 303;
}

bool IsEncrypted(const std::string& url) {
  return SameButForCase(std::string_view(url).substr(0, url.find(':')), "https");
}

}  // namespace

HttpWay::HttpWay(HttpWayOptions options, const Clock& clock)
    : client_options_(std::move(options.client)), follow_redirects_(options.follow_redirects) {
  if (options.basic) {
    type_ = "Basic";
    username_.emplace(std::move(options.basic->username));
    credentials_.emplace(std::move(options.basic->password));
  } else if (options.authorization) {
    type_ = std::move(options.authorization->type);
    credentials_.emplace(std::move(options.authorization->credentials));
  }
  if (options.oauth2) tokens_.emplace(std::move(*options.oauth2), clock);
  for (HttpHeader& header : options.headers) {
    Header& kept = headers_.emplace_back(std::move(header.name), std::move(header.values));
    for (SecretSource& secret : header.secrets)
      kept.secrets.push_back(std::make_unique<LiveSecret>(std::move(secret)));
  }
}

Result<Secret> HttpWay::WhoWeAre(const std::stop_token& stop) {
  if (tokens_) {
    const std::lock_guard lock(tokens_mutex_);
    return tokens_->Get(stop);
  }
  if (!credentials_) return Secret();
  const Result<Secret> credentials = credentials_->Read();
  if (!credentials) return Failure(credentials.error());
  if (!username_) return Secret(type_ + " " + credentials->Reveal());
  const Result<Secret> username = username_->Read();
  if (!username) return Failure(username.error());
  return Secret(type_ + " " + Base64(username->Reveal() + ":" + credentials->Reveal()));
}

void HttpWay::Drop(const Secret& token) {
  const std::lock_guard lock(tokens_mutex_);
  tokens_->Drop(token);
}

std::unique_ptr<HttpClient> HttpWay::TakeClient() {
  const std::lock_guard lock(idle_mutex_);
  if (idle_.empty()) return std::make_unique<HttpClient>(client_options_);
  std::unique_ptr<HttpClient> client = std::move(idle_.back());
  idle_.pop_back();
  return client;
}

Result<HttpResponse> HttpWay::Do(HttpRequest request) {
  std::unique_ptr<HttpClient> client = TakeClient();
  const bool ours = request.bearer.empty() && request.authorization.empty();
  Result<HttpResponse> answer = Failure(ErrorKind::kInternal, "nothing was sent");
  // A token may be taken back before its time: then once more, with another.
  for (int attempts_left = ours && tokens_ ? 2 : 1; attempts_left > 0; --attempts_left) {
    if (ours) {
      Result<Secret> who = WhoWeAre(request.stop);
      if (!who) return Failure(who.error());
      request.authorization = std::move(*who);
    }
    answer = Follow(*client, request);
    if (!answer || answer->status != 401 || attempts_left == 1) break;
    Drop(request.authorization);
  }
  const std::lock_guard lock(idle_mutex_);
  idle_.push_back(std::move(client));
  return answer;
}

Result<HttpResponse> HttpWay::Follow(HttpClient& client, HttpRequest request) {
  std::vector<std::string> own = std::move(request.headers);
  const std::string home = HostNameOf(request.url);
  bool at_home = true;
  std::optional<HttpResponse> unheard;  // what led away from where the body was to go
  for (int followed = 0;; ++followed) {
    request.headers = own;
    if (auto added = AddHeaders(request, at_home); !added) return Failure(added.error());
    Result<HttpResponse> answer = client.Do(request);
    if (answer && answer->ok() && unheard) return std::move(*unheard);
    if (!answer || !follow_redirects_ || !IsRedirect(answer->status) || followed == kMostRedirects)
      return answer;
    const std::string to = RedirectedUrl(request.url, answer->Header("location").value_or(""));
    if (to.empty() || (IsEncrypted(request.url) && !IsEncrypted(to))) return answer;
    if (AsksOnly(answer->status) && request.method != "GET" && request.method != "HEAD") {
      // See Other says that it was heard, and where the answer is; the others, that nobody has heard it yet.
      if (answer->status != 303 && !request.body.empty()) unheard = std::move(*answer);
      request.method = "GET";
      request.body.clear();
      std::erase_if(own, [](const std::string& header) { return header.starts_with("Content-Type:"); });
    }
    // Whoever is led away does not come back as who he was.
    at_home = at_home && HostNameOf(to) == home;
    if (!at_home) request.authorization = request.bearer = Secret();
    request.url = to;
  }
}

Result<void> HttpWay::AddHeaders(HttpRequest& request, bool with_secrets) {
  for (Header& header : headers_) {
    for (const std::string& value : header.values) request.headers.push_back(header.name + ": " + value);
    if (!with_secrets) continue;
    for (const auto& secret : header.secrets) {
      const Result<Secret> value = secret->Read();
      if (!value) return Failure(value.error());
      request.headers.push_back(header.name + ": " + value->Reveal());
    }
  }
  return {};
}

}  // namespace loadline::collector
