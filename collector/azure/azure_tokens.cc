#include "collector/azure/azure_tokens.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>

#include "schemas/base/foreign_json.h"
#include "schemas/base/renewed_secret.h"
#include "schemas/base/saturating.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr Duration kRenewBefore = 5min;
constexpr Duration kMaxJitter = 1min;
// Between two failed exchanges. The metadata service bears five requests a second from all of a machine.
constexpr Duration kPause = 2s;
constexpr Duration kSettingPause = 30s;
// Entra ID gives one; a line of a log holds no more.
constexpr int kMostCodes = 4;

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

void FillFrom(std::string& value, const char* name) {
  if (value.empty()) value = Environment(name);
}

Result<void> Need(const std::string& value, const std::string& kind, const char* what) {
  if (!value.empty()) return {};
  return Failure(ErrorKind::kInvalid, fmt::format("azure.authentication {} needs {}", kind, what));
}

std::string Form(std::initializer_list<std::pair<const char*, std::string>> fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    out += fmt::format("{}{}={}", out.empty() ? "" : "&", name, UrlEncode(value));
  }
  return out;
}

// "https://monitor.azure.com/.default" -> "https://monitor.azure.com": what the metadata service calls it.
std::string Resource(std::string scope) {
  constexpr std::string_view kSuffix = "/.default";
  if (scope.ends_with(kSuffix)) scope.resize(scope.size() - kSuffix.size());
  return scope;
}

// The number, which Entra ID writes as one and the metadata service as text. 0: there is none.
std::int64_t Whole(const json& body, const char* key) {
  const auto it = body.find(key);
  if (it == body.end()) return 0;
  if (it->is_number_float()) return SaturatingWhole(it->get<double>());
  if (it->is_number()) return it->get<std::int64_t>();
  std::int64_t number = 0;
  if (it->is_string()) {
    const auto& text = it->get_ref<const std::string&>();
    std::from_chars(text.data(), text.data() + text.size(), number);
  }
  return number;
}

// What the usual codes mean to whoever sets this up.
const char* Meaning(std::int64_t code) {
  switch (code) {
    case 90002:
    case 900023:
      return "no such tenant: check AZURE_TENANT_ID";
    case 700016:
      return "the tenant does not know this client: check AZURE_CLIENT_ID";
    case 7000215:
      return "wrong client secret";
    case 7000222:
      return "the client secret has expired";
    case 70021:
    case 700213:
      return "no federated credential matches: check issuer, namespace and service account";
    case 700212:
      return "the federated token is made for another audience than api://AzureADTokenExchange";
    case 700024:
      return "the federated token has expired";
    default:
      return "";
  }
}

Error Refusal(const HttpResponse& answer, const std::string& host) {
  std::string words = fmt::format("no token from {}: HTTP {}", host, answer.status);
  const json body = ParseForeign(answer.body);
  if (body.is_object() && body.contains("error_codes") && body["error_codes"].is_array()) {
    int codes = 0;
    for (const json& code : body["error_codes"]) {
      if (!code.is_number_integer() || ++codes > kMostCodes) continue;
      const std::string meaning = Meaning(code);
      words += fmt::format(", AADSTS{}{}{}", code.get<std::int64_t>(), meaning.empty() ? "" : ": ", meaning);
    }
  }
  const bool later = MayDoLater(answer.status) || answer.status == 410;
  if (answer.status == 410) words += ": the metadata service is being updated, ready within 70 s";
  return {later ? ErrorKind::kUnavailable : ErrorKind::kDenied, std::move(words)};
}

Duration Jitter() {
  thread_local std::minstd_rand generator{std::random_device{}()};
  return Duration(std::uniform_int_distribution<std::int64_t>(0, kMaxJitter.count())(generator));
}

}  // namespace

Result<AzureCredential> CompleteAzureCredential(const std::string& kind, AzureCredential given) {
  FillFrom(given.client_id, "AZURE_CLIENT_ID");
  FillFrom(given.tenant_id, "AZURE_TENANT_ID");
  FillFrom(given.federated_token_file, "AZURE_FEDERATED_TOKEN_FILE");
  if (const std::string authority = Environment("AZURE_AUTHORITY_HOST"); !authority.empty()) {
    given.authority = authority;
  }
  using Kind = AzureCredential::Kind;
  const bool automatic = kind == "auto" || kind.empty();
  if (kind == "client-secret" || (automatic && !given.client_secret_file.empty())) {
    given.kind = Kind::kClientSecret;
    if (auto is = Need(given.client_secret_file, "client-secret", "azure.client_secret_file"); !is)
      return Failure(is.error());
  } else if (kind == "workload-identity" || (automatic && !given.federated_token_file.empty())) {
    given.kind = Kind::kWorkloadIdentity;
    if (auto is = Need(given.federated_token_file, "workload-identity",
                       "AZURE_FEDERATED_TOKEN_FILE; is the pod labelled azure.workload.identity/use?");
        !is)
      return Failure(is.error());
  } else {
    given.kind = Kind::kManagedIdentity;
    return given;
  }
  if (auto is = Need(given.client_id, kind, "azure.client_id or AZURE_CLIENT_ID"); !is)
    return Failure(is.error());
  if (auto is = Need(given.tenant_id, kind, "azure.tenant_id or AZURE_TENANT_ID"); !is)
    return Failure(is.error());
  return given;
}

AzureTokens::AzureTokens(AzureCredential credential, const Clock& clock)
    : credential_(std::move(credential)), clock_(clock) {}

std::uint64_t AzureTokens::exchanges() const {
  std::lock_guard lock(mutex_);
  return exchanges_;
}

Result<Secret> AzureTokens::Get(const std::string& scope, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  Slot& slot = slots_[scope];
  const auto valid = [&] { return !slot.token.text.empty() && clock_.Now() < slot.token.ends_at; };
  // Whoever has a valid token does not wait for the one who fetches the next.
  if (slot.asking && !valid()) {
    answered_.wait(lock, stop, [&] { return !slot.asking; });
    if (slot.asking) return Failure(ErrorKind::kUnavailable, "stopped while waiting for a token");
  }
  const Mono now = clock_.Now();
  const bool due = !valid() || now >= slot.token.renew_at;
  if (due && !slot.asking && now >= slot.not_before) Renew(scope, slot, lock, stop);
  if (valid()) return slot.token.text;
  return Failure(slot.failure);
}

void AzureTokens::Renew(const std::string& scope, Slot& slot, std::unique_lock<std::mutex>& lock,
                        const std::stop_token& stop) {
  slot.asking = true;
  ++exchanges_;
  lock.unlock();
  Result<Token> token = Exchange(scope, stop);
  lock.lock();
  slot.asking = false;
  if (token) {
    slot.token = std::move(*token);
    slot.not_before = {};
  } else {
    slot.failure = token.error();
    const bool later = token.error().kind == ErrorKind::kUnavailable;
    slot.not_before = clock_.Now() + (later ? kPause : kSettingPause);
  }
  answered_.notify_all();
}

void AzureTokens::Drop(const std::string& scope, const Secret& token) {
  std::lock_guard lock(mutex_);
  // Only if no other thread has renewed it meanwhile.
  if (Slot& slot = slots_[scope]; slot.token.text == token) slot.token = {};
}

Result<AzureTokens::Token> AzureTokens::Exchange(const std::string& scope,
                                                 const std::stop_token& stop) const {
  Result<HttpRequest> request = Request(scope);
  if (!request) return Failure(request.error());
  request->stop = stop;
  HttpClient http;
  const Result<HttpResponse> answer = http.Do(*request);
  if (!answer) return Failure(answer.error().In("no token"));
  return Read(*answer, HostOf(request->url));
}

Result<HttpRequest> AzureTokens::Request(const std::string& scope) const {
  const AzureCredential& c = credential_;
  if (c.kind == AzureCredential::Kind::kManagedIdentity) {
    std::string url = c.metadata_url + "/metadata/identity/oauth2/token?" +
                      Form({{"api-version", "2018-02-01"}, {"resource", Resource(scope)}});
    if (!c.client_id.empty()) url += "&" + Form({{"client_id", c.client_id}});
    // The metadata service answers no request that came through a proxy.
    return HttpRequest{
        .url = std::move(url), .headers = {"Metadata: true"}, .timeout = c.timeout, .past_proxies = true};
  }
  const bool federated = c.kind == AzureCredential::Kind::kWorkloadIdentity;
  const Result<Secret> proof =
      RenewedSecret(federated ? c.federated_token_file : c.client_secret_file).Read();
  if (!proof) return Failure(proof.error().In("no token"));
  HttpRequest request{.method = "POST", .timeout = c.timeout};
  request.url = fmt::format("{}{}{}/oauth2/v2.0/token", c.authority, c.authority.ends_with('/') ? "" : "/",
                            UrlEncode(c.tenant_id));
  request.headers = {"Content-Type: application/x-www-form-urlencoded"};
  request.body = Form({{"client_id", c.client_id}, {"scope", scope}, {"grant_type", "client_credentials"}});
  request.body += "&";
  request.body +=
      federated ? Form({{"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
                        {"client_assertion", proof->Reveal()}})
                : Form({{"client_secret", proof->Reveal()}});
  return request;
}

Result<AzureTokens::Token> AzureTokens::Read(const HttpResponse& answer, const std::string& host) const {
  if (!answer.ok()) return Failure(Refusal(answer, host));
  const json body = ParseForeign(answer.body);
  const bool readable = body.is_object() && body.contains("access_token") &&
                        body["access_token"].is_string() && body["access_token"] != "";
  const std::int64_t seconds = readable ? Whole(body, "expires_in") : 0;
  if (seconds <= 0) {
    return Failure(ErrorKind::kUnavailable, fmt::format("no token from {}: the answer holds none", host));
  }
  const Duration life = std::chrono::seconds(std::min<std::int64_t>(seconds, 7 * 86'400));
  const Mono now = clock_.Now();
  return Token{.text = body["access_token"].get<std::string>(),
               .renew_at = now + std::max(life / 2, life - kRenewBefore - Jitter()),
               .ends_at = now + life};
}

}  // namespace loadline::collector
