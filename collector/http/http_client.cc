#include "collector/http/http_client.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "collector/http/curl.h"
#include "schemas/base/text.h"
#include "schemas/base/version.h"

namespace loadline::collector {
namespace {

// One exchange while it runs: what libcurl's callbacks write to.
struct Exchange {
  const HttpRequest& request;
  HttpResponse response{};
  bool too_large = false;
  bool ended_by_taker = false;
};

std::size_t OnHeader(char* data, std::size_t, std::size_t size, void* context) {
  HttpResponse& response = static_cast<Exchange*>(context)->response;
  const std::string_view line = Trimmed({data, size});
  if (line.starts_with("HTTP/")) {
    response.headers.clear();  // of "100 Continue" or of a proxy's answer
    const std::size_t space = line.find(' ');
    response.status = 0;
    if (space != line.npos)
      std::from_chars(line.data() + space + 1, line.data() + line.size(), response.status);
  } else if (const std::size_t colon = line.find(':'); colon != line.npos) {
    response.headers.emplace(InLowerCase(line.substr(0, colon)), Trimmed(line.substr(colon + 1)));
  }
  return size;
}

// Returning less than was given makes libcurl end the exchange.
std::size_t OnBody(char* data, std::size_t, std::size_t size, void* context) {
  auto& exchange = *static_cast<Exchange*>(context);
  if (exchange.request.on_body && exchange.response.ok()) {
    exchange.ended_by_taker = !exchange.request.on_body({data, size});
    return exchange.ended_by_taker ? 0 : size;
  }
  exchange.too_large = static_cast<Bytes>(exchange.response.body.size() + size) > exchange.request.max_answer;
  if (exchange.too_large) return 0;
  exchange.response.body.append(data, size);
  return size;
}

ErrorKind KindOf(CURLcode code) {
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return ErrorKind::kInvalid;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
      return ErrorKind::kDenied;
    default:
      return ErrorKind::kUnavailable;
  }
}

// The text must live as long as the handle uses it.
void SetPem(CURL* curl, CURLoption option, const std::string& pem) {
  if (pem.empty()) return;
  curl_blob blob{const_cast<char*>(pem.data()), pem.size(), CURL_BLOB_NOCOPY};
  curl_easy_setopt(curl, option, &blob);
}

// libcurl wants to be started before the first thread uses it; a static does that once.
void StartLibrary() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)started;
}

}  // namespace

struct HttpClient::Handle {
  CurlHandle owned{curl_easy_init()};
  CURL* curl = owned.get();

  void Prepare(Exchange& exchange, const HttpClientOptions& options, const CurlList& headers, char* words);
};

void HttpClient::Handle::Prepare(Exchange& exchange, const HttpClientOptions& options,
                                 const CurlList& headers, char* words) {
  const HttpRequest& request = exchange.request;
  curl_easy_reset(curl);  // keeps the connections
  SetBasics(curl, {.protocols = "http,https",
                   .url = request.url,
                   .ca_file = options.ca_file,
                   .timeout = request.timeout,
                   .stop = request.stop,
                   .words = words});
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (request.method == "HEAD") curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
  }
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, Milliseconds(request.connect_timeout));
  if (request.silence_timeout > Duration::zero()) {
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME,
                     std::max(1L, Milliseconds(request.silence_timeout) / 1000));
  }
  curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
  if (request.past_proxies) curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, OnHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, OnBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);
  if (!options.certificate_file.empty()) {
    curl_easy_setopt(curl, CURLOPT_SSLCERT, options.certificate_file.c_str());
    curl_easy_setopt(curl, CURLOPT_SSLKEY, options.key_file.c_str());
  }
  SetPem(curl, CURLOPT_CAINFO_BLOB, options.ca_pem);
  SetPem(curl, CURLOPT_SSLCERT_BLOB, options.certificate_pem);
  SetPem(curl, CURLOPT_SSLKEY_BLOB, options.key_pem);
}

HttpClient::HttpClient(HttpClientOptions options) : options_(std::move(options)) {
  StartLibrary();
  handle_ = std::make_unique<Handle>();
}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

Result<HttpResponse> HttpClient::Do(const HttpRequest& request) {
  // Without a scheme libcurl would guess one.
  if (request.url.find("://") == std::string::npos)
    return Failure(ErrorKind::kInvalid, "URL without http://");
  Exchange exchange{.request = request};
  CurlList headers;
  headers.Add("Expect:");  // "100-continue" costs a second where the server does not know it
  headers.Add("User-Agent: loadline/" LOADLINE_VERSION);
  for (const std::string& header : request.headers) headers.Add(header);
  if (!request.bearer.empty()) headers.Add("Authorization: Bearer " + request.bearer.Reveal());
  char words[CURL_ERROR_SIZE] = "";
  handle_->Prepare(exchange, options_, headers, words);
  const CURLcode code = curl_easy_perform(handle_->curl);
  curl_easy_setopt(handle_->curl, CURLOPT_ERRORBUFFER, nullptr);
  long opened = 0;
  curl_easy_getinfo(handle_->curl, CURLINFO_NUM_CONNECTS, &opened);
  connections_ += static_cast<std::uint64_t>(opened);
  if (code == CURLE_OK || exchange.ended_by_taker) return std::move(exchange.response);
  const std::string host = HostOf(request.url);
  if (exchange.too_large) {
    return Failure(ErrorKind::kExhausted,
                   fmt::format("{}: answer larger than {} bytes", host, request.max_answer));
  }
  return Failure(KindOf(code), fmt::format("{}: {}", host, *words ? words : curl_easy_strerror(code)));
}

}  // namespace loadline::collector
