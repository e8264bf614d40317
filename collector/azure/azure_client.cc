#include "collector/azure/azure_client.h"

#include <fmt/core.h>
#include <zlib.h>

#include <algorithm>
#include <cassert>
#include <nlohmann/json.hpp>

#include "schemas/base/foreign_json.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using What = ItemAnswer::What;

constexpr Duration kSettingRetry = 1min;
constexpr Duration kQuotaRetry = 1h;

// "OperationFailed": the header's or the body's code, if it looks like one. The words beside it are the other
// side's and could repeat what we sent.
std::string Code(const HttpResponse& answer) {
  std::string code = answer.Header("x-ms-error-code").value_or("");
  if (code.empty()) {
    const auto body = ParseForeign(answer.body);
    const auto error = body.is_object() ? body.find("error") : body.end();
    if (error != body.end() && error->is_object() && error->contains("code") && (*error)["code"].is_string())
      code = (*error)["code"];
  }
  const bool plain = std::ranges::all_of(code, [](unsigned char c) { return std::isalnum(c) || c == '_'; });
  return plain && code.size() <= 64 ? code : "";
}

const char* Advice(int status) {
  switch (status) {
    case 401:
      return ": the token is not taken";
    case 402:
    case 439:
      return ": the daily quota is used up";
    case 403:
      return ": the identity may not write here; the role Monitoring Metrics Publisher takes up to 30 min to "
             "be known";
    case 404:
      return ": no such endpoint, rule or stream; check the setting";
    default:
      return "";
  }
}

}  // namespace

ItemAnswer JudgeAzure(const HttpResponse& answer, const std::string& host, Wall now) {
  if (answer.ok()) return {.what = What::kTaken};
  const std::string code = Code(answer);
  ItemAnswer judged{.detail = fmt::format("HTTP {}{}{} from {}{}", answer.status, code.empty() ? "" : " ",
                                          code, host, Advice(answer.status))};
  switch (answer.status) {
    case 401:
    case 403:
    case 404:
      judged.retry_after = kSettingRetry;
      return judged;
    case 402:
    case 439:
      judged.retry_after = RetryAfter(answer, now).value_or(kQuotaRetry);
      return judged;
    case 413:
      judged.what = What::kTooLarge;
      return judged;
    default:
      break;
  }
  if (MayDoLater(answer.status)) {
    judged.retry_after = RetryAfter(answer, now);
  } else {
    judged.what = code == "ReadyBody_ClientConnectionAbort" ? What::kTooLarge : What::kRefused;
  }
  return judged;
}

AzureClient::AzureClient(std::shared_ptr<AzureTokens> tokens, std::string scope, const Clock& clock,
                         Duration timeout)
    : tokens_(std::move(tokens)), scope_(std::move(scope)), clock_(clock), timeout_(timeout) {}

Result<HttpResponse> AzureClient::Try(const HttpRequest& request, Secret& token) {
  reached_ = false;
  HttpRequest with_token = request;
  with_token.timeout = timeout_;
  if (tokens_) {
    Result<Secret> fresh = tokens_->Get(scope_, request.stop);
    if (!fresh) return Failure(fresh.error());
    token = std::move(*fresh);
    with_token.bearer = token;
  }
  Result<HttpResponse> answer = http_.Do(with_token);
  reached_ = http_.reached();
  return answer;
}

Result<HttpResponse> AzureClient::Do(const HttpRequest& request) {
  Secret token;
  Result<HttpResponse> got = Try(request, token);
  if (got && got->status == 401 && tokens_) {
    tokens_->Drop(scope_, token);
    got = Try(request, token);
  }
  return got;
}

ItemAnswer AzureClient::Post(const std::string& url, const Body& body, const std::stop_token& stop,
                             std::optional<HttpResponse>& answer) {
  HttpRequest request{.method = "POST",
                      .url = url,
                      .headers = {"Content-Type: " + body.content_type},
                      .body = body.compressed ? Gzip(body.text) : body.text,
                      .stop = stop};
  if (body.compressed) request.headers.emplace_back("Content-Encoding: gzip");
  Result<HttpResponse> got = Do(request);
  if (!got) {
    ItemAnswer failed{.detail = got.error().message};
    if (got.error().kind != ErrorKind::kUnavailable) failed.retry_after = kSettingRetry;
    return failed;
  }
  answer = std::move(*got);
  return JudgeAzure(*answer, HostOf(url), clock_.WallNow());
}

ItemAnswer AzureClient::Post(const std::string& url, const Body& body, const std::stop_token& stop) {
  std::optional<HttpResponse> answer;
  return Post(url, body, stop, answer);
}

std::string Gzip(const std::string& text) {
  z_stream stream{};
  constexpr int kGzipWindow = 15 + 16;
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return {};
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  [[maybe_unused]] const int ended = deflate(&stream, Z_FINISH);
  assert(ended == Z_STREAM_END);  // there is room for the worst case
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace loadline::collector
