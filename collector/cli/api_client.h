// Asks the collector's API.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "collector/http/http_client.h"
#include "schemas/base/result.h"
#include "schemas/base/secret.h"

namespace loadline::collector {

using Json = nlohmann::ordered_json;

struct ApiAccess {
  Secret token{};         // shown as a bearer's; empty: none is
  std::string ca_file{};  // PEM; empty: the system's authorities
};

class ApiClient {
 public:
  // "http://127.0.0.1:8080", with or without a slash at the end; a bare "host:port" is taken as http.
  explicit ApiClient(std::string server, ApiAccess access = {});

  // The answer of /api/v1/`path`. kUnavailable: it cannot be reached, and the message says where it was
  // looked for and how to say where it is. kNotFound and kInvalid: the collector's own words.
  Result<Json> Get(const std::string& path);
  // All items of a list, page by page. `path` may have a query.
  Result<Json> GetAll(const std::string& path);

  // Posts `body` to /api/v1/`path` and gives the answer, failing as Get does.
  Result<Json> Post(const std::string& path, const Json& body, Duration timeout);

  [[nodiscard]] const std::string& server() const { return server_; }

 private:
  Result<Json> Ask(HttpRequest request, const std::string& path);

  std::string server_;
  Secret token_;
  HttpClient http_;
};

// A workload's id as part of a path: its slashes stay.
std::string EncodePath(const std::string& id);

}  // namespace loadline::collector
