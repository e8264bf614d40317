#include "collector/cli/api_client.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "schemas/base/foreign_json.h"
#include "schemas/base/printable.h"

namespace loadline::collector {
namespace {

// Ten thousand workloads come in pieces of a thousand; one is about a megabyte.
constexpr Bytes kMaxAnswer = 64 * kMiB;
constexpr std::size_t kPage = 1000;

std::string Normal(std::string server) {
  if (server.find("://") == std::string::npos) server.insert(0, "http://");
  while (server.ends_with('/')) server.pop_back();
  return server;
}

ErrorKind KindOf(int status) {
  if (status == 404) return ErrorKind::kNotFound;
  if (status == 503) return ErrorKind::kUnavailable;
  return status == 421 || status == 403 || status == 401 ? ErrorKind::kDenied : ErrorKind::kInvalid;
}

// What our own API says is wrong; another server's answer is not repeated.
std::string WordsOf(const HttpResponse& response) {
  const Json body = ParseForeign<Json>(response.body);
  if (body.is_object() && body.contains("error") && body["error"].is_string())
    return Printable(body["error"].get<std::string>());
  return fmt::format("answered with status {}: is this a Loadline collector?", response.status);
}

}  // namespace

ApiClient::ApiClient(std::string server, ApiAccess access)
    : server_(Normal(std::move(server))),
      token_(std::move(access.token)),
      http_({.ca_file = std::move(access.ca_file)}) {}

Result<Json> ApiClient::Get(const std::string& path) {
  return Ask({.max_answer = kMaxAnswer}, path);
}

Result<Json> ApiClient::Post(const std::string& path, const Json& body, Duration timeout) {
  HttpRequest request{.method = "POST",
                      .headers = {"Content-Type: application/json"},
                      .body = body.dump(-1, ' ', false, Json::error_handler_t::replace),
                      .timeout = timeout};
  return Ask(std::move(request), path);
}

Result<Json> ApiClient::Ask(HttpRequest request, const std::string& path) {
  request.url = server_ + "/api/v1/" + path;
  request.bearer = token_;
  const auto response = http_.Do(request);
  if (!response) {
    return Failure(response.error().kind,
                   fmt::format("no collector answers at {} ({})\n"
                               "Say where it is with --server URL or in LOADLINE_SERVER.",
                               server_, response.error().message));
  }
  if (!response->ok())
    return Failure(KindOf(response->status), fmt::format("{}: {}", server_, WordsOf(*response)));
  Json json = ParseForeign<Json>(response->body);
  if (!json.is_object()) {
    return Failure(ErrorKind::kInvalid,
                   fmt::format("{} answers, but not as a Loadline collector does", server_));
  }
  return json;
}

Result<Json> ApiClient::GetAll(const std::string& path) {
  Json all;
  for (std::size_t offset = 0;; offset += kPage) {
    const char joint = path.find('?') == std::string::npos ? '?' : '&';
    Result<Json> page = Get(fmt::format("{}{}limit={}&offset={}", path, joint, kPage, offset));
    if (!page) return page;
    if (!page->contains("items") || !(*page)["items"].is_array()) {
      return Failure(ErrorKind::kInvalid,
                     fmt::format("{} answers, but not as a Loadline collector does", server_));
    }
    const std::size_t count = (*page)["items"].size();
    if (offset == 0) {
      all = std::move(*page);
    } else {
      for (Json& item : (*page)["items"]) all["items"].push_back(std::move(item));
    }
    if (count < kPage) return all;
  }
}

std::string EncodePath(const std::string& id) {
  std::string path;
  for (std::size_t begin = 0; begin <= id.size();) {
    const std::size_t end = std::min(id.find('/', begin), id.size());
    if (begin > 0) path += '/';
    path += UrlEncode(std::string_view(id).substr(begin, end - begin));
    begin = end + 1;
  }
  return path;
}

}  // namespace loadline::collector
