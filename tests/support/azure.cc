#include "tests/support/azure.h"

#include <zlib.h>

#include <fstream>
#include <regex>
#include <sstream>
#include <stdexcept>

namespace loadline::test {
namespace {

using nlohmann::json;

constexpr const char* kMonitor = "https://monitor.azure.com";
constexpr const char* kMonitoring = "https://monitoring.azure.com/";

json Api(const std::string& name) {
  std::ifstream file("../shared/data/azure/" + name);
  if (!file) throw std::runtime_error("no " + name);
  return json::parse(file);
}

std::string Gunzip(const std::string& packed) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return {};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string out;
  int state = Z_OK;
  while (state == Z_OK) {
    char piece[65536];
    stream.next_out = reinterpret_cast<Bytef*>(piece);
    stream.avail_out = sizeof piece;
    state = inflate(&stream, Z_NO_FLUSH);
    out.append(piece, sizeof piece - stream.avail_out);
  }
  inflateEnd(&stream);
  return state == Z_STREAM_END ? out : "";
}

std::string Decoded(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::map<std::string, std::string> Fields(const std::string& form) {
  std::map<std::string, std::string> fields;
  std::istringstream in(form);
  for (std::string pair; std::getline(in, pair, '&');) {
    const std::size_t equal = pair.find('=');
    if (equal != std::string::npos) fields[pair.substr(0, equal)] = Decoded(pair.substr(equal + 1));
  }
  return fields;
}

std::string Header(const SeenRequest& request, const std::string& name) {
  const auto it = request.headers.find(name);
  return it == request.headers.end() ? "" : it->second;
}

Reply Json(int status, const json& body, std::map<std::string, std::string> headers = {}) {
  headers["Content-Type"] = "application/json";
  return {.status = status, .headers = std::move(headers), .body = body.dump()};
}

bool IsType(const json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_boolean();
  return false;
}

std::string WhyNotObject(const json& value, const json& schema, const json& document) {
  for (const json& name : schema.value("required", json::array())) {
    if (!value.contains(name.get<std::string>())) return "'" + name.get<std::string>() + "' is missing";
  }
  const json properties = schema.value("properties", json::object());
  // What a schema does not name is taken to be a slip of ours unless it says that more is welcome.
  const json more = schema.value("additionalProperties", json(properties.empty()));
  for (const auto& [name, child] : value.items()) {
    if (!properties.contains(name) && more.is_boolean() && !more.get<bool>()) return "unknown '" + name + "'";
    const json& below = properties.contains(name) ? properties[name] : more;
    if (!below.is_object()) continue;
    if (const std::string why = WhyNotSchema(child, below, document); !why.empty()) return name + ": " + why;
  }
  return "";
}

}  // namespace

std::string WhyNotSchema(const json& value, const json& schema, const json& document) {
  if (schema.contains("$ref")) {
    const std::string pointer = schema["$ref"].get<std::string>().substr(1);
    return WhyNotSchema(value, document.at(json::json_pointer(pointer)), document);
  }
  const std::string type = schema.value("type", "");
  if (!type.empty() && !IsType(value, type)) return "no " + type;
  if (schema.contains("enum") &&
      std::ranges::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end()) {
    return "not one of the allowed";
  }
  if (value.is_string() && schema.contains("maxLength") &&
      value.get_ref<const std::string&>().size() > schema["maxLength"].get<std::size_t>()) {
    return "too long";
  }
  if (value.is_array() && schema.contains("items")) {
    for (const json& child : value) {
      if (const std::string why = WhyNotSchema(child, schema["items"], document); !why.empty()) return why;
    }
  }
  return value.is_object() ? WhyNotObject(value, schema, document) : "";
}

Azure::Azure(Options options)
    : options_(std::move(options)),
      logs_api_(Api("logs_ingestion_2023-01-01_DataCollectionRules.openapi.json")),
      metrics_api_(Api("custom_metrics_2018-09-01-preview.openapi.json")),
      track_api_(Api("appinsights_track_v2.1.trimmed.openapi.json")),
      client_secret_(options_.client_secret),
      federated_token_(options_.federated_token),
      server_([this](const SeenRequest& request) { return Answer(request); }) {}

std::string Azure::ConnectionString() const {
  return std::string("InstrumentationKey=") + kKey + ";IngestionEndpoint=" + Url() + "/;ApplicationId=x";
}

std::vector<json> Azure::rows() const {
  std::lock_guard lock(mutex_);
  return rows_;
}
std::vector<json> Azure::events() const {
  std::lock_guard lock(mutex_);
  return events_;
}
std::vector<json> Azure::metrics() const {
  std::lock_guard lock(mutex_);
  return metrics_;
}
std::vector<std::string> Azure::tokens() const {
  std::lock_guard lock(mutex_);
  return tokens_;
}
std::vector<std::string> Azure::faults() const {
  std::lock_guard lock(mutex_);
  return faults_;
}
void Azure::Deny(int times) {
  std::lock_guard lock(mutex_);
  denials_ = times;
}
void Azure::RevokeTokens() {
  std::lock_guard lock(mutex_);
  given_.clear();
}
void Azure::SetClientSecret(const std::string& secret) {
  std::lock_guard lock(mutex_);
  client_secret_ = secret;
}
void Azure::SetFederatedToken(const std::string& token) {
  std::lock_guard lock(mutex_);
  federated_token_ = token;
}
void Azure::Poison(const std::string& text) {
  std::lock_guard lock(mutex_);
  poison_ = text;
}
void Azure::Stumble(const std::string& text, int times) {
  std::lock_guard lock(mutex_);
  stumble_ = text;
  stumbles_ = times;
}

Reply Azure::Fault(int status, const std::string& code, const std::string& what) {
  if (status == 400 || status == 404) faults_.push_back(what);
  return Json(status, {{"error", {{"code", code}, {"message", what}}}}, {{"x-ms-error-code", code}});
}

Reply Azure::Answer(const SeenRequest& request) {
  std::lock_guard lock(mutex_);
  const std::string path = request.path.substr(0, request.path.find('?'));
  if (path == "/metadata/identity/oauth2/token") return Metadata(request);
  if (path.ends_with("/oauth2/v2.0/token")) return Token(request);
  if (path == "/v2.1/track") return Track(request);
  if (path.starts_with("/dataCollectionRules/")) return Ingest(request);
  if (path.ends_with("/metrics")) return Metrics(request);
  if (path.starts_with("/subscriptions/")) return Machines(request);
  return Fault(404, "NotFound", "no such path " + path);
}

// ---- tokens

Reply Azure::GiveToken(const std::string& audience, bool as_text) {
  const std::string token = "eyJ-token-" + std::to_string(tokens_.size() + 1);
  tokens_.push_back(token);
  given_[token] = {audience, std::chrono::steady_clock::now() + std::chrono::seconds(options_.token_seconds)};
  const json seconds = as_text ? json(std::to_string(options_.token_seconds)) : json(options_.token_seconds);
  return Json(200, {{"token_type", "Bearer"}, {"expires_in", seconds}, {"access_token", token}});
}

Reply Azure::Token(const SeenRequest& request) {
  const auto refuse = [&](int code, const std::string& what) {
    // As Entra ID does, the description repeats what it was given.
    return Json(401,
                {{"error", "invalid_client"},
                 {"error_description", "AADSTS" + std::to_string(code) + ": " + what + " " + request.body},
                 {"error_codes", {code}}});
  };
  if (request.method != "POST" || request.path != std::string("/") + kTenant + "/oauth2/v2.0/token")
    return refuse(90002, "no such tenant");
  if (Header(request, "content-type") != "application/x-www-form-urlencoded")
    return refuse(900144, "no form");
  auto fields = Fields(request.body);
  if (fields["client_id"] != kClient) return refuse(700016, "no such client");
  if (fields["grant_type"] != "client_credentials") return refuse(70003, "grant_type");
  if (fields.contains("client_assertion")) {
    if (fields["client_assertion_type"] != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
      return refuse(700212, "client_assertion_type");
    if (fields["client_assertion"] != federated_token_) return refuse(70021, "no matching credential");
  } else if (fields["client_secret"] != client_secret_) {
    return refuse(7000215, "invalid client secret");
  }
  std::string audience = fields["scope"];
  if (!audience.ends_with("/.default")) return refuse(70011, "scope");
  audience.resize(audience.size() - std::string("/.default").size());
  return GiveToken(audience, false);
}

Reply Azure::Metadata(const SeenRequest& request) {
  if (request.method != "GET" || Header(request, "metadata") != "true" ||
      request.headers.contains("x-forwarded-for")) {
    return Json(400, {{"error", "invalid_request"}, {"error_description", "Required metadata header"}});
  }
  auto fields = Fields(request.path.substr(request.path.find('?') + 1));
  if (fields["api-version"] != "2018-02-01" || fields["resource"].empty())
    return Json(400, {{"error", "invalid_request"}});
  if (fields.contains("client_id") && fields["client_id"] != kClient)
    return Json(400, {{"error", "invalid_request"}, {"error_description", "Identity not found"}});
  return GiveToken(fields["resource"], true);
}

bool Azure::Authorised(const SeenRequest& request, const std::string& audience, Reply& refusal) {
  const std::string header = Header(request, "authorization");
  const auto it = header.starts_with("Bearer ") ? given_.find(header.substr(7)) : given_.end();
  const auto bare = [](std::string text) {
    while (text.ends_with('/')) text.pop_back();
    return text;
  };
  if (it == given_.end() || it->second.ends < request.at || bare(it->second.audience) != bare(audience)) {
    refusal = Json(401, {{"error", {{"code", "InvalidToken"}, {"message", "token " + header}}}},
                   {{"WWW-Authenticate", "Bearer error=\"invalid_token\""}});
    return false;
  }
  if (denials_ > 0) {
    --denials_;
    refusal = Fault(403, "OperationFailed",
                    "The authentication token provided does not have access to ingest data: " + header);
    return false;
  }
  return true;
}

// ---- data

std::string Azure::Unpacked(const SeenRequest& request) {
  return Header(request, "content-encoding") == "gzip" ? Gunzip(request.body) : request.body;
}

Reply Azure::Ingest(const SeenRequest& request) {
  Reply refusal;
  if (!Authorised(request, kMonitor, refusal)) return refusal;
  const std::string expected = std::string("/dataCollectionRules/") + kRule + "/streams/" + kStream;
  if (request.path.substr(0, request.path.find('?')) != expected)
    return Fault(404, "NotFound", "no such rule or stream: " + request.path);
  if (Fields(request.path.substr(request.path.find('?') + 1))["api-version"] != "2023-01-01")
    return Fault(400, "UnsupportedApiVersion", "api-version");
  if (!Header(request, "content-type").starts_with("application/json"))
    return Fault(400, "InvalidContentType", "content-type");
  const std::string text = Unpacked(request);
  if (text.size() > options_.most_bytes || request.body.size() > options_.most_bytes)
    return Fault(413, "ContentLengthLimitExceeded", "too large");
  const json body = json::parse(text, nullptr, false);
  const json& operation = logs_api_["paths"]["/dataCollectionRules/{ruleId}/streams/{stream}"]["post"];
  const json& schema = operation["parameters"].back()["schema"];
  if (const std::string why = WhyNotSchema(body, schema, logs_api_); !why.empty())
    return Fault(400, "InvalidBody", why);
  if (!poison_.empty() && text.find(poison_) != std::string::npos)
    return Json(400, {{"error", {{"code", "InvalidRow"}, {"message", "a row is not taken"}}}});
  rows_.insert(rows_.end(), body.begin(), body.end());
  return {.status = 204};
}

Reply Azure::Track(const SeenRequest& request) {
  const std::string text = Unpacked(request);
  const json body = json::parse(text, nullptr, false);
  if (const std::string why = WhyNotSchema(body, track_api_["paths"]["/track"]["post"]["body"], track_api_);
      !why.empty()) {
    return Fault(400, "InvalidBody", why);
  }
  json errors = json::array();
  const auto refuse = [&](std::size_t i, int status, const std::string& message) {
    errors.push_back({{"index", i}, {"statusCode", status}, {"message", message}});
  };
  for (std::size_t i = 0; i < body.size(); ++i) {
    const json& item = body[i];
    const std::string item_text = item.dump();
    const std::string why =
        item["data"]["baseType"] != "EventData"
            ? "baseType"
            : WhyNotSchema(item["data"]["baseData"], track_api_["definitions"]["EventData"], track_api_);
    if (!why.empty()) faults_.push_back(why);
    if (!why.empty() || item.value("iKey", "") != kKey || item_text.size() > 65536) {
      refuse(i, 400, "103: " + why);
    } else if (!poison_.empty() && item_text.find(poison_) != std::string::npos) {
      refuse(i, 400, "not taken");
    } else if (stumbles_ > 0 && item_text.find(stumble_) != std::string::npos) {
      --stumbles_;
      refuse(i, 500, "try again");
    } else {
      events_.push_back(item);
    }
  }
  const std::size_t taken = body.size() - errors.size();
  const int status = errors.empty() ? 200 : taken == 0 && stumble_.empty() ? 400 : 206;
  return Json(status, {{"itemsReceived", body.size()}, {"itemsAccepted", taken}, {"errors", errors}});
}

Reply Azure::Metrics(const SeenRequest& request) {
  Reply refusal;
  if (!Authorised(request, kMonitoring, refusal)) return refusal;
  if (request.path != std::string(kCluster) + "/metrics") return Fault(404, "NotFound", request.path);
  if (Header(request, "content-type") != "application/x-ndjson")
    return Fault(400, "InvalidContentType", "content-type");
  std::istringstream lines(Unpacked(request));
  static const std::regex kTime(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z)");
  std::vector<json> documents;
  for (std::string line; std::getline(lines, line);) {
    const json document = json::parse(line, nullptr, false);
    std::string why =
        WhyNotSchema(document, metrics_api_["definitions"]["AzureMetricsDocument"], metrics_api_);
    if (why.empty() && !std::regex_match(document.value("time", ""), kTime)) why = "time";
    const json base = why.empty() ? document["data"]["baseData"] : json::object();
    const std::size_t names = base.value("dimNames", json::array()).size();
    if (names > 10) why = "more than ten dimensions";
    for (const json& series : base.value("series", json::array())) {
      if (series.value("dimValues", json::array()).size() != names) why = "dimNames and dimValues differ";
      for (const json& value : series.value("dimValues", json::array())) {
        if (value == "" || value.get<std::string>().size() > 256) why = "dimension value";
      }
    }
    if (!why.empty()) return Fault(400, "BadMetric", why);
    documents.push_back(document);
  }
  metrics_.insert(metrics_.end(), documents.begin(), documents.end());
  return Json(200, {{"statusCode", 200}});
}

Reply Azure::Machines(const SeenRequest& request) {
  Reply refusal;
  return Authorised(request, Url(), refusal) ? machines_.Answer(request, Url()) : refusal;
}

}  // namespace loadline::test
