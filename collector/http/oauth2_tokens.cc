#include "collector/http/oauth2_tokens.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <random>

#include "schemas/base/foreign_json.h"
#include "schemas/base/json_fields.h"
#include "schemas/base/printable.h"
#include "schemas/base/text_file.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

// A token that ends on its way is refused.
constexpr Duration kLeft = std::chrono::seconds(10);
constexpr Bytes kMostAnswer = 256 * kKiB;
constexpr std::size_t kMostReason = 60;
constexpr std::string_view kJwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";

void AddTo(std::string& form, std::string_view name, std::string_view value) {
  form += fmt::format("{}{}={}", form.empty() ? "" : "&", UrlEncode(name), UrlEncode(value));
}

// A number, which some servers write as text. 0: there is none, or none that means a time.
std::chrono::seconds Life(const json& body) {
  const auto it = body.find("expires_in");
  if (it == body.end()) return {};
  double seconds = 0;
  if (it->is_number()) seconds = it->get<double>();
  if (it->is_string()) {
    const auto& text = it->get_ref<const std::string&>();
    std::from_chars(text.data(), text.data() + text.size(), seconds);
  }
  constexpr std::chrono::seconds kLongest = std::chrono::hours(24 * 365);
  if (!(seconds > 0)) return {};
  return std::chrono::seconds(static_cast<std::int64_t>(std::min(seconds, Seconds(kLongest))));
}

// No two assertions are the same, or a server that remembers them takes the second for a replay.
std::string RandomId() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

// Of this moment. Keys have many lines, and are wanted once for each token.
Result<Secret> KeyOf(const SecretSource& source) {
  if (source.file.empty()) return source.text;
  constexpr std::size_t kMostKey = 64 * kKiB;
  auto pem = ReadTextFile(source.file, kMostKey);
  if (!pem) return Failure(pem.error());
  return Secret(*std::move(pem));
}

// RFC 6749, 5.2: a word of a few, which is all that is repeated of the answer.
std::string Refusal(const HttpResponse& answer) {
  const std::string reason = Cut(Spaced(Text(ParseForeign(answer.body), "error")), kMostReason);
  return fmt::format("HTTP {}{}{}", answer.status, reason.empty() ? "" : ", ", reason);
}

}  // namespace

OAuth2Tokens::OAuth2Tokens(OAuth2Options options, const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      client_secret_(options_.client_secret),
      http_(options_.client) {}

Result<Secret> OAuth2Tokens::Get(const std::stop_token& stop) {
  if (authorization_ && (!ends_at_ || clock_.Now() + kLeft < *ends_at_)) return *authorization_;
  authorization_.reset();
  const Result<HttpResponse> answer = options_.jwt ? AskByAssertion(stop) : AskBySecret(stop);
  if (!answer) return Failure(answer.error().In("no token of OAuth 2"));
  return Read(*answer);
}

Result<HttpResponse> OAuth2Tokens::AskBySecret(const std::stop_token& stop) {
  const Result<Secret> secret = client_secret_.Read();
  if (!secret) return Failure(secret.error());
  Result<HttpResponse> answer = Ask(in_body_, *secret, stop);
  // Servers that look at one place alone say so in many ways.
  if (answer && !answer->ok() && !MayDoLater(answer->status) && !in_body_) {
    answer = Ask(true, *secret, stop);
    in_body_ = answer && answer->ok();
  }
  return answer;
}

Result<HttpResponse> OAuth2Tokens::AskByAssertion(const std::stop_token& stop) {
  const Result<Secret> key = KeyOf(options_.jwt->key);
  if (!key) return Failure(key.error());
  const std::string scope = fmt::format("{}", fmt::join(options_.scopes, " "));
  const Result<std::string> assertion =
      JwtAssertion(*options_.jwt, *key, options_.client_id, options_.token_url.Reveal(), scope, RandomId(),
                   clock_.WallNow());
  if (!assertion) return Failure(assertion.error());
  HttpRequest request;
  // Servers that keep to no standard want another word for the grant.
  if (!options_.parameters.contains("grant_type")) AddTo(request.body, "grant_type", kJwtBearer);
  AddTo(request.body, "assertion", *assertion);
  if (!scope.empty()) AddTo(request.body, "scope", scope);
  return Post(std::move(request), stop);
}

Result<HttpResponse> OAuth2Tokens::Ask(bool in_body, const Secret& secret, const std::stop_token& stop) {
  HttpRequest request;
  AddTo(request.body, "grant_type", "client_credentials");
  if (!options_.scopes.empty())
    AddTo(request.body, "scope", fmt::format("{}", fmt::join(options_.scopes, " ")));
  if (in_body) {
    AddTo(request.body, "client_id", options_.client_id);
    if (!secret.empty()) AddTo(request.body, "client_secret", secret.Reveal());
  } else {
    request.authorization =
        "Basic " + Base64(UrlEncode(options_.client_id) + ":" + UrlEncode(secret.Reveal()));
  }
  return Post(std::move(request), stop);
}

Result<HttpResponse> OAuth2Tokens::Post(HttpRequest request, const std::stop_token& stop) {
  request.method = "POST";
  request.url = options_.token_url.Reveal();
  request.headers = {"Content-Type: application/x-www-form-urlencoded", "Accept: application/json"};
  for (const auto& [name, value] : options_.parameters) AddTo(request.body, name, value.Reveal());
  request.timeout = options_.timeout;
  request.max_answer = kMostAnswer;
  request.stop = stop;
  return http_.Do(request);
}

Result<Secret> OAuth2Tokens::Read(const HttpResponse& answer) {
  const std::string host = HostOf(options_.token_url.Reveal());
  if (!answer.ok()) {
    return Failure(MayDoLater(answer.status) ? ErrorKind::kUnavailable : ErrorKind::kDenied,
                   fmt::format("no token of OAuth 2 from {}: {}", host, Refusal(answer)));
  }
  const json body = ParseForeign(answer.body);
  const std::string token = Text(body, "access_token");
  const bool fits =
      !token.empty() && std::ranges::none_of(token, [](unsigned char c) { return c <= ' ' || c == 0x7f; });
  if (!fits) {
    return Failure(ErrorKind::kUnavailable,
                   fmt::format("no token of OAuth 2 from {}: the answer holds none", host));
  }
  const std::chrono::seconds life = Life(body);
  ends_at_ = life.count() > 0 ? std::optional(clock_.Now() + life) : std::nullopt;
  authorization_ = "Bearer " + token;
  return *authorization_;
}

}  // namespace loadline::collector
