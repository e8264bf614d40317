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
  auto& exchange = *static_cast<Exchange*>(context);
  HttpResponse& response = exchange.response;
  const std::string_view line = Trimmed({data, size});
  if (line.starts_with("HTTP/")) {
    response.headers.clear();  // of "100 Continue" or of a proxy's answer
    const std::size_t space = line.find(' ');
    response.status = 0;
    if (space != line.npos)
      std::from_chars(line.data() + space + 1, line.data() + line.size(), response.status);
  } else if (const std::size_t colon = line.find(':'); colon != line.npos) {
    response.headers.emplace(InLowerCase(line.substr(0, colon)), Trimmed(line.substr(colon + 1)));
  } else if (line.empty() && response.ok() && exchange.request.on_accepted) {
    exchange.request.on_accepted();
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

long Written(TlsVersion version) {
  switch (version) {
    case TlsVersion::kTls10:
      return CURL_SSLVERSION_TLSv1_0;
    case TlsVersion::kTls11:
      return CURL_SSLVERSION_TLSv1_1;
    case TlsVersion::kTls12:
      return CURL_SSLVERSION_TLSv1_2;
    case TlsVersion::kTls13:
      return CURL_SSLVERSION_TLSv1_3;
  }
  return CURL_SSLVERSION_TLSv1_2;
}

long WrittenAsNewest(TlsVersion version) {
  return Written(version) << 16;  // as libcurl's own names of the newest are made
}
static_assert(CURL_SSLVERSION_MAX_TLSv1_2 == CURL_SSLVERSION_TLSv1_2 << 16);

void SetTls(CURL* curl, const HttpClientOptions& options) {
  if (!options.certificate_file.empty())
    curl_easy_setopt(curl, CURLOPT_SSLCERT, options.certificate_file.c_str());
  if (!options.key_file.empty()) curl_easy_setopt(curl, CURLOPT_SSLKEY, options.key_file.c_str());
  // A proxy that speaks TLS is believed on the same word as the host.
  if (!options.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_PROXY_CAINFO, options.ca_file.c_str());
  SetPem(curl, CURLOPT_PROXY_CAINFO_BLOB, options.ca_pem);
  SetPem(curl, CURLOPT_CAINFO_BLOB, options.ca_pem);
  if (!options.ca_pem.empty()) TrustNoOther(curl);
  SetPem(curl, CURLOPT_SSLCERT_BLOB, options.certificate_pem);
  SetPem(curl, CURLOPT_SSLKEY_BLOB, options.key_pem.Reveal());
  if (options.any_certificate) {
    for (const CURLoption check : {CURLOPT_SSL_VERIFYPEER, CURLOPT_SSL_VERIFYHOST,
                                   CURLOPT_PROXY_SSL_VERIFYPEER, CURLOPT_PROXY_SSL_VERIFYHOST})
      curl_easy_setopt(curl, check, 0L);
  }
  const long newest = options.newest_tls ? WrittenAsNewest(*options.newest_tls) : 0;
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, Written(options.oldest_tls) | newest);
  if (!options.http2) curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
}

// Another name for the host than the URL has: libcurl asks for the certificate of this one, and is led to the
// host all the same.
struct Renamed {
  std::string url;
  std::string host;  // the real one
  std::string host_header;
  CurlList connect_to;
};

void Rename(const std::string& url, const std::string& server_name, Renamed& renamed) {
  const std::string name = HostNameOf(url);
  const std::size_t scheme = url.find("://") + 3;
  const std::size_t user = url.substr(scheme, url.find_first_of("/?#", scheme) - scheme).rfind('@');
  const std::size_t at = user == std::string::npos ? scheme : scheme + user + 1;
  const std::size_t end = at + name.size();
  const bool plain = scheme == std::string_view("http://").size();
  if (plain || name == server_name || end > url.size()) return;
  const std::string whole = HostOf(url);  // with the port, said or not
  const bool says_port = end < url.size() && url[end] == ':';
  renamed.host = name;
  renamed.url = url.substr(0, at) + server_name + url.substr(end);
  renamed.host_header = "Host: " + (says_port ? whole : name);
  renamed.connect_to.Add(fmt::format("{}:{}:{}", server_name, whole.substr(name.size() + 1), whole));
}

// libcurl wants to be started before the first thread uses it; a static does that once.
void StartLibrary() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)started;
}

// What libcurl looks at while it runs.
struct Lists {
  CurlList headers;
  CurlList connect_headers;
  Renamed renamed;
};

// Whether the list, as no_proxy has it, names this host. For hosts that libcurl knows by another name: ranges of
// addresses are known to it alone.
bool Names(std::string_view list, std::string_view host) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    std::string_view one = Trimmed(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
    if (one.starts_with('.')) one.remove_prefix(1);
    if (one == "*" || one == host) return true;
    if (!one.empty() && host.ends_with(one) && host[host.size() - one.size() - 1] == '.') return true;
  }
  return false;
}

void SetProxy(CURL* curl, const HttpProxy& proxy, const Lists& lists) {
  if (proxy.by == HttpProxy::By::kNone) curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  if (proxy.by == HttpProxy::By::kUrl) {
    curl_easy_setopt(curl, CURLOPT_PROXY, proxy.url.Reveal().c_str());
    // An empty text too: what the environment has of it is for the environment's proxy.
    const std::string& host = lists.renamed.host;
    const char* past = host.empty() ? proxy.past.c_str() : Names(proxy.past, host) ? "*" : "";
    curl_easy_setopt(curl, CURLOPT_NOPROXY, past);
  }
  curl_easy_setopt(curl, CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));
  curl_easy_setopt(curl, CURLOPT_PROXYHEADER, lists.connect_headers.get());
  // Its answer to the tunnel is none of the server's.
  curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

}  // namespace

struct HttpClient::Handle {
  CurlHandle owned{curl_easy_init()};
  CURL* curl = owned.get();

  void Prepare(Exchange& exchange, const HttpClientOptions& options, const Lists& lists, char* words);
};

void HttpClient::Handle::Prepare(Exchange& exchange, const HttpClientOptions& options, const Lists& lists,
                                 char* words) {
  const HttpRequest& request = exchange.request;
  curl_easy_reset(curl);  // keeps the connections
  SetBasics(curl, {.protocols = "http,https",
                   .url = lists.renamed.url.empty() ? request.url : lists.renamed.url,
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
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, lists.headers.get());
  curl_easy_setopt(curl, CURLOPT_CONNECT_TO, lists.renamed.connect_to.get());
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, Milliseconds(request.connect_timeout));
  // That a proxy lets us through is no answer of the server.
  if (request.on_accepted) curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (request.silence_timeout > Duration::zero()) {
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME,
                     std::max(1L, Milliseconds(request.silence_timeout) / 1000));
  }
  curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
  SetProxy(curl, options.proxy, lists);
  if (request.past_proxies) curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, OnHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, OnBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);
  SetTls(curl, options);
}

HttpClient::HttpClient(HttpClientOptions options) : options_(std::move(options)) {
  StartLibrary();
  handle_ = std::make_unique<Handle>();
}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

Result<HttpResponse> HttpClient::Do(const HttpRequest& request) {
  reached_ = false;
  // Without a scheme libcurl would guess one.
  if (request.url.find("://") == std::string::npos)
    return Failure(ErrorKind::kInvalid, "URL without http://");
  Exchange exchange{.request = request};
  Lists lists;
  CurlList& headers = lists.headers;
  headers.Add("Expect:");  // "100-continue" costs a second where the server does not know it
  headers.Add("User-Agent: loadline/" LOADLINE_VERSION);
  for (const std::string& header : request.headers) headers.Add(header);
  if (!request.bearer.empty()) headers.Add("Authorization: Bearer " + request.bearer.Reveal());
  if (!request.authorization.empty()) headers.Add("Authorization: " + request.authorization.Reveal());
  for (const auto& [name, value] : options_.proxy.connect_headers)
    lists.connect_headers.Add(name + ": " + value.Reveal());
  if (!options_.server_name.empty()) Rename(request.url, options_.server_name, lists.renamed);
  if (!lists.renamed.host_header.empty()) headers.Add(lists.renamed.host_header);
  char words[CURL_ERROR_SIZE] = "";
  handle_->Prepare(exchange, options_, lists, words);
  const CURLcode code = curl_easy_perform(handle_->curl);
  curl_easy_setopt(handle_->curl, CURLOPT_ERRORBUFFER, nullptr);
  long opened = 0;
  curl_easy_getinfo(handle_->curl, CURLINFO_NUM_CONNECTS, &opened);
  connections_ += static_cast<std::uint64_t>(opened);
  curl_off_t until_sending = 0;
  curl_easy_getinfo(handle_->curl, CURLINFO_PRETRANSFER_TIME_T, &until_sending);
  reached_ = until_sending > 0;
  if (code == CURLE_OK || exchange.ended_by_taker) return std::move(exchange.response);
  const std::string host = HostOf(request.url);
  if (exchange.too_large) {
    return Failure(ErrorKind::kExhausted,
                   fmt::format("{}: answer larger than {} bytes", host, request.max_answer));
  }
  return Failure(KindOf(code), fmt::format("{}: {}", host, *words ? words : curl_easy_strerror(code)));
}

}  // namespace loadline::collector
