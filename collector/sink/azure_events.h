// Application Insights through a connection string: each alert becomes a custom event.
//
// The string stands in a file and is read anew when that changes. Partial success is understood: only what
// the other side asks for again is sent again. Its redirects are followed.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "collector/sink/azure_row.h"
#include "collector/sink/item_sink.h"
#include "schemas/base/renewed_secret.h"

namespace loadline::collector {

struct ConnectionString {
  std::string instrumentation_key;
  std::string ingestion_endpoint;  // without a slash at its end
};

// "InstrumentationKey=...;IngestionEndpoint=https://...": keys in any case. Fails without a key, and on an
// endpoint that is no URL; the error does not repeat the text.
Result<ConnectionString> ParseConnectionString(std::string_view text);

struct AzureEventsOptions {
  std::string connection_string_file;
  AzureRowOptions row{};
  std::string scope = "https://monitor.azure.com//.default";  // of tokens, where any are asked for
  std::size_t most_bytes = 900'000;
  Duration timeout = std::chrono::seconds(20);
};

class AzureEvents final : public ItemSink {
 public:
  // Without `tokens` the instrumentation key alone lets us in; components that refuse that
  // (disableLocalAuth) want tokens. `clock` outlives it.
  AzureEvents(AzureEventsOptions options, std::shared_ptr<AzureTokens> tokens, const Clock& clock);

  [[nodiscard]] SinkTraits traits() const override { return {.per_second = 5, .burst = 20, .digest = 500}; }

 protected:
  [[nodiscard]] std::string Write(const Notification& notification, const Alert& alert) const override;
  ItemAnswer Post(std::span<const std::string> items, const std::stop_token& stop) override;

 private:
  Result<ConnectionString> Connection();
  static ItemAnswer ReadItems(const HttpResponse& response, ItemAnswer judged, std::size_t sent);

  const AzureEventsOptions options_;
  const Clock& clock_;
  RenewedSecret file_;
  AzureClient client_;
  std::string redirected_to_;  // a host that the endpoint has sent us to; empty: none
  std::string redirected_from_;
};

}  // namespace loadline::collector
