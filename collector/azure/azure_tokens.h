// Tokens of Entra ID: the right to speak to Azure, by workload identity, managed identity or a client secret.
//
//   AzureTokens tokens(options, clock);
//   Result<std::string> token = tokens.Get("https://monitor.azure.com/.default", stop);
//
// A token is asked for once per scope and kept; while it is asked for by one thread, others wait for the same
// answer or go on with the token that is still valid. It is renewed five minutes before its end, and used to
// its end while it cannot be. Files (federated token, client secret) are read anew for each exchange, for
// they rotate. Neither tokens nor secrets nor what the other side says in its own words stand in an error;
// the codes of Entra ID (AADSTS...) do, with what they mean. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>

#include "collector/http/http_client.h"
#include "schemas/base/clock.h"
#include "schemas/base/result.h"
#include "schemas/base/secret.h"

namespace loadline::collector {

struct AzureCredential {
  enum class Kind {
    kWorkloadIdentity,  // a federated token in a file, exchanged at the authority
    kManagedIdentity,   // asked of the machine's metadata service
    kClientSecret,      // a secret in a file
  };
  Kind kind = Kind::kManagedIdentity;
  std::string authority = "https://login.microsoftonline.com/";
  std::string tenant_id{};
  std::string client_id{};  // of managed identities the user-assigned one; empty: the system's
  std::string federated_token_file{};
  std::string client_secret_file{};
  std::string metadata_url = "http://169.254.169.254";
  Duration timeout = std::chrono::seconds(10);

  auto operator<=>(const AzureCredential&) const = default;
};

// "workload-identity", "managed-identity", "client-secret", or "auto": the first of these whose file is
// given. What is empty in `given` is taken from AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_FEDERATED_TOKEN_FILE
// and AZURE_AUTHORITY_HOST, which AKS sets in pods with a workload identity. Fails when something needed is
// missing, with its name.
Result<AzureCredential> CompleteAzureCredential(const std::string& kind, AzureCredential given);

class AzureTokens {
 public:
  // `clock` outlives it.
  AzureTokens(AzureCredential credential, const Clock& clock);

  // kDenied and kInvalid: the setting is wrong, and stays so until somebody mends it; kUnavailable: try
  // again.
  Result<Secret> Get(const std::string& scope, const std::stop_token& stop = {});
  // The other side does not take this token any more: the next Get asks for another.
  void Drop(const std::string& scope, const Secret& token);

  // Exchanges done so far, failed ones too.
  [[nodiscard]] std::uint64_t exchanges() const;

 private:
  struct Token {
    Secret text;
    Mono renew_at{};
    Mono ends_at{};
  };
  struct Slot {
    Token token;
    bool asking = false;
    Mono not_before{};  // no exchange before this, after one has failed
    Error failure{};    // of the last exchange; said again until then
  };

  void Renew(const std::string& scope, Slot& slot, std::unique_lock<std::mutex>& lock,
             const std::stop_token& stop);
  Result<Token> Exchange(const std::string& scope, const std::stop_token& stop) const;
  [[nodiscard]] Result<HttpRequest> Request(const std::string& scope) const;
  Result<Token> Read(const HttpResponse& answer, const std::string& host) const;

  const AzureCredential credential_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable_any answered_;
  std::map<std::string, Slot> slots_;  // by scope
  std::uint64_t exchanges_ = 0;
};

}  // namespace loadline::collector
