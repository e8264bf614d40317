// Requests to Azure: with a token where one is needed; those to its data endpoints compressed, and judged alike.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "collector/azure/azure_tokens.h"
#include "collector/http/http_client.h"

namespace loadline::collector {

// What became of one request, for every sink that sends many items in one.
struct ItemAnswer {
  enum class What {
    kTaken,
    kPartly,    // see `open` and `refused`; the others are taken
    kLater,     // none is taken, or nobody knows: send them again
    kTooLarge,  // send them in smaller pieces
    kRefused,   // none will ever be taken in this company
  };
  What what = What::kLater;
  std::string detail{};  // "HTTP 429 from HOST"; words of ours and the other side's error code, nothing else
  std::optional<Duration> retry_after{};
  std::vector<std::size_t> open{};     // indices into what was sent
  std::vector<std::size_t> refused{};  // the same
};

// By the classes of docs/azure.md. 401, 402, 403, 404 and 439 are for somebody to mend and are tried again
// slowly: a role takes up to half an hour to be known, a daily quota until the next day.
ItemAnswer JudgeAzure(const HttpResponse& answer, const std::string& host, Wall now);

class AzureClient {
 public:
  struct Body {
    std::string content_type;
    std::string text;
    bool compressed = true;
  };

  // Without `tokens` nobody is asked for one. `clock` outlives it. For one thread at a time.
  AzureClient(std::shared_ptr<AzureTokens> tokens, std::string scope, const Clock& clock,
              Duration timeout = std::chrono::seconds(20));

  // Any request; after a 401 once more with a new token. Fails as HttpClient and AzureTokens do.
  Result<HttpResponse> Do(const HttpRequest& request);
  // The last one may have been heard by the other side, whatever came back.
  [[nodiscard]] bool reached() const { return reached_; }
  // POSTs; after a 401 once more with a new token. An answer that did not come is kLater.
  ItemAnswer Post(const std::string& url, const Body& body, const std::stop_token& stop);
  // The same, and the answer for who wants to read more of it. Null: there was none.
  ItemAnswer Post(const std::string& url, const Body& body, const std::stop_token& stop,
                  std::optional<HttpResponse>& answer);

 private:
  Result<HttpResponse> Try(const HttpRequest& request, Secret& token);

  const std::shared_ptr<AzureTokens> tokens_;
  const std::string scope_;
  const Clock& clock_;
  const Duration timeout_;
  HttpClient http_;
  bool reached_ = false;
};

// In gzip's format.
std::string Gzip(const std::string& text);

}  // namespace loadline::collector
