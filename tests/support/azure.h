// A stand-in for Azure on one loopback port: Entra ID, the metadata service, Logs Ingestion, custom metrics,
// Application Insights, and what Resource Manager changes of machines (arm_machines.h).
//
// Every request is checked against Microsoft's OpenAPI files and against the limits of the
// documentation; what does not agree is refused as Azure would refuse it and noted in `faults`. It takes only
// tokens that it has given out itself, for the audience they were asked for, while they last. What it took is
// remembered. To misbehave it is told with `server().Queue`, which goes before everything else, or with the
// members below.
#pragma once

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/arm_machines.h"
#include "tests/support/http_server.h"

namespace loadline::test {

// Why `value` does not agree with the JSON schema; "" when it does. `$ref` leads into `document`. Knows type,
// required, properties, additionalProperties, items, enum and maxLength.
std::string WhyNotSchema(const nlohmann::json& value, const nlohmann::json& schema,
                         const nlohmann::json& document);

class Azure {
 public:
  struct Options {
    int token_seconds = 3600;
    std::size_t most_bytes = 1'000'000;  // of a request, compressed and not
    std::string federated_token = "federated-1";
    std::string client_secret = "secret-1";
  };
  explicit Azure(Options options);
  Azure() : Azure(Options{}) {}

  HttpServer& server() { return server_; }
  [[nodiscard]] std::string Url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }
  [[nodiscard]] std::string ConnectionString() const;

  static constexpr const char* kTenant = "11111111-2222-3333-4444-555555555555";
  static constexpr const char* kClient = "66666666-7777-8888-9999-000000000000";
  static constexpr const char* kRule = "dcr-0123456789abcdef0123456789abcdef";
  static constexpr const char* kStream = "Custom-LoadlineAlerts";
  static constexpr const char* kKey = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
  static constexpr const char* kCluster =
      "/subscriptions/s1/resourceGroups/g1/providers/Microsoft.ContainerService/managedClusters/c1";

  [[nodiscard]] std::vector<nlohmann::json> rows() const;     // that Logs Ingestion took
  [[nodiscard]] std::vector<nlohmann::json> events() const;   // that Application Insights took
  [[nodiscard]] std::vector<nlohmann::json> metrics() const;  // documents taken
  [[nodiscard]] std::vector<std::string> tokens() const;      // given out, oldest first
  [[nodiscard]] std::vector<std::string> faults() const;

  // Looks at, or changes, what Resource Manager has of machines.
  template <typename Use>
  auto WithMachines(Use use) {
    std::lock_guard lock(mutex_);
    return use(machines_);
  }

  // Requests are told 403 so many times: the role is not known yet.
  void Deny(int times);
  // No token given out so far is taken any more.
  void RevokeTokens();
  void SetClientSecret(const std::string& secret);
  void SetFederatedToken(const std::string& token);
  // Rows and events whose text holds this are refused: a row spoils its request (400), an event itself (206).
  void Poison(const std::string& text);
  // Events whose text holds this are asked for again (206, status 500) so many times.
  void Stumble(const std::string& text, int times);

 private:
  Reply Answer(const SeenRequest& request);
  Reply Token(const SeenRequest& request);
  Reply Metadata(const SeenRequest& request);
  Reply Ingest(const SeenRequest& request);
  Reply Track(const SeenRequest& request);
  Reply Metrics(const SeenRequest& request);
  Reply Machines(const SeenRequest& request);
  Reply GiveToken(const std::string& audience, bool as_text);
  // Takes the request's token, or answers why not.
  bool Authorised(const SeenRequest& request, const std::string& audience, Reply& refusal);
  std::string Unpacked(const SeenRequest& request);
  Reply Fault(int status, const std::string& code, const std::string& what);

  const Options options_;
  const nlohmann::json logs_api_;
  const nlohmann::json metrics_api_;
  const nlohmann::json track_api_;
  mutable std::mutex mutex_;
  struct Given {
    std::string audience;
    Mono ends{};
  };
  std::map<std::string, Given> given_;
  std::vector<std::string> tokens_;
  std::vector<std::string> faults_;
  std::vector<nlohmann::json> rows_;
  std::vector<nlohmann::json> events_;
  std::vector<nlohmann::json> metrics_;
  ArmMachines machines_;
  std::string client_secret_;
  std::string federated_token_;
  std::string poison_;
  std::string stumble_;
  int stumbles_ = 0;
  int denials_ = 0;
  HttpServer server_;  // last: its threads use the rest
};

}  // namespace loadline::test
